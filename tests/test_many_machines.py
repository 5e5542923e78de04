"""The README's *Many machines*: its scripts, run on the engines, held against ``predict``."""

import doctest
import importlib.util
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli import Prediction
from tests.conftest import BUNDLED_WEIGHTS, SCRATCHNET, Result, encoded
from tests.prediction.test_bulk import alike, as_told

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SCRIPTS = re.findall(r"^```py\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_example_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed at a prompt gives what stands below it."""
    (lines,) = re.findall(r"^```pycon\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(ROOT)
    example = doctest.DocTestParser().get_doctest(lines, {}, "README", None, None)
    results = doctest.DocTestRunner().run(example)
    assert (results.attempted, results.failed) == (3, 0)


def write_pictures(folder: Path, digits: NDArray[np.uint8], count: int) -> None:
    """Files of which no two are alike: MNIST's own, some in dark ink and large, some broken."""
    folder.mkdir()
    for i in range(count):
        pixels = digits[i % len(digits)].copy()
        variant = np.array(divmod(i // len(digits), 10), np.uint8)
        pixels.flat[pixels.reshape(-1).argsort()[-2:]] -= variant
        image = Image.fromarray(pixels if i % 1000 != 7 else 255 - pixels.repeat(3, 0).repeat(3, 1))
        data = encoded(image)
        (folder / f"{i:06}.png").write_bytes(data[:60] if i % 1000 == 500 else data)


def rows_of(script: str, folder: Path) -> list[Prediction]:
    """What the script writes when it is run there, file by file and line by line."""
    (folder / "script.py").write_text(script, encoding="utf-8")
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    command = [sys.executable, "script.py"]
    subprocess.run(command, cwd=folder, env=environment, timeout=600, check=True)
    parts = [path for path in (folder / "answers").iterdir() if path.suffix in (".part", ".json")]
    # Dask numbers its files.
    parts.sort(key=lambda path: (len(path.name), path.name))
    lines = chain.from_iterable(part.read_text("utf-8").splitlines() for part in parts)
    rows = map(json.loads, lines)
    return [Prediction(**{**row, "doubts": tuple(row["doubts"])}) for row in rows]


def told_by_predict(paths: list[str], folder: Path) -> list[Prediction]:
    """What the program says of these paths when it is run there."""
    done = subprocess.run(
        [*SCRATCHNET, "predict", *BUNDLED_WEIGHTS, "--format", "json", "--files-from", "-"],
        cwd=folder,
        input="\n".join(paths).encode(),
        capture_output=True,
        timeout=600,
        check=False,
    )
    return as_told(Result(done.returncode, done.stdout.decode(), done.stderr.decode()), paths)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "count"), [("dask", 100_000), ("ray", 2_000), ("pyspark", 2_000)]
)
def test_an_engine_says_what_predict_says(
    engine: str, count: int, tmp_path: Path, digits: NDArray[np.uint8]
) -> None:
    """Its rows are ``predict``'s, Dask's in the same order; a failing picture harms no other."""
    (script,) = [each for each in SCRIPTS if re.search(rf"^(from|import) {engine}\b", each, re.M)]
    for module in re.findall(r"^(?:from|import) (\w+)", script, re.MULTILINE):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    write_pictures(tmp_path / "pictures", digits, count)
    rows = rows_of(script, tmp_path)
    if engine != "dask":
        # They have orders of their own, and Spark makes addresses of paths.
        rows = [replace(row, path=f"pictures/{Path(str(row.path)).name}") for row in rows]
        rows.sort(key=lambda row: str(row.path))
    paths = [f"pictures/{i:06}.png" for i in range(count)]
    assert [row.path for row in rows] == paths
    assert alike(rows, told_by_predict(paths, tmp_path))
    assert sum(row.error is not None for row in rows) == count // 1000

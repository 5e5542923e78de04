"""The scripts of pipelines.md, run on the engines, compared with ``predict``."""

import importlib.util
import json
import os
import re
import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scratchnet_cli import Prediction
from tests.conftest import Result, Uint8, encoded, run_python
from tests.prediction.test_predictor import assert_same, printed_predictions

PIPELINES = Path(__file__).parents[1] / ".github" / "docs" / "pipelines.md"
SCRIPTS = re.findall(r"^```py\n(.*?)^```$", PIPELINES.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def rows_of(script: str) -> list[Prediction]:
    """Run the script; return the rows that it writes, file by file and line by line."""
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    Path("script.py").write_text(script, encoding="utf-8")
    run_python("script.py", env=environment, timeout=600, check=True)
    parts = [path for path in Path("answers").iterdir() if path.suffix in (".part", ".json")]
    # Dask numbers its files.
    parts.sort(key=lambda path: (len(path.name), path.name))
    lines = chain.from_iterable(part.read_text("utf-8").splitlines() for part in parts)
    rows = map(json.loads, lines)
    return [Prediction(**{**row, "warnings": tuple(row["warnings"])}) for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "count"), [("dask", 10**5), ("ray", 2000), ("pyspark", 2000)])
def test_engine_predicts_what_predict_prints(engine: str, count: int, digits: Uint8) -> None:
    """The rows are those of ``predict``, Dask's in the same order, with one error in a thousand."""
    (script,) = [each for each in SCRIPTS if re.search(rf"^(from|import) {engine}\b", each, re.M)]
    for module in re.findall(r"^(?:from|import) (\w+)", script, re.MULTILINE):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    paths = [f"pictures/{i:06}.png" for i in range(count)]
    Path("pictures").mkdir()
    # No two files are equal; one in a thousand is large and in dark ink, and one is cut short.
    for i, path in enumerate(paths):
        pixels = digits[i % len(digits)].copy()
        variant = np.array(divmod(i // len(digits), 10), np.uint8)
        pixels.flat[pixels.reshape(-1).argsort()[-2:]] -= variant
        image = Image.fromarray(pixels if i % 1000 != 7 else 255 - pixels.repeat(3, 0).repeat(3, 1))
        Path(path).write_bytes(encoded(image)[: 60 if i % 1000 == 500 else None])
    rows = rows_of(script)
    if engine != "dask":
        # Their order is different, and Spark converts paths to URLs.
        rows = [replace(row, path=f"pictures/{Path(str(row.path)).name}") for row in rows]
        rows.sort(key=lambda row: str(row.path))
    assert [row.path for row in rows] == paths
    predict = ("-m", "scratchnet_cli", "predict", "--format", "json")
    done = run_python(*predict, "--files-from", "-", input="\n".join(paths), timeout=600)
    result = Result(done.returncode, done.stdout, done.stderr)
    assert_same(rows, printed_predictions(result, paths))
    assert sum(row.error is not None for row in rows) == count // 1000

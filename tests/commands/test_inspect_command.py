"""``scratchnet inspect``: the contents of a weight file, for people and for scripts."""

import json
import re
import sys
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.weights.weight_files import sound_files


def test_inspect_counts_what_can_be_counted_by_hand(run: Run) -> None:
    """The worked example has 23 parameters of 8 bytes and 16 multiplications."""
    facts = json.loads(run("inspect", "three-layer", "--format", "json").stdout)
    assert (facts["parameters"], facts["bytes"], facts["multiply_adds"]) == (23, 184, 16)
    assert facts["sizes"] == [2, 3, 2, 2]
    assert (facts["dtype"], facts["format"], facts["activations"]) == ("float64", "npz", "stated")
    assert facts["layers"][1] == {
        "shape": [3, 2], "activation": "sigmoid", "dtype": "float64", "parameters": 8,
        "bytes": 64, "multiply_adds": 6, "W_range": [0.1, 0.6], "b_range": [0.1, 0.2],
    }  # fmt: skip


def test_inspect_prints_the_same_as_text(run: Run) -> None:
    """The text has the sizes, the sums and a line for each layer."""
    stdout = run("inspect", "bundled").stdout
    assert "784-50-100-10, float32" in stdout
    assert "45,360 in 181,440 bytes" in stdout
    assert "45,200 multiply-adds" in stdout
    assert re.search(r"^2 +50 → 100 +sigmoid +5,100 +5,000 ", stdout, re.MULTILINE)


@pytest.mark.parametrize(("form", "format_"), [("compressed", "npz"), ("protocol 4", "pkl")])
@pytest.mark.parametrize("name", ["weights", "weights.pkl", "weights.npz"])
def test_inspect_finds_the_format_by_the_content(
    run: Run, tmp_path: Path, name: str, form: str, format_: str
) -> None:
    """A weight file may have any name, which is its source."""
    path = tmp_path / name
    path.write_bytes(sound_files()[form])
    facts = json.loads(run("inspect", path, "--format", "json").stdout)
    assert (facts["format"], facts["name"], facts["source"]) == (format_, str(path), str(path))


@pytest.mark.skipif(sys.platform == "win32", reason="Unix files")
def test_inspect_reads_a_pipe(run_process: Run) -> None:
    """``scratchnet inspect <(command)`` reads a pipe like a file."""
    result = run_process("inspect", "/dev/stdin", stdin=sound_files()["onnx"])
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Unix files")
def test_inspect_reads_a_device_only_to_the_limit(run: Run) -> None:
    """A file without end is refused after 64 MiB."""
    result = run("inspect", "/dev/zero")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("error: /dev/zero: larger than 64 MiB")

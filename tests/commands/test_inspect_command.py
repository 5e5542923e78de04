"""``scratchnet inspect``: what a weight file holds, for people and for scripts."""

import json
import re
from pathlib import Path

from tests.conftest import Run


def test_inspect_counts_what_can_be_counted_by_hand(run: Run) -> None:
    """The worked example has 23 parameters of 8 bytes and 16 multiplications."""
    result = run("inspect", "three-layer", "--format", "json")
    facts = json.loads(result.stdout)
    assert (facts["parameters"], facts["bytes"], facts["multiply_adds"]) == (23, 184, 16)
    assert facts["sizes"] == [2, 3, 2, 2]
    assert facts["dtype"] == "float64"
    assert (facts["format"], facts["activations"]) == ("npz", "stated")
    assert facts["layers"][1] == {
        "shape": [3, 2],
        "activation": "sigmoid",
        "dtype": "float64",
        "parameters": 8,
        "bytes": 64,
        "multiply_adds": 6,
        "W_range": [0.1, 0.6],
        "b_range": [0.1, 0.2],
    }


def test_inspect_says_the_same_to_people(run: Run) -> None:
    """The text has the sizes, the sums and a line for each layer."""
    stdout = run("inspect", "bundled").stdout
    assert "784-50-100-10, float32" in stdout
    assert "45,360 in 181,440 bytes" in stdout
    assert "45,200 multiply-adds" in stdout
    assert re.search(r"^2 +50 → 100 +sigmoid +5,100 +5,000 ", stdout, re.MULTILINE)


def test_inspect_knows_the_book_s_file(run: Run, real_data: Path) -> None:
    """The book's weights are recognised: their hash, size and format."""
    facts = json.loads(run("inspect", real_data / "sample_weight.pkl", "--format", "json").stdout)
    assert facts["sha256"].startswith("b7f55a27988ba34c")
    assert (facts["format"], facts["size"], facts["activations"]) == ("pkl", 181853, "book")

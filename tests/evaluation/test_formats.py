"""The formats of an evaluation: colours of the confusion matrix; the commands test the rest."""

import re

import numpy as np

from scratchnet_cli.evaluation.formats import confusion_lines, to_markdown
from scratchnet_cli.evaluation.result import Evaluation
from scratchnet_cli.system.origin import Origin


def test_confusion_is_shaded_by_frequency() -> None:
    """Correct images are blue; confusions are darker the more frequent they are; 0 is a dot."""
    counts = np.array([[100, 1, 5], [25, 0, 64], [0, 100, 7]])
    lines = confusion_lines(counts, colour=True)
    cells = [re.findall(r"\x1b\[38;5;(\d+);48;5;(\d+)m( *\d+)\x1b\[0m", line) for line in lines]
    assert cells == [
        [],
        [],
        [("231", "25", " 100"), ("16", "230", "   1"), ("16", "223", "   5")],
        [("16", "216", "  25"), ("16", "209", "  64")],
        [("16", "202", " 100"), ("231", "25", "   7")],
    ]
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert (
        plain
        == confusion_lines(counts, colour=False)
        == [
            "       read as",
            "shown    0   1   2",
            "    0  100   1   5",
            "    1   25   ·  64",
            "    2    · 100   7",
        ]
    )


def test_confusion_without_mistakes_is_a_diagonal() -> None:
    """Nothing is divided by the number of mistakes; columns are as wide as the names."""
    lines = confusion_lines(np.diag([1] * 11), colour=True)
    assert lines[1] == "shown   0  1  2  3  4  5  6  7  8  9 10"
    assert lines[2].count("\x1b[0m") == 1
    assert lines[2].endswith("  ·" * 10)


def test_markdown_shows_ten_confusions() -> None:
    """If there are more, it says how many."""
    origin = Origin("x", "x")
    for count, heading in ((10, "(10)"), (11, "(the 10 most frequent of 11)")):
        confusion = (
            np.diag([1] * 12) + np.eye(12, k=1, dtype=int) * (np.arange(12) < count)[:, None]
        )
        result = Evaluation(
            weights=origin, dataset=origin, confusion=confusion, batch_size=1, elapsed_s=1
        )
        text = to_markdown([result])
        assert f"\nConfusions {heading}:\n" in text
        assert text.partition("read as")[2].count("\n| ") == 10

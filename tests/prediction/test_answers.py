"""Warnings that follow from the probabilities of the classes."""

import numpy as np
import pytest

from scratchnet_cli.prediction.answers import LOW_PROBABILITY, NOT_A_DIGIT, probability_warnings


@pytest.mark.parametrize(
    ("best", "expected"),
    [
        *[(best, []) for best in ([0.99], [0.85, 0.14], [0.8, 0.2])],
        *[(best, [LOW_PROBABILITY]) for best in ([0.75, 0.24], [0.5, 0.36])],
        *[(best, [NOT_A_DIGIT]) for best in ([0.5, 0.34], [0.8], [])],
    ],
)
def test_warnings_depend_on_the_best_two(best: list[float], expected: list[str]) -> None:
    """If two digits share it, the answer is uncertain; if all do, the image is not a digit."""
    rest = 10 - len(best)
    y = np.array([*best, *[(1 - sum(best)) / rest] * rest])
    assert [*probability_warnings(y)] == expected


def test_warnings_of_a_single_class_are_none() -> None:
    """The one class of a network has probability 1 for each image."""
    assert probability_warnings(np.ones(1)) == ()

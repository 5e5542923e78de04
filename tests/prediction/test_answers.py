"""Warnings that follow from the probabilities of the classes."""

import numpy as np
import pytest

from scratchnet_cli.prediction.answers import LOW_PROBABILITY, NOT_A_DIGIT, probability_warnings


@pytest.mark.parametrize(
    ("best", "expected"),
    [
        pytest.param((0.99,), (), id="certain"),
        pytest.param((0.85, 0.14), (), id="one rather than the other"),
        pytest.param((0.8, 0.2), (), id="at the limit"),
        pytest.param((0.75, 0.24), (LOW_PROBABILITY,), id="hardly rather"),
        pytest.param((0.5, 0.36), (LOW_PROBABILITY,), id="one of two"),
        pytest.param((0.5, 0.34), (NOT_A_DIGIT,), id="too much left over"),
        pytest.param((0.8,), (NOT_A_DIGIT,), id="all others alike"),
        pytest.param((), (NOT_A_DIGIT,), id="all alike"),
    ],
)
def test_warnings_depend_on_the_best_two(
    best: tuple[float, ...], expected: tuple[str, ...]
) -> None:
    """If two digits share it, the answer is uncertain; if all do, the image is not a digit."""
    rest = (1 - sum(best)) / (10 - len(best))
    assert probability_warnings(np.array([*best, *[rest] * (10 - len(best))])) == expected


def test_warnings_of_a_single_class_are_none() -> None:
    """The one class of a network has probability 1 for each image."""
    assert probability_warnings(np.ones(1)) == ()

"""What the probabilities of a picture say against its answer."""

import numpy as np
import pytest

from scratchnet_cli.prediction.answers import doubts


def spread(*best: float) -> tuple[str, ...]:
    """The doubts where these digits are the most probable, and the others share the rest."""
    rest = (1 - sum(best)) / (10 - len(best))
    return doubts(np.array([*best, *[rest] * (10 - len(best))]))


@pytest.mark.parametrize(
    ("best", "expected"),
    [
        pytest.param((0.99,), (), id="sure"),
        pytest.param((0.85, 0.14), (), id="rather the one than the other"),
        pytest.param((0.75, 0.24), ("low probability",), id="not much rather"),
        pytest.param((0.5, 0.49), ("low probability",), id="the one or the other"),
        pytest.param((0.8,), ("does not look like a digit",), id="all others alike"),
        pytest.param((), ("does not look like a digit",), id="anything"),
    ],
)
def test_what_is_left_beside_the_best_two_tells_what_is_no_digit(
    best: tuple[float, ...], expected: tuple[str, ...]
) -> None:
    """Two digits that look alike make an answer unsure; where all ten share, none is shown."""
    assert spread(*best) == expected


def test_a_network_of_one_class_has_no_doubts() -> None:
    """Whatever it sees, its one class has probability 1."""
    assert doubts(np.ones(1)) == ()

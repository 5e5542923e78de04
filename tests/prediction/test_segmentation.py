"""The choice between whole ink and its pieces, and warnings, from the probabilities."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.images.digit_image import Place
from scratchnet_cli.prediction.answers import LOW_PROBABILITY, NOT_A_DIGIT, probability_warnings
from scratchnet_cli.prediction.segmentation import choose_pieces, piece_costs

WHOLE = Place((0, 0, 150, 100), after=3, height=100)
# Two digits of 75 pixels, and another cut line through the second one.
PIECES = [
    WHOLE._replace(box=(0, 0, 75, 100), after=1, whole=False, severed=0.1),
    WHOLE._replace(box=(75, 0, 110, 100), first=1, after=2, whole=False, severed=0.4),
    WHOLE._replace(box=(75, 0, 150, 100), first=1, after=3, whole=False),
    WHOLE._replace(box=(110, 0, 150, 100), first=2, after=3, whole=False),
]


def certain(whole: float) -> NDArray[np.float64]:
    """Return for the whole this probability of 3, high ones for two pieces, and equal rests."""
    best = np.array([[whole], [0.99], [0.5], [0.99], [0.5]])
    return np.where(np.arange(10) == 3, best, (1 - best) / 9)


@pytest.mark.parametrize(
    ("width", "whole", "expected"),
    [(150, 0.2, [1, 3]), (110, 0.99, [0]), (150, 0.8, [1, 3]), (90, 0.8, [0])],
)
def test_segmentation_depends_on_certainty(width: int, whole: float, expected: list[int]) -> None:
    """The whole is chosen if it looks like a digit, and sooner if it is narrow."""
    places = [WHOLE._replace(box=(0, 0, width, 100)), *PIECES]
    assert choose_pieces(places, certain(whole)) == expected


def test_segmentation_chooses_for_each_stretch() -> None:
    """The pieces of several stretches come in reading order."""
    second = [place._replace(stretch=1) for place in (WHOLE, *PIECES)]
    lone = Place((0, 0, 50, 100), stretch=2, height=100)
    stacked = np.concatenate([certain(0.2), certain(0.2), certain(0.3)[:1]])
    assert choose_pieces([WHOLE, *PIECES, *second, lone], stacked) == [1, 3, 6, 8, 10]


@pytest.mark.parametrize("classes", [1, 2, 26])
def test_segmentation_takes_any_number_of_classes(classes: int) -> None:
    """A network of other classes than ten digits chooses by its probabilities alone."""
    flat = np.full((5, classes), 1 / classes)
    assert choose_pieces([WHOLE, *PIECES], flat) in ([0], [1, 3], [1, 2, 4])


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


@pytest.mark.parametrize(
    ("width", "height", "best", "second", "place", "expected"),
    [
        # Each piece of a digit's form costs 0.2.
        (77, 100, 1, 0, {}, 0.2), (77, 100, 1, 0, {"severed": 0.5}, 2.2),
        (77, 100, 0.5, 0.5, {}, 0.2 - np.log(0.5)), (77, 100, 0.5, 0.3, {}, 1.6 - np.log(0.5)),
        (77, 100, 1, 0, {"height": 125}, 0.2), (100, 77, 1, 0, {"sideways": True}, 0.2),
        (77, 100, 1, 0, {"height": 200}, 3.2),
        # A whole costs nothing, but is sooner one digit if it is narrower than 1.2 heights.
        (77, 100, 1, 0, {"whole": True, "height": 50}, 0),
        (77, 100, 1, 0, {"whole": True, "height": 70}, -1.2),
        (77, 100, 1, 0, {"whole": True, "height": 70, "stretch": 0}, -4.8),
    ],
)  # fmt: skip
def test_costs_of_a_piece(
    width: int, height: int, best: float, second: float, place: dict[str, Any], expected: float
) -> None:
    """The costs are those of uncertainty, of cut ink and of a form that is not the digit's."""
    y = np.full((2, 10), (1 - best - second) / 8)
    y[:, 8], y[:, 6] = best, second
    one = Place((5, 7, 5 + width, 7 + height), stretch=1, whole=False, height=100)._replace(**place)
    lone = one._replace(stretch=0)
    costs = piece_costs([lone, one], y)
    assert costs[1] == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize(
    ("digit", "aspect"), [*enumerate((0.91, 0.42, 0.94, 0.81, 0.80, 0.94, 0.73, 0.78, 0.77, 0.69))]
)
def test_costs_of_a_form(digit: int, aspect: float) -> None:
    """A digit as wide as MNIST's costs nothing more, and two deviations cost three times 0.15."""
    deviation = 0.45 if digit == 1 else 0.21
    widths = [round(1000 * aspect * np.exp(sign * deviation)) for sign in (-2, -1, 0, 1, 2)]
    places = [Place((0, 0, width, 1000), whole=False, height=1000) for width in widths]
    costs = piece_costs(places, np.eye(10)[[digit] * 5])
    assert costs == pytest.approx([0.65, 0.2, 0.2, 0.2, 0.65], abs=0.01)

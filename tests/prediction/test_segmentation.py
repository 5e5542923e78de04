"""The choice between whole ink and its pieces."""

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.images.digit_image import Place
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
def test_segmentation_depends_on_certainty_and_width(
    width: int, whole: float, expected: list[int]
) -> None:
    """The whole is chosen if it looks like a digit, and sooner if it is narrow."""
    places = [WHOLE._replace(box=(0, 0, width, 100)), *PIECES]
    assert choose_pieces(places, certain(whole)) == expected


def test_segmentation_rejects_low_pieces() -> None:
    """A piece that looks like a digit is not chosen if it is half as high as its row."""
    low = [place._replace(box=(*place.box[:3], 50)) if place.first else place for place in PIECES]
    assert choose_pieces([WHOLE, *PIECES], certain(0.5)) == [1, 3]
    assert choose_pieces([WHOLE, *low], certain(0.5)) == [0]


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
    # -ln(p) + 7 · what the best two leave over - 12 · the width that 1.5 heights lack
    left_over = 1 - min(classes, 2) / classes
    expected = np.log(classes) + 7 * left_over - 12 * (1.5 - 0.9)
    place = Place((0, 0, 90, 100), height=100)
    assert piece_costs([place], flat[:1])[0] == pytest.approx(expected)


# -ln(0.91) + 7 · 0.08, and 0.3 for each piece.
PROBABILITY_COST, PIECE_COST = 0.0943 + 0.56, 0.3
THREE = Place((0, 0, 81, 100), height=100)
PIECE = THREE._replace(whole=False)


@pytest.mark.parametrize(
    ("places", "cost"),
    [
        pytest.param([PIECE], PIECE_COST, id="piece of a digit's shape"),
        pytest.param([PIECE._replace(severed=0.5)], PIECE_COST + 4 * 0.5, id="cut line"),
        pytest.param(
            [PIECE._replace(box=(0, 0, 81, 70))], PIECE_COST + 10 * (0.8 - 0.7) + 0.2827, id="low"
        ),
        pytest.param([THREE], -12 * (1.5 - 0.81), id="narrow alone"),
        pytest.param([THREE, THREE._replace(stretch=1)], -12 * (1.2 - 0.81), id="narrow"),
        # 0.15 · ((ln(2 / 0.81) / 0.21)² - 1)
        pytest.param([THREE._replace(box=(0, 0, 200, 100))], 2.6288, id="wide"),
    ],
)
def test_segmentation_costs_follow_the_shape(places: list[Place], cost: float) -> None:
    """The costs of a piece and of a whole can be computed by hand."""
    probabilities = np.full((len(places), 10), 0.01)
    probabilities[:, 3] = 0.91
    expected = [PROBABILITY_COST + cost] * len(places)
    assert piece_costs(places, probabilities) == pytest.approx(expected, abs=1e-4)


def test_segmentation_costs_follow_each_digits_aspect() -> None:
    """Each digit has its own width / height, and 1 the largest deviation."""
    wide = Place((0, 0, 200, 100), whole=False, height=100)
    costs = piece_costs([wide] * 10, np.eye(10) * 0.9 + 0.01) - PROBABILITY_COST - PIECE_COST
    assert costs == pytest.approx(
        [1.959, 1.654, 1.789, 2.629, 2.706, 1.789, 3.305, 2.866, 2.949, 3.702], abs=1e-3
    )

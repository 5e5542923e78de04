"""The choice between whole ink and its pieces."""

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.images.digit_image import Place
from scratchnet_cli.prediction.segmentation import choose_pieces

WHOLE = Place((0, 0, 150, 100), after=3, height=100)
# Two digits of 75 pixels, and another cut line through the second one.
PIECES = [
    WHOLE._replace(box=(0, 0, 75, 100), after=1, whole=False, severed=0.1),
    WHOLE._replace(box=(75, 0, 110, 100), first=1, after=2, whole=False, severed=0.4),
    WHOLE._replace(box=(75, 0, 150, 100), first=1, after=3, whole=False),
    WHOLE._replace(box=(110, 0, 150, 100), first=2, after=3, whole=False),
]


def certain(*best: float) -> NDArray[np.float64]:
    """Return for each piece this probability of 3, and the rest spread over the other digits."""
    return np.array([[p if digit == 3 else (1 - p) / 9 for digit in range(10)] for p in best])


def test_segmentation_chooses_pieces_that_look_like_digits() -> None:
    """If the whole does not look like a digit, the most certain pieces are chosen."""
    assert choose_pieces([WHOLE, *PIECES], certain(0.2, 0.99, 0.5, 0.99, 0.5)) == [1, 3]


def test_segmentation_keeps_a_whole_that_looks_like_a_digit() -> None:
    """If whole and pieces are equally certain, the whole is chosen, because pieces cost more."""
    whole = WHOLE._replace(box=(0, 0, 110, 100))
    assert choose_pieces([whole, *PIECES], certain(0.99, 0.99, 0.99, 0.99, 0.99)) == [0]


@pytest.mark.parametrize(("width", "expected"), [(150, [1, 3]), (90, [0])])
def test_segmentation_hardly_splits_narrow_ink(width: int, expected: list[int]) -> None:
    """Ink with room for two digits is split sooner than narrower ink."""
    narrow = WHOLE._replace(box=(0, 0, width, 100))
    assert choose_pieces([narrow, *PIECES], certain(0.8, 0.99, 0.5, 0.99, 0.5)) == expected


def test_segmentation_rejects_low_pieces() -> None:
    """A piece that looks like a digit is not chosen if it is half as high as its row."""
    high = [WHOLE, *PIECES]
    low = [place._replace(box=(*place.box[:3], 50)) if place.first else place for place in high]
    probabilities = certain(0.5, 0.99, 0.5, 0.99, 0.5)
    assert choose_pieces(high, probabilities) == [1, 3]
    assert choose_pieces(low, probabilities) == [0]


def test_segmentation_chooses_for_each_stretch() -> None:
    """The pieces of several stretches come in reading order."""
    second = [place._replace(stretch=1) for place in (WHOLE, *PIECES)]
    lone = Place((0, 0, 50, 100), stretch=2, height=100)
    probabilities = certain(0.2, 0.99, 0.5, 0.99, 0.5)
    stacked = np.concatenate([probabilities, probabilities, certain(0.3)])
    assert choose_pieces([WHOLE, *PIECES, *second, lone], stacked) == [1, 3, 6, 8, 10]


@pytest.mark.parametrize("classes", [1, 2, 26])
def test_segmentation_takes_any_number_of_classes(classes: int) -> None:
    """A network of other classes than ten digits chooses by its probabilities alone."""
    flat = np.full((5, classes), 1 / classes)
    assert choose_pieces([WHOLE, *PIECES], flat) in ([0], [1, 3], [1, 2, 4])

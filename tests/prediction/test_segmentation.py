"""Which pieces of ink are read as digits."""

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.images.digit_image import Place
from scratchnet_cli.prediction.segmentation import choose

WHOLE = Place((0, 0, 150, 100), after=3, height=100)
# Two digits of 75 pixels, and another cut through the second one.
PIECES = [
    WHOLE._replace(box=(0, 0, 75, 100), after=1, whole=False, severed=0.1),
    WHOLE._replace(box=(75, 0, 110, 100), first=1, after=2, whole=False, severed=0.4),
    WHOLE._replace(box=(75, 0, 150, 100), first=1, after=3, whole=False),
    WHOLE._replace(box=(110, 0, 150, 100), first=2, after=3, whole=False),
]


def seen(*best: float) -> NDArray[np.float64]:
    """For each piece such a probability of 3, the rest spread over all others."""
    rows = [[p if digit == 3 else (1 - p) / 9 for digit in range(10)] for p in best]
    return np.array(rows)


def test_the_pieces_that_look_like_digits_are_read() -> None:
    """Where the whole looks like nothing, the cheapest way is that of the likeliest pieces."""
    assert choose([WHOLE, *PIECES], seen(0.2, 0.99, 0.5, 0.99, 0.5)) == [1, 3]


def test_what_looks_like_a_digit_is_not_cut() -> None:
    """Where whole and pieces are as good, the whole is read: each cut has its price."""
    whole = WHOLE._replace(box=(0, 0, 110, 100))
    assert choose([whole, *PIECES], seen(0.99, 0.99, 0.99, 0.99, 0.99)) == [0]


@pytest.mark.parametrize(("width", "expected"), [(150, [1, 3]), (90, [0])])
def test_narrow_ink_is_cut_with_reluctance(width: int, expected: list[int]) -> None:
    """What has room for two digits is cut sooner than what has not."""
    narrow = WHOLE._replace(box=(0, 0, width, 100))
    assert choose([narrow, *PIECES], seen(0.8, 0.99, 0.5, 0.99, 0.5)) == expected


def test_what_is_much_lower_than_its_row_is_no_piece() -> None:
    """A part of a digit that looks like one is not cut off where it is half as high as the row."""
    high = [WHOLE, *PIECES]
    low = [place._replace(box=(*place.box[:3], 50)) if place.first else place for place in high]
    probabilities = seen(0.5, 0.99, 0.5, 0.99, 0.5)
    assert choose(high, probabilities) == [1, 3]
    assert choose(low, probabilities) == [0]


def test_each_stretch_has_its_own_way() -> None:
    """Of several stretches the pieces come in reading order."""
    second = [place._replace(stretch=1) for place in (WHOLE, *PIECES)]
    lone = Place((0, 0, 50, 100), stretch=2, height=100)
    probabilities = seen(0.2, 0.99, 0.5, 0.99, 0.5)
    stacked = np.concatenate([probabilities, probabilities, seen(0.3)])
    assert choose([WHOLE, *PIECES, *second, lone], stacked) == [1, 3, 6, 8, 10]


@pytest.mark.parametrize("classes", [1, 2, 26])
def test_any_number_of_classes_will_do(classes: int) -> None:
    """A network of other classes than ten digits chooses by its probabilities alone."""
    flat = np.full((5, classes), 1 / classes)
    chosen = choose([WHOLE, *PIECES], flat)
    assert chosen in ([0], [1, 3], [1, 2, 4])

"""The 28x28 image of a digit, its warnings and its place in the picture."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""(h, w) grey values."""
Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are exclusive."""

SIDE_PIXELS = 28

LOW_CONTRAST = "low contrast"
SEVERAL_DIGITS = "more than one digit"
CUT_BY_EDGE = "ink cut by the edge"
LEFT_OUT = "ink beside this number was not read"
MAYBE_SLASH = "may be a slash"
UNCERTAIN_ORDER = "order uncertain: this may be one row or two"
NOT_SPLIT = "touching digits were not split, because there are too many"


class Place(NamedTuple):
    """The place of a digit, or of ink that may be a digit, in its picture.

    box, height: of the digit and of its row, in pixels of the stored picture, turned upright.
    row, number: the row in the picture and the number in the row, counted from 1.
    stretch: the index of its connected ink, which may be several digits that touch. whole: whether
    this is the whole stretch, or a piece of it. first, after: the left and the right edge of the
    piece: 0 is the left side of the stretch, then come the cut lines and the right side. severed:
    the ink on the piece's right cut line, in row heights. sideways: whether rows run up or down.
    """

    box: Box
    row: int = 1
    number: int = 1
    stretch: int = 0
    first: int = 0
    after: int = 1
    severed: float = 0.0
    whole: bool = True
    height: float = 0.0
    sideways: bool = False


@dataclass(frozen=True, eq=False)
class DigitImage:
    """A digit as the network receives it.

    pixels: (28, 28) uint8, 0 is background, 255 is ink. warnings: why the digit may be read
    wrong. place: None if the picture was read as a single digit.
    """

    pixels: Pixels
    warnings: tuple[str, ...] = ()
    place: Place | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # Workers return images: pickling bytes takes a fifth of the time of an array.
        return _from_bytes, (self.pixels.tobytes(), self.warnings, self.place)


def turned_box(box: Box, size: tuple[int, int], turns: int) -> Box:
    """Return a box after quarter turns to the right of its picture. size: its width and height."""
    left, top, right, bottom = box
    width, height = size
    for _ in range(turns):
        left, top, right, bottom = height - bottom, left, height - top, right
        width, height = height, width
    return left, top, right, bottom


def _from_bytes(pixels: bytes, warnings: tuple[str, ...], place: Place | None) -> DigitImage:
    array = np.frombuffer(pixels, np.uint8).reshape(SIDE_PIXELS, SIDE_PIXELS)
    return DigitImage(array, warnings, place)

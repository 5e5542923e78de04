"""Temporary."""
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from scratchnet_cli.images.grey import Pixels
from scratchnet_cli.images.mnist import FIELD

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, the last two just beyond what it holds."""


class Place(NamedTuple):
    """Where in a picture a digit stands, or what may be one.

    box: in pixels of the picture as it is stored, turned upright. row, and number in the row: from
    1. stretch: ink that may be several digits that touch, from 0; this is the whole of it, or what
    lies between the cuts first and after; severed is how much ink the latter goes through, in
    heights of the row. height: that of the row, in the same pixels.
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


@dataclass(frozen=True, eq=False)
class DigitImage:
    """A digit as the network sees it.

    pixels: (28, 28) uint8, 0 background, 255 ink. warnings: reasons to distrust the reading:
    "low contrast", "more than one digit", "ink cut by the edge". place: where it stands among
    others, if they were looked for.
    """

    pixels: Pixels
    warnings: tuple[str, ...] = ()
    place: Place | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # On its way from a worker process: as bytes an array costs a fifth of the time.
        return _from_bytes, (self.pixels.tobytes(), self.warnings, self.place)


def _from_bytes(pixels: bytes, warnings: tuple[str, ...], place: Place | None) -> DigitImage:
    return DigitImage(np.frombuffer(pixels, np.uint8).reshape(FIELD, FIELD), warnings, place)



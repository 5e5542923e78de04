"""A picture as the network saw it, and its ten probabilities, as lines for a terminal."""

from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.prediction.answers import Digit
from scratchnet_cli.terminal import text_bar

BAR_WIDTH = 24
# Two pixels, one above the other, share a character: these for (dark, dark) to (ink, ink).
_HALVES = " ▄▀█"
# The grey ramp of 256-colour terminals: 24 steps from almost black to almost white.
_FIRST_GREY, _GREYS = 232, 24


def draw(digit: Digit, colour: bool) -> list[str]:
    """14 lines or more: on the left the 28x28 pixels, on the right a bar for each class."""
    halves = _in_colour if colour else _in_blocks
    picture = halves(digit.picture.pixels[0::2], digit.picture.pixels[1::2])
    bars = [
        f"{'>' if label == digit.digit else ' '} {label} {text_bar(share, BAR_WIDTH)} {share:.4f}"
        for label, share in enumerate(digit.probabilities)
    ]
    blank = " " * digit.picture.pixels.shape[1]
    rows = zip_longest(picture, ["", "", *bars])
    return [f"{left or blank}  {right or ''}".rstrip() for left, right in rows]


def _in_blocks(upper: NDArray[np.uint8], lower: NDArray[np.uint8]) -> list[str]:
    codes = 2 * (upper >= 128).astype(int) + (lower >= 128)
    return ["".join(_HALVES[code] for code in row) for row in codes]


def _in_colour(upper: NDArray[np.uint8], lower: NDArray[np.uint8]) -> list[str]:
    ramp = _FIRST_GREY + np.stack((upper, lower)).astype(int) * (_GREYS - 1) // 255
    return [
        "".join(f"\x1b[38;5;{top};48;5;{bottom}m▀" for top, bottom in zip(*row, strict=True))
        + "\x1b[0m"
        for row in ramp.transpose(1, 0, 2)
    ]

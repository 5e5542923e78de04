"""What is done to arrays of grey values: other sizes, local means, local maxima."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.float32]
"""(h, w), most often in [0, 1]."""
Colours = NDArray[np.float32]
"""(h, w, channels) in [0, 1]."""
Pixels = NDArray[np.uint8]
"""(h, w), as in a file."""

# Light, colour and polarity change slowly: they are estimated on a copy of this size.
SMALL = 64
# What is narrower than this share of the picture is ink, what is wider is light or shadow.
WINDOW = 1 / 3


def quantile(values: NDArray[Any], share: float) -> float:
    """The smallest of the values that is not below this share of them: 0.5 gives the median."""
    # NumPy's own functions for this import numpy.ma first, which takes as long as the partition.
    place = min(int(share * values.size), values.size - 1)
    return float(np.partition(values, place, axis=None)[place])


def resize(values: Grey, height: int, width: int) -> Grey:
    """(height, width) by area where it shrinks, by linear interpolation where it grows."""
    if values.shape == (height, width):
        return values
    shrinks = height * width < values.shape[0] * values.shape[1]
    method = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(values).resize((width, height), method), np.float32)


def fit_longest(values: Grey, longest: int) -> Grey:
    """The longer side brought to ``longest`` pixels, the aspect kept."""
    scale = longest / max(values.shape)
    height, width = (max(1, round(side * scale)) for side in values.shape)
    return resize(values, height, width)


def blur(values: Grey, size: int) -> Grey:
    """The mean of the picture's pixels in a size by size square around each pixel; size is odd."""
    down, across = (_averages(side, size) for side in values.shape)
    return np.asarray(down @ values @ across.T, np.float32)


def _averages(side: int, size: int) -> Grey:
    """(side, side): each row averages the size entries around its own."""
    index = np.arange(side)
    near = (np.abs(index[:, None] - index) <= size // 2).astype(np.float32)
    return np.asarray(near / near.sum(axis=1, keepdims=True), np.float32)


def widen(values: Grey, size: int) -> Grey:
    """The maximum over a size by size square around each pixel; size is odd."""
    for axis in (0, 1):
        rows = values.swapaxes(0, axis)
        count = len(rows)
        padded = np.pad(rows, [(size // 2, size // 2), (0, 0)], constant_values=-np.inf)
        # Maxima over 1, 2, 4, … rows, and two of the last overlapping make any size.
        reach = 1
        while 2 * reach <= size:
            padded = np.maximum(padded[: len(padded) - reach], padded[reach:])
            reach *= 2
        rest = size - reach
        rows = np.maximum(padded[:count], padded[rest : rest + count])
        values = rows.swapaxes(0, axis)
    return values


def two_tones(values: Grey) -> tuple[float, float]:
    """The threshold that best splits grey values into two classes, and how good the split is.

    That is the share of the variance that lies between the classes, 1 for a picture of two tones
    (Otsu 1979).
    """
    ordered = np.sort(values, axis=None).astype(np.float64)
    count = np.arange(1, ordered.size)
    total = ordered.cumsum()
    lower = total[:-1] / count
    upper = (total[-1] - total[:-1]) / (ordered.size - count)
    between = count * (ordered.size - count) * (upper - lower) ** 2 / ordered.size**2
    best = int(between.argmax())
    threshold = (ordered[best] + ordered[best + 1]) / 2
    return float(threshold), float(between[best] / max(ordered.var(), 1e-12))


def window(values: Grey, share: float = WINDOW) -> int:
    """The odd number of pixels that is a share of the longer side."""
    return max(3, int(max(values.shape) * share) | 1)

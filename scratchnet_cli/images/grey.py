"""Operations on grey values: sizes, quantiles, local means and maxima, thresholds, colours."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.float32]
"""(h, w), usually in [0, 1]."""
Colours = NDArray[np.float32]
"""(h, w, channels) in [0, 1]."""

# Light, colour and polarity change slowly: they are estimated on a copy of this size.
ESTIMATE_SIDE_PIXELS = 64
# The widest ink, as a share of the picture; light and shadow are wider.
WINDOW_RATIO = 1 / 3


def quantile(values: NDArray[Any], share: float) -> float:
    """Return the smallest value that is not below this share of the values."""
    # NumPy's own quantile first imports numpy.ma, which takes as long as the partition.
    index = min(int(share * values.size), values.size - 1)
    return float(np.partition(values, index, axis=None)[index])


def median(values: NDArray[Any]) -> float:
    """Return the median, or the upper of the two middle values."""
    return quantile(values, 0.5)


def resize(values: Grey, height: int, width: int) -> Grey:
    """Return (height, width) values: averaged to shrink, linearly interpolated to grow."""
    if values.shape == (height, width):
        return values
    shrinks = height * width < values.shape[0] * values.shape[1]
    method = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(values).resize((width, height), method), np.float32)


def resize_to(values: Grey, pixels: int) -> Grey:
    """Return the values with a longer side of this many pixels and the same aspect."""
    scale = pixels / max(values.shape)
    height, width = (max(1, round(side * scale)) for side in values.shape)
    return resize(values, height, width)


def shrink(values: Grey, factor: int) -> Grey:
    """Return the means of squares of this many pixels a side, fewer at the right and below."""
    return np.asarray(Image.fromarray(values).reduce(factor)) if factor > 1 else values


def small_copy(grey: Grey) -> Grey:
    """Return a copy on which slow changes are estimated."""
    return resize_to(grey, ESTIMATE_SIDE_PIXELS)


def window_size(grey: Grey, share: float = WINDOW_RATIO) -> int:
    """Return the odd number of pixels that is this share of the longer side."""
    return max(3, int(max(grey.shape) * share) | 1)


def blur(values: Grey, size: int) -> Grey:
    """Return the mean over a square around each pixel, without what is outside; size is odd."""
    down, across = (_averages(side, size) for side in values.shape)
    return np.asarray(down @ values @ across.T, np.float32)


def _averages(side: int, size: int) -> Grey:
    """Return (side, side) weights: each row averages the size entries around its own."""
    index = np.arange(side)
    near = (np.abs(index[:, None] - index) <= size // 2).astype(np.float32)
    return np.asarray(near / near.sum(axis=1, keepdims=True), np.float32)


def dilate(values: Grey, size: int) -> Grey:
    """Return the maximum over a square around each pixel; size is odd."""
    half = size // 2
    for _ in range(2):
        height, width = values.shape
        # ``np.pad`` takes several times as long.
        rows = np.full((height + 2 * half, width), -np.inf, np.float32)
        rows[half : half + height] = values
        # Maxima over 1, 2, 4, … rows. Two of the last ones overlap to reach any size.
        reach = 1
        while 2 * reach <= size:
            rows = np.maximum(rows[:-reach], rows[reach:])
            reach *= 2
        rest = size - reach
        values = np.maximum(rows[:height], rows[rest : rest + height]).T
    return values


def close(values: Grey, size: int) -> Grey:
    """Return the values without what is darker and narrower than this; size is odd."""
    return -dilate(-dilate(values, size), size)


def dilate_mask(mask: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Return the pixels within a square around each set pixel; size is odd."""
    return np.asarray(dilate(mask.astype(np.float32), size) > 0)


def threshold_otsu(values: Grey) -> tuple[float, float]:
    """Return the threshold that best splits the values into two classes, and its quality.

    The quality is the share of the variance between the classes, 1 for two tones (Otsu 1979).
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


def mix_colours(colours: Colours) -> Grey:
    """Return (h, w) in [0, 1]: the mix of (h, w, c) colours in which detail stands out most.

    The weights are the first principal component of what differs from the surroundings. Red ink
    on green shows in red minus green, even if both have the same luminance.
    """
    if colours.shape[2] == 1:
        return colours[:, :, 0]
    small = np.stack([small_copy(channel) for channel in np.moveaxis(colours, 2, 0)])
    detail = np.stack([grey - blur(grey, window_size(grey)) for grey in small])
    detail = detail.reshape(len(small), -1).astype(np.float64)
    weights = np.linalg.eigh(detail @ detail.T)[1][:, -1]
    weights = weights * (np.sign(weights.sum()) or 1) / np.abs(weights).sum()
    return np.asarray(colours @ weights - np.minimum(weights, 0).sum(), np.float32)

"""The light on a picture's ground: how bright each pixel would be without ink."""

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.grey import (
    SMALL,
    Grey,
    blur,
    fit_longest,
    quantile,
    resize,
    widen,
    window,
)

# Light is even or slants if this share of the picture lies within so much of its surface.
EVENLY, LIT = 0.8, 0.08


def lighting(grey: Grey) -> Grey:
    """(h, w) a quadratic surface through most of the ground: slanting light and dark corners.

    Least squares, again and again with less weight on what is off the surface: ink, a table. Where
    too much is, as with a shadow that has an edge, the surface is flat.
    """
    small = fit_longest(grey, SMALL)
    terms = _powers(*small.shape)
    values = small.ravel().astype(np.float64)
    surface = np.full(values.shape, quantile(values, 0.5))
    for _ in range(8):
        off = values - surface
        spread = 2 * quantile(np.abs(off), 0.5) + 0.01
        weighted = terms / (1 + (off / spread) ** 2) ** 2
        surface = np.linalg.lstsq(weighted @ terms.T, weighted @ values, rcond=None)[0] @ terms
    if (np.abs(values - surface) < LIT).mean() < EVENLY:
        return np.ones_like(grey)
    surface = surface.reshape(small.shape).clip(0.1)
    return resize(surface.astype(np.float32), *grey.shape)


def _powers(height: int, width: int) -> NDArray[np.float64]:
    """(6, height * width): 1, x, y, xx, xy, yy, with x and y in [-1, 1]."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y]).reshape(6, -1)


def brightest(grey: Grey) -> Grey:
    """(h, w) the brightest around each pixel: shadows are ground, and strokes are not."""
    small = fit_longest(grey, SMALL)
    size = window(small)
    ground = blur(-widen(-widen(small, size), size), 3)
    return resize(ground, *grey.shape).clip(1e-3)


def bare(grey: Grey, ink: Grey) -> Grey:
    """(h, w) the mean of the ground around each pixel, ink left out: it follows every shadow."""
    height, width = fit_longest(grey, SMALL).shape
    free = (ink < 0.2).astype(np.float32)
    share = resize(free, height, width)
    mean = resize(grey * free, height, width) / share.clip(1e-3)
    # Cells beside ink do not count: a stroke's soft edge darkens them.
    weight = np.where(widen(1 - share, 3) > 0.3, 0, share).astype(np.float32)
    total, count = np.zeros_like(mean), np.full_like(mean, 1e-9)
    # Near ground counts most; wider means only fill what is all ink.
    for size, factor in ((5, 1.0), (15, 1e-2), (63, 1e-4)):
        total += factor * blur(mean * weight, size)
        count += factor * blur(weight, size)
    return resize(total / count, *grey.shape).clip(1e-3)

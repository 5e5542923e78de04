"""The light on a picture's ground: how bright each pixel would be without ink."""

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.grey import (
    SMALL,
    WINDOW,
    Grey,
    blur,
    fit_longest,
    quantile,
    resize,
    two_tones,
    widen,
    window,
)
from scratchnet_cli.images.regions import Mask, sides

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


# From this share of variance between two classes on a picture has two tones, and no shades.
# In small pictures the soft edges of the ink take more of it.
TWO_TONES, SMALL_TWO_TONES = 0.9, 0.8
# Where the corners' light share is this near to a half, they are no tone of their own.
MIXED = 0.1


def ink_is_light(grey: Grey) -> bool:
    """Whether ink is brighter than its ground: ink is the rarer of the two."""
    small = fit_longest(grey, SMALL)
    threshold, split = two_tones(small)
    light = small > threshold
    corners = float(np.mean([corner.mean() for corner in corners_of(light)]))
    # Half light, half dark is light and shadow.
    tones = SMALL_TWO_TONES if max(grey.shape) <= SMALL else TWO_TONES
    if split > tones and abs(corners - 0.5) > MIXED:
        # Ground is what there is more of, in the corners above all, and along the rim.
        rim = np.concatenate(sides(light))
        return bool(light.mean() + corners + rim.mean() / 2 < 1.25)
    # Cubes keep the sign and weigh what stands out; the narrower window forgets glare.
    sizes = (window(small), window(small, WINDOW / 2))
    return bool(sum(((small - blur(small, size)) ** 3).sum() for size in sizes) > 0)


def corners_of(mask: Mask) -> list[Mask]:
    """The four corners of a picture, an eighth of its height and width."""
    height, width = (max(1, side // 8) for side in mask.shape)
    rows = mask[:height], mask[-height:]
    return [part[:, columns] for part in rows for columns in (np.s_[:width], np.s_[-width:])]

"""The colours of a picture to amounts of ink: 0 is bare ground, 1 full ink, edges between."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.grey import Grey, blur, fit_longest, quantile, resize, two_tones, widen

Colours = NDArray[np.float32]

# Light, colour and polarity change slowly: they are estimated on a copy of this size.
SMALL = 64
# What is narrower than this share of the picture is ink, what is wider is light or shadow.
WINDOW = 1 / 3
# Ink less deep than this (1 is black on white) does not count as ink.
FAINTEST = 0.02
# From this share of variance between two classes on a picture has two tones, and no shades.
# In small pictures the soft edges of the ink take more of it.
TWO_TONES, SMALL_TWO_TONES = 0.9, 0.8
# Where the corners' light share is this near to a half, they are no tone of their own.
MIXED = 0.1
# Ink that covers more than this share of its picture leaves too little ground to be measured by.
# So does a shadow, but that leaves less than this share of the corners free.
CROWDED, OPEN_CORNERS = 0.3, 0.75
# Light is even or slants if this share of the picture lies within so much of its surface.
EVENLY, LIT = 0.8, 0.08
# Noise of paper and sensor reaches this many standard deviations; what is deeper is ink.
NOISE_REACH = 3.0
# The search for the typical ink starts at this quantile of depth: a few pixels are deeper.
DEEPEST = 0.9998
# Ink that is not deeper than this many is noise itself.
SURE = 4.0
# The ground and its noise are measured on every second pixel of every second row.
SPARSE = 2


@dataclass(frozen=True, eq=False)
class Ink:
    """How much ink there is where. amount: (h, w) float32 in [0, 1].

    depth: contrast of full ink to its ground, 1 for black on white.
    noise: standard deviation of the bare ground, in the same unit.
    """

    amount: Grey
    depth: float
    noise: float


def find_ink(colours: Colours, polarity: str = "auto") -> Ink:
    """What was written on the ground of a (h, w, 1 or 3) picture, whatever its colours and light.

    polarity: "dark" or "light" ink, or "auto" to tell by the picture.

    Raises:
        ImageError: nothing was.
    """
    grey = mix(colours)
    if polarity == "light" or (polarity == "auto" and ink_is_light(grey)):
        grey = 1 - grey
    margin, ground = margin_of(grey)
    grey = np.pad(grey, margin, constant_values=ground)
    grey = grey / lighting(grey)
    first = amounts(1 - grey / brightest(grey))
    ink = amounts(1 - grey / bare(grey, first.amount))
    inside = np.s_[margin : grey.shape[0] - margin, margin : grey.shape[1] - margin]
    return replace(ink, amount=ink.amount[inside])


def mix(colours: Colours) -> Grey:
    """(h, w) in [0, 1]: the one grey of (h, w, c) colours in which detail stands out most.

    The weights are the first principal component of what differs from the surroundings: red
    ink on green shows in red minus green, where plain luminance may see nothing.
    """
    if colours.shape[2] == 1:
        return colours[:, :, 0]
    small = np.stack([fit_longest(channel, SMALL) for channel in np.moveaxis(colours, 2, 0)])
    detail = np.stack([grey - blur(grey, window(grey)) for grey in small])
    detail = detail.reshape(len(small), -1).astype(np.float64)
    weights = np.linalg.eigh(detail @ detail.T)[1][:, -1]
    weights = weights * (np.sign(weights.sum()) or 1) / np.abs(weights).sum()
    return np.asarray(colours @ weights - np.minimum(weights, 0).sum(), np.float32)


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
        rim = np.concatenate((light[0], light[-1], light[:, 0], light[:, -1]))
        return bool(light.mean() + corners + rim.mean() / 2 < 1.25)
    # Cubes keep the sign and weigh what stands out; the narrower window forgets glare.
    sizes = (window(small), window(small, WINDOW / 2))
    return bool(sum(((small - blur(small, size)) ** 3).sum() for size in sizes) > 0)


def corners_of(mask: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """The four corners of a picture, an eighth of its height and width."""
    height, width = (max(1, side // 8) for side in mask.shape)
    rows = mask[:height], mask[-height:]
    return [part[:, columns] for part in rows for columns in (np.s_[:width], np.s_[-width:])]


def margin_of(grey: Grey) -> tuple[int, float]:
    """How many pixels of bare ground a dark digit that fills its picture needs around it, and
    their grey: what looks for the ground finds more of it there.
    """
    small = fit_longest(grey, SMALL)
    threshold, split = two_tones(small)
    ground = small > threshold
    in_corners = np.mean([corner.mean() for corner in corners_of(ground)])
    if split < TWO_TONES or ground.mean() > 1 - CROWDED or in_corners < OPEN_CORNERS:
        return 0, 1.0
    return round(max(grey.shape) * WINDOW), quantile(small[ground], 0.5)


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


def amounts(depth: Grey) -> Ink:
    """Depths to amounts of ink: 0 just above the noise of the ground, 1 for typical ink.

    Raises:
        ImageError: nothing rises above the noise.
    """
    some = depth[::SPARSE, ::SPARSE]
    # Ink may cover more than half of a picture, but the ground is the shallower of the two.
    ground = quantile(some[some <= (some.min() + some.max()) / 2], 0.5)
    below = ground - some[some < ground]
    noise = 1.4826 * quantile(below, 0.5) if below.size else 0.0
    low = ground + NOISE_REACH * noise
    # The start is the deepest there is, but not in one lonely pixel.
    halved = resize(depth, -(-depth.shape[0] // 2), -(-depth.shape[1] // 2))
    full = quantile(halved, DEEPEST)
    for _ in range(5):
        deep = depth[depth > max((ground + full) / 2, low, ground + FAINTEST / 2)]
        if deep.size == 0:
            raise ImageError("the picture is blank")
        full = quantile(deep, 0.5)
    if full - ground < max(FAINTEST, SURE * noise):
        raise ImageError("the picture is blank")
    amount = ((depth - low) / max(full - low, 1e-6)).clip(0, 1)
    return Ink(np.asarray(amount, np.float32), full - ground, noise)


def window(values: Grey, share: float = WINDOW) -> int:
    """The odd number of pixels that is a share of the longer side."""
    return max(3, int(max(values.shape) * share) | 1)

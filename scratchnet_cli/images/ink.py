"""The colours of a picture to amounts of ink: 0 is bare ground, 1 full ink, edges between."""

from dataclasses import dataclass, replace

import numpy as np

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.background import (
    TWO_TONES,
    bare,
    brightest,
    corners_of,
    ink_is_light,
    lighting,
)
from scratchnet_cli.images.grey import (
    SMALL,
    WINDOW,
    Colours,
    Grey,
    blur,
    fit_longest,
    quantile,
    resize,
    two_tones,
    window,
)

BLANK = "the picture is blank, or nothing in it stands out as a digit"
# Ink less deep than this (1 is black on white) does not count as ink.
FAINTEST = 0.02
# Ink that covers more than this share of its picture leaves too little ground to be measured by.
# So does a shadow, but that leaves less than this share of the corners free.
CROWDED, OPEN_CORNERS = 0.3, 0.75
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


def find_ink(colours: Colours, polarity: str = "auto", passes: int = 1, fills: bool = True) -> Ink:
    """What was written on the ground of a (h, w, 1 or 3) picture, whatever its colours and light.

    polarity: "dark" or "light" ink, or "auto" to tell by the picture. passes: how often the ground
    is measured anew in uneven light, the ink found so far left out: what of a shadow was taken for
    ink fades away. fills: whether a digit may fill the picture; if not, what seems to is a shadow.

    Raises:
        ImageError: nothing was.
    """
    grey = mix(colours)
    if polarity == "light" or (polarity == "auto" and ink_is_light(grey)):
        grey = 1 - grey
    margin, ground = margin_of(grey) if fills else (0, 1.0)
    grey = np.pad(grey, margin, constant_values=ground)
    light = lighting(grey)
    grey = grey / light
    ink = amounts(1 - grey / brightest(grey))
    for _ in range(passes if (light == 1).all() else 1):
        ink = amounts(1 - grey / bare(grey, ink.amount))
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
            raise ImageError(BLANK)
        full = quantile(deep, 0.5)
    if full - ground < max(FAINTEST, SURE * noise):
        raise ImageError(BLANK)
    amount = ((depth - low) / max(full - low, 1e-6)).clip(0, 1)
    return Ink(np.asarray(amount, np.float32), full - ground, noise)

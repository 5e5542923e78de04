"""The ink in a picture, separated from the background and the light on it."""

from dataclasses import dataclass, replace

import numpy as np

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.grey import (
    ESTIMATE_SIDE_PIXELS,
    WINDOW_RATIO,
    Grey,
    blur,
    close,
    dilate,
    median,
    quantile,
    resize,
    shrink,
    small_copy,
    threshold_otsu,
    window_size,
)
from scratchnet_cli.images.regions import corner_share, sides

BLANK_MESSAGE = "no digit found; crop the picture to the digit, or use more light"
# Light is smooth if this share of the picture differs less than this from the fitted surface.
MIN_SMOOTH_AREA_RATIO, MAX_LIGHT_DIFFERENCE = 0.8, 0.08
# A picture has two tones, and no shades, if this share of its variance is between two classes.
# In small pictures the soft edges of the ink take more of the variance.
MIN_TWO_TONE_RATIO, MIN_SMALL_TWO_TONE_RATIO = 0.9, 0.8
# Corners show light and shadow, not the background, if their light share is this close to a half.
MIXED_CORNER_RANGE = 0.1
# Ink that covers more of its picture leaves too little background to measure. If less than the
# second share of the corners is free, it is a shadow, not ink.
MAX_INK_AREA_RATIO, MIN_FREE_CORNER_RATIO = 0.3, 0.75
# A pixel with less ink than this counts as background.
MAX_BACKGROUND_AMOUNT = 0.2
# The least depth of ink; black on white has depth 1.
MIN_INK_DEPTH = 0.02
# Noise of paper and sensor is not deeper than this many standard deviations. Ink is noise itself
# if it is not deeper than the second number of them.
NOISE_REACH_SD, MIN_INK_DEPTH_SD = 3.0, 4.0
# The search for the depth of full ink starts at this quantile: single pixels may be deeper.
START_DEPTH_QUANTILE = 0.9998
# A background is even if at the border it differs from a plane of grey by less than this share of
# the ink's depth, if no glare is brighter than it by the second share, and if the third share of
# the variance is between ink and background.
MAX_BORDER_DIFFERENCE_RATIO, MAX_GLARE_RATIO, MIN_EVEN_TWO_TONE_RATIO = 0.15, 0.2, 0.8
# The background of a page is measured this often: the first results are wrong beside the edge of a
# shadow.
PAGE_PASSES = 3


@dataclass(frozen=True, eq=False)
class Ink:
    """The ink in a picture.

    amount: (h, w) float32, 0 for background, 1 for full ink, edges between. depth: the contrast
    of full ink, 1 for black on white. noise: the background's standard deviation, in depth.
    """

    amount: Grey
    depth: float
    noise: float


def find_ink(grey: Grey, polarity: str = "auto", page: bool = False) -> Ink:
    """Return the ink of a (h, w) picture, whatever its light."""
    if polarity == "light" or (polarity == "auto" and ink_is_light(grey)):
        grey = 1 - grey
    margin, margin_grey = find_margin(grey)
    grey = np.pad(grey, margin, constant_values=margin_grey)
    light = light_surface(grey)
    grey = grey / light
    ink = ink_from_depth(1 - grey / bright_background(grey))
    # Measured again without the ink found so far: shadows that were taken for ink fade.
    for _ in range(PAGE_PASSES if page and (light == 1).all() else 1):
        ink = ink_from_depth(1 - grey / mean_background(grey, ink.amount).clip(1e-3))
    inside = np.s_[margin : grey.shape[0] - margin, margin : grey.shape[1] - margin]
    return replace(ink, amount=ink.amount[inside])


def find_even_ink(grey: Grey, polarity: str) -> Ink | None:
    """Return the ink of a (h, w) picture, or None if its background may be uneven.

    The background is a plane of grey through the border of the picture, where there is no ink.
    """
    level = median(np.concatenate(sides(grey)))
    is_light = float(grey.max()) - level > level - float(grey.min())
    grey = 1 - grey if is_light else grey
    background = border_plane(grey)
    if polarity == ("dark" if is_light else "light") or background.min() <= 0:
        return None
    depth = 1 - grey / background
    try:
        ink = ink_from_depth(depth)
    except ImageError:
        return None
    difference = max(float(np.abs(side).max()) for side in sides(depth)) / ink.depth
    if difference >= MAX_BORDER_DIFFERENCE_RATIO or depth.min() <= -MAX_GLARE_RATIO * ink.depth:
        return None
    return ink if two_tone_ratio(depth, ink.depth / 2) > MIN_EVEN_TWO_TONE_RATIO else None


def border_plane(grey: Grey) -> Grey:
    """Return (h, w) the plane of grey through the means of the four sides."""
    left, top, right, bottom = (float(side.mean()) for side in sides(grey))
    # From -1/2 to 1/2; `np.linspace` takes three times as long.
    across, down = (
        np.arange(side, dtype=np.float32) / max(side - 1, 1) - 0.5 for side in grey.shape[::-1]
    )
    level = (left + top + right + bottom) / 4
    return np.asarray(down[:, None] * (bottom - top) + across * (right - left) + level, np.float32)


def two_tone_ratio(values: Grey, threshold: float) -> float:
    """Return the share of the variance that is between the values above and below a threshold."""
    above = values > threshold
    share = float(above.mean())
    if share in (0, 1):
        return 0.0
    distance = float(values[above].mean()) - float(values.mean())
    return share / (1 - share) * distance**2 / float(values.var())


def ink_is_light(grey: Grey) -> bool:
    """Return whether the ink is lighter than the background: it is the rarer of the two."""
    small = small_copy(grey)
    threshold, quality = threshold_otsu(small)
    light = small > threshold
    corners = corner_share(light)
    is_small = max(grey.shape) <= ESTIMATE_SIDE_PIXELS
    two_tones = quality > (MIN_SMALL_TWO_TONE_RATIO if is_small else MIN_TWO_TONE_RATIO)
    if two_tones and abs(corners - 0.5) > MIXED_CORNER_RANGE:
        # The background covers more of the picture, of its border and, above all, of its corners.
        border = np.concatenate(sides(light))
        return bool(light.mean() + corners + border.mean() / 2 < 1.25)
    # Cubes keep the sign, and large differences count most. The narrower window ignores glare.
    sizes = (window_size(small), window_size(small, WINDOW_RATIO / 2))
    return bool(sum(((small - blur(small, size)) ** 3).sum() for size in sizes) > 0)


def find_margin(grey: Grey) -> tuple[int, float]:
    """Return the margin that a picture filled with ink needs, in pixels, and its grey.

    Other pictures need no margin: 0 and 1.
    """
    small = small_copy(grey)
    threshold, quality = threshold_otsu(small)
    background = small > threshold
    is_filled = background.mean() <= 1 - MAX_INK_AREA_RATIO
    has_free_corners = corner_share(background) >= MIN_FREE_CORNER_RATIO
    if quality >= MIN_TWO_TONE_RATIO and is_filled and has_free_corners:
        return round(max(grey.shape) * WINDOW_RATIO), median(small[background])
    return 0, 1.0


def light_surface(grey: Grey) -> Grey:
    """Return (h, w) smooth light: a quadratic surface, or 1 if it does not fit well enough."""
    small = small_copy(grey)
    y, x = np.meshgrid(*(np.linspace(-1, 1, side) for side in small.shape), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y]).reshape(6, -1)
    values = small.ravel().astype(np.float64)
    surface = np.full(values.shape, median(values))
    for _ in range(8):
        off = values - surface
        spread = 2 * median(np.abs(off)) + 0.01
        weighted = terms / (1 + (off / spread) ** 2) ** 2
        surface = np.linalg.lstsq(weighted @ terms.T, weighted @ values, rcond=None)[0] @ terms
    if (np.abs(values - surface) < MAX_LIGHT_DIFFERENCE).mean() < MIN_SMOOTH_AREA_RATIO:
        return np.ones_like(grey)
    surface = surface.reshape(small.shape).clip(0.1)
    return resize(surface.astype(np.float32), *grey.shape)


def bright_background(grey: Grey) -> Grey:
    """Return (h, w) the grey without narrow dark parts: a closing keeps shadows, not strokes."""
    small = small_copy(grey)
    closed = blur(close(small, window_size(small)), 3)
    return resize(closed, *grey.shape).clip(1e-3)


def mean_background(grey: Grey, amount: Grey) -> Grey:
    """Return (h, w) the mean of the background around each pixel. amount: (h, w) of ink."""
    free = (amount < MAX_BACKGROUND_AMOUNT).astype(np.float32)
    share = small_copy(free)
    mean = small_copy(grey * free) / share.clip(1e-3)
    # Cells beside ink do not count, because the soft edge of a stroke darkens them.
    weight = np.where(dilate(1 - share, 3) > 0.3, 0, share).astype(np.float32)
    total, count = np.zeros_like(mean), np.full_like(mean, 1e-9)
    # The nearest background counts most. Wider means only fill squares that are all ink.
    for size, factor in ((5, 1.0), (15, 1e-2), (63, 1e-4)):
        total += factor * blur(mean * weight, size)
        count += factor * blur(weight, size)
    return resize(total / count, *grey.shape)


def ink_from_depth(depth: Grey) -> Ink:
    """Return the ink in (h, w) depths: how much darker each pixel is than the background."""
    # Every second pixel of every second row is enough to measure the background and its noise.
    sample = depth[::2, ::2]
    # Ink may cover more than half of the picture, so the median is that of the shallower half.
    background = median(sample[sample <= (sample.min() + sample.max()) / 2])
    below = background - sample[sample < background]
    # The standard deviation of normal noise is 1.4826 times its median deviation.
    noise = 1.4826 * median(below) if below.size else 0.0
    low = background + NOISE_REACH_SD * noise
    # In a copy of half the size, so that a single pixel is not the deepest.
    full = quantile(shrink(depth, 2), START_DEPTH_QUANTILE)
    for _ in range(5):
        deep = depth[depth > max((background + full) / 2, low, background + MIN_INK_DEPTH / 2)]
        if deep.size == 0:
            raise ImageError(BLANK_MESSAGE)
        before, full = full, median(deep)
        if full == before:
            break
    if full - background < max(MIN_INK_DEPTH, MIN_INK_DEPTH_SD * noise):
        raise ImageError(BLANK_MESSAGE)
    amount = ((depth - low) / max(full - low, 1e-6)).clip(0, 1)
    return Ink(np.asarray(amount, np.float32), full - background, noise)

"""A thin line of any form through a digit or beside it, as on forms and crossed-out paper."""

import numpy as np

from scratchnet_cli.images.grey import Grey, dilate_mask
from scratchnet_cli.images.lines import REGION_AMOUNT
from scratchnet_cli.images.sheet import erode

# The picture is divided into strips from side to side. A line has ink at both ends, and thin ink
# in this share of the strips: elsewhere it may be hidden by the digit.
STRIPS, MIN_THIN_STRIPS_RATIO = 16, 0.6
# The widest line, as a share of the picture, and the least share of the ink that is no line.
MAX_LINE_WIDTH_RATIO, MIN_REST_RATIO = 0.05, 0.6
# How far the soft edge of a stroke reaches, in pixels.
SOFT_EDGE_PIXELS = 2


def remove_crossing_line(amount: Grey) -> Grey:
    """Return (h, w) ink without a thin line from side to side: straight, dashed, wavy or zigzag.

    Ink that is as thin as the line at the sides of the picture is removed by a morphological
    opening. Ink without such a line is returned itself.
    """
    rest = _without_line(amount)
    if rest is not None:
        return rest
    rest = _without_line(amount.T)
    return amount if rest is None else rest.T


def _without_line(amount: Grey) -> Grey | None:
    """Return the ink without a line from left to right, or None if there is none."""
    mask = amount > REGION_AMOUNT
    width = mask.shape[1]
    strip = width // STRIPS
    if not strip or not (mask[:, :strip].any() and mask[:, -strip:].any()):
        return None
    core, radius = mask, 0
    while core[:, :strip].any() or core[:, -strip:].any():
        if 2 * radius > MAX_LINE_WIDTH_RATIO * max(mask.shape):
            return None
        core, radius = erode(core), radius + 1
    # One step more, because a line is wider where it bends.
    strokes = dilate_mask(erode(core), 2 * (radius + 1 + SOFT_EDGE_PIXELS) + 1) & mask
    thin = mask & ~strokes
    strips = np.linspace(0, width, STRIPS + 1).astype(int)[:-1]
    share = np.logical_or.reduceat(thin.any(axis=0), strips).mean()
    if share < MIN_THIN_STRIPS_RATIO or strokes.sum() < MIN_REST_RATIO * mask.sum():
        return None
    return np.where(dilate_mask(thin, 3) & ~strokes, 0, amount).astype(np.float32)

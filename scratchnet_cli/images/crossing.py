"""A thin line of any form through a digit or beside it, as on forms and crossed-out paper."""

import numpy as np

from scratchnet_cli.images.grey import Grey
from scratchnet_cli.images.lines import REGION_AMOUNT
from scratchnet_cli.images.regions import Mask
from scratchnet_cli.images.sheet import erode

# The strips of the picture from side to side, in nearly all of which a line has ink.
STRIPS = 16
MIN_THIN_RATIO = 0.6
# The widest line, as a share of the picture, and the least share of the ink that is no line.
MAX_LINE_WIDTH_RATIO, MIN_REST_RATIO = 0.05, 0.6


def remove_crossing_line(amount: Grey) -> Grey:
    """Return (h, w) ink without a thin line from side to side: straight, dashed, wavy or zigzag.

    What remains are the strokes that are wider than the line is at the sides of the picture
    (a morphological opening).
    """
    rest = _without_line(amount)
    if rest is None:
        turned = _without_line(amount.T)
        rest = amount if turned is None else turned.T
    return rest


def _without_line(amount: Grey) -> Grey | None:
    mask = amount > REGION_AMOUNT
    width = mask.shape[1]
    strip = width // STRIPS
    if not strip or not (mask[:, :strip].any() and mask[:, -strip:].any()):
        return None
    core = mask
    for radius in range(1, 2 + int(MAX_LINE_WIDTH_RATIO * max(mask.shape) / 2)):
        core = erode(core)
        if not (core[:, :strip].any() or core[:, -strip:].any()):
            break
    else:
        return None
    strokes = dilate_mask(erode(core), radius + 3) & mask
    thin = mask & ~strokes
    edges = np.linspace(0, width, STRIPS + 1).astype(int)[:-1]
    spans = np.logical_or.reduceat(thin.any(axis=0), edges).sum() >= STRIPS * MIN_THIN_RATIO
    if not spans or strokes.sum() < MIN_REST_RATIO * mask.sum():
        return None
    return np.where(dilate_mask(thin, 1) & ~strokes, 0, amount).astype(np.float32)


def dilate_mask(mask: Mask, steps: int) -> Mask:
    """Return the pixels that are at most this many steps from a set pixel."""
    rest = ~mask
    for _ in range(steps):
        rest = erode(rest)
    return ~rest

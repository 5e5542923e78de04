"""A thin line of any form through a digit or beside it, removed from the ink."""

import numpy as np

from scratchnet_cli.images.grey import Grey, dilate_mask
from scratchnet_cli.images.lines import REGION_AMOUNT, SOFT_EDGE_PIXELS
from scratchnet_cli.images.regions import erode

# The picture is divided into strips from side to side. A crossing line has thin ink in this share
# of them; in the others the digit may hide it.
STRIPS, MIN_THIN_STRIPS_RATIO = 16, 0.6
# The widest crossing line, as a share of the picture, and the least share of ink outside of it.
MAX_CROSSING_WIDTH_RATIO, MIN_REST_RATIO = 0.05, 0.6


def remove_crossing_line(amount: Grey) -> Grey:
    """Return ink, (h, w), without a thin line from side to side through a digit or beside it.

    The line may be straight, dashed, wavy or zigzag, as on forms and crossed-out paper. Ink
    without such a line is returned itself.
    """
    if (rest := _without_crossing_line(amount)) is not None:
        return rest
    columns = _without_crossing_line(amount.T)
    return amount if columns is None else columns.T


def _without_crossing_line(amount: Grey) -> Grey | None:
    """Return the ink without a line from left to right, or None if there is none.

    A morphological opening removes ink that is as thin as the ink at both sides.
    """
    mask = amount > REGION_AMOUNT
    width = mask.shape[1]
    strip = width // STRIPS
    if not strip or not (mask[:, :strip].any() and mask[:, -strip:].any()):
        return None
    core, radius = mask, 0
    while core[:, :strip].any() or core[:, -strip:].any():
        if 2 * radius > MAX_CROSSING_WIDTH_RATIO * max(mask.shape):
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

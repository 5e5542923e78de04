"""What reaches into a page from its border: objects, shadows, and the edges of other pages."""

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.grey import Grey, close, dilate_mask, quantile
from scratchnet_cli.images.parts import typical_height
from scratchnet_cli.images.regions import Mask, Regions

# The least height of digits, in pixels; lower marks are specks.
MIN_HEIGHT_PIXELS = 8
# The ratios, unless noted, are shares of the height of most marks that do not touch the border.
# A mark that is as thick, and touches the border, is an object or a shadow.
MIN_OBJECT_RATIO = 0.35
# Ink as wide as this and less is a stroke.
MAX_STROKE_RATIO = 0.5
# Background is in shadow if it is darker than this share of the paper: of a bright part of it.
PAPER_RATIO, PAPER_QUANTILE = 0.95, 0.9
# The edge of another page is longer, and everywhere nearer to the side of the picture.
MIN_EDGE_LENGTH_RATIO, MAX_EDGE_DISTANCE_RATIO = 1.8, 0.5


def inner_height(regions: Regions) -> int:
    """Return the height of most regions that do not touch the border, or 0 if it is unknown."""
    inner = ~touches_border(regions)
    height = typical_height(regions.boxes[inner]) if inner.any() else 0
    return height if height >= MIN_HEIGHT_PIXELS else 0


def touches_border(regions: Regions) -> NDArray[np.bool_]:
    """Return (n,) which regions touch the border of the picture."""
    size = np.array(regions.labels.shape[::-1])
    return np.asarray((regions.boxes[:, :2] == 0).any(1) | (regions.boxes[:, 2:] == size).any(1))


def find_objects(regions: Regions) -> Mask | None:
    """Return the (h, w) mask of objects and shadows at the border, or None without any."""
    width = round(MIN_OBJECT_RATIO * inner_height(regions)) | 1
    large = touches_border(regions) & (regions.sizes >= width).all(axis=1)
    if width == 1 or not large.any():
        return None
    mask = np.concatenate(([False], large))[regions.labels].astype(np.float32)
    thick = close(-mask, width) < 0
    return thick if thick.any() else None


def even_out(grey: Grey, objects: Mask, regions: Regions) -> Grey:
    """Return grey, (h, w), without shadows and objects, (h, w): strokes on even paper.

    A closing keeps what is wider than a stroke.
    """
    size = round(MAX_STROKE_RATIO * inner_height(regions)) | 1
    is_light = grey[objects].mean() > grey[~objects].mean()
    dark = 1 - grey if is_light else grey
    background = close(dark, size)
    paper = PAPER_RATIO * quantile(background, PAPER_QUANTILE)
    evened = dark * (paper / background.clip(1e-3)).clip(1)
    return np.asarray(1 - evened if is_light else evened, np.float32)


def remove_page_edges(amount: Grey, regions: Regions) -> Grey:
    """Return ink, (h, w), without lines along a side of the picture: the edges of other pages."""
    height = inner_height(regions)
    near = MAX_EDGE_DISTANCE_RATIO * height
    # The distance of each region's far side from the side of the picture.
    reach = np.minimum(regions.boxes[:, 2:], amount.shape[::-1] - regions.boxes[:, :2])
    edges = ((reach <= near) & (regions.sizes[:, ::-1] > MIN_EDGE_LENGTH_RATIO * height)).any(1)
    if height == 0 or not edges.any():
        return amount
    marks = np.concatenate(([False], edges))[regions.labels]
    return np.where(dilate_mask(marks, 5), 0, amount).astype(np.float32)

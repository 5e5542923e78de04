"""Ink that reaches into a picture from its border: objects, shadows, the edges of other pages."""

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.grey import Grey, close, dilate_mask, quantile
from scratchnet_cli.images.parts import SPECK_AREA_RATIO, cut_out, typical_height
from scratchnet_cli.images.regions import Regions, sides

# The least height of digits, in pixels; lower marks are specks.
MIN_HEIGHT_PIXELS = 8
# The ratios, unless noted, are shares of the height of most marks that do not touch the border.
# A mark that is as thick, and touches the border, is an object or a shadow.
MIN_OBJECT_RATIO = 0.35
# The widest stroke.
MAX_STROKE_RATIO = 0.5
# Background is in shadow if it is darker than this share of the paper: of a bright part of it.
PAPER_RATIO, PAPER_QUANTILE = 0.95, 0.9
# The edge of another page is longer, and everywhere nearer to the side of the picture.
MIN_EDGE_LENGTH_RATIO, MAX_EDGE_DISTANCE_RATIO = 1.8, 0.5
# The largest share of the picture's side that a digit touches. More is an artefact if the largest
# other region has more than the second share of its area.
MAX_SIDE_CONTACT_RATIO, MIN_OTHER_AREA_RATIO = 0.5, 0.005
# An edge is sharp if ink grows by more than this amount in this share of a digit's shorter side.
MIN_EDGE_AMOUNT, SHARP_EDGE_RATIO = 0.6, 0.15
# At most this many shadows are left out, the largest first.
MAX_SHADOWS = 20


def inner_height(regions: Regions) -> int:
    """Return the height of most regions that do not touch the border, or 0 if it is unknown."""
    inner = ~touches_border(regions)
    height = typical_height(regions.boxes[inner]) if inner.any() else 0
    return height if height >= MIN_HEIGHT_PIXELS else 0


def touches_border(regions: Regions) -> NDArray[np.bool_]:
    """Return (n,) which regions touch the border of the picture."""
    size = np.array(regions.labels.shape[::-1])
    return np.asarray((regions.boxes[:, :2] == 0).any(1) | (regions.boxes[:, 2:] == size).any(1))


def remove_objects(grey: Grey, regions: Regions) -> Grey | None:
    """Return grey, (h, w), without objects and shadows at the border, or None without any."""
    height = inner_height(regions)
    width = round(MIN_OBJECT_RATIO * height) | 1
    large = touches_border(regions) & (regions.sizes >= width).all(axis=1)
    if height == 0 or not large.any():
        return None
    # A morphological opening: only what is thick stays.
    objects = close(-regions.mask(large).astype(np.float32), width) < 0
    if not objects.any():
        return None
    is_light = grey[objects].mean() > grey[~objects].mean()
    dark = 1 - grey if is_light else grey
    # A closing removes strokes and keeps what is wider.
    background = close(dark, round(MAX_STROKE_RATIO * height) | 1)
    paper = PAPER_RATIO * quantile(background, PAPER_QUANTILE)
    even = dark * (paper / background.clip(1e-3)).clip(1)
    return np.asarray(1 - even if is_light else even, np.float32)


def remove_page_edges(amount: Grey, regions: Regions) -> Grey:
    """Return ink, (h, w), without the edges of other pages: lines along a side of the picture."""
    height = inner_height(regions)
    # The distance of each region's far side from the side of the picture.
    reach = np.minimum(regions.boxes[:, 2:], amount.shape[::-1] - regions.boxes[:, :2])
    is_near = reach <= MAX_EDGE_DISTANCE_RATIO * height
    is_long = regions.sizes[:, ::-1] > MIN_EDGE_LENGTH_RATIO * height
    edges = np.any(is_near & is_long, axis=1)
    if not edges.any():
        return amount
    return np.where(dilate_mask(regions.mask(edges), 5), 0, amount).astype(np.float32)


def border_artefacts(regions: Regions, area: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return (n,) which regions run along a side of the picture, if there is other ink."""
    result = np.zeros(area.size, np.bool_)
    for side in sides(regions.labels):
        contact = np.bincount(side, minlength=area.size + 1)[1:]
        result |= contact > MAX_SIDE_CONTACT_RATIO * side.size
    rest = area[~result].max(initial=0)
    return np.asarray(result & (rest > MIN_OTHER_AREA_RATIO * area.max(initial=0)))


def shadows(amount: Grey, regions: Regions, area: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return (n,) which regions are shadows so large that digits are specks beside them."""
    result = np.zeros(area.size, np.bool_)
    order = np.argsort(-area, kind="stable")
    heights = regions.sizes[:, 1]
    for index in order[:MAX_SHADOWS].tolist():
        hidden = (area <= SPECK_AREA_RATIO * area[index]) & (heights >= MIN_HEIGHT_PIXELS)
        specks = order[hidden[order]]
        if specks.size == 0:
            break
        # The largest of them, if it is a digit.
        digit = cut_out(amount, regions, [int(specks[0])]).ink
        shadow = cut_out(amount, regions, [index]).ink
        size = min(digit.shape)
        if not has_sharp_edge(digit, size) or has_sharp_edge(shadow, size):
            break
        result[index] = True
    return result


def has_sharp_edge(ink: Grey, size: int) -> bool:
    """Return whether ink, (h, w), has a sharp edge. size: a digit's shorter side, in pixels."""
    width = max(1, round(SHARP_EDGE_RATIO * size))
    steps = ink[width:] - ink[:-width], ink[:, width:] - ink[:, :-width]
    return any(float(np.abs(step).max(initial=0)) > MIN_EDGE_AMOUNT for step in steps)

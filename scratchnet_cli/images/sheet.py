"""The sheet of paper in a picture that also shows the table around it."""

import numpy as np

from scratchnet_cli.images.grey import Colours, Grey, median, resize, resize_to, threshold_otsu
from scratchnet_cli.images.ink import mean_background
from scratchnet_cli.images.regions import Mask, Regions, erode, fill_holes, find_regions, sides

# The size of the copy on which sheets are found. If its shorter side is below the second figure,
# there is no sheet: in a long strip a stroke looks like one.
SHEET_SIDE_PIXELS, MIN_SHEET_SIDE_PIXELS = 128, 8
# The share of the picture that a sheet covers; above the second there is no table.
MIN_SHEET_AREA_RATIO, MAX_SHEET_AREA_RATIO = 0.03, 0.97
# The share of the smallest rectangle around a sheet, at any angle; an ellipse covers 0.79.
MIN_RECTANGLE_AREA_RATIO = 0.86
# The share of paper in a sheet, the rest is ink; the hole of a seven-segment zero covers more.
MIN_PAPER_AREA_RATIO = 0.6
# The longest sheet, as a share of its width; a stroke is longer.
MAX_SHEET_ASPECT = 2.5
# The step of grey at a sheet's edge, as a share of the contrast to the table; light is softer.
MIN_EDGE_STEP_RATIO = 0.6
# The share of the picture's border that is table: all around the sheet, or beside it. Less than
# that is a stroke that reaches the border.
MIN_TABLE_AROUND_RATIO, MIN_TABLE_BESIDE_RATIO = 0.8, 0.2
# The brightness of a table beside the sheet, as a share of the sheet's; above that it is a shadow.
MAX_TABLE_BRIGHTNESS_RATIO = 0.55
# Something dark that reaches into a page covers less of the picture.
MAX_OBJECT_AREA_RATIO = 0.5

_ANGLES = np.deg2rad(np.arange(0, 180, 3))
_DIRECTIONS = np.stack((np.cos(_ANGLES), np.sin(_ANGLES)))


def find_sheet(grey: Grey, page: bool = False) -> Mask | None:
    """Return the (h, w) mask of the paper, or None if there is no sheet on a table."""
    small = resize_to(grey, SHEET_SIDE_PIXELS)
    if min(small.shape) < MIN_SHEET_SIDE_PIXELS:
        return None
    bright = small > threshold_otsu(small)[0]
    for part in (bright, ~bright):
        sheet = solid_region(find_regions(part))
        if sheet is not None and stands_out(small, sheet):
            inside = resize(erode(erode(sheet)).astype(np.float32), *grey.shape) > 0.5
            if inside.any():
                return None if page and reaches_in(grey, inside) else inside
    return None


def solid_region(regions: Regions) -> Mask | None:
    """Return (h, w) the largest region, its holes filled, or None if it is not like a sheet."""
    if regions.area.size == 0:
        return None
    index = int(regions.area.argmax())
    left, top, right, bottom = regions.boxes[index]
    region = regions.labels[top:bottom, left:right] == index + 1
    filled = fill_holes(region)
    area = filled.sum()
    has_sheet_size = MIN_SHEET_AREA_RATIO < area / regions.labels.size < MAX_SHEET_AREA_RATIO
    if not has_sheet_size or region.sum() < MIN_PAPER_AREA_RATIO * area:
        return None
    longer, shorter = smallest_rectangle(filled)
    if area <= MIN_RECTANGLE_AREA_RATIO * longer * shorter:
        return None
    sheet = np.zeros(regions.labels.shape, np.bool_)
    sheet[top:bottom, left:right] = filled
    return sheet


def smallest_rectangle(mask: Mask) -> tuple[float, float]:
    """Return longer and shorter side of the smallest rectangle, at any angle, around a mask."""
    rows = np.flatnonzero(mask.any(axis=1))
    ends = mask[rows].argmax(axis=1), mask.shape[1] - 1 - mask[rows, ::-1].argmax(axis=1)
    points = np.array((np.concatenate((rows, rows)), np.concatenate(ends))).T
    # The extent in each direction, from far side to far side of the pixels. Each rectangle has
    # one in the first half of the directions, and the other 90 degrees from it.
    along, across = (np.ptp(points @ _DIRECTIONS, axis=0) + 1).reshape(2, -1)
    best = int((along * across).argmin())
    return max(along[best], across[best]), min(along[best], across[best])


def may_be_stroke(sheet: Mask) -> bool:
    """Return whether a sheet is so narrow that it may be a stroke."""
    longer, shorter = smallest_rectangle(sheet)
    return longer > MAX_SHEET_ASPECT * shorter


def reaches_in(grey: Grey, sheet: Mask) -> bool:
    """Return whether a sheet is rather something dark that reaches into a page."""
    is_small = sheet.mean() < MAX_OBJECT_AREA_RATIO
    is_dark = grey[sheet].mean() < grey[~sheet].mean()
    return bool(is_small and is_dark and any(side.any() for side in sides(sheet)))


def stands_out(grey: Grey, sheet: Mask) -> bool:
    """Return whether grey changes at a sheet's edge more sharply than in light and shadow."""
    table = ~sheet
    inside, outside = median(grey[sheet]), median(grey[table])
    # The second pixel on each side, because the first ones are mixtures.
    inner, outer = (one & ~erode(one) for one in (erode(sheet), erode(table)))
    if not inner.any() or not outer.any():
        return False
    step = median(grey[inner]) - median(grey[outer])
    if step / (inside - outside or 1) < MIN_EDGE_STEP_RATIO:
        return False
    border = np.concatenate(sides(sheet))
    if border.mean() < 1 - MIN_TABLE_AROUND_RATIO:
        return True
    dark_table = outside < MAX_TABLE_BRIGHTNESS_RATIO * inside
    return bool(border.mean() < 1 - MIN_TABLE_BESIDE_RATIO and dark_table)


def extend_sheet(colours: Colours, sheet: Mask) -> Colours:
    """Return the picture with the table painted over by the colours and the light of the sheet."""
    table = (~sheet).astype(np.float32)
    channels = np.moveaxis(colours, 2, 0)
    around = np.stack([mean_background(channel, table) for channel in channels], axis=2)
    return np.where(sheet[:, :, None], colours, around).astype(np.float32)

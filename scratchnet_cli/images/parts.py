"""Regions of ink grouped into digits: which regions are parts of the same digit."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.digit_image import Box
from scratchnet_cli.images.grey import Grey, dilate
from scratchnet_cli.images.regions import Boxes, Regions, sides

# The largest speck, as a share of the largest region's area.
SPECK_AREA_RATIO = 0.02
# The most regions. If a page of print has more, the smallest are left out.
MAX_REGIONS = 2000
# The widest gap between parts of a digit, as a share of its size: its largest part's longer side.
MAX_PART_GAP_RATIO = 0.2
# The longer side of a small part, as a share of its digit's size; more may be another digit.
MAX_SMALL_PART_RATIO = 0.5
# The overlap of a part with what is above or below it, as a share of the narrower width.
MIN_COLUMN_OVERLAP_RATIO = 0.4
# The widest gap between a digit and a small part beside it, on a page, as a share of its height.
MAX_PAGE_PART_GAP_RATIO = 0.05
# The highest loose bar of a 5, as a share of the height of what is below it.
MAX_TOP_BAR_HEIGHT_RATIO = 0.5
# The widest digit, as a share of its height, and the highest, as a share of its highest part.
MAX_DIGIT_ASPECT, MAX_DIGIT_HEIGHT_RATIO = 1.2, 2.0
# The highest digit on a page, as a share of its highest part or of most digits there.
MAX_PAGE_DIGIT_HEIGHT_RATIO = 1.4
# The highest line, as a share of its width.
MAX_BAR_ASPECT = 0.15
# The soft edge of the ink around a digit, as a share of its longer side.
SOFT_EDGE_RATIO = 1 / 20
# A stroke with more ink at the picture's edge is cut there. A stroke that ends there fades.
CUT_AMOUNT = 0.9


@dataclass(frozen=True, eq=False)
class Group:
    """The ink of one digit, or of several that touch.

    ink: (h, w) float32, cut out at left, top. box: around its regions in the picture. cut: whether
    the picture's edge cuts it. weight: how likely this is the digit that the picture shows.
    """

    ink: Grey
    left: int
    top: int
    box: Box
    cut: bool
    weight: float


def group_regions(regions: Regions, area: NDArray[np.intp], page: bool = False) -> list[list[int]]:
    """Return the indices of the regions of each digit. area: (n,) of each, 0 leaves it out."""
    large = np.flatnonzero(area > SPECK_AREA_RATIO * area.max(initial=0))
    rest = large[np.argsort(-area[large], kind="stable")[:MAX_REGIONS]]
    boxes = regions.boxes
    find_parts = are_parts
    is_row = page and rest.size and not is_single_digit(boxes[rest])
    if is_row:
        find_parts = partial(are_parts_on_page, typical=typical_height(boxes[rest]))
    groups = []
    while rest.size:
        group, rest = [int(rest[0])], rest[1:]
        # The size of the largest part, not of the group, which would join letter after letter.
        digit = regions.box(group)
        size = digit[3] - digit[1] if is_row else longer_side(digit)
        while (found := find_parts(boxes[rest], digit, size)).any():
            group += rest[found].tolist()
            digit = regions.box(group)
            rest = rest[~found]
        groups.append(group)
    return groups


def are_parts(parts: Boxes, digit: Box, size: int) -> NDArray[np.bool_]:
    """Return (n,) which boxes, (n, 4), are parts of a digit: close and small, or in its column."""
    left, top, right, bottom = parts.T
    digit_left, digit_top, digit_right, digit_bottom = digit
    gap_x = np.maximum(left - digit_right, digit_left - right)
    gap_y = np.maximum(top - digit_bottom, digit_top - bottom)
    small = np.maximum(bottom - top, right - left) < MAX_SMALL_PART_RATIO * size
    small |= is_top_bar(parts, np.array(digit)) | is_top_bar(np.array(digit), parts)
    narrower = np.minimum(right - left, digit_right - digit_left)
    underlines = (top >= digit_bottom) & is_bar(parts)
    above_or_below = (-gap_x > MIN_COLUMN_OVERLAP_RATIO * narrower) & ~underlines
    reach = MAX_PART_GAP_RATIO * size
    return np.asarray((gap_y < reach) & np.where(small, gap_x < reach, above_or_below))


def is_top_bar(upper: Boxes, lower: Boxes) -> NDArray[np.bool_]:
    """Return (n,) whether upper boxes, (n, 4) or (4,), lie low above the other's middle."""
    left, top, right, bottom = upper.T
    lower_left, lower_top, lower_right, lower_bottom = lower.T
    beside = (left >= lower_right) | (right <= lower_left)
    low = bottom - top < MAX_TOP_BAR_HEIGHT_RATIO * (lower_bottom - lower_top)
    return np.asarray(low & ~beside & (bottom < (lower_top + lower_bottom) / 2))


def are_parts_on_page(parts: Boxes, digit: Box, height: int, typical: float) -> NDArray[np.bool_]:
    """Return (n,) which boxes, (n, 4), are parts of a digit on a page of digits and signs."""
    left, top, right, bottom = parts.T
    digit_left, digit_top, digit_right, digit_bottom = digit
    gap_x = np.maximum(left - digit_right, digit_left - right)
    together = np.maximum(bottom, digit_bottom) - np.minimum(top, digit_top)
    in_row = together <= MAX_PAGE_DIGIT_HEIGHT_RATIO * max(height, typical)
    not_beside = gap_x < MAX_PAGE_PART_GAP_RATIO * height
    return np.asarray(in_row & not_beside & are_parts(parts, digit, int(max(height, typical))))


def typical_height(boxes: Boxes) -> int:
    """Return the median height of boxes, (n, 4), weighted by area, so that specks hardly count."""
    width, height = (boxes[:, 2:] - boxes[:, :2]).T
    order = np.argsort(height)
    total = (height * width)[order].cumsum()
    return int(height[order[np.searchsorted(total, total[-1] / 2)]])


def longer_side(box: Box) -> int:
    """Return the longer side of a box in pixels."""
    left, top, right, bottom = box
    return max(right - left, bottom - top)


def is_single_digit(boxes: Boxes) -> bool:
    """Return whether boxes, (n, 4), may all be parts of one digit."""
    left, top, right, bottom = boxes.T
    width, height = right.max() - left.min(), bottom.max() - top.min()
    highest = (bottom - top).max()
    return bool(height < MAX_DIGIT_HEIGHT_RATIO * highest and width < MAX_DIGIT_ASPECT * height)


def is_bar(boxes: Boxes) -> NDArray[np.bool_]:
    """Return (n,) whether boxes are as flat and wide as the line under a number."""
    left, top, right, bottom = boxes.T
    return np.asarray(bottom - top < MAX_BAR_ASPECT * (right - left))


def cut_out(amount: Grey, regions: Regions, indices: list[int]) -> Group:
    """Return the digit that consists of some regions and the soft edge around them."""
    height, width = amount.shape
    box = left, top, right, bottom = regions.box(indices)
    edge = 1 + int(longer_side(box) * SOFT_EDGE_RATIO)
    rows = slice(max(0, top - edge), bottom + edge)
    columns = slice(max(0, left - edge), right + edge)
    labels = regions.labels[rows, columns]
    own = np.logical_or.reduce([labels == index + 1 for index in indices])
    ink = amount[rows, columns] * dilate(own.astype(np.float32), 2 * edge + 1)
    ink[(labels > 0) & ~own] = 0
    touching = left == 0, top == 0, right == width, bottom == height
    is_cut = any(
        touches and side.max() > CUT_AMOUNT
        for touches, side in zip(touching, sides(ink), strict=True)
    )
    area = int(regions.area[indices].sum())
    off_centre = abs((top + bottom) / height - 1) + abs((left + right) / width - 1)
    # A picture shows its digit in the middle, and whole.
    weight = area * (1 - 0.3 * off_centre) * (0.5 if any(touching) else 1)
    return Group(ink, columns.start, rows.start, box, is_cut, weight)

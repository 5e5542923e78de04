"""Regions of ink to the digits that they are parts of."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.regions import Regions

# A region with less than this share of the largest one's area is a speck.
SPECK = 0.02
# Of more regions than these, as in a page of print, the smallest are left out.
MOST_REGIONS = 2000
# Parts of one digit lie no farther apart than this share of its height.
NEAR = 0.2
# A part whose longer side is less than this share of its digit's is no digit of its own.
PART = 0.5
# Beside other digits, a small part of one is no farther from it to the side than this.
BESIDE = 0.05
# The loose bar of a 5 is no higher than this share of what it lies above.
TOP_BAR = 0.5
# A digit is no broader than this, in heights, nor higher, in heights of its highest part.
BROAD, ONE_ROW = 1.2, 2.0
# On a page no digit is higher than this, in heights of its highest part or of most digits there.
HIGHEST = 1.4
# What is flatter than this, height to width, is a line.
BAR = 0.15

Rectangle = tuple[int, int, int, int]  # top, bottom, left, right
Boxes = NDArray[np.intp]  # of several rectangles: (n, 4), or (4, n) where it is said


def gather(regions: Regions, area: NDArray[np.intp], page: bool = False) -> list[list[int]]:
    """The numbers of the regions of each digit; specks belong to none.

    page: whether digits stand close to each other.
    """
    large = np.flatnonzero(area > SPECK * area.max(initial=0))
    rest = large[np.argsort(-area[large], kind="stable")[:MOST_REGIONS]]
    boxes = np.stack([regions.top, regions.bottom, regions.left, regions.right], axis=1)
    joins = belongs
    if page and rest.size and not is_one(boxes[rest]):
        top, bottom, left, right = boxes[rest].T
        joins = partial(belongs_on_page, typical=typical_height(bottom - top, right - left))
    groups = []
    while rest.size:
        group, rest = [int(rest[0])], rest[1:]
        whole = rectangle(regions, group)
        # That of its largest part: letters in a line would join an ever larger whole.
        largest = whole
        while (found := joins(boxes[rest], whole, largest)).any():
            group += rest[found].tolist()
            whole = rectangle(regions, group)
            rest = rest[~found]
        groups.append(group)
    return groups


def rectangle(regions: Regions, numbers: list[int]) -> Rectangle:
    """The rectangle around some regions."""
    return (
        int(regions.top[numbers].min()),
        int(regions.bottom[numbers].max()),
        int(regions.left[numbers].min()),
        int(regions.right[numbers].max()),
    )


def belongs(parts: Boxes, digit: Rectangle, largest: Rectangle) -> NDArray[np.bool_]:
    """(n,) which are parts of a digit: near and small or a 5's bar, or just above or below.

    parts: (n, 4) rectangles; largest: the largest part of the digit.
    """
    top, bottom, left, right = parts.T
    size = longer_side(largest)
    gap_y = np.maximum(top - digit[1], digit[0] - bottom)
    gap_x = np.maximum(left - digit[3], digit[2] - right)
    loose = np.maximum(bottom - top, right - left) < PART * size
    loose |= is_top_bar(parts.T, np.array(digit)) | is_top_bar(np.array(digit), parts.T)
    narrower = np.minimum(right - left, digit[3] - digit[2])
    underlines = (top >= digit[1]) & is_bar(parts.T)
    in_line = (gap_y < NEAR * size) & (-gap_x > 0.4 * narrower) & ~underlines
    near = np.maximum(gap_x, gap_y) < NEAR * size
    return np.asarray(np.where(loose, near, in_line))


def is_top_bar(upper: Boxes, lower: Boxes) -> NDArray[np.bool_]:
    """(n,) whether rectangles lie as the loose bar of a 5 does: low, above the other's middle.

    upper, lower: (4, n) or, of a single one, (4,).
    """
    beside = (upper[2] >= lower[3]) | (upper[3] <= lower[2])
    low = upper[1] - upper[0] < TOP_BAR * (lower[1] - lower[0])
    return np.asarray(low & ~beside & (upper[1] < (lower[0] + lower[1]) / 2))


def belongs_on_page(
    parts: Boxes, digit: Rectangle, largest: Rectangle, typical: float
) -> NDArray[np.bool_]:
    """(n,) which are parts where other digits stand around, or touch, and points and signs between.

    No small part lies beside its digit, and width says nothing, for it may be that of several.
    typical: the height of most digits; what both together exceed by far is in two rows.
    """
    top, bottom, left, right = parts.T
    height = largest[1] - largest[0]
    square = (*largest[:2], largest[2], min(largest[3], largest[2] + height))
    gap_x = np.maximum(left - digit[3], digit[2] - right)
    together = np.maximum(bottom, digit[1]) - np.minimum(top, digit[0])
    in_row = together <= HIGHEST * max(height, typical)
    return np.asarray(in_row & (gap_x < BESIDE * height) & belongs(parts, digit, square))


def typical_height(height: NDArray[np.intp], width: NDArray[np.intp]) -> int:
    """The height that half of what there is, by area, does not exceed: a few specks change little.

    height, width: (n,) of boxes, at least one.
    """
    order = np.argsort(height)
    total = (height * width)[order].cumsum()
    return int(height[order[np.searchsorted(total, total[-1] / 2)]])


def longer_side(box: Rectangle) -> int:
    """The longer side of a rectangle, in pixels."""
    return max(box[1] - box[0], box[3] - box[2])


def is_one(boxes: Boxes) -> bool:
    """Whether rectangles, (n, 4), lie as the parts of one digit may: no row has two of them."""
    top, bottom, left, right = boxes.T
    height, width = bottom.max() - top.min(), right.max() - left.min()
    tallest = (bottom - top).max()
    return bool(height < ONE_ROW * tallest and width < BROAD * height)


def is_bar(boxes: Boxes) -> NDArray[np.bool_]:
    """(n,) whether rectangles, (4, n), are flat and wide, as a line under a number is."""
    return np.asarray(boxes[1] - boxes[0] < BAR * (boxes[3] - boxes[2]))

"""Regions of ink to the digits that they are parts of."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.regions import Regions

# A region with less than this share of the largest one's area is a speck.
SPECK = 0.02
# Of more regions than these, as in a page of print, the smallest are left out.
MOST_REGIONS = 500
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


def gather(regions: Regions, area: NDArray[np.intp], page: bool = False) -> list[list[int]]:
    """The numbers of the regions of each digit; specks belong to none.

    page: whether digits stand close to each other.
    """
    large = np.flatnonzero(area > SPECK * area.max(initial=0))
    rest = large[np.argsort(-area[large], kind="stable")[:MOST_REGIONS]].tolist()
    box = {number: rectangle(regions, [number]) for number in rest}
    joins = belongs
    if page and rest and not is_one(list(box.values())):
        height = (regions.bottom - regions.top)[rest]
        typical = typical_height(height, (regions.right - regions.left)[rest])
        joins = partial(belongs_on_page, typical=typical)
    groups = []
    while rest:
        group = [rest.pop(0)]
        whole = box[group[0]]
        # That of its largest part: letters in a line would join an ever larger whole.
        largest = whole
        while True:
            found = [n for n in rest if joins(box[n], whole, largest)]
            if not found:
                break
            group += found
            whole = rectangle(regions, group)
            rest = [n for n in rest if n not in found]
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


def belongs(part: Rectangle, digit: Rectangle, largest: Rectangle) -> bool:
    """Whether a region is a part of a digit: near and small or a 5's bar, or just above or below.

    largest: the largest part of the digit.
    """
    size = longer_side(largest)
    gap_y = max(part[0] - digit[1], digit[0] - part[1])
    gap_x = max(part[2] - digit[3], digit[2] - part[3])
    if longer_side(part) < PART * size or is_top_bar(part, digit) or is_top_bar(digit, part):
        return max(gap_x, gap_y) < NEAR * size
    narrower = min(part[3] - part[2], digit[3] - digit[2])
    underlines = part[0] >= digit[1] and is_bar(part)
    return gap_y < NEAR * size and -gap_x > 0.4 * narrower and not underlines


def is_top_bar(upper: Rectangle, lower: Rectangle) -> bool:
    """Whether a rectangle lies as the loose bar of a 5 does: low, above the other's middle."""
    beside = upper[2] >= lower[3] or upper[3] <= lower[2]
    low = upper[1] - upper[0] < TOP_BAR * (lower[1] - lower[0])
    return low and not beside and upper[1] < (lower[0] + lower[1]) / 2


def belongs_on_page(part: Rectangle, digit: Rectangle, largest: Rectangle, typical: float) -> bool:
    """The same where other digits stand around it, or touch it, and points and signs between them.

    No small part lies beside its digit, and width says nothing, for it may be that of several.
    typical: the height of most digits; what both together exceed by far is in two rows.
    """
    height = largest[1] - largest[0]
    if max(part[1], digit[1]) - min(part[0], digit[0]) > HIGHEST * max(height, typical):
        return False
    square = (*largest[:2], largest[2], min(largest[3], largest[2] + height))
    gap_x = max(part[2] - digit[3], digit[2] - part[3])
    return gap_x < BESIDE * height and belongs(part, digit, square)


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


def is_one(boxes: Sequence[Rectangle]) -> bool:
    """Whether boxes lie as the parts of a single digit may: no row has room for two of them."""
    tops, bottoms, lefts, rights = zip(*boxes, strict=True)
    height, width = max(bottoms) - min(tops), max(rights) - min(lefts)
    tallest = max(bottom - top for top, bottom, *_ in boxes)
    return bool(height < ONE_ROW * tallest and width < BROAD * height)


def is_bar(box: Rectangle) -> bool:
    """Whether a rectangle is flat and wide, as a line under a number is."""
    return box[1] - box[0] < BAR * (box[3] - box[2])

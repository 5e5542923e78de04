"""Regions of ink to the digits that they are parts of."""

from collections.abc import Sequence

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
HAT = 0.5
# A digit is no broader than this, in heights, nor higher, in heights of its highest part.
BROAD, ONE_ROW = 1.2, 2.0
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
    joins = belongs_on_page if page and rest and not is_one(list(box.values())) else belongs
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
    """Whether a region is a part of a digit: small and near, or nearly touching above or below.

    largest: the largest part of the digit.
    """
    size = longer_side(largest)
    gap_y = max(part[0] - digit[1], digit[0] - part[1])
    gap_x = max(part[2] - digit[3], digit[2] - part[3])
    if longer_side(part) < PART * size or is_hat(part, digit) or is_hat(digit, part):
        return max(gap_x, gap_y) < NEAR * size
    narrower = min(part[3] - part[2], digit[3] - digit[2])
    underlines = part[0] >= digit[1] and is_bar(part)
    return gap_y < NEAR * size and -gap_x > 0.4 * narrower and not underlines


def is_hat(upper: Rectangle, lower: Rectangle) -> bool:
    """Whether a rectangle lies as the loose bar of a 5 does, low and above the other's middle."""
    return upper[1] < (lower[0] + lower[1]) / 2 and (
        upper[1] - upper[0] < HAT * (lower[1] - lower[0])
    )


def belongs_on_page(part: Rectangle, digit: Rectangle, largest: Rectangle) -> bool:
    """The same where other digits stand beside it, or touch it, and points and signs between them.

    No small part lies beside its digit, and width says nothing, for it may be that of several.
    """
    height = largest[1] - largest[0]
    square = (*largest[:2], largest[2], min(largest[3], largest[2] + height))
    gap_x = max(part[2] - digit[3], digit[2] - part[3])
    return gap_x < BESIDE * height and belongs(part, digit, square)


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

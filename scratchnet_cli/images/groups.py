"""Amounts of ink to digits: which regions belong together, and which do not belong at all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.grey import Grey, widen
from scratchnet_cli.images.regions import Mask, Regions, find_regions

# A region has this much ink at its edge, and that much somewhere within.
EDGE, CORE = 0.25, 0.6
# A stroke that ends at the picture's edge fades there, one that is cut has this much ink.
FULL = 0.9
# A region with less than this share of the largest one's area is a speck.
SPECK = 0.02
# What touches more than this share of a side of the picture is no digit.
CONTACT = 0.5
# Parts of one digit lie no farther apart than this share of its height.
NEAR = 0.2
# A part whose longer side is less than this share of its digit's is no digit of its own.
PART = 0.5
# Around a digit this share of its size still belongs to it: the soft edge of the ink.
MARGIN = 1 / 20

Rectangle = tuple[int, int, int, int]  # top, bottom, left, right


@dataclass(frozen=True, eq=False)
class Group:
    """One digit. ink: (h, w) float32, cut out. box: where its regions are in the picture.

    area: pixels; cut: whether the picture's edge runs through its ink; weight: how likely it is
    what the picture is about.
    """

    ink: Grey
    box: Rectangle
    area: int
    cut: bool
    weight: float

    @property
    def size(self) -> int:
        """The longer side in pixels."""
        top, bottom, left, right = self.box
        return max(bottom - top, right - left)


def find_groups(amount: Grey) -> list[Group]:
    """The digits in a picture's (h, w) ink, the likeliest first; none where there is no ink."""
    regions = find_regions(amount > EDGE)
    solid = np.zeros(regions.area.size + 1, np.bool_)
    solid[regions.labels[amount > CORE]] = True
    area = regions.area * solid[1:]
    area = area * ~foreign(regions, area)
    groups = [take(amount, regions, numbers) for numbers in gather(regions, area)]
    return sorted(groups, key=lambda group: -group.weight)


def foreign(regions: Regions, area: NDArray[np.intp]) -> NDArray[np.bool_]:
    """(n,) whether each region is a frame or the rim of a photograph, and not all there is."""
    height, width = regions.labels.shape
    tall, broad = regions.bottom - regions.top, regions.right - regions.left
    result = np.zeros(area.size, np.bool_)
    for number in np.flatnonzero((tall > CONTACT * height) | (broad > CONTACT * width)):
        top, bottom, left, right = rectangle(regions, [int(number)])
        mask = regions.labels == number + 1
        result[number] = is_frame(mask[top:bottom, left:right]) or is_rim(mask)
    rest = area[~result].max(initial=0)
    return np.asarray(result & (rest > SPECK * area.max(initial=0) / 4))


def is_frame(mask: Mask) -> bool:
    """Whether a region runs along all four sides of its rectangle and leaves the middle free."""
    height, width = mask.shape
    y, x = height // 8, width // 8
    if min(y, x) == 0:
        return False
    sides = (mask[:y].any(0), mask[-y:].any(0), mask[:, :x].any(1), mask[:, -x:].any(1))
    return min(side.mean() for side in sides) > 0.95 and bool(mask[y:-y, x:-x].mean() < 0.05)


def is_rim(mask: Mask) -> bool:
    """Whether a region runs along a side of the picture, as a table beside the paper does."""
    sides = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    return max(float(side.mean()) for side in sides) > CONTACT


def gather(regions: Regions, area: NDArray[np.intp]) -> list[list[int]]:
    """The numbers of the regions of each digit; specks belong to none."""
    rest = [int(n) for n in np.argsort(-area) if area[n] > SPECK * area.max(initial=0)]
    groups = []
    while rest:
        group = [rest.pop(0)]
        while True:
            whole = rectangle(regions, group)
            found = [n for n in rest if belongs(rectangle(regions, [n]), whole)]
            if not found:
                break
            group += found
            rest = [n for n in rest if n not in found]
        groups.append(group)
    return groups


def rectangle(regions: Regions, numbers: list[int]) -> Rectangle:
    """What some regions span together."""
    return (
        int(regions.top[numbers].min()),
        int(regions.bottom[numbers].max()),
        int(regions.left[numbers].min()),
        int(regions.right[numbers].max()),
    )


def belongs(part: Rectangle, digit: Rectangle) -> bool:
    """Whether a region is a part of a digit: small and near, or nearly touching above or below."""
    size = max(digit[1] - digit[0], digit[3] - digit[2])
    gap_y = max(part[0] - digit[1], digit[0] - part[1])
    gap_x = max(part[2] - digit[3], digit[2] - part[3])
    if max(part[1] - part[0], part[3] - part[2]) < PART * size:
        return max(gap_x, gap_y) < NEAR * size
    narrower = min(part[3] - part[2], digit[3] - digit[2])
    return gap_y < NEAR * size and -gap_x > 0.4 * narrower


def take(amount: Grey, regions: Regions, numbers: list[int]) -> Group:
    """The digit that some regions and the soft edge around them are."""
    height, width = amount.shape
    top, bottom, left, right = rectangle(regions, numbers)
    edge = 1 + int(max(bottom - top, right - left) * MARGIN)
    rows = slice(max(0, top - edge), bottom + edge)
    columns = slice(max(0, left - edge), right + edge)
    labels = regions.labels[rows, columns]
    mine = np.isin(labels, np.array(numbers) + 1)
    ink = amount[rows, columns] * widen(mine.astype(np.float32), 2 * edge + 1)
    ink[(labels > 0) & ~mine] = 0
    area = int(regions.area[numbers].sum())
    off = abs((top + bottom) / height - 1) + abs((left + right) / width - 1)
    touching = top == 0 or left == 0 or bottom == height or right == width
    inked = [
        (ink[0], top == 0),
        (ink[-1], bottom == height),
        (ink[:, 0], left == 0),
        (ink[:, -1], right == width),
    ]
    cut = any(there and side.max() > FULL for side, there in inked)
    weight = area * (1 - 0.3 * off) * (0.5 if touching else 1)
    return Group(ink, (top, bottom, left, right), area, cut, weight)

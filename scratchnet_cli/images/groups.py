"""Amounts of ink to digits: which regions belong together, and which do not belong at all."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.grey import Grey, widen
from scratchnet_cli.images.regions import Mask, Regions, find_regions, sides, spanned

# A region has this much ink at its edge, and that much somewhere within.
EDGE, CORE = 0.25, 0.6
# A stroke that ends at the picture's edge fades there, one that is cut has this much ink.
FULL = 0.9
# A region with less than this share of the largest one's area is a speck.
SPECK = 0.02
# What touches more than this share of a side of the picture is no digit.
CONTACT = 0.5
# Frames are longer than this share of the picture, and what is in them than that share of theirs.
FRAME, FRAMED = 0.1, 0.25
# Of more regions than these, as in a page of print, the smallest are left out.
MOST_REGIONS = 500
# Parts of one digit lie no farther apart than this share of its height.
NEAR = 0.2
# A part whose longer side is less than this share of its digit's is no digit of its own.
PART = 0.5
# Beside other digits, a small part of one is no farther from it to the side than this.
BESIDE = 0.05
# What is flatter than this, height to width, is a line.
BAR = 0.15
# Around a digit this share of its size still belongs to it: the soft edge of the ink.
MARGIN = 1 / 20

Rectangle = tuple[int, int, int, int]  # top, bottom, left, right
Joins = Callable[[Rectangle, Rectangle, Rectangle], bool]
"""Whether a region is a part of a digit, of which the whole and its largest part are known."""


@dataclass(frozen=True, eq=False)
class Group:
    """One digit. ink: (h, w) float32, cut out. box: where its regions are in the picture.

    corner: the row and the column in the picture where ink begins;
    cut: whether the picture's edge runs through its ink; weight: how likely it is
    what the picture is about.
    """

    ink: Grey
    corner: tuple[int, int]
    box: Rectangle
    cut: bool
    weight: float

    @property
    def size(self) -> int:
        """The longer side in pixels."""
        return longer_side(self.box)


def without_frames(amount: Grey) -> Grey:
    """Amounts of ink, (h, w), without the boxes and circles that are drawn around other ink."""
    regions = find_regions(amount > EDGE)
    size = np.maximum(regions.bottom - regions.top, regions.right - regions.left)
    for number in np.flatnonzero(size > FRAME * max(amount.shape)):
        top, bottom, left, right = rectangle(regions, [int(number)])
        labels = regions.labels[top:bottom, left:right]
        frame = labels == number + 1
        hole = spanned(frame) & spanned(frame.T).T & ~frame
        within = np.bincount(labels[hole], minlength=len(size) + 1)[1:]
        if (size[within == regions.area] > FRAMED * size[number]).any():
            soft = widen((regions.labels == number + 1).astype(np.float32), 5) > 0
            amount = np.where(soft, 0, amount)
    return amount


def find_groups(amount: Grey, joins: Joins) -> list[Group]:
    """The digits in a picture's (h, w) ink, the likeliest first; none where there is no ink.

    joins: tells which regions are parts of one digit.
    """
    regions = find_regions(amount > EDGE)
    solid = np.zeros(regions.area.size + 1, np.bool_)
    solid[regions.labels[amount > CORE]] = True
    area = regions.area * solid[1:]
    area = area * ~foreign(regions, area)
    groups = [take(amount, regions, numbers) for numbers in gather(regions, area, joins)]
    # No digit is so flat, but a line under a number is.
    groups = [group for group in groups if not is_bar(group.box)] or groups
    return sorted(groups, key=lambda group: -group.weight)


def foreign(regions: Regions, area: NDArray[np.intp]) -> NDArray[np.bool_]:
    """(n,) whether each region is the rim of a photograph, and not all there is."""
    height, width = regions.labels.shape
    tall, broad = regions.bottom - regions.top, regions.right - regions.left
    result = np.zeros(area.size, np.bool_)
    for number in np.flatnonzero((tall > CONTACT * height) | (broad > CONTACT * width)):
        result[number] = is_rim(regions.labels == number + 1)
    rest = area[~result].max(initial=0)
    return np.asarray(result & (rest > SPECK * area.max(initial=0) / 4))


def is_rim(mask: Mask) -> bool:
    """Whether a region runs along a side of the picture, as a table beside the paper does."""
    return max(float(side.mean()) for side in sides(mask)) > CONTACT


def gather(regions: Regions, area: NDArray[np.intp], joins: Joins) -> list[list[int]]:
    """The numbers of the regions of each digit; specks belong to none."""
    large = np.flatnonzero(area > SPECK * area.max(initial=0))
    rest = large[np.argsort(-area[large], kind="stable")[:MOST_REGIONS]].tolist()
    box = {number: rectangle(regions, [number]) for number in rest}
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
    if longer_side(part) < PART * size:
        return max(gap_x, gap_y) < NEAR * size
    narrower = min(part[3] - part[2], digit[3] - digit[2])
    underlines = part[0] >= digit[1] and is_bar(part)
    return gap_y < NEAR * size and -gap_x > 0.4 * narrower and not underlines


def belongs_in_row(part: Rectangle, digit: Rectangle, largest: Rectangle) -> bool:
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


def is_bar(box: Rectangle) -> bool:
    """Whether a rectangle is flat and wide, as a line under a number is."""
    return box[1] - box[0] < BAR * (box[3] - box[2])


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
    return Group(ink, (rows.start, columns.start), (top, bottom, left, right), cut, weight)

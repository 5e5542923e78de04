"""Amounts of ink to digits: which regions belong together, and which do not belong at all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.grey import Grey, widen
from scratchnet_cli.images.parts import SPECK, Rectangle, gather, is_bar, longer_side, rectangle
from scratchnet_cli.images.regions import Mask, Regions, find_regions, sides, spanned

# A region has this much ink at its edge, and that much somewhere within.
EDGE, CORE = 0.25, 0.6
# A stroke that ends at the picture's edge fades there, one that is cut has this much ink.
FULL = 0.9
# What touches more than this share of a side of the picture is no digit.
CONTACT = 0.5
# Frames are longer than this share of the picture, and what is in them than that share of theirs.
FRAME, FRAMED = 0.1, 0.25
# Two things of this share of the page, and no digit stands around them, but a table.
IN_CELL = 0.01
# Within this share of a digit's shorter side bare ground turns into so much ink.
SUDDEN, SHARP = 0.15, 0.6
# Around a digit this share of its size still belongs to it: the soft edge of the ink.
MARGIN = 1 / 20


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


def without_frames(amount: Grey, page: bool = False) -> Grey:
    """Amounts of ink, (h, w), without the boxes and circles that are drawn around other ink.

    page: whether there may also be a table, with small digits in its cells.
    """
    regions = find_regions(amount > EDGE)
    size = np.maximum(regions.bottom - regions.top, regions.right - regions.left)
    frames = np.zeros(len(size) + 1, np.bool_)
    for number in np.flatnonzero(size > FRAME * max(amount.shape)):
        top, bottom, left, right = rectangle(regions, [int(number)])
        labels = regions.labels[top:bottom, left:right]
        frame = labels == number + 1
        hole = spanned(frame) & spanned(frame.T).T & ~frame
        within = np.bincount(labels[hole], minlength=len(size) + 1)[1:]
        framed = size[within == regions.area]
        cells = np.count_nonzero(framed > IN_CELL * max(amount.shape)) if page else 0
        frames[number + 1] = (framed > FRAMED * size[number]).any() or cells > 1
    if not frames.any():
        return amount
    soft = widen(frames[regions.labels].astype(np.float32), 5) > 0
    return np.where(soft, 0, amount).astype(np.float32)


def find_groups(amount: Grey, page: bool = False) -> list[Group]:
    """The digits in a picture's (h, w) ink, the likeliest first; none where there is no ink.

    page: whether digits stand close to each other, and one group may be several that touch.
    """
    regions = find_regions(amount > EDGE)
    solid = np.zeros(regions.area.size + 1, np.bool_)
    solid[regions.labels[amount > CORE]] = True
    area = regions.area * solid[1:]
    area = area * ~foreign(regions, area)
    groups = [take(amount, regions, numbers) for numbers in gather(regions, area, page)]
    if page:
        groups = [group for group in groups if is_sharp(group)] or groups
    # No digit is so flat, but a line under a number is.
    groups = [group for group in groups if not is_bar(np.array(group.box))] or groups
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


def is_sharp(group: Group) -> bool:
    """Whether ink begins suddenly somewhere, as it does not where a shadow was taken for it."""
    reach = max(1, round(SUDDEN * min(group.ink.shape)))
    steps = group.ink[reach:] - group.ink[:-reach], group.ink[:, reach:] - group.ink[:, :-reach]
    return any(float(np.abs(step).max(initial=0)) > SHARP for step in steps)


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

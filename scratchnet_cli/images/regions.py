"""Connected regions of a mask, by runs: the small part of image morphology that is needed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Regions:
    """The 8-connected regions of a mask, numbered from 1.

    labels: (h, w) int32, 0 outside. top, bottom, left, right: (n,) of each region's rectangle,
    bottom and right exclusive. area: (n,) pixels.
    """

    labels: NDArray[np.int32]
    top: NDArray[np.intp]
    bottom: NDArray[np.intp]
    left: NDArray[np.intp]
    right: NDArray[np.intp]
    area: NDArray[np.intp]


def find_regions(mask: Mask) -> Regions:
    """The regions of a (h, w) mask."""
    height, width = mask.shape
    # With an empty column on both sides, runs of a row start and end where its neighbours differ.
    wide = np.zeros((height, width + 2), np.int8)
    wide[:, 1:-1] = mask
    change = np.diff(wide, axis=1)
    row, start = np.nonzero(change == 1)
    stop = np.nonzero(change == -1)[1]
    root = _roots(row, start, stop, width)
    _, number = np.unique(root, return_inverse=True)
    count = int(number.max(initial=-1)) + 1
    low = np.full((2, count), max(height, width))
    high = np.zeros((2, count), np.intp)
    np.minimum.at(low[0], number, row)
    np.minimum.at(low[1], number, start)
    np.maximum.at(high[0], number, row + 1)
    np.maximum.at(high[1], number, stop)
    area = np.bincount(number, stop - start, count).astype(np.intp)
    marks = np.zeros((height, width + 1), np.int32)
    marks[row, start] = number + 1
    marks[row, stop] -= (number + 1).astype(np.int32)
    labels = marks.cumsum(axis=1, dtype=np.int32)[:, :-1]
    return Regions(labels, low[0], high[0], low[1], high[1], area)


def sides(mask: Mask) -> tuple[Mask, Mask, Mask, Mask]:
    """The outermost pixels: the top row, the bottom row, the left column and the right one."""
    return mask[0], mask[-1], mask[:, 0], mask[:, -1]


def spanned(mask: Mask) -> Mask:
    """Each row from its first to its last set pixel."""
    after = np.logical_or.accumulate(mask, axis=1)
    before = np.logical_or.accumulate(mask[:, ::-1], axis=1)[:, ::-1]
    return after & before


def _roots(
    row: NDArray[np.intp], start: NDArray[np.intp], stop: NDArray[np.intp], width: int
) -> NDArray[np.intp]:
    """For each run the first run of its region."""
    # One number line for all rows, with room between them: runs touch if their spans meet.
    stride = width + 3
    first = np.searchsorted(row * stride + stop, (row - 1) * stride + start, side="left")
    last = np.searchsorted(row * stride + start, (row - 1) * stride + stop, side="right")
    counts = np.maximum(last - first, 0)
    lower = np.repeat(np.arange(len(row)), counts)
    upper = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
    upper = upper + np.repeat(first, counts)
    root = np.arange(len(row))
    while True:
        smallest = np.minimum(root[lower], root[upper])
        lowered = root.copy()
        np.minimum.at(lowered, root[lower], smallest)
        np.minimum.at(lowered, root[upper], smallest)
        lowered = lowered[lowered]
        if np.array_equal(lowered, root):
            return root
        root = lowered

"""Where ink might be cut so that digits which touch come apart, and the pieces between the cuts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.grey import Grey, quantile, widen
from scratchnet_cli.images.mnist import FAINT
from scratchnet_cli.images.parts import Rectangle

# What is narrower than this share of its row's height, soft edges counted, is one digit: no two
# stand in it.
NARROWEST = 1.02
# Cuts lie no nearer to each other than this, in heights; for each height of width beyond a margin
# there are no more.
NEAREST, MOST, MARGIN = 0.1, 6, 0.5
# A cut goes through no more ink than this, in heights: the two sides of a zero.
THICKEST = 0.5
# What a step aside costs a cut, as ink does: digits lean, but their border does not wind.
ASIDE = 0.8
# Where a cut goes through ink, so much on both sides, in heights, may belong to both digits.
SHARED = 0.06
# A piece is no narrower and no wider than this, in heights, and no lower.
NARROW, WIDE, LOW = 0.06, 1.4, 0.4
# Of more cuts than this only the best are tried, however long the ink.
MOST_CUTS = 60


@dataclass(frozen=True, eq=False)
class Cut:
    """A way through ink from top to bottom. way: (h,) the first column beyond it in each row.

    inked: (h,) where it goes through ink; severed: how much, in heights of the row.
    """

    way: NDArray[np.intp]
    inked: NDArray[np.bool_]
    severed: float


@dataclass(frozen=True, eq=False)
class Piece:
    """What lies between two edges, counted from 0: the left side, the cuts, the right side.

    ink: cut out, (h, w). box: where it lies in the whole.
    """

    first: int
    after: int
    ink: Grey
    box: Rectangle


def find_cuts(ink: Grey, height: int) -> list[Cut]:
    """From left to right, where there is less ink than to both sides: between digits, thin places.

    A cut goes at most one column aside for each row. ink: (h, w), of what stands in a row of that
    height, in pixels.
    """
    if ink.shape[1] < NARROWEST * height:
        return []
    down, up = costs(ink), costs(ink[::-1])[::-1]
    middle = len(ink) // 2
    price = (down + up - ink)[middle]
    apart = max(1, round(NEAREST * height))
    lowest = -widen(-price[None], 2 * (apart // 2) + 1)[0]
    free = (price <= lowest + ASIDE / 2) & (price <= THICKEST * height)
    free[:apart] = free[price.size - apart :] = False
    most = min(MOST_CUTS, round(MOST * (ink.shape[1] / height - MARGIN)))
    columns: list[int] = []
    for column in np.argsort(price, kind="stable").tolist():
        if free[column] and len(columns) < most:
            columns.append(column)
            free[max(0, column - apart) : column + apart + 1] = False
    rows = np.arange(len(ink))
    cuts = []
    for column in sorted(columns):
        above = follow(down[: middle + 1][::-1], column)[::-1]
        way = np.concatenate((above, follow(up[middle:], column)[1:]))
        crossed = ink[rows, way]
        cuts.append(Cut(way, crossed > FAINT, float(crossed.sum()) / height))
    return cuts


def costs(ink: Grey) -> Grey:
    """(h, w) the least that a cut costs which comes from the top row to each pixel, it included."""
    # With a column on both sides that no cut can take.
    result = np.full((len(ink), ink.shape[1] + 2), np.inf, np.float32)
    result[:, 1:-1] = ink
    for before, row in pairwise(result):
        aside = np.minimum(before[:-2], before[2:])
        aside += np.float32(ASIDE)
        row[1:-1] += np.minimum(before[1:-1], aside, out=aside)
    return result[:, 1:-1]


def follow(cost: Grey, column: int) -> NDArray[np.intp]:
    """The way of a cut from a column of the first row on, to where each row costs least."""
    way = [column]
    for row in cost[1:].tolist():
        near = range(max(0, column - 1), min(len(row), column + 2))
        column = min(near, key=lambda there: row[there] + ASIDE * abs(there - way[-1]))
        way.append(column)
    return np.array(way)


def find_pieces(ink: Grey, cuts: Sequence[Cut], height: int) -> Iterator[Piece]:
    """Each piece between two edges that might be a digit, but for the whole."""
    shared = [round(SHARED * height) * cut.inked for cut in cuts]
    ways = list(zip((cut.way for cut in cuts), shared, strict=True))
    starts = [np.zeros(len(ink), np.intp), *((way - more).clip(0) for way, more in ways)]
    ends = [
        *((way + more).clip(0, ink.shape[1]) for way, more in ways),
        np.full(len(ink), ink.shape[1]),
    ]
    for first, after in combinations(range(len(cuts) + 2), 2):
        left, right = starts[first], ends[after - 1]
        start, end = int(left.min()), int(right.max())
        whole = after - first == len(cuts) + 1
        if whole or quantile(right - left, 0.5) > WIDE * height:
            continue
        columns = np.arange(start, end)
        between = (columns >= left[:, None]) & (columns < right[:, None])
        part = np.where(between, ink[:, start:end], 0)
        rows, inked = (np.flatnonzero(part.max(axis=axis) > FAINT) for axis in (1, 0))
        if inked.size == 0:
            continue
        top, bottom, left_, right_ = rows[0], rows[-1] + 1, inked[0], inked[-1] + 1
        if NARROW * height <= right_ - left_ <= WIDE * height and bottom - top >= LOW * height:
            box = int(top), int(bottom), int(left_) + start, int(right_) + start
            yield Piece(first, after, part[top:bottom, left_:right_], box)

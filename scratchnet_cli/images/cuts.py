"""Where ink might be cut so that digits which touch come apart, and the pieces between the cuts."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.fit import FAINT
from scratchnet_cli.images.grey import Grey, widen
from scratchnet_cli.images.groups import Rectangle

# What is narrower than this share of its height is one digit: no two stand in it.
NARROWEST = 0.6
# Cuts lie no nearer to each other than this, in heights, and there are no more for each height.
NEAREST, MOST = 0.1, 6
# A cut goes through no more ink than this, in heights: the two sides of a zero.
THICKEST = 0.5
# What a cut costs for each step aside: of free ways the straight one is taken.
ASIDE = 0.02
# A piece is no narrower and no wider than this, in heights, and no lower.
NARROW, WIDE, LOW = 0.06, 1.4, 0.4
# Of more cuts than this only the best are tried, however long the ink.
MOST_CUTS = 60


@dataclass(frozen=True, eq=False)
class Piece:
    """What lies between two cuts, counted from the left edge, 0. ink: cut out, (h, w).

    box: of the ink, within the whole. severed: how much ink its right cut goes through, in heights.
    """

    first: int
    after: int
    severed: float
    ink: Grey
    box: Rectangle


def find_pieces(ink: Grey, paths: list[NDArray[np.intp]], height: float) -> Iterator[Piece]:
    """Every run of ink between two cuts that might be a digit, but for the whole.

    ink: (h, w), of something in a row of that height, in pixels; paths: what ``find_cuts`` found.
    """
    edges = [np.zeros(len(ink), np.intp), *paths, np.full(len(ink), ink.shape[1])]
    columns = np.arange(ink.shape[1])
    rows_ = np.arange(len(ink))
    severed = [0.0, *(float(ink[rows_, path.clip(0, ink.shape[1] - 1)].sum()) / height for path in paths), 0.0]
    for first, left in enumerate(edges[:-1]):
        for after in range(first + 1, len(edges)):
            right = edges[after]
            if (first, after) == (0, len(edges) - 1):
                continue
            start, end = int(left.min()), int(right.max())
            among = columns[start:end]
            part = np.where(
                (among >= left[:, None]) & (among < right[:, None]), ink[:, start:end], 0
            )
            rows, inked = (np.flatnonzero(part.max(axis=axis) > FAINT) for axis in (1, 0))
            if inked.size == 0:
                continue
            box = int(rows[0]), int(rows[-1]) + 1, int(inked[0]), int(inked[-1]) + 1
            if box[3] - box[2] > WIDE * height:
                break
            if box[3] - box[2] < NARROW * height or box[1] - box[0] < LOW * height:
                continue
            cut_out = part[box[0] : box[1], box[2] : box[3]]
            yield Piece(first, after, severed[after], cut_out, (*box[:2], box[2] + start, box[3] + start))


def find_cuts(ink: Grey, height: float) -> list[NDArray[np.intp]]:
    """For each cut, from left to right, the first column beyond it in every row.

    A cut runs from top to bottom, at most one column aside for each row, where there is least ink.
    """
    if ink.shape[1] < NARROWEST * height:
        return []
    down, up = costs(ink), costs(ink[::-1])[::-1]
    through = down + up - ink
    middle = len(ink) // 2
    price = through[middle]
    apart = max(1, round(NEAREST * height))
    most = min(MOST_CUTS, round(MOST * ink.shape[1] / height))
    chosen: list[int] = []
    lowest = -widen(-price[None], 2 * (apart // 2) + 1)[0]
    free = price <= lowest + ASIDE / 2
    free[:apart] = free[price.size - apart :] = False
    for column in np.argsort(price, kind="stable").tolist():
        if len(chosen) == most or price[column] > THICKEST * height:
            break
        if free[column]:
            chosen.append(column)
            free[max(0, column - apart) : column + apart + 1] = False
    return [
        np.concatenate([follow(down[: middle + 1][::-1], column)[::-1],
                        follow(up[middle:], column)[1:]])
        for column in sorted(chosen)
    ]  # fmt: skip


def costs(ink: Grey) -> Grey:
    """(h, w) the least that a cut costs which comes from the top row to each pixel, it included."""
    result = ink.copy()
    for row in range(1, len(ink)):
        before = np.pad(result[row - 1], 1, constant_values=np.inf)
        aside = np.minimum(before[:-2], before[2:]) + np.float32(ASIDE)
        result[row] += np.minimum(before[1:-1], aside)
    return result


def follow(cost: Grey, column: int) -> NDArray[np.intp]:
    """The way of a cut from a column of the first row on, to where each row costs least."""
    way = [column]
    for row in cost[1:]:
        start = max(0, column - 1)
        near = row[start : column + 2] + ASIDE * np.abs(np.arange(start, start + len(row[start : column + 2])) - column)
        column = start + int(near.argmin())
        way.append(column)
    return np.array(way)

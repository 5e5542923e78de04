"""Candidate cut lines between touching digits, and the pieces of ink between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.digit_image import Box
from scratchnet_cli.images.grey import Grey, dilate, median
from scratchnet_cli.images.mnist import FAINT_AMOUNT
from scratchnet_cli.images.regions import mask_box

# All ratios are shares of the row's height.
# The least width of ink that is cut; narrower ink, with its soft edges, is one digit.
MIN_SPLIT_WIDTH_RATIO = 1.02
# The least distance between cut lines.
MIN_CUT_DISTANCE_RATIO = 0.1
# The most cut lines for each height of width, after a margin is taken off, and the most in all.
MAX_CUTS_PER_HEIGHT, CUT_MARGIN_RATIO, MAX_CUTS = 6, 0.5, 60
# The most ink that a cut line goes through: the two sides of a zero.
MAX_CUT_INK_RATIO = 0.5
# The cost of a step aside, as an amount of ink: a border between digits is not winding.
SIDESTEP_COST = 0.8
# On each side of a cut line through ink, the width that may belong to both digits.
SHARED_INK_RATIO = 0.06
# The size of a piece.
MIN_PIECE_WIDTH_RATIO, MAX_PIECE_WIDTH_RATIO, MIN_PIECE_HEIGHT_RATIO = 0.06, 1.4, 0.4


@dataclass(frozen=True, eq=False)
class CutLine:
    """A line from top to bottom: (h,) its columns, (h,) whether inked; severed: ink in heights."""

    columns: NDArray[np.intp]
    inked: NDArray[np.bool_]
    severed: float


def find_cuts(ink: Grey, height: int) -> list[CutLine]:
    """Return cut lines through little ink, left to right. height: of the row of ink, (h, w)."""
    if ink.shape[1] < MIN_SPLIT_WIDTH_RATIO * height:
        return []
    middle = len(ink) // 2
    down, up = path_costs(ink[: middle + 1]), path_costs(ink[middle:][::-1])
    cost = down[-1] + up[-1] - ink[middle]
    apart = max(1, round(MIN_CUT_DISTANCE_RATIO * height))
    lowest = -dilate(-cost[None], 2 * (apart // 2) + 1)[0]
    free = (cost <= lowest + SIDESTEP_COST / 2) & (cost <= MAX_CUT_INK_RATIO * height)
    free[:apart] = free[cost.size - apart :] = False
    most = round(MAX_CUTS_PER_HEIGHT * (ink.shape[1] / height - CUT_MARGIN_RATIO))
    starts: list[int] = []
    for column in np.argsort(cost, kind="stable").tolist():
        if free[column] and len(starts) < min(MAX_CUTS, most):
            starts.append(column)
            free[max(0, column - apart) : column + apart + 1] = False
    starts.sort()
    above, below = cheapest_paths(down, starts), cheapest_paths(up, starts)
    cuts = []
    for columns in np.concatenate((above[:, ::-1], below[:, 1:]), axis=1):
        crossed = ink[np.arange(len(ink)), columns]
        cuts.append(CutLine(columns, crossed > FAINT_AMOUNT, float(crossed.sum()) / height))
    return cuts


def path_costs(ink: Grey) -> Grey:
    """Return (h, w) the lowest cost of a path from the top row to each pixel, itself included."""
    # A column that no path can take is added on both sides.
    result = np.full((len(ink), ink.shape[1] + 2), np.inf, np.float32)
    result[:, 1:-1] = ink
    for before, row in pairwise(result):
        aside = np.minimum(before[:-2], before[2:])
        aside += np.float32(SIDESTEP_COST)
        row[1:-1] += np.minimum(before[1:-1], aside, out=aside)
    return result[:, 1:-1]


def cheapest_paths(cost: Grey, ends: Sequence[int]) -> NDArray[np.intp]:
    """Return (n, h) columns of the cheapest paths upwards from n columns of the last row."""
    height, width = cost.shape
    wide = np.full((height, width + 2), np.inf)
    wide[:, 1:-1] = cost
    aside = wide + SIDESTEP_COST
    left = aside[:, :-2] <= np.minimum(cost, aside[:, 2:])
    right = aside[:, 2:] < np.minimum(cost, aside[:, :-2])
    # 0 is a step to the left, 2 is one to the right. Bytes are indexed faster than arrays.
    steps = (1 + right.astype(np.uint8) - left).tobytes()
    paths = []
    for column in ends:
        path = [column]
        for row in range((height - 2) * width, -1, -width):
            column += steps[row + column] - 1
            path.append(column)
        paths.append(path)
    return np.array(paths, np.intp).reshape(-1, height)


def find_pieces(
    ink: Grey, cuts: Sequence[CutLine], height: int
) -> Iterator[tuple[int, int, Grey, Box]]:
    """Yield each piece of the ink that may be a digit, but not the whole.

    A piece is its left and right edge, its ink, (h, w), and its box in the whole. Edge 0 is the
    left side, then come the cut lines and the right side.
    """
    rows, width = ink.shape
    shared = round(SHARED_INK_RATIO * height)
    starts = [np.zeros(rows, np.intp), *((c.columns - shared * c.inked).clip(0) for c in cuts)]
    ends = [*((c.columns + shared * c.inked).clip(0, width) for c in cuts), np.full(rows, width)]
    for first, after in combinations(range(len(cuts) + 2), 2):
        left, right = starts[first], ends[after - 1]
        is_whole = after - first == len(cuts) + 1
        if is_whole or median(right - left) > MAX_PIECE_WIDTH_RATIO * height:
            continue
        start, end = int(left.min()), int(right.max())
        columns = np.arange(start, end)
        between = (columns >= left[:, None]) & (columns < right[:, None])
        piece = np.where(between, ink[:, start:end], 0)
        box = mask_box(piece > FAINT_AMOUNT)
        if box is None:
            continue
        x1, y1, x2, y2 = box
        wide = MIN_PIECE_WIDTH_RATIO * height <= x2 - x1 <= MAX_PIECE_WIDTH_RATIO * height
        if wide and y2 - y1 >= MIN_PIECE_HEIGHT_RATIO * height:
            yield first, after, piece[y1:y2, x1:x2], (x1 + start, y1, x2 + start, y2)

"""Rows of a page, and the numbers in them, from the boxes of its marks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scratchnet_cli.images.digit_image import Box
from scratchnet_cli.images.parts import is_bar, typical_height
from scratchnet_cli.images.regions import Boxes

# The ratios, unless noted, are shares of a height: of the row, or of most boxes on the page.
# The least height of a digit; lower boxes are points and signs.
MIN_DIGIT_HEIGHT_RATIO = 0.35
# A box narrower than the first share of its own height is a 1 or a comma. It is a comma if it is
# lower than the second share, and its foot is not within the third share of the nearest digit's.
MAX_ONE_ASPECT, MIN_ONE_HEIGHT_RATIO, MAX_ONE_DROP_RATIO = 0.5, 0.5, 0.1
# The least height of a mark in no row that may be a digit; a point is lower.
MIN_MARK_HEIGHT_RATIO = 0.25
# The largest distance, up or down, between the middles of a box and of its row.
MAX_ROW_OFFSET_RATIO = 0.5
# The same between neighbours that certainly are in one row.
MAX_CERTAIN_OFFSET_RATIO = 0.7
# The widest gap between neighbours that show the slope of the page.
MAX_NEIGHBOUR_GAP_RATIO = 2.0
# The widest part of a digit above or below the next one of its row, as a share of its width.
MAX_COLUMN_OVERLAP_RATIO = 0.2
# The widest gap between two digits of a number.
MAX_DIGIT_GAP_RATIO = 1.5


@dataclass
class Row:
    """A row found so far. boxes: indices; middle (without slope), height: of its last digits."""

    boxes: list[int]
    middle: float
    height: float


def find_rows(boxes: Sequence[Box]) -> list[list[int]]:
    """Return the indices of the boxes, at least one, in each row from left to right, top first."""
    array = np.array(boxes)
    left, top, right, bottom = array.T
    height, across = bottom - top, (left + right) / 2
    middle = (top + bottom) / 2 - across * slope(array)
    least = MIN_DIGIT_HEIGHT_RATIO * typical_height(array)
    rows: list[Row] = []
    for box in np.argsort(across, kind="stable").tolist():
        if height[box] <= least:
            continue
        offsets = [abs(middle[box] - row.middle) / max(height[box], row.height) for row in rows]
        nearest = int(np.argmin(offsets)) if offsets else -1
        if nearest >= 0 and offsets[nearest] < MAX_ROW_OFFSET_RATIO:
            row = rows[nearest]
            share = height[box] / (height[box] + row.height)
            row.boxes.append(box)
            row.middle += share * (middle[box] - row.middle)
            row.height += share * (height[box] - row.height)
        else:
            rows.append(Row([box], middle[box], height[box]))
    joined = join_staggered([row.boxes for row in rows], array)
    joined.sort(key=lambda row: float(middle[row].mean()))
    return [high_enough(row, array) for row in joined]


def join_staggered(rows: list[list[int]], boxes: Boxes) -> list[list[int]]:
    """Return the rows, indices of boxes; rows whose digits are side by side become one.

    Digits of a row may be higher or lower than their neighbours, but none is above another.
    """
    row_of = {box: row for row in rows for box in row}
    for first, second in neighbours(boxes, sorted(row_of)) if len(rows) > 1 else ():
        one, other = row_of[first], row_of[second]
        if one is not other and are_side_by_side(boxes[one], boxes[other]):
            one += other
            one.sort(key=lambda box: boxes[box, 0] + boxes[box, 2])
            row_of.update(dict.fromkeys(other, one))
    return [row for row in rows if row_of[row[0]] is row]


def neighbours(boxes: Boxes, indices: list[int]) -> list[tuple[int, int]]:
    """Return pairs of a box and the nearest one on its right that is partly at its height."""
    left, top, right, bottom = boxes[indices].astype(np.int32).T
    height, across = bottom - top, left + right
    near = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top) > 0
    near &= left - right[:, None] < MAX_NEIGHBOUR_GAP_RATIO * np.maximum(height[:, None], height)
    near &= across > across[:, None]
    after = np.where(near, across, np.iinfo(np.int32).max).argmin(axis=1)
    found = near.any(axis=1).tolist()
    return [
        (box, indices[other])
        for box, other, is_found in zip(indices, after.tolist(), found, strict=True)
        if is_found
    ]


def are_side_by_side(row: Boxes, other: Boxes) -> bool:
    """Return whether no box of a row, (n, 4), stands above or below one of another, (m, 4)."""
    boxes = np.concatenate((row, other))
    order = boxes[:, 0].argsort(kind="stable")
    is_in = (order >= len(row))[:, None] == (False, True)
    left, _, right, _ = boxes[order].T
    # The right end of what came before in each of the two rows.
    ends = np.maximum.accumulate(np.where(is_in, right[:, None], left.min()), axis=0)
    overlap = np.minimum(np.where(is_in, left.min(), ends).max(axis=1), right) - left
    return bool((overlap <= MAX_COLUMN_OVERLAP_RATIO * (right - left)).all())


def high_enough(row: list[int], boxes: Boxes) -> list[int]:
    """Return the indices of a row's boxes without those too low for its digits."""
    left, _, right, bottom = boxes[row].T
    (width, height), typical = (boxes[row, 2:] - boxes[row, :2]).T, typical_height(boxes[row])
    is_narrow = width < MAX_ONE_ASPECT * height
    is_high = height > np.where(is_narrow, MIN_ONE_HEIGHT_RATIO, MIN_DIGIT_HEIGHT_RATIO) * typical
    across = (left + right) / 2
    for index in np.flatnonzero(~is_high & (height > MIN_DIGIT_HEIGHT_RATIO * typical)):
        # A low 1 stands on the line as the nearest digit does, a comma goes below it.
        nearest = np.where(is_high, abs(across - across[index]), np.inf).argmin()
        is_high[index] = abs(bottom[index] - bottom[nearest]) < MAX_ONE_DROP_RATIO * typical
    return [box for box, is_digit in zip(row, is_high.tolist(), strict=True) if is_digit]


def slope(boxes: Boxes) -> float:
    """Return how many pixels rows go down for each pixel to the right: a median of neighbours."""
    left, top, right, bottom = boxes.T
    height, middle, across = bottom - top, (top + bottom) / 2, (left + right) / 2
    slopes = [
        (middle[after] - middle[box]) / (across[after] - across[box])
        for box, after in neighbours(boxes, list(range(len(boxes))))
        if abs(middle[after] - middle[box]) < MAX_ROW_OFFSET_RATIO * max(height[box], height[after])
    ]
    return float(np.median(slopes)) if slopes else 0.0


def beside_left_out(boxes: Sequence[Box], rows: list[list[int]], signs: set[int]) -> set[int]:
    """Return the boxes nearest to ink in no row that is not a sign, a line or a point."""
    kept = np.array([box for row in rows for box in row], np.intp)
    array = np.array(boxes)
    centre, height = array[:, :2] + array[:, 2:], array[:, 3] - array[:, 1]
    found = set()
    for box in {*range(len(array))}.difference(signs, kept.tolist()) if kept.size else ():
        nearest = int(kept[abs(centre[kept] - centre[box]).sum(axis=1).argmin()])
        if height[box] > MIN_MARK_HEIGHT_RATIO * height[nearest] and not is_bar(array[box]):
            found.add(nearest)
    return found


def order_is_uncertain(row: Sequence[Box]) -> bool:
    """Return whether boxes from left to right may be two rows: a low number beside a high one."""
    left, top, right, bottom = np.array(row).T
    middle, height = top + bottom, bottom - top
    jump = abs(np.diff(middle)) / 2 > MAX_CERTAIN_OFFSET_RATIO * np.maximum(height[1:], height[:-1])
    jump &= left[1:] - right[:-1] < MAX_DIGIT_GAP_RATIO * height[1:]
    highest_after = np.minimum.accumulate(middle[::-1])[::-1][1:]
    lowest_after = np.maximum.accumulate(middle[::-1])[::-1][1:]
    down = np.maximum.accumulate(middle)[:-1] < highest_after
    up = np.minimum.accumulate(middle)[:-1] > lowest_after
    return bool((jump & (down | up)).any())


def find_numbers(row: Sequence[Box], signs: Sequence[Box] = ()) -> tuple[list[int], int]:
    """Return the number in the row, from 1, of each box from left to right, and their height.

    signs: boxes of signs, in this row or not.
    """
    boxes = np.array(row)
    height = typical_height(boxes)
    gaps = boxes[1:, 0] - np.maximum.accumulate(boxes[:, 2])[:-1]
    starts = gaps > MAX_DIGIT_GAP_RATIO * height
    left, top, _, bottom = boxes.T
    others = np.array(signs).reshape(-1, 4)
    x, y = (others[:, :2] + others[:, 2:]).T[:, :, None] / 2
    beside = (np.minimum(top[1:], top[:-1]) < y) & (y < np.maximum(bottom[1:], bottom[:-1]))
    starts |= (beside & (left[:-1] < x) & (x < left[1:])).any(axis=0)
    return [1, *(1 + starts.cumsum()).tolist()], height

"""Boxes of digits to rows, and rows to numbers: the order in which a page is read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.parts import Rectangle, typical_height

# What is lower than this share of its row's height, or of the page's, is no digit: a point, a sign.
OTHER = 0.4
# What is lower than this and narrower than that, width to height, is a tick or a comma, not a 1.
LOW_ONE, NARROW = 0.5, 0.5
# A box whose middle is no farther up or down than this, in heights, stands in the same row.
OFF = 0.5
# How a sheet lies is told by neighbours that are no farther apart than this, in heights.
NEIGHBOUR = 2.0
# A wider gap, in heights, begins another number.
GAP = 1.5


@dataclass
class Row:
    """What has been found of a row, from left to right: which boxes, and where it goes on.

    middle: of the digits met last, down the page, as if the sheet lay straight; height: theirs.
    """

    boxes: list[int]
    middle: float
    height: float


def find_rows(boxes: Sequence[Rectangle]) -> list[list[int]]:
    """The places of the boxes in each row from left to right, rows from top to bottom.

    Rows follow their digits: they may slant and bend. What is too low to be a digit is left out.
    """
    if not boxes:
        return []
    top, bottom, left, right = np.array(boxes).T
    height = bottom - top
    typical = typical_height(height, right - left)
    across = (left + right) / 2
    middle = (top + bottom) / 2 - across * incline(np.array(boxes))
    rows: list[Row] = []
    for box in np.argsort(across, kind="stable").tolist():
        if height[box] <= OTHER * typical:
            continue
        off = [abs(middle[box] - row.middle) / max(height[box], row.height) for row in rows]
        nearest = int(np.argmin(off)) if off else -1
        if nearest >= 0 and off[nearest] < OFF:
            row = rows[nearest]
            share = height[box] / (height[box] + row.height)
            row.boxes.append(box)
            row.middle += share * (middle[box] - row.middle)
            row.height += share * (height[box] - row.height)
        else:
            rows.append(Row([box], middle[box], height[box]))
    rows.sort(key=lambda row: float(middle[row.boxes].mean()))
    return [tall_enough(row.boxes, height, right - left) for row in rows]


def tall_enough(row: list[int], height: NDArray[np.intp], width: NDArray[np.intp]) -> list[int]:
    """A row without what is too low to be one of its digits."""
    typical = typical_height(height[row], width[row])
    least = np.where(width < NARROW * height, LOW_ONE, OTHER) * typical
    return [box for box in row if height[box] > least[box]]


def incline(boxes: NDArray[np.intp]) -> float:
    """How far rows go down for each pixel to the right: the median of neighbours."""
    top, bottom, left, right = boxes.T
    height, middle, across = bottom - top, (top + bottom) / 2, (left + right) / 2
    slopes = []
    for box in range(len(boxes)):
        higher = np.maximum(height[box], height)
        near = (abs(middle - middle[box]) < OFF * higher) & (across > across[box])
        near &= left - right[box] < NEIGHBOUR * higher
        if near.any():
            after = np.where(near, across, np.inf).argmin()
            slopes.append((middle[after] - middle[box]) / (across[after] - across[box]))
    return float(np.median(slopes)) if slopes else 0.0


def find_numbers(row: Sequence[Rectangle]) -> tuple[list[int], int]:
    """In which number of a row each box stands, from left to right, from 1; and their height."""
    top, bottom, start, end = np.array(row).T
    height = typical_height(bottom - top, end - start)
    gaps = start[1:] - np.maximum.accumulate(end)[:-1]
    return [1, *(1 + (gaps > GAP * height).cumsum()).tolist()], height

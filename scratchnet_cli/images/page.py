"""A page of numbers in reading order: rows, numbers, digits, and pieces of touching digits."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil, floor

import numpy as np

from scratchnet_cli.images.cuts import MIN_SPLIT_WIDTH_RATIO, find_cuts, find_pieces
from scratchnet_cli.images.digit_image import NOT_SPLIT, Box, DigitImage, Place
from scratchnet_cli.images.digits import Group, warnings_for
from scratchnet_cli.images.ink import Ink
from scratchnet_cli.images.mnist import fit
from scratchnet_cli.images.parts import typical_height
from scratchnet_cli.images.regions import Boxes

# All ratios are shares of a height: of the row, or of most boxes on the page.
# The least height of a digit; lower boxes are points and signs.
MIN_DIGIT_HEIGHT_RATIO = 0.4
# A box narrower than the first share of its own height is a 1. Below the second it is a comma.
MAX_ONE_ASPECT, MIN_ONE_HEIGHT_RATIO = 0.5, 0.5
# The largest distance, up or down, between the middles of a box and of its row.
MAX_ROW_OFFSET_RATIO = 0.5
# The widest gap between neighbours that show the slope of the page.
MAX_NEIGHBOUR_GAP_RATIO = 2.0
# The widest gap between two digits of a number.
MAX_DIGIT_GAP_RATIO = 1.5
# After this many images the rest of the ink is not cut. A digit that touches others makes twenty.
# Each takes up to half a millisecond.
MAX_CUT_IMAGES = 5000


def page_images(ink: Ink, groups: Sequence[Group], scale: tuple[float, float]) -> list[DigitImage]:
    """Return what may be the digits of a page in reading order: of each stretch all pieces."""
    images: list[DigitImage] = []
    stretches = count()
    for row, members in enumerate(find_rows([group.box for group in groups]), 1):
        numbers, height = find_numbers([groups[member].box for member in members])
        for group, number in zip((groups[member] for member in members), numbers, strict=True):
            warnings = warnings_for(ink, group)
            if len(images) < MAX_CUT_IMAGES:
                cuts = find_cuts(group.ink, height)
            else:
                cuts = []
                is_wide = group.ink.shape[1] >= MIN_SPLIT_WIDTH_RATIO * height
                warnings += (NOT_SPLIT,) if is_wide else ()
            place = Place(_stored(group.box, scale), row, number, next(stretches), 0, len(cuts) + 1)
            place = place._replace(height=height * scale[1])
            images.append(DigitImage(fit(group.ink), warnings, place))
            for piece in find_pieces(group.ink, cuts, height):
                place = place._replace(
                    box=_stored(piece.box, scale, group.left, group.top),
                    first=piece.first,
                    after=piece.after,
                    severed=cuts[piece.after - 1].severed if piece.after <= len(cuts) else 0.0,
                    whole=False,
                )
                images.append(DigitImage(fit(piece.ink), warnings, place))
    return images


def _stored(box: Box, scale: tuple[float, float], x: int = 0, y: int = 0) -> Box:
    """Return a box, moved by x and y, in pixels of the stored picture that it touches."""
    left, top, right, bottom = box
    across, down = scale
    # A hundredth of a pixel is a rounding error.
    return (
        floor((left + x) * across + 0.01),
        floor((top + y) * down + 0.01),
        ceil((right + x) * across - 0.01),
        ceil((bottom + y) * down - 0.01),
    )


@dataclass
class Row:
    """A row found so far. boxes: indices; middle, height: of the last digits, on a level page."""

    boxes: list[int]
    middle: float
    height: float


def find_rows(boxes: Sequence[Box]) -> list[list[int]]:
    """Return the indices of the boxes in each row, from left to right, the top row first."""
    if not boxes:
        return []
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
    rows.sort(key=lambda row: float(middle[row.boxes].mean()))
    return [high_enough(row.boxes, array) for row in rows]


def high_enough(row: list[int], boxes: Boxes) -> list[int]:
    """Return the indices of a row's boxes without those too low for its digits."""
    width, height = (boxes[:, 2:] - boxes[:, :2]).T
    narrow = width < MAX_ONE_ASPECT * height
    ratio = np.where(narrow, MIN_ONE_HEIGHT_RATIO, MIN_DIGIT_HEIGHT_RATIO)
    least = ratio * typical_height(boxes[row])
    return [box for box in row if height[box] > least[box]]


def slope(boxes: Boxes) -> float:
    """Return how many pixels rows go down for each pixel to the right: a median of neighbours."""
    left, top, right, bottom = boxes.T
    height, middle, across = bottom - top, (top + bottom) / 2, (left + right) / 2
    slopes = []
    for box in range(len(boxes)):
        higher = np.maximum(height[box], height)
        near = abs(middle - middle[box]) < MAX_ROW_OFFSET_RATIO * higher
        near &= left - right[box] < MAX_NEIGHBOUR_GAP_RATIO * higher
        near &= across > across[box]
        if near.any():
            after = np.where(near, across, np.inf).argmin()
            slopes.append((middle[after] - middle[box]) / (across[after] - across[box]))
    return float(np.median(slopes)) if slopes else 0.0


def find_numbers(row: Sequence[Box]) -> tuple[list[int], int]:
    """Return the number in the row, from 1, of each box from left to right, and their height."""
    boxes = np.array(row)
    height = typical_height(boxes)
    gaps = boxes[1:, 0] - np.maximum.accumulate(boxes[:, 2])[:-1]
    return [1, *(1 + (gaps > MAX_DIGIT_GAP_RATIO * height).cumsum()).tolist()], height

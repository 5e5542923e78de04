"""A page of numbers in reading order: rows, numbers, digits, and pieces of touching digits."""

from collections.abc import Sequence
from itertools import chain, count
from math import ceil, floor

import numpy as np

from scratchnet_cli.images.cuts import MIN_SPLIT_WIDTH_RATIO, find_cuts, find_pieces
from scratchnet_cli.images.digit_image import (
    LEFT_OUT,
    MAYBE_SLASH,
    NOT_SPLIT,
    UNCERTAIN_ORDER,
    Box,
    DigitImage,
    Place,
)
from scratchnet_cli.images.digits import warnings_for
from scratchnet_cli.images.grey import Grey, resize
from scratchnet_cli.images.ink import Ink
from scratchnet_cli.images.mnist import fit, trim
from scratchnet_cli.images.parts import Group, typical_height
from scratchnet_cli.images.rows import beside_left_out, find_numbers, find_rows, order_is_uncertain

# After this many images the rest of the ink is not cut, because each takes up to half a
# millisecond. A digit that touches others makes twenty.
MAX_CUT_IMAGES = 5000
# Signs are lower than this share of their row, slashes are higher.
MAX_SIGN_HEIGHT_RATIO, MIN_SLASH_HEIGHT_RATIO = 0.85, 1.1
# The shape of a sign in 5x5 cells. Each + cell has more ink than the number. The mean of the
# - cells is below this share of the mean of the + cells; . may be either.
CELLS, MAX_EMPTY_RATIO = 5, 0.3
SHAPES = [
    (np.array([list(row) for row in shape.split()]), least)
    for shape, least in (
        ("--+-- --+-- +++++ --+-- --+--", 0.3),
        ("+.-.+ .+.+. -.+.- .+.+. +.-.+", 0.02),
        ("+++++ ..... ----- ..... +++++", 0.2),
    )
]
# The narrowest and the widest sign, and a stroke that slants, as shares of the height.
MIN_SIGN_ASPECT, MAX_SIGN_ASPECT, MIN_SLASH_ASPECT = 0.6, 2.5, 0.25
# The standard deviation of the ink of a straight stroke from its line, as a share of its height.
MAX_SLASH_DEVIATION_RATIO = 0.06


def page_images(ink: Ink, groups: Sequence[Group], scale: tuple[float, float]) -> list[DigitImage]:
    """Return what may be the digits of a page in reading order: all pieces of each stretch."""
    images: list[DigitImage] = []
    stretches = count()
    boxes = [group.box for group in groups]
    rows = find_rows(boxes)
    typical = typical_height(np.array(boxes))
    signs = {index for index, group in enumerate(groups) if is_sign(group.ink, typical)}
    # A page of signs alone is rather one of digits.
    if signs.issuperset(chain.from_iterable(rows)):
        signs = set()
    rows = [row for row in rows if not signs.issuperset(row)]
    beside_marks = beside_left_out(boxes, rows, signs)
    for row, marks in enumerate(rows, 1):
        members = [mark for mark in marks if mark not in signs]
        row_boxes = [boxes[member] for member in members]
        numbers, height = find_numbers(row_boxes, [boxes[sign] for sign in signs])
        is_uncertain = order_is_uncertain(row_boxes)
        for member, number in zip(members, numbers, strict=True):
            group = groups[member]
            warnings = warnings_for(ink, group)
            warnings += (LEFT_OUT,) if member in beside_marks else ()
            warnings += (UNCERTAIN_ORDER,) if is_uncertain else ()
            warnings += (MAYBE_SLASH,) if is_slash(group.ink, height) else ()
            if len(images) < MAX_CUT_IMAGES:
                cuts = find_cuts(group.ink, height)
            else:
                cuts = []
                is_wide = group.ink.shape[1] >= MIN_SPLIT_WIDTH_RATIO * height
                warnings += (NOT_SPLIT,) if is_wide else ()
            place = Place(_stored(group.box, scale), row, number, next(stretches), 0, len(cuts) + 1)
            place = place._replace(height=height * scale[1])
            images.append(DigitImage(fit(group.ink), warnings, place))
            for first, after, piece, box in find_pieces(group.ink, cuts, height):
                severed = cuts[after - 1].severed if after <= len(cuts) else 0.0
                box = _stored(box, scale, group.left, group.top)
                place = place._replace(
                    box=box, first=first, after=after, severed=severed, whole=False
                )
                images.append(DigitImage(fit(piece), warnings, place))
    return images


def _stored(box: Box, scale: tuple[float, float], x: int = 0, y: int = 0) -> Box:
    """Return a box, moved by x and y, in whole pixels of the stored picture."""
    left, top, right, bottom = box
    across, down = scale
    # A hundredth of a pixel is a rounding error.
    return (
        floor((left + x) * across + 0.01),
        floor((top + y) * down + 0.01),
        ceil((right + x) * across - 0.01),
        ceil((bottom + y) * down - 0.01),
    )


def is_sign(ink: Grey, height: float) -> bool:
    """Return whether ink, (h, w), is a plus, times or equals sign among digits of a height."""
    ink = trim(ink)
    rows, columns = ink.shape
    is_low = rows < MAX_SIGN_HEIGHT_RATIO * height
    if not is_low or not MIN_SIGN_ASPECT < columns / rows < MAX_SIGN_ASPECT:
        return False
    cells = resize(ink, CELLS, CELLS)
    return any(
        cells[shape == "+"].min() > least
        and cells[shape == "-"].mean() < MAX_EMPTY_RATIO * cells[shape == "+"].mean()
        for shape, least in SHAPES
    )


def is_slash(ink: Grey, height: float) -> bool:
    """Return whether ink, (h, w), is a straight stroke that slants, higher than its row."""
    ink = trim(ink)
    rows, columns = ink.shape
    if rows < MIN_SLASH_HEIGHT_RATIO * height or columns < MIN_SLASH_ASPECT * rows:
        return False
    y, x = np.indices(ink.shape, np.float64)
    y, x = ((axis - (axis * ink).sum() / ink.sum()) for axis in (y, x))
    slant = (x * y * ink).sum() / (y * y * ink).sum()
    off = ((x - slant * y) ** 2 * ink).sum() / ink.sum()
    return bool(off < (MAX_SLASH_DEVIATION_RATIO * rows) ** 2)

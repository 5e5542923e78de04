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
from scratchnet_cli.images.ink import Ink
from scratchnet_cli.images.mnist import fit
from scratchnet_cli.images.parts import Group, typical_height
from scratchnet_cli.images.rows import beside_left_out, find_numbers, find_rows, order_is_uncertain
from scratchnet_cli.images.signs import is_sign, is_slash

# After this many images the rest of the ink is not cut, because each takes up to half a
# millisecond. A digit that touches others makes twenty.
MAX_CUT_IMAGES = 5000


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

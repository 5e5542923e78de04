"""A picture of numbers to the digits in it, row by row, and to what may be digits that touch."""

from collections.abc import Iterator
from itertools import count
from math import ceil, floor

import numpy as np

from scratchnet_cli.images.cuts import find_cuts, find_pieces
from scratchnet_cli.images.decode import PAGE_SIDE, decode
from scratchnet_cli.images.digits import Group
from scratchnet_cli.images.mnist import fit
from scratchnet_cli.images.parts import Rectangle
from scratchnet_cli.images.read import Box, DigitImage, Place, as_mnist, doubts, find_digits
from scratchnet_cli.images.rows import find_numbers, find_rows

# When a picture has so many pieces, the rest of its ink stays uncut: a digit among others that it
# touches has some twenty.
MOST_PIECES = 10_000


def read_digits(data: bytes, polarity: str = "auto") -> list[DigitImage]:
    """What may be the digits of a picture, in reading order, each with its place.

    Where digits may touch, the whole comes first, and then each piece of it that may be one. A
    picture that is MNIST's already comes out as it went in.

    Raises:
        ImageError: the file is no picture of the known formats, or shows nothing.
    """
    seen = decode(data, PAGE_SIDE)
    ready = as_mnist(seen.grey, polarity)
    if ready is not None:
        rows, columns = (np.flatnonzero(ready.max(axis=axis)) for axis in (1, 0))
        box = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
        return [DigitImage(ready, place=Place(box))]
    ink, groups = find_digits(seen.colours, polarity, page=True)
    pictures: list[DigitImage] = []
    for group, place, height in in_order(groups):
        found = doubts(ink, group)
        cuts = find_cuts(group.ink, height) if len(pictures) < MOST_PIECES else []
        place = place._replace(
            box=stored(group.box, seen.scale), after=len(cuts) + 1, height=height * seen.scale[0]
        )
        pictures.append(DigitImage(fit(group.ink), found, place))
        for piece in find_pieces(group.ink, cuts, height):
            severed = cuts[piece.after - 1].severed if piece.after <= len(cuts) else 0.0
            place = place._replace(
                box=stored(moved(piece.box, *group.corner), seen.scale),
                first=piece.first,
                after=piece.after,
                severed=severed,
                whole=False,
            )
            pictures.append(DigitImage(fit(piece.ink), found, place))
    return pictures


def in_order(groups: list[Group]) -> Iterator[tuple[Group, Place, int]]:
    """Each digit, or stretch of digits that touch, in reading order, with its row's height."""
    stretches = count()
    for row, members in enumerate(find_rows([group.box for group in groups]), 1):
        boxes = [groups[member].box for member in members]
        numbers, height = find_numbers(boxes)
        for member, number in zip(members, numbers, strict=True):
            place = Place((0, 0, 0, 0), row, number, next(stretches))
            yield groups[member], place, height


def stored(box: Rectangle, scale: tuple[float, float]) -> Box:
    """A box in pixels of the stored picture: of those that it touches, too."""
    top, bottom, left, right = box
    down, across = scale
    # What is almost whole is whole: the sizes were divided.
    return (
        floor(left * across + 0.01),
        floor(top * down + 0.01),
        ceil(right * across - 0.01),
        ceil(bottom * down - 0.01),
    )


def moved(box: Rectangle, down: int, across: int) -> Rectangle:
    """A box, so many pixels further down and to the right."""
    top, bottom, left, right = box
    return top + down, bottom + down, left + across, right + across

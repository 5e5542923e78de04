"""A picture of numbers to the digits in it, row by row, and to what may be digits that touch."""

from collections.abc import Iterator
from itertools import count

import numpy as np

from scratchnet_cli.images.cuts import find_cuts, find_pieces
from scratchnet_cli.images.decode import PAGE_SIDE, decode
from scratchnet_cli.images.fit import fit
from scratchnet_cli.images.groups import Group, Rectangle, belongs_in_row
from scratchnet_cli.images.reading import Picture, Place, as_mnist, doubts, find_digits
from scratchnet_cli.images.rows import find_numbers, find_rows

# Of more pieces than these in one picture the rest of its ink stays uncut.
MOST_PIECES = 2000


def read_digits(data: bytes, polarity: str = "auto") -> list[Picture]:
    """What may be the digits of a picture, in reading order, each with its place.

    Where digits may touch, each possible piece follows the whole. A picture that is MNIST's already
    comes out as it went in.

    Raises:
        ImageError: the file is no picture of the known formats, or shows nothing.
    """
    seen = decode(data, PAGE_SIDE)
    ready = as_mnist(seen.grey, polarity)
    if ready is not None:
        rows, columns = (np.flatnonzero(ready.max(axis=axis)) for axis in (1, 0))
        box = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
        return [Picture(ready, place=Place(box))]
    ink, groups = find_digits(seen.colours, polarity, belongs_in_row)
    pictures: list[Picture] = []
    for place, group, height in in_order(groups):
        found = doubts(ink, group)
        whole = Place(stored(group.box, seen.scale), *place, height=round(height * seen.scale[0]))
        cuts = find_cuts(group.ink, height) if len(pictures) < MOST_PIECES else []
        whole = whole._replace(after=len(cuts) + 1)
        pictures.append(Picture(fit(group.ink), found, whole))
        for piece in find_pieces(group.ink, cuts, height):
            box = stored(moved(piece.box, group.corner), seen.scale)
            place_ = whole._replace(box=box, first=piece.first, after=piece.after, severed=piece.severed)
            pictures.append(Picture(fit(piece.ink), found, place_))
    return pictures


def in_order(groups: list[Group]) -> Iterator[tuple[tuple[int, int, int], Group, int]]:
    """Each digit with its row, its number in the row, its own number, and its row's height."""
    stretches = count()
    for row, members in enumerate(find_rows([group.box for group in groups]), 1):
        found = [groups[member] for member in members]
        counts, height = find_numbers([group.box for group in found])
        numbers = np.repeat(np.arange(len(counts)) + 1, counts).tolist()
        for number, group in zip(numbers, found, strict=True):
            yield (row, number, next(stretches)), group, height


def stored(box: Rectangle, scale: tuple[float, float]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in pixels of the stored picture."""
    top, bottom, left, right = box
    down, across = scale
    return (
        int(left * across), int(top * down), round(right * across + 0.49), round(bottom * down + 0.49)
    )  # fmt: skip


def moved(box: Rectangle, corner: tuple[int, int]) -> Rectangle:
    """A box within a group to where it is in the picture."""
    top, left = corner
    return box[0] + top, box[1] + top, box[2] + left, box[3] + left

"""Pages of numbers: rows, numbers and their boxes, and the pieces between cut lines."""

import io
from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.images import page
from scratchnet_cli.images.cuts import MAX_CUTS, find_cuts, find_pieces
from scratchnet_cli.images.digit_image import Box, Place
from scratchnet_cli.images.page import find_numbers, find_rows
from scratchnet_cli.images.read import read_digits
from scratchnet_cli.prediction.answers import Answer, classify
from tests.benchmarks.numbers import KINDS, Kind, Writer
from tests.conftest import encoded
from tests.network.networks import bundled

Pixels = NDArray[np.uint8]


def places(data: bytes, whole: bool = True) -> list[Place]:
    """Return the places on a page: of whole stretches of ink, or of pieces of them."""
    found = [image.place for image in read_digits(data, multiple=True)]
    return [place for place in found if place and place.whole == whole]


def read_numbers(data: bytes) -> list[str]:
    """Return the numbers that the bundled network reads on a page."""
    (answer,) = classify(bundled(), [("page.png", read_digits(data, multiple=True))])
    assert isinstance(answer, Answer)
    return [number.number for number in answer.numbers]


def box(left: float, top: float, width: int = 20, height: int = 30) -> Box:
    """Return a box of this size."""
    return int(left), int(top), int(left) + width, int(top) + height


@pytest.mark.parametrize("slope", [-0.15, 0, 0.15])
@pytest.mark.parametrize("bend", [0, 1e-4])
def test_rows_follow_their_digits(slope: float, bend: float) -> None:
    """On a tilted page, and in curved rows, each digit is in its own row."""
    places = product(range(0, 700, 35), (0, 45))
    boxes = [box(x, 300 + below + slope * x + bend * x * x) for x, below in places]
    order = np.random.default_rng(1).permutation(len(boxes))
    rows = find_rows([boxes[i] for i in order])
    assert [order[row].tolist() for row in rows] == [list(range(i, 40, 2)) for i in (0, 1)]


@pytest.mark.parametrize(
    ("boxes", "rows"),
    [
        ([], []),
        # Minus signs and points are left out, wherever they are.
        ([box(30, 100), box(0, 112, 18, 6), box(80, 98), box(65, 124, 6, 6)], [[0, 2]]),
        # A narrow mark over half as high as its row is a 1, a lower one is a tick.
        ([box(0, 100), box(30, 100), box(60, 100, 4, 15), box(90, 105, 6, 25)], [[0, 1, 3]]),
        # A wide digit may be lower.
        ([box(0, 100), box(30, 100), box(110, 116, 20, 14)], [[0, 1, 2]]),
    ],
)
def test_rows_leave_out_low_marks(boxes: list[Box], rows: list[list[int]]) -> None:
    """A box that is too low for its row, and for its width, is not a digit."""
    assert find_rows(boxes) == rows


def test_numbers_begin_after_wide_gaps() -> None:
    """Over one and a half heights are between two numbers, less between two digits."""
    row = [box(0, 0), box(20 + 44, 0), box(84 + 46, 0), box(150 + 5, 0)]
    assert find_numbers(row) == ([1, 1, 2, 2], 30)


def rings(*lefts: int) -> NDArray[np.float32]:
    """Return rings of 40 pixels beside or across each other: the ink of zeros."""
    y, x = np.mgrid[:40, : max(lefts) + 40]
    rings = [abs(np.hypot(y - 19.5, x - left - 19.5) - 17) < 3 for left in lefts]
    return np.asarray(np.any(rings, axis=0), np.float32)


def test_cuts_separate_touching_digits() -> None:
    """Two rings with a thin line between give a piece for the first and one for the second."""
    ink = rings(0, 48)
    ink[19:21, 38:50] = 1
    pieces = list(find_pieces(ink, find_cuts(ink, 40), 40))
    boxes = [piece.box for piece in pieces]
    assert any(left == 0 and 38 <= right <= 50 for left, _, right, _ in boxes)
    assert any(38 <= left <= 50 and right == 88 for left, _, right, _ in boxes)
    for piece, (left, top, right, bottom) in zip(pieces, boxes, strict=True):
        assert piece.ink.shape == (bottom - top, right - left)


def test_cuts_are_limited() -> None:
    """Ink narrower than its row is not cut; the longest ink is cut a limited number of times."""
    assert find_cuts(rings(0), 80) == []
    comb = np.zeros((80, 3900), np.float32)
    comb[20:30] = 1
    comb[:, ::12] = comb[:, 1::12] = comb[:, 2::12] = 1
    assert len(find_cuts(comb, 80)) == MAX_CUTS


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("size", [1, 4])
def test_boxes_are_in_stored_pixels(digits: Pixels, orientation: int, size: int) -> None:
    """However large the file and however its EXIF turns it, a box contains the ink and no more."""
    ink = digits[7] > 99
    ink = np.kron(ink[ink.any(axis=1)][:, ink.any(axis=0)], np.ones((5, 5), np.bool_))
    (height, width), left, top = ink.shape, 200, 60
    sheet = np.full((300, 400), 255, np.uint8)
    sheet[top : top + height, left : left + width][ink] = 0
    sheet = sheet.repeat(size, axis=0).repeat(size, axis=1)
    turned = np.rot90(sheet, {1: 0, 3: 2, 6: 1, 8: -1}[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    (place,) = places(encoded(Image.fromarray(turned), exif=exif))
    around = np.array([left, top, left + width, top + height]) * size
    assert place.box == pytest.approx(around, abs=2 * size)
    assert place.height == pytest.approx(height * size, abs=2 * size)


def test_rows_that_almost_touch_are_separate() -> None:
    """Rows of digits with hardly any room between, and a comma there, are two."""
    row = rings(0, 60)
    ink = np.vstack([row, np.zeros((5, 100)), row])
    ink[38:43, 50:54] = 1
    grey = 255 - (np.pad(ink, ((40, 40), (60, 60))) * 255).astype(np.uint8)
    assert [place.row for place in places(encoded(Image.fromarray(grey)))] == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("kind", "least"),
    [("four rows", 4), ("askew", 4), ("minus signs and points", 4), ("touching", 2), ("shadow", 4)],
)
def test_pages_are_read(digits: Pixels, labels: Pixels, kind: str, least: int) -> None:
    """Most of six pages of each kind, made from the sample, are read without a mistake."""
    writer = Writer(digits, labels, KINDS[kind], 1)
    made = [writer.picture() for _ in range(6)]
    assert sum(read_numbers(data) == numbers for data, numbers in made) >= least


def test_touching_digits_are_cut_up_to_a_limit(
    digits: Pixels, labels: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the last of 16 rows there are pieces as in the first; beyond a limit there are none."""
    kind = replace(KINDS["touching"], rows=16, numbers=4, size=(1.25, 1.25))
    data, _ = Writer(digits, labels, kind, 1).picture()
    assert {place.row for place in places(data, whole=False)} == set(range(1, 17))
    monkeypatch.setattr(page, "MAX_CUT_IMAGES", 100)
    some = [place.row for place in places(data, whole=False)]
    assert 0 < len(some) < 200
    assert max(some) < 16


@pytest.mark.parametrize("seed", [5, 17, 20])
def test_pages_half_in_shadow_are_read(digits: Pixels, labels: Pixels, seed: int) -> None:
    """If a shadow covers as much as the light, the ink in both is read."""
    data, (number,) = Writer(digits, labels, KINDS["close"], seed).picture()
    grey = np.asarray(Image.open(io.BytesIO(data)), np.float32)
    down, across = np.ogrid[-1 : 1 : grey.shape[0] * 1j, -1 : 1 : grey.shape[1] * 1j]
    shaded = grey * (1 - 0.45 / (1 + np.exp(-(down + across + 0.2) / 0.06)))
    assert number in read_numbers(encoded(Image.fromarray(shaded.astype(np.uint8))))


FULL = replace(KINDS["four rows"], rows=28, numbers=7, size=(1.25, 1.25))


@pytest.mark.parametrize(("kind", "seed", "count"), [(FULL, 1, 1), (KINDS["shadow"], 21, 10)])
def test_pages_lose_no_digit(
    digits: Pixels, labels: Pixels, kind: Kind, seed: int, count: int
) -> None:
    """All 800 digits of a full sheet are found; a shadow and its edge are not digits, hide none."""
    writer = Writer(digits, labels, kind, seed)
    for _ in range(count):
        data, numbers = writer.picture()
        rows = Counter(place.row for place in places(data))
        words = [numbers[i : i + kind.numbers] for i in range(0, len(numbers), kind.numbers)]
        assert [rows[row] for row in sorted(rows)] == [len("".join(row)) for row in words]

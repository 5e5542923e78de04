"""Pages of numbers: rows, numbers and their boxes, and the pieces that ink may be cut into."""

import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.catalog import load_weights
from scratchnet_cli.images import page as numbers
from scratchnet_cli.images.cuts import MOST_CUTS, find_cuts, find_pieces
from scratchnet_cli.images.page import read_digits
from scratchnet_cli.images.rows import find_numbers, find_rows
from scratchnet_cli.prediction.answers import Answer, classify
from tests.benchmarks.numbers import KINDS, Writer
from tests.conftest import encoded

Pixels = NDArray[np.uint8]


def box(left: float, top: float, width: int = 20, height: int = 30) -> tuple[int, int, int, int]:
    """Top, bottom, left, right."""
    return int(top), int(top) + height, int(left), int(left) + width


@pytest.mark.parametrize("slope", [-0.15, 0, 0.15])
@pytest.mark.parametrize("bend", [0, 1e-4])
def test_rows_follow_their_digits(slope: float, bend: float) -> None:
    """On a sheet that lies askew, and in rows that bend, each digit stands in its own row."""
    boxes = [
        box(x, 300 + 45 * row + slope * x + bend * x * x)
        for x in range(0, 700, 35)
        for row in (0, 1)
    ]
    order = np.random.default_rng(1).permutation(len(boxes))
    rows = find_rows([boxes[i] for i in order])
    assert [[int(order[i]) for i in row] for row in rows] == [
        list(range(0, 40, 2)),
        list(range(1, 40, 2)),
    ]


def test_points_and_signs_are_no_digits() -> None:
    """What is much lower than its row is left out, wherever in the row it stands."""
    minus, point = box(0, 112, 18, 6), box(65, 124, 6, 6)
    assert find_rows([box(30, 100), minus, box(80, 98), point]) == [[0, 2]]


def test_a_tick_is_not_a_one() -> None:
    """Of narrow marks what is over half as high as its row is a 1; a broad digit may be lower."""
    tick, one, low_two = box(60, 100, 4, 15), box(90, 105, 6, 25), box(110, 116, 20, 14)
    assert find_rows([box(0, 100), box(30, 100), tick, one, low_two]) == [[0, 1, 3, 4]]


def test_a_wide_gap_begins_a_number() -> None:
    """More than one and a half heights lie between two numbers, less between two digits."""
    row = [box(0, 0), box(20 + 44, 0), box(84 + 46, 0), box(150 + 5, 0)]
    assert find_numbers(row) == ([1, 1, 2, 2], 30)


def rings(*lefts: int) -> NDArray[np.float32]:
    """Rings of 40 pixels beside or across each other: the ink of zeros."""
    y, x = np.mgrid[:40, : max(lefts) + 40]
    distances = [np.hypot(y - 19.5, x - left - 19.5) for left in lefts]
    ring = np.max([(d < 20) & (d > 14) for d in distances], axis=0)
    return np.asarray(ring, np.float32)


def test_a_cut_goes_between_two_digits_that_touch() -> None:
    """Of two rings with a thin line between, one piece is the first ring, and one the second."""
    ink = rings(0, 48)
    ink[19:21, 38:50] = 1
    pieces = list(find_pieces(ink, find_cuts(ink, 40), 40))
    boxes = [piece.box for piece in pieces]
    assert any(left == 0 and 38 <= right <= 50 for _, _, left, right in boxes)
    assert any(38 <= left <= 50 and right == 88 for _, _, left, right in boxes)
    for piece, (top, bottom, left, right) in zip(pieces, boxes, strict=True):
        assert piece.ink.shape == (bottom - top, right - left)


def test_narrow_ink_is_not_cut() -> None:
    """In a row of digits that are 80 pixels high, a ring of 40 is no two of them."""
    assert find_cuts(rings(0), 80) == []


def test_there_is_an_end_to_cuts() -> None:
    """However long the ink and however many its thin places, few cuts are tried."""
    comb = np.zeros((80, 3900), np.float32)
    comb[20:30] = 1
    comb[:, ::12] = comb[:, 1::12] = comb[:, 2::12] = 1
    assert len(find_cuts(comb, 80)) == MOST_CUTS


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("size", [1, 4])
def test_boxes_are_in_pixels_of_the_upright_picture(
    digits: Pixels, orientation: int, size: int
) -> None:
    """However large the file and however its EXIF turns it, a box holds the ink and no more."""
    page = np.full((300 * size, 400 * size), 255, np.uint8)
    digit = np.where(digits[7] > 99, 255, 0).astype(np.uint8)
    digit = digit[digit.any(axis=1)][:, digit.any(axis=0)]
    ink = 255 - np.kron(digit, np.ones((5 * size, 5 * size), np.uint8))
    top, left = 60 * size, 200 * size
    bottom, right = top + ink.shape[0], left + ink.shape[1]
    page[top:bottom, left:right] = ink
    turned = {1: page, 3: page[::-1, ::-1], 6: np.rot90(page), 8: np.rot90(page, -1)}[orientation]
    image, file = Image.fromarray(turned), io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(file, "PNG", exif=exif)
    place = read_digits(file.getvalue())[0].place
    assert place is not None
    assert place.box == pytest.approx((left, top, right, bottom), abs=2 * size)


def test_rows_that_almost_touch_are_two() -> None:
    """Digits above each other with hardly any room between, and a comma there, stay apart."""
    row = rings(0, 60)
    page = np.vstack([np.zeros((40, 100)), row, np.zeros((5, 100)), row, np.zeros((40, 100))])
    page[78:83, 50:54] = 1
    data = encoded(Image.fromarray(255 - (np.pad(page, ((0, 0), (60, 60))) * 255).astype(np.uint8)))
    places = [picture.place for picture in read_digits(data)]
    assert [place.row for place in places if place and place.whole] == [1, 1, 2, 2]


def test_the_box_of_a_picture_that_is_ready(digits: Pixels) -> None:
    """A picture of MNIST's own has a box as well, around its ink."""
    (picture,) = read_digits(encoded(Image.fromarray(digits[7])))
    rows, columns = (np.flatnonzero(digits[7].any(axis=axis)) for axis in (1, 0))
    assert picture.place is not None
    assert picture.place.box == (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("four rows", 4),
        ("askew", 4),
        ("minus signs and points", 4),
        ("touching", 2),
        ("shadow", 4),
    ],
)
def test_numbers_are_read(digits: Pixels, labels: NDArray[np.uint8], kind: str, least: int) -> None:
    """Of six pictures of each kind, made from the sample, most are read without a mistake."""
    network, _ = load_weights("bundled")
    writer = Writer(digits, labels, KINDS[kind], 1)
    right = 0
    for _ in range(6):
        data, numbers = writer.picture()
        (answer,) = classify(network, [("page.png", read_digits(data))])
        assert isinstance(answer, Answer)
        right += [number.number for number in answer.numbers] == numbers
    assert right >= least


def test_a_full_sheet_is_read_to_its_end(digits: Pixels, labels: NDArray[np.uint8]) -> None:
    """Of 28 rows of seven numbers, some 800 digits, none is lost."""
    sheet = replace(KINDS["four rows"], rows=28, numbers=7, size=(1.25, 1.25))
    data, numbers = Writer(digits, labels, sheet, 1).picture()
    places = [picture.place for picture in read_digits(data)]
    whole = [place for place in places if place and place.whole]
    assert max(place.row for place in whole) == 28
    assert len(whole) == sum(map(len, numbers))


def test_digits_that_touch_are_cut_to_the_end_of_a_sheet(
    digits: Pixels, labels: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the last of 16 rows there are pieces as in the first; beyond a limit there are none."""
    sheet = replace(KINDS["touching"], rows=16, numbers=4, size=(1.25, 1.25))
    data, _ = Writer(digits, labels, sheet, 1).picture()
    assert set(rows_with_pieces(data)) == set(range(1, 17))
    monkeypatch.setattr(numbers, "MOST_PIECES", 100)
    some = rows_with_pieces(data)
    assert 0 < len(some) < 200
    assert max(some) < 16


def rows_with_pieces(data: bytes) -> list[int]:
    """The row of each piece that ink may be cut into."""
    places = [picture.place for picture in read_digits(data)]
    return [place.row for place in places if place and not place.whole]


@pytest.mark.parametrize("seed", [5, 17, 20])
def test_a_page_half_in_shadow_is_not_blank(
    digits: Pixels, labels: NDArray[np.uint8], seed: int
) -> None:
    """Where a shadow covers as much as the light, what is written in both is read."""
    data, (number,) = Writer(digits, labels, KINDS["close"], seed).picture()
    grey = np.asarray(Image.open(io.BytesIO(data)), np.float32)
    down, across = np.ogrid[-1 : 1 : grey.shape[0] * 1j, -1 : 1 : grey.shape[1] * 1j]
    shaded = grey * (1 - 0.45 / (1 + np.exp(-(down + across + 0.2) / 0.06)))
    page = encoded(Image.fromarray(np.ascontiguousarray(shaded.astype(np.uint8))))
    (answer,) = classify(load_weights("bundled")[0], [("page.png", read_digits(page))])
    assert isinstance(answer, Answer)
    assert number in [found.number for found in answer.numbers]


def test_no_digit_is_lost_in_a_shadow(digits: Pixels, labels: NDArray[np.uint8]) -> None:
    """A shadow that reaches into a corner, and its edge, are neither digits nor hide any."""
    writer = Writer(digits, labels, KINDS["shadow"], 21)
    for _ in range(10):
        data, numbers = writer.picture()
        places = [picture.place for picture in read_digits(data)]
        rows = [place.row for place in places if place and place.whole]
        assert [rows.count(row) for row in sorted(set(rows))] == [len(word) for word in numbers]

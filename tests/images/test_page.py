"""Pages of numbers: rows, numbers and their boxes, and the pieces between cut lines."""

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.images import page
from scratchnet_cli.images.cuts import CutLine, cheapest_paths, find_cuts, find_pieces, path_costs
from scratchnet_cli.images.digit_image import LEFT_OUT, MAYBE_SLASH, NOT_SPLIT, Box, Place
from scratchnet_cli.images.grey import Grey
from scratchnet_cli.images.page import _stored as stored
from scratchnet_cli.images.read import read_digits
from scratchnet_cli.images.rows import find_rows, slope
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


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        # The nearest box on the right is the neighbour of each.
        ([box(9, 0, 20, 100), box(129, 30, 60, 100), box(109, 15, 20, 100)], (0.15 + 0.375) / 2),
        ([box(9, 0, 20, 80), box(109, 34, 20, 110)], 0.49), ([box(9, 0, 20, 100)], 0),
    ],
)  # fmt: skip
def test_pages_slope_as_neighbours_do(boxes: list[Box], expected: float) -> None:
    """The slope leads from the middle of a box to that of the nearest one on its right."""
    assert slope(np.array(boxes)) == pytest.approx(expected)


def test_boxes_cover_the_pixels_they_touch() -> None:
    """A box is rounded to whole pixels of the stored picture, but not for a rounding error."""
    assert stored((10, 10, 20, 20), (2.5, 1.1), 1, 2) == (27, 13, 53, 25)
    assert stored((3, 3, 10, 10), (0.1 * 3 / 0.3, 1 / 0.999), 0, 0) == (3, 3, 10, 11)
    assert stored((10, 20, 30, 40), (0.1, 0.7), 0, 0) == (1, 14, 3, 28)


@pytest.mark.parametrize(
    ("width", "height", "columns"),
    [(102, 100, [10, 21, 32]), (60, 10, [*range(1, 59, 2)]), (2000, 100, [*range(10, 670, 11)])],
)
def test_cuts_are_limited(width: int, height: int, columns: list[int]) -> None:
    """Six for each height of width after the first half, at most 60, a tenth of it apart."""
    found = find_cuts(np.zeros((height, width), np.float32), height)
    assert [cut.columns[0] for cut in found] == columns


def test_cuts_take_the_least_ink() -> None:
    """A step aside costs 0.8, and a path goes one column a row to either side."""
    costs = path_costs(np.array([[0, 9], [9, 0]], np.float32))
    assert costs == pytest.approx(np.array([[0, 9], [9, 0.8]]))
    rows = [[0] * 4, [0.5, 1, 0.3, 0], [5, 1, 0.1, 5], [5, 5, 5, 0], [0, 5, 5, 4.1], [0, 9, 1, 9]]
    assert cheapest_paths(np.array(rows[::-1], np.float32), [1]).tolist() == [[1, 1, 2, 3, 3, 2]]
    ink = np.repeat(np.array([0.1, 0.11, 0.5], np.float32), (2, 1, 97))[:, None].repeat(200, axis=1)
    cut = find_cuts(ink, 100)[0]
    assert cut.inked.tolist() == [False] * 2 + [True] * 98
    assert cut.severed == pytest.approx((0.31 + 97 * 0.5) / 100)


@pytest.mark.parametrize(
    ("width", "columns", "inked", "boxes"),
    [
        (150, [50], False, [(0, 0, 50, 100), (50, 0, 150, 100)]),
        (150, [50], True, [(0, 0, 56, 100), (44, 0, 150, 100)]),
        (110, [3, 107], True, [(0, 0, 9, 100), *[(0, 0, 110, 100)] * 3, (101, 0, 110, 100)]),
    ],
)
def test_pieces_share_ink_at_a_cut(
    width: int, columns: list[int], inked: bool, boxes: list[Box]
) -> None:
    """Where a cut line goes through ink, the pieces beside it have 0.06 heights in common."""
    cuts = [CutLine(np.full(100, column), np.full(100, inked), 0) for column in columns]
    found = find_pieces(np.ones((100, width), np.float32), cuts, 100)
    assert [box for *_, box in found] == boxes


def test_pieces_end_at_their_cut_line() -> None:
    """No ink is lost or doubled beside a slanting line."""
    slanting = CutLine(np.linspace(60, 80, 100).astype(int), np.zeros(100, np.bool_), 0)
    pieces = find_pieces(np.ones((100, 150), np.float32), [slanting], 100)
    left = slanting.columns.sum()
    assert [ink.sum() for _, _, ink, _ in pieces] == [left, 15_000 - left]


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
    pieces, ends = places(data, whole=False), {place.stretch: place.after for place in places(data)}
    assert {place.row for place in pieces} == set(range(1, 17))
    # The last cut line but one has a number, and the right side has none.
    last = [(ends[place.stretch] - place.after, place.severed) for place in pieces]
    assert {severed for left, severed in last if left == 0} == {0}
    assert max(severed for left, severed in last if left == 1) > 0
    monkeypatch.setattr(page, "MAX_CUT_IMAGES", 100)
    some = [place.row for place in places(data, whole=False)]
    assert 0 < len(some) < 200
    assert max(some) < 16
    warned = {
        image.place for image in read_digits(data, multiple=True) if NOT_SPLIT in image.warnings
    }
    assert {place.row for place in warned if place} >= {16}


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_pages_half_in_shadow_are_read(digits: Pixels, labels: Pixels, seed: int) -> None:
    """If a shadow covers as much as the light, the ink in both is read."""
    data, (number,) = Writer(digits, labels, KINDS["close"], seed).picture()
    grey = np.asarray(Image.open(io.BytesIO(data)), np.float32)
    down, across = np.ogrid[-1 : 1 : grey.shape[0] * 1j, -1 : 1 : grey.shape[1] * 1j]
    shaded = grey * (1 - 0.45 / (1 + np.exp(-(down + across + 0.2) / 0.06)))
    assert read_numbers(encoded(Image.fromarray(shaded.astype(np.uint8)))) == [number]


def written(
    digits: Pixels, tops: Sequence[int], heights: Sequence[int], shape: tuple[int, int]
) -> Grey:
    """Return a page with the sample's first digits side by side, by their tops and heights."""
    page = np.full(shape, 215, np.float32)
    left = 60
    for image, top, height in zip(digits, tops, heights, strict=False):
        rows, columns = (np.flatnonzero(image.max(axis=axis) > 40) for axis in (1, 0))
        part = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
        ink = part.resize((part.width * height // part.height, height), Image.Resampling.BICUBIC)
        page[top : top + height, left : left + ink.width] -= 0.6 * np.asarray(ink, np.float32)
        left += ink.width + height // 3
    return page + np.random.default_rng(0).normal(0, 3, shape).astype(np.float32)


def spot(shape: tuple[int, int], x: float, y: float, radius: float, soft: float) -> Grey:
    """Return how much light is left, (h, w), where a disc shades half of it."""
    down, across = np.ogrid[: shape[0], : shape[1]]
    distance = np.hypot(across - x, down - y)
    return np.asarray(1 - 0.5 / (1 + np.exp((distance - radius) / soft)), np.float32)


BESIDE = (60, 60, 60, 60, 60)
SIDE = (300, 500)


@pytest.mark.parametrize(
    ("tops", "heights", "shape", "shade", "dark"),
    [
        # A table at a corner; a finger, and one whose shadow covers a digit.
        (BESIDE, BESIDE, SIDE, None, [(265, 300, 400, 500)]),
        (BESIDE, BESIDE, SIDE, (0, 280, 90, 6), []),
        (BESIDE, BESIDE, SIDE, (0, 90, 80, 9), []),
        # Edges of other pages; digits up and down; small digits and a low 1.
        (BESIDE, BESIDE, SIDE, None, [(20, 300, 481, 484), (90, 300, 492, 495)]),
        ((60, 100, 50, 105, 60), BESIDE, SIDE, None, []),
        ((60, 97, 60, 97, 60), (60, 23, 60, 23, 60), SIDE, None, []),
        # A shadow beside which digits are specks.
        ([20] * 5, [20] * 5, (600, 600), (300, 350, 130, 18), []),
    ],
)  # fmt: skip
def test_pages_are_read_with_all_around_them(
    digits: Pixels,
    labels: Pixels,
    tops: Sequence[int],
    heights: Sequence[int],
    shape: tuple[int, int],
    shade: tuple[float, float, float, float] | None,
    dark: list[Box],
) -> None:
    """Objects, shadows and edges of pages are left out, and digits of any height are one number."""
    page = written(digits, tops, heights, shape)
    for top, bottom, left, right in dark:
        page[top:bottom, left:right] = 50
    page *= spot(shape, *shade) if shade else 1
    (number,) = read_numbers(encoded(Image.fromarray(page.clip(0, 255).astype(np.uint8))))
    assert number == "".join(map(str, labels[:5]))


@pytest.mark.parametrize(
    ("boxes", "numbers", "warnings"),
    [
        ([(0, 26, 36, 34), (14, 12, 22, 48)], ["0", "1"], []),
        ([(0, 20, 36, 26), (0, 34, 36, 40)], ["0", "1"], []),
        ([(15, 50, 22, 70)], ["01"], [LEFT_OUT]), ([(15, 55, 20, 60)], ["01"], []),
        ([(3 + i // 2, 70 - i, 9 + i // 2, 72 - i) for i in range(80)], ["011"], [MAYBE_SLASH]),
    ],
)  # fmt: skip
def test_signs_are_not_digits(
    digits: Pixels, boxes: list[Box], numbers: list[str], warnings: list[str]
) -> None:
    """A sign begins a number; a mark that may be a digit, or not be one, gives a warning."""
    parts = [written(digits[i:], (60,), (60,), (180, 125)) for i in (0, 1)]
    between = np.full((180, 50), 215, np.float32)
    for left, top, right, bottom in boxes:
        between[60 + top : 60 + bottom, left + 5 : right + 5] = 60
    page = Image.fromarray(np.hstack((parts[0], between, parts[1][:, 50:])).astype(np.uint8))
    (answer,) = classify(bundled(), [("", read_digits(encoded(page), multiple=True))])
    assert isinstance(answer, Answer)
    assert [number.number for number in answer.numbers] == numbers
    assert [warning for warning in answer.warnings if "digit" not in warning] == warnings


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

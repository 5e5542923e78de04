"""Thresholds of the steps from colours to digits: for each a case on both sides of it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images import border, cuts, digits, ink, lines, mnist, parts, sheet
from scratchnet_cli.images.digit_image import Box
from scratchnet_cli.images.grey import Grey
from scratchnet_cli.images.ink import Ink
from scratchnet_cli.images.regions import erode, find_regions
from scratchnet_cli.images.rows import (
    beside_left_out,
    find_numbers,
    find_rows,
    order_is_uncertain,
    slope,
)
from scratchnet_cli.images.signs import is_sign, is_slash
from tests.images.test_image_steps import drawn, groups_of

Mask = NDArray[np.bool_]
# A digit of 60x100 pixels. A part is small below 50 pixels, and close below 20.
DIGIT: Box = (100, 100, 160, 200)
OTHER: Box = (200, 50, 240, 150)
SQUARE: Box = (20, 20, 70, 70)
# The columns of a slanting line.
TILT = np.arange(100) // 5 - 9


def is_part(box: Box) -> bool:
    """Return whether the box is a part of the digit."""
    return bool(parts.are_parts(np.array([box]), DIGIT, 100)[0])


def is_part_on_page(typical: int) -> Callable[[Box], bool]:
    """Return the same for a page on which most boxes have this height."""
    return lambda box: bool(parts.are_parts_on_page(np.array([box]), DIGIT, 100, typical)[0])


def is_top_bar(box: Box) -> bool:
    """Return whether the box is the bar of a 5 that is 100 pixels high, and a box inverted."""
    return bool(parts.is_top_bar(np.array([box]), np.array((0, 100, 50, 200)))[0])


def has_its_dot(case: tuple[list[Box], bool]) -> bool:
    """Return whether a dot beside a digit belongs to it, among other boxes, on a page or not."""
    boxes, page = case
    regions = find_regions(drawn((20, 50, 60, 150), (70, 52, 90, 62), *boxes) > 0)
    return len(parts.group_regions(regions, regions.area, page)) == 1 + len(boxes)


def frame_is_removed(case: Sequence[int]) -> bool:
    """Return whether a wide frame with squares of these sides in it is removed, and only that."""
    page, side, *contents = case
    frame = drawn((400, 50, 400 + side, 110), shape=(1000, 1000))
    frame[51:109, 401 : 399 + side] = 0
    inside = [(405 + 20 * i, 55, 405 + 20 * i + n, 55 + n) for i, n in enumerate(contents)]
    rest = drawn((900, 900, 990, 990), *inside, shape=frame.shape)
    # Its soft edge is two pixels.
    frame[48:50, 420] = frame[110:112, 420] = rest[47, 420] = rest[112, 420] = 0.25
    left = lines.remove_frames(frame + rest, lines.ink_regions(frame + rest), bool(page))
    assert np.array_equal(left, frame + rest) or np.array_equal(left, rest)
    return np.array_equal(left, rest)


def ruled(width: int = 300, thick: int = 2, slope: float = 0.0, gap: int = 0) -> Grey:
    """Return three ruled lines with a gap, 300 pixels high."""
    result = np.zeros((300, width), np.float32)
    columns = np.delete(np.arange(width), np.s_[width // 2 : width // 2 + gap])
    for top, row in np.ndindex(3, thick):
        result[(60 + 70 * top + row + slope * columns).astype(int), columns] = 1
    return result


def lines_are_removed(lined: Grey) -> bool:
    """Return whether all ink is removed; else check that all is left."""
    left = lines.remove_lines(lined)
    assert np.array_equal(left, lined) or not left.any()
    return not left.any()


def stroke_is_kept(thick: int) -> bool:
    """Return whether a stroke stays that is as thick as this where it crosses a line."""
    lined = ruled(thick=5)
    lined[60 : 60 + thick, 100:103] = 1
    lined[[57, 58, 59, 65, 66, 67], 200] = 0.2
    left = lines.remove_lines(lined)
    # The soft edge of a line is two pixels.
    assert left[:, 200].nonzero()[0].tolist() == [57, 67]
    return bool(left[60 : 60 + thick, 100:103].all())


def area(box: Box, without: Box = (0, 0, 0, 0)) -> Mask:
    """Return a mask of 100x100 pixels in which one box is set, without another."""
    return (drawn(box, shape=(100, 100)) - drawn(without, shape=(100, 100))) > 0


def stands_out(case: tuple[Mask, float, float]) -> bool:
    """Return whether paper stands out from a table; its second pixels differ less by a share."""
    mask, table, soft = case
    inner = erode(mask) & ~erode(erode(mask))
    grey = np.where(mask, 0.9, table) - inner * soft * (0.9 - table)
    return sheet.stands_out(grey.astype(np.float32), mask)


def has_sheet(shape: tuple[int, int]) -> bool:
    """Return whether a sheet is found in a strip of this shape."""
    height, width = shape
    grey = np.full(shape, 0.2, np.float32)
    grey[height // 8 : height - height // 8, width // 4 : width // 2] = 0.9
    return sheet.find_sheet(grey) is not None


def is_artefact(case: tuple[list[Box], int]) -> bool:
    """Return whether a region is a border artefact beside one of this area; that one is not."""
    boxes, rest = case
    regions = find_regions(drawn(*boxes, (150, 40, 160, 50), shape=(100, 200)) > 0)
    at_border = regions.boxes[:, 0] < 150
    found = border.border_artefacts(regions, np.where(at_border, 1000, rest))
    assert not found[~at_border].any()
    return bool(found.any())


def has_sharp_edge(case: tuple[float, tuple[int, int]]) -> bool:
    """Return whether a ramp of this slope is a sharp edge, in all four directions."""
    slope, shape = case
    ramp = (slope * np.indices(shape)[1]).clip(0, 1).astype(np.float32)
    found = {
        border.has_sharp_edge(one, min(one.shape))
        for one in (ramp, ramp[:, ::-1], ramp.T, ramp.T[::-1])
    }
    assert len(found) == 1
    return found.pop()


def box_right(amount: float) -> int:
    """Return the right side of a dark square with a box of this amount beside it."""
    (group,) = groups_of(drawn(SQUARE) + np.float32(amount) * drawn((70, 30, 80, 40)))
    return group.box[2]


def is_pale(case: tuple[float, float]) -> bool:
    """Return whether ink of this depth in this noise has a low contrast."""
    (group,) = groups_of(drawn(SQUARE))
    return "low contrast" in digits.warnings_for(Ink(group.ink, *case), group)


def first_cut(*columns: tuple[int, float]) -> int:
    """Return where ink is first cut that has these amounts in one row, 0 in column 9, else 1."""
    row = np.zeros((101, 150), np.float32)
    row[50] = 1
    for column, amount in ((9, 0), *columns):
        row[50, column] = amount
    return int(cuts.find_cuts(row, 100)[0].columns[50])


def piece_count(amounts: Grey, *columns: NDArray[Any] | int) -> int:
    """Return the number of pieces between cut lines at these columns, of a row of 100 pixels."""
    paths = (np.broadcast_to(column, 100) for column in columns)
    cut_lines = [cuts.CutLine(path, np.zeros(100, np.bool_), 0) for path in paths]
    return len(list(cuts.find_pieces(amounts, cut_lines, 100)))


def at(left: int, top: int, width: int = 60, height: int = 100) -> Box:
    """Return the box of a digit on a page."""
    return left, top, left + width, top + height


def has_object(case: tuple[Box, int]) -> bool:
    """Return whether a box is an object that reaches into a page of digits of this height."""
    box, height = case
    page = drawn(box, (100, 90, 130, 90 + height))
    return border.remove_objects(page, find_regions(page > 0)) is not None


def is_page_edge(box: Box) -> bool:
    """Return whether a box and its soft edge are removed from a page of digits of 50 pixels."""
    page = drawn((100, 90, 130, 140), (200, 90, 230, 140))
    lined = drawn(box, on=page)
    left = border.remove_page_edges(lined, lines.ink_regions(lined))
    assert np.array_equal(left, page) or left is lined
    return left is not lined


def reaches_in(case: tuple[Box, float]) -> bool:
    """Return whether a box of this grey, on grey of 0.5, is an object and not a sheet."""
    box, grey = case
    mask = area(box)
    return sheet.reaches_in(np.where(mask, grey, 0.5).astype(np.float32), mask)


def sign(*boxes: Box, height: float = 100) -> bool:
    """Return whether boxes within 60 pixels are a sign among digits of this height."""
    return is_sign(drawn(*boxes, shape=(70, 70)), height)


def slash(case: tuple[int, int, float]) -> bool:
    """Return whether a stroke of this height and width, bent by this, is a slash among digits."""
    high, wide, bend = case
    y = np.arange(high)
    x = wide * y / high + bend * np.sin(y / high * np.pi)
    stroke = (abs(np.arange(120) - 20 - x[:, None]) < 4).astype(np.float32)
    return is_slash(stroke, 100)


def is_smooth(case: tuple[float, float]) -> bool:
    """Return whether a surface of light is found if a share of the picture differs from it."""
    share, difference = case
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    light = 0.6 + 0.1 * x - 0.05 * y + 0.08 * x * x - 0.1 * x * y + 0.06 * y * y
    other = np.random.default_rng(0).permutation(4096).reshape(64, 64) < share * 4096
    found = ink.light_surface((light + difference * other).astype(np.float32))
    assert (found == 1).all() or found == pytest.approx(light, abs=0.01)
    return not (found == 1).all()


def has_margin(box: Box) -> bool:
    """Return whether a dark box of 64x64 pixels gets a margin, of a third of its side."""
    found = ink.find_margin(1 - drawn(box, shape=(64, 64)))
    assert found in ((21, 1), (0, 1))
    return found[0] > 0


def depths(*bands: tuple[float, float]) -> Grey:
    """Return (200, 200) depths: bands that cover these shares."""
    rows = [np.full((round(share * 200), 200), depth, np.float32) for share, depth in bands]
    return np.concatenate(rows)


# Its standard deviation is 0.0148.
NOISE = ((0.2, 0.49), (0.4, 0.5), (0.2, 0.51))


def has_ink(depth: Grey) -> bool:
    """Return whether there is ink of such depths."""
    try:
        return ink.ink_from_depth(depth).depth > 0
    except ImageError:
        return False


def is_mnist(box: Box) -> bool:
    """Return whether ink in this box is an image of MNIST, light or dark."""
    pixels = (drawn(box, shape=(28, 28)) * 255).astype(np.uint8)
    found = {mnist.as_mnist(grey, "auto") is not None for grey in (pixels, 255 - pixels)}
    assert len(found) == 1
    assert mnist.as_mnist(pixels, "dark") is mnist.as_mnist(255 - pixels, "light") is None
    return found.pop()


is_sheet = lambda mask: sheet.solid_region(find_regions(mask)) is not None  # noqa: E731
all_count = lambda boxes: sum(map(len, find_rows(boxes))) == len(boxes)  # noqa: E731

THRESHOLDS: list[tuple[Callable[[Any], bool], Any, Any]] = [
    # On the right, left, below, above.
    (is_part, (179, 140, 189, 150), (180, 140, 190, 150)),
    (is_part, (71, 140, 81, 150), (70, 140, 80, 150)),
    (is_part, (100, 219, 110, 229), (100, 220, 110, 230)),
    (is_part, (100, 71, 110, 81), (100, 70, 110, 80)),
    # Short, narrow, in the column of the digit, over an underline.
    (is_part, (170, 140, 180, 189), (170, 140, 180, 190)),
    (is_part, (170, 140, 219, 150), (170, 140, 220, 150)),
    (is_part, (135, 205, 215, 265), (136, 205, 216, 265)),
    (is_part, (139, 205, 189, 265), (140, 205, 190, 265)),
    (is_part, (100, 205, 200, 220), (100, 205, 200, 219)),
    (is_part, (100, 199, 200, 213), (100, 200, 200, 214)),
    (lambda box: bool(parts.is_bar(np.array([box]))[0]), (9, 9, 109, 23), (9, 9, 109, 24)),
    # The bar of a 5, and the digit as the bar: low, above the middle, not beside it.
    (is_part, (140, 90, 250, 139), (140, 90, 250, 140)),
    (is_part, (140, 185, 230, 386), (140, 185, 230, 385)),
    (is_top_bar, (29, 90, 69, 139), (29, 90, 69, 140)),
    (is_top_bar, (29, 110, 69, 149), (29, 110, 69, 150)),
    (is_top_bar, (49, 90, 89, 139), (50, 90, 90, 139)),
    (is_top_bar, (-39, 90, 1, 139), (-40, 90, 0, 139)),
    # On a page, in the row of the digit and of most, and beside it.
    (is_part_on_page(0), (110, 60, 120, 90), (110, 59, 120, 90)),
    (is_part_on_page(100), (110, 210, 120, 240), (110, 210, 120, 241)),
    (is_part_on_page(110), (110, 205, 120, 254), (110, 205, 120, 255)),
    (is_part_on_page(150), (100, 229, 160, 260), (100, 230, 160, 261)),
    (is_part_on_page(0), (164, 140, 174, 150), (165, 140, 175, 150)),
    (is_part_on_page(0), (86, 140, 96, 150), (85, 140, 95, 150)),
    (has_its_dot, ([], True), ([OTHER], True)),
    (has_its_dot, ([OTHER], False), ([OTHER, (20, 175, 40, 185)], True)),
    # A single digit is less than twice as high as its highest part, and 1.2 times as wide.
    (lambda top: parts.is_single_digit(np.array([(5, 0, 25, 50), (5, 60, 25, top)])), 99, 100),
    (lambda right: parts.is_single_digit(np.array([(5, 9, 25, 59), (35, 9, right, 59)])), 64, 65),
    # Frames, and tables on a page: (page, side, contents).
    (frame_is_removed, (0, 101, 40), (0, 100, 40)), (frame_is_removed, (0, 120, 31), (0, 120, 30)),
    (frame_is_removed, (1, 400, 11, 11), (1, 400, 10, 11)),
    (frame_is_removed, (1, 400, 11, 11), (0, 400, 11, 11)),
    (frame_is_removed, (1, 400, 11, 11, 4), (1, 400, 11, 4, 4)),
    # Lines: enough pixels, thin, level either way, long, and dark.
    (lines_are_removed, ruled(48), ruled(47)), (lines_are_removed, ruled(thick=6), ruled(thick=7)),
    (lines_are_removed, ruled(240, slope=0.2), ruled(240, slope=0.3)),
    (lines_are_removed, ruled(240, slope=-0.2), ruled(240, slope=-0.3)),
    (lines_are_removed, ruled(240, gap=40), ruled(240, gap=50)),
    (lines_are_removed, 0.26 * ruled(), 0.25 * ruled()), (stroke_is_kept, 10, 9),
    # The area of a sheet, that of the paper in it, and a corner that is missing.
    (is_sheet, area((10, 10, 29, 26)), area((10, 10, 30, 25))),
    (is_sheet, area((1, 1, 100, 98)), area((0, 0, 100, 97))),
    (is_sheet, area(SQUARE, (30, 25, 55, 65)), area(SQUARE, (30, 25, 55, 66))),
    (is_sheet, area(SQUARE, (51, 51, 70, 69)), area(SQUARE, (45, 56, 70, 70))),
    (lambda side: sheet.may_be_stroke(np.ones((10, side), np.bool_)), 26, 25),
    # The edge of a sheet, the table around it, beside it, and how dark it is there.
    (stands_out, (area((20, 20, 80, 80)), 0.4, 0.39), (area((20, 20, 80, 80)), 0.4, 0.41)),
    (stands_out, (area((0, 10, 50, 89)), 0.8, 0), (area((0, 10, 50, 90)), 0.8, 0)),
    (stands_out, (area((0, 10, 50, 90)), 0.49, 0), (area((0, 10, 50, 90)), 0.5, 0)),
    (stands_out, (~area((59, 60, 100, 100)), 0, 0), (~area((60, 60, 100, 100)), 0, 0)),
    (stands_out, (area((0, 0, 100, 79)), 0.2, 0), (area((20, 20, 80, 22)), 0.2, 0)),
    (has_sheet, (8, 128), (7, 128)), (has_sheet, (16, 256), (7, 120)),
    # Regions need some ink and a dark pixel.
    (lambda amount: box_right(amount) == 80, 0.26, 0.25),
    (lambda amount: len(groups_of(drawn(SQUARE) * np.float32(amount))) == 1, 0.61, 0.6),
    # Artefacts along half of the left and the lower side; an L does not touch what it spans.
    (is_artefact, ([(0, 20, 9, 71)], 6), ([(0, 20, 9, 71)], 5)),
    (is_artefact, ([(0, 20, 9, 71)], 6), ([(0, 20, 9, 70), (5, 65, 9, 80)], 6)),
    (is_artefact, ([(20, 91, 121, 100)], 6), ([(20, 91, 120, 100)], 6)),
    (has_sharp_edge, (0.21, (20, 30)), (0.19, (20, 30))),
    (has_sharp_edge, (0.61, (2, 9)), (0.29, (10, 30))),
    (is_pale, (0.079, 0), (0.08, 0)), (is_pale, (0.159, 0.02), (0.16, 0.02)),
    # Cut lines: in wide ink, through little ink, less than around it.
    (lambda width: bool(cuts.find_cuts(np.zeros((100, width), np.float32), 100)), 102, 101),
    (lambda amount: bool(cuts.find_cuts(np.full((100, 200), amount, np.float32), 100)), 0.5, 0.51),
    (lambda amount: first_cut((12, amount)) == 12, 0.4, 0.41),
    (lambda column: first_cut((14, 0.41), (column, 0.41)) == column, 15, 13),
    (lambda amount: first_cut((15, amount)) == 15, 1, 1.1),
    # Pieces: their width, between slanting lines and in all, their height, and blur.
    (lambda column: piece_count(np.ones((100, 146), np.float32), column) == 2, 6, 5),
    (lambda width: piece_count(np.ones((100, 100 + width), np.float32), 100) == 2, 140, 141),
    (lambda slant: piece_count(np.ones((100, 200), np.float32), 140 + slant * TILT) == 2, 0, 1),
    (lambda height: piece_count(drawn((0, 0, 150, height), shape=(100, 150)), 60) == 2, 40, 39),
    (lambda amount: piece_count(np.full((100, 150), amount, np.float32), 60) == 2, 0.11, 0.1),
    # Rows: of most boxes the height counts, and more for a 1; a row follows its last boxes.
    (all_count, [at(0, 0), at(70, 30, 40, 36)], [at(0, 0), at(70, 30, 40, 35)]),
    (all_count, [at(0, 0), at(0, 300, 60, 36)], [at(0, 0), at(0, 300, 60, 35)]),
    (all_count, [at(0, 0), at(70, 0, 25, 50)], [at(0, 0), at(70, 0, 24, 50)]),
    (all_count, [at(0, 0), at(70, 0, 24, 51)], [at(0, 0), at(70, 0, 24, 50)]),
    # A low 1 stands as low as the nearest digit.
    (all_count, [at(0, 0), at(70, 41, 20, 50), at(105, 30)], [at(0, 0), at(70, 40, 20, 50)]),
    (all_count, [at(0, 0), at(70, 59, 20, 50)], [at(0, 0), at(70, 60, 20, 50)]),
    (lambda top: len(find_rows([at(0, 100), at(40, top)])) == 1, 149, 150),
    (lambda top: len(find_rows([at(0, 100), at(40, top)])) == 1, 51, 50),
    # A digit beside a row, and partly at its height, is in it, but not one above its digits.
    (lambda top: len(find_rows([at(0, 100), at(250, top)])) == 1, 199, 200),
    (lambda left: len(find_rows([at(0, 100), at(left, 180)])) == 1, 259, 260),
    (lambda left: len(find_rows([at(0, 100), at(left, 180)])) == 1, 48, 47),
    (lambda top: len(find_rows([at(0, 100), at(280, 100, 60, 60), at(600, top, 60, 44)])) == 1,
     162, 163),
    (lambda left: bool(slope(np.array([at(9, 0, 20), at(left, 30, 20)]))), 228, 229),
    (lambda top: bool(slope(np.array([at(9, 50, 20), at(99, top, 20)]))), 99, 100),
    (lambda top: bool(slope(np.array([at(9, 50, 20), at(99, top, 20)]))), 1, 0),
    (lambda gap: find_numbers([at(0, 0), at(60 + gap, 0)])[0] == [1, 1], 150, 151),
    # Neighbours far up or down, if one side of the row is above the other.
    (order_is_uncertain, [at(0, 0), at(70, 71)], [at(0, 0), at(70, 70)]),
    (order_is_uncertain, [at(0, 71), at(70, 0)], [at(0, 71), at(70, 0), at(140, 71)]),
    (order_is_uncertain, [at(0, 0), at(209, 80)], [at(0, 0), at(210, 80)]),
    # A mark is left out that may be a digit, and is neither a line nor a sign.
    (lambda box: beside_left_out([at(0, 0), box], [[0]], set()) == {0}, at(9, 9, 20, 26),
     at(9, 9, 20, 25)),
    (lambda box: beside_left_out([at(0, 0), box], [[0]], set()) == {0}, at(9, 9, 170, 26),
     at(9, 9, 180, 26)),
    (lambda signs: beside_left_out([at(0, 0), at(9, 9)], [[0]], signs) == {0}, set(), {1}),
    (lambda sign: find_numbers([at(0, 0), at(70, 0)], [sign])[0] == [1, 2],
     (20, 0, 40, 2), (20, -1, 40, 1)),
    (lambda sign: find_numbers([at(0, 0), at(70, 0)], [sign])[0] == [1, 2],
     (60, 98, 79, 100), (60, 98, 80, 100)),
    # Objects: thick, at the border, beside digits. Edges of pages: long, along a side.
    (has_object, ((0, 0, 90, 35), 100), ((0, 0, 90, 34), 100)),
    (has_object, ((0, 0, 90, 35), 100), ((1, 1, 90, 36), 100)),
    (has_object, ((1, 160, 90, 200), 100), ((1, 159, 90, 199), 100)),
    (has_object, ((0, 0, 90, 35), 8), ((0, 0, 90, 35), 7)),
    (is_page_edge, (20, 9, 25, 100), (20, 9, 25, 99)),
    (is_page_edge, (20, 9, 25, 100), (21, 9, 26, 100)),
    (is_page_edge, (275, 9, 280, 100), (274, 9, 279, 100)),
    (is_page_edge, (9, 175, 100, 180), (9, 174, 100, 179)),
    (reaches_in, ((0, 0, 100, 49), 0.4), ((0, 0, 100, 50), 0.4)),
    (reaches_in, ((0, 0, 40, 40), 0.4), ((0, 0, 40, 40), 0.6)),
    (reaches_in, ((60, 60, 100, 100), 0.4), ((59, 59, 99, 99), 0.4)),
    # Signs: plus, equals and times have ink in their cells, and are low. Slashes slant, are high.
    (lambda n: sign((0, 25, 60, 35), (25, n, 35, 60)), 0, 20),
    (lambda n: sign((0, 0, 60, n), (0, 50, 60, 60)), 10, 40),
    (lambda n: sign(*[(i, i, i + n, i + n) for i in range(50)],
                    *[(50 - i, i, 50 - i + n, i + n) for i in range(50)]), 10, 40),
    (lambda height: sign((0, 25, 60, 35), (25, 0, 35, 60), height=height), 71, 70),
    (lambda n: sign((0, 25, n, 35), (n // 2 - 4, 0, n // 2 + 4, 60)), 40, 34),
    (slash, (111, 40, 0), (110, 40, 0)), (slash, (120, 30, 0), (120, 20, 0)),
    (slash, (120, 40, 10), (120, 40, 30)),
    # Light fits most of the picture closely.
    (is_smooth, (0.19, -0.3), (0.21, -0.3)), (is_smooth, (0.3, 0.07), (0.3, 0.09)),
    # Ink that covers 0.3 of its picture, and at most a quarter of its corners, fills it.
    (has_margin, (18, 10, 46, 54), (18, 10, 45, 54)), (has_margin, (0, 0, 36, 36), (0, 0, 57, 23)),
    # Depth in itself, and in noise.
    (has_ink, depths((0.9, 0.5), (0.1, 0.525)), depths((0.9, 0.5), (0.1, 0.519))),
    (has_ink, depths(*NOISE, (0.2, 0.57)), depths(*NOISE, (0.2, 0.555))),
    # The longer side of MNIST's digits is 19 or 20, and their centre 14.
    (is_mnist, (5, 5, 24, 24), (5, 5, 23, 23)), (is_mnist, (4, 4, 24, 24), (4, 4, 25, 25)),
    (is_mnist, (10, 4, 18, 24), (9, 4, 17, 24)), (is_mnist, (4, 10, 24, 18), (4, 9, 24, 17)),
]  # fmt: skip


@pytest.mark.parametrize(("decide", "inside", "outside"), THRESHOLDS)
def test_thresholds(decide: Callable[[Any], bool], inside: Any, outside: Any) -> None:
    """On one side of its threshold each decision is yes, and on the other no."""
    assert decide(inside)
    assert not decide(outside)

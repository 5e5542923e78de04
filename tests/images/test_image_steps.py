"""The steps from colours to the ink of a digit, each on its own."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.digit_image import Box
from scratchnet_cli.images.digits import digits_on_even_background, find_groups
from scratchnet_cli.images.grey import (
    Grey,
    blur,
    dilate,
    mix_colours,
    quantile,
    shrink,
    threshold_otsu,
)
from scratchnet_cli.images.ink import (
    bright_background,
    find_even_ink,
    find_ink,
    ink_from_depth,
    ink_is_light,
    mean_background,
)
from scratchnet_cli.images.lines import (
    ink_regions,
    move_to_ink,
    remove_frames,
    remove_lines,
    stroke_width,
)
from scratchnet_cli.images.mnist import centre, fit, pen_width, thicken, trim, widen_pen
from scratchnet_cli.images.parts import Group, cut_out, group_regions, typical_height
from scratchnet_cli.images.read import read_image
from scratchnet_cli.images.regions import find_regions
from scratchnet_cli.images.sheet import find_sheet, smallest_rectangle
from tests.conftest import encoded

SEVEN: Box = (50, 40, 150, 170)


def groups_of(ink: Grey, page: bool = False) -> list[Group]:
    """Return the digits in ink."""
    return find_groups(ink, ink_regions(ink), page)


def drawn(*boxes: Box, on: Grey | None = None, shape: tuple[int, int] = (200, 300)) -> Grey:
    """Return ink with these boxes filled."""
    ink = np.zeros(shape, np.float32) if on is None else on.copy()
    for left, top, right, bottom in boxes:
        ink[top:bottom, left:right] = 1
    return ink


def seven(pen: int = 16) -> Grey:
    """Return the ink of a large 7 in the box ``SEVEN``: a bar, and a stem at its right end."""
    return drawn((50, 40, 150, 40 + pen), (150 - pen, 40, 150, 170), shape=(200, 200))


def test_blur_and_dilate_agree_with_their_definition() -> None:
    """Each pixel gets the mean or the maximum of the square around it, within the picture."""
    values = np.random.default_rng(2).random((12, 17)).astype(np.float32)
    for reach in (0, 1, 3):
        means, maxima = blur(values, 2 * reach + 1), dilate(values, 2 * reach + 1)
        for y, x in np.ndindex(values.shape):
            square = values[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
            assert means[y, x] == pytest.approx(square.mean(), rel=1e-5)
            assert maxima[y, x] == square.max()


def test_mix_separates_colours_of_one_brightness() -> None:
    """Red ink on green of the same luminance shows in the mix of both; greys stay as they are."""
    red, green = np.array([[0.8, 0.1, 0.1], [0.1, 0.458, 0.1]], np.float32)
    grey = mix_colours(np.where(seven()[:, :, None], red, green))
    assert abs(float(grey[45, 100] - grey[100, 60])) > 0.4
    assert 0 <= grey.min() < grey.max() <= 1
    for channels in (1, 3):
        assert mix_colours(seven()[:, :, None].repeat(channels, axis=2)) == pytest.approx(seven())
    assert threshold_otsu(np.array([0, 1, 0.2, 0, 1], np.float32))[0] == pytest.approx(0.6)
    assert [quantile(np.array([4, 1, 3, 2]), share) for share in (0, 0.5, 0.99, 1)] == [1, 3, 4, 4]


def soft_ring(side: int) -> Grey:
    """Return a light ring with soft edges, cut tight, as MNIST's digits are."""
    y, x = np.indices((side, side)) / (side - 1) * 2 - 1
    return np.asarray((1.5 - abs(np.hypot(x, y) - 0.7) * 5).clip(0, 1), np.float32)


@pytest.mark.parametrize(
    "ink", [*(seven(pen) * 0.7 + 0.1 for pen in (4, 16, 40)), soft_ring(18), soft_ring(24)]
)
def test_polarity_follows_the_rarer_tone(ink: Grey) -> None:
    """Light and dark ink are detected, thin or thick, and in small pictures of soft edges."""
    assert ink_is_light(ink)
    assert not ink_is_light(1 - ink)


def test_polarity_follows_corners_and_border() -> None:
    """A dark block leaves a light edge; light bars along the sides leave dark corners."""
    block = 1 - drawn((3, 3, 61, 61), shape=(64, 64))
    bars = drawn((8, 0, 56, 2), (8, 62, 56, 64), (0, 8, 2, 56), (62, 8, 64, 56), shape=(64, 64))
    assert [ink_is_light(grey) for grey in (block, 1 - block, bars, 1 - bars)] == [0, 1, 1, 0]


def test_polarity_ignores_half_a_shadow(digits: NDArray[np.uint8]) -> None:
    """A slanting shadow over half of the picture and of its corners is neither part of it."""
    y, x = np.indices((280, 280))
    shade = blur((x + 0.8 * (y - 140) > 130).astype(np.float32), 31)
    for digit in digits[:12]:
        ink = digit.repeat(10, axis=0).repeat(10, axis=1) / 255
        assert not ink_is_light(((1 - 0.65 * shade) * (1 - 0.75 * ink)).astype(np.float32))


Y, X = np.mgrid[0:1:200j, 0:1:200j]
SOFT_SHADOW = (0.6 + 0.4 * X) * (1 - 0.4 / (1 + np.exp((X + Y - 0.9) / 0.04)))
SHARP_SHADOW = blur(np.where(X < 0.55, 0.9, 0.6).astype(np.float32), 9)


@pytest.mark.parametrize("light", [SOFT_SHADOW, SHARP_SHADOW])
def test_ink_excludes_shadows(light: NDArray[np.floating]) -> None:
    """Slanting light and a shadow with a soft or a sharp edge leave only the strokes as ink."""
    picture = (light * (0.95 - 0.7 * seven())).astype(np.float32)
    found = find_ink(picture).amount > 0.5
    assert np.mean(found == seven()) > 0.995


@pytest.mark.parametrize("light", [False, True])
def test_ink_may_fill_its_picture(light: bool) -> None:
    """Thick ink that leaves less than half of the picture is still ink."""
    away = np.hypot(*np.mgrid[-1:1:140j, -1:1:100j])
    tight = ((away < 1) & (away > 0.3)).astype(np.float32)
    assert tight.mean() > 0.6
    found = find_ink(tight if light else 1 - tight).amount
    assert np.array_equal(found > 0.5, tight)


def test_bright_background_keeps_edges_of_shadows() -> None:
    """Half a shadow stays, with a transition of a pixel on each side, and a stroke does not."""
    stroke, shadow = (drawn(box, shape=(64, 64)) for box in ((40, 9, 50, 60), (32, 0, 64, 64)))
    expected = np.repeat([0.001, 1 / 3, 2 / 3, 1], (31, 1, 1, 31))
    assert bright_background(shadow - stroke)[20] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("inked", "amount", "value"), [(2, 1, 0.4), (3, 1, 0.8), (9, 0.25, 0.8), (9, 0.19, 0.4)]
)
def test_mean_background_excludes_ink(inked: int, amount: float, value: float) -> None:
    """A darker square counts, unless over 0.3 of each of its cells of 3x3 pixels is ink."""
    grey, ink = np.full((192, 192), 0.8, np.float32), np.zeros((192, 192), np.float32)
    grey[60:120, 60:120] = 0.4
    ink[60:120, 60:120] = amount * np.tile(np.arange(9).reshape(3, 3) < inked, (20, 20))
    grey[ink > 0.5] = 0
    assert mean_background(grey, ink)[90, 90] == pytest.approx(value, abs=0.01)


def test_mean_background_prefers_what_is_near() -> None:
    """Of means over 5, 15 and 63 pixels the first with background counts."""
    grey = np.where(np.arange(64) < 20, 0.4, 0.8).astype(np.float32)[None].repeat(64, axis=0)
    # Columns beside the ink do not count, so 17 and 26 are the nearest.
    found = mean_background(grey, drawn((19, 0, 25, 64), shape=(64, 64)))
    assert found[32, 20] == pytest.approx((5 * 0.4 + 2 * 0.8) / 7, abs=0.01)
    grey[:], grey[:, 30], grey[:, 34] = 0.8, 0.4, 0.4
    found = mean_background(grey, drawn((32, 0, 33, 64), shape=(64, 64)))
    assert found[32, [30, 32, 34]] == pytest.approx([2 / 3, 0.4, 2 / 3], abs=0.01)


@pytest.mark.parametrize(
    ("shares", "depths", "depth"),
    [
        # Ink may cover most of the picture, and the background may have darker spots.
        ((0.4, 0.6), (0, 1), 1), ((0.05, 0.2, 0.4, 0.35), (0.3, 0.49, 0.5, 1), 0.5),
        # Soft edges are not full ink.
        ((0.8, 0.15, 0.05), (0, 0.3, 0.8), 0.8), ((0.8, 0.2), (0, 0.4), 0.4),
    ],
)  # fmt: skip
def test_depth_of_full_ink(shares: list[float], depths: list[float], depth: float) -> None:
    """It is the median of what is over half as deep; a few pixels may be deeper."""
    rows = np.repeat(depths, np.rint(np.array(shares) * 200).astype(int))
    picture = rows[:, None].repeat(200, axis=1).astype(np.float32)
    picture[-2:, -2:] = 1
    ink = ink_from_depth(picture)
    assert ink.depth == pytest.approx(depth)
    assert ink.amount[170] == pytest.approx(np.full(200, (rows[170] - rows[70]) / depth))


def test_ink_excludes_noise() -> None:
    """Next to nothing of a noisy background is taken for ink, and its noise is measured."""
    rng = np.random.default_rng(0)
    ink = ink_from_depth((seven() * 0.5 + rng.normal(0, 0.05, (200, 200))).astype(np.float32))
    assert (ink.amount[seven() == 0] > 0.1).mean() < 0.002
    assert ink.amount[seven() == 1].mean() > 0.8
    assert ink.noise == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.03])
def test_ink_of_empty_paper_is_refused(noise: float) -> None:
    """Paper, with its noise and shadow, is blank."""
    rng = np.random.default_rng(3)
    paper = np.linspace(0.6, 0.9, 200)[None] + rng.normal(0, noise, (200, 200))
    with pytest.raises(ImageError, match="no digit found"):
        find_ink(paper.astype(np.float32))


@pytest.mark.parametrize("share", [0.0, 0.2, 0.4, 0.6, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (23, 31)])
def test_regions_are_connected(shape: tuple[int, int], share: float) -> None:
    """On random masks, regions are where numbers that spread to neighbours become equal."""
    mask = np.random.default_rng(1).random(shape) < share
    numbers = np.arange(1, mask.size + 1, dtype=np.float32).reshape(shape) * mask
    for _ in range(mask.size):
        numbers = dilate(numbers, 3) * mask
    regions = find_regions(mask)
    pairs = {*zip(numbers[mask], regions.labels[mask], strict=True)}
    assert len(pairs) == len({*numbers[mask]}) == len(regions.area)
    assert np.array_equal(regions.labels > 0, mask)
    for index, area in enumerate(regions.area):
        rows, columns = np.nonzero(regions.labels == index + 1)
        box = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        assert (regions.box([index]), area) == (box, rows.size)


@pytest.mark.parametrize(("lines", "pen", "gone"), [(2, 3, True), (2, 2, False), (3, 2, True)])
def test_lines_are_removed_if_they_are_many_or_thin(lines: int, pen: int, gone: bool) -> None:
    """Dashed lines are ruled if there are three, or if they are thinner than the pen."""
    ink = seven(pen)
    lined = drawn(*[(0, y, 200, y + 2) for y in (20, 185, 5)[:lines]], on=ink)
    # Without some of its ink a line is found once, and not again a few rows away.
    dashes = np.arange(200) % 11 < 9
    lined = np.where(dashes, lined, ink)
    assert np.array_equal(remove_lines(lined), ink if gone else lined)


@pytest.mark.parametrize(
    ("inked", "row"),
    [([12], 12), ([8], 8), ([13], 10), ([7], 10), ([12, 11], 11), ([8, 9], 9), ([8, 11], 11),
     ([9, 12], 9), ([8, 12], 12), ([10, 9, 11], 10)],
)  # fmt: skip
def test_paths_move_to_the_nearest_ink(inked: list[int], row: int) -> None:
    """A path is moved by at most two rows, and not beyond the picture."""
    mask = np.isin(np.arange(20), inked)[:, None]
    assert move_to_ink(mask, np.array([10])).tolist() == [row]
    assert move_to_ink(mask[:11], np.array([10])).max() <= 10


def test_shapes_are_measured() -> None:
    """Strokes by area and outline, rectangles at any angle, boxes by half of their area."""
    assert stroke_width(drawn((0, 50, 300, 60)) > 0) == pytest.approx(10 * 4 / np.pi)
    assert stroke_width(np.zeros((9, 9), np.bool_)) == 0
    for mask, sides in (
        (np.eye(50), (49 * 2**0.5 + 1, 1)), (np.ones((7, 5)), (7, 5)), (np.eye(1, 9, 4), (1, 1)),
    ):  # fmt: skip
        assert smallest_rectangle(mask > 0) == pytest.approx(sides)
    for widths, height in (((4, 3), 20), ((6, 2), 10), ((4, 2), 10)):
        boxes = [(5, 7, 5 + width, 7 + high) for width, high in zip(widths, (10, 20), strict=True)]
        assert typical_height(np.array(boxes[::-1])) == height
    # Two hundredths of the largest region are a speck.
    regions = find_regions(drawn((0, 0, 20, 10), (90, 50, 94, 51), (190, 50, 195, 51)) > 0)
    assert group_regions(regions, regions.area) == [[0], [2]]


def test_sheets_are_found_without_their_edge() -> None:
    """Of 128 pixels the outer two are left out; a gradient and digits are not sheets."""
    found = find_sheet(drawn((64, 80, 192, 200), shape=(256, 256)))
    assert found is not None
    assert np.array_equal(found, drawn((68, 84, 188, 196), shape=(256, 256)))
    light = np.linspace(0.4, 0.9, 300)[None].repeat(200, axis=0)
    strip = 1 - drawn((375, 5, 575, 73), shape=(78, 4000))
    ellipse = np.hypot(*np.mgrid[-1.25:1.25:200j, -2:2:200j]) > 1
    for other in (light, 1 - seven(), seven(40), strip, ellipse):
        assert find_sheet(np.asarray(other, np.float32)) is None


@pytest.mark.parametrize("angle", [0, 12, 45])
@pytest.mark.parametrize("side", [90, 140])
def test_sheets_may_be_small_and_tilted(side: int, angle: int) -> None:
    """A dark sheet on a light table, with a thick digit on it, is found at any angle."""
    low, high = (200 - side) // 2, (200 + side) // 2
    page = 1 - drawn((low, low, high, high), shape=(200, 200))
    canvas = np.asarray(Image.fromarray(page).rotate(angle, fillcolor=1))
    sheet = find_sheet(drawn((85, 75, 115, 125), on=canvas))
    assert sheet is not None
    assert sheet[75:125, 85:115].all()
    assert not sheet[canvas > 0.5].any()


@pytest.mark.parametrize(("paper", "table"), [("#fae664", "#c8c8cd"), ("#ffffff", "#464646")])
def test_notes_differ_from_tables_in_brightness_or_colour(paper: str, table: str) -> None:
    """The ink on a small sheet is read, and an empty sheet is blank."""
    picture = Image.new("RGB", (400, 400), table)
    picture.paste(Image.new("RGB", (100, 110), paper), (150, 140))
    with pytest.raises(ImageError, match="no digit found"):
        read_image(encoded(picture))
    ink = Image.fromarray((seven() * 255).astype(np.uint8)).resize((70, 70))
    picture.paste(Image.new("RGB", ink.size, (150, 20, 20)), (170, 160), ink)
    seen = read_image(encoded(picture)).pixels
    assert np.corrcoef(seen.ravel(), fit(seven()).ravel())[0, 1] > 0.9


@pytest.mark.parametrize("grey", [60, 100, 150])
@pytest.mark.parametrize("box", [(20, 20, 90, 90), (0, 130, 70, 200), (10, 0, 80, 60)])
def test_solid_objects_beside_a_digit_are_left_out(grey: int, box: Box) -> None:
    """A sticker or a finger is like a sheet, but has no ink on it."""
    left, top, right, bottom = box
    picture = 245 - 205 * np.pad(seven(10), ((0, 0), (100, 0)))
    picture[top:bottom, left:right] = grey
    seen = read_image(encoded(Image.fromarray(picture.astype(np.uint8)))).pixels
    assert np.corrcoef(seen.ravel(), fit(seven(10)).ravel())[0, 1] > 0.9


# A 5 without its bar.
FIVE = ((80, 60, 90, 110), (80, 100, 140, 110), (130, 100, 140, 160), (80, 150, 140, 160))


@pytest.mark.parametrize(
    ("ink", "boxes"),
    [
        # A table at a side, and a line below the digit.
        (drawn((0, 185, 200, 200), on=seven()), [SEVEN]),
        (drawn((40, 178, 170, 184), on=seven()), [SEVEN]),
        # A 1 from edge to edge.
        (drawn((10, 0, 20, 100), shape=(100, 30)), [(10, 0, 20, 100)]),
        # A broken 5, and a speck.
        (drawn((90, 40, 150, 50), (80, 56, 90, 60), (10, 10, 13, 13), *FIVE), [(80, 40, 150, 160)]),
        (np.hstack((seven(), seven())), [SEVEN, (250, 40, 350, 170)]),
    ],
)
def test_groups_are_the_digits(ink: Grey, boxes: list[Box]) -> None:
    """Broken digits are one group; lines, specks and a table beside the paper are not."""
    assert sorted(group.box for group in groups_of(ink)) == boxes


def test_pages_have_no_shadows() -> None:
    """Ink that begins slowly is left out of a page, if there is other ink."""
    shadow = (1 - np.hypot(*np.mgrid[-1:1:200j, -1:2:300j])).clip(0, 1).astype(np.float32)
    both = drawn((230, 50, 250, 100), on=shadow)
    counts = [len(groups_of(ink, page)) for ink in (shadow, both) for page in (False, True)]
    assert counts == [1, 1, 2, 1]


def test_digits_are_cut_out_with_their_soft_edge() -> None:
    """The edge is a twentieth of the size and a pixel; other ink in it is left out."""
    amount = np.full((200, 200), 0.2, np.float32)
    # An L of 40x40 pixels, and a dot.
    amount[80:120, 80:84] = amount[116:120, 80:120] = amount[76:78, 79] = 1
    regions = find_regions(amount > 0.5)
    group = cut_out(amount, regions, [int(regions.area.argmax())])
    expected = amount[77:123, 77:123].copy()
    expected[:36, 10:] = expected[:1, 2] = 0
    assert np.array_equal(group.ink, expected)
    assert (group.left, group.top, group.weight) == (77, 77, 160 + 144)


@pytest.mark.parametrize(
    ("left", "top", "share"),
    [(80, 80, 1), (130, 80, 0.85), (130, 30, 0.7), (0, 80, 0.38), (80, 0, 0.38), (160, 80, 0.38),
     (80, 160, 0.38)],
)  # fmt: skip
def test_digits_are_in_the_middle(left: int, top: int, share: float) -> None:
    """Ink counts less beside the middle, and half at the edge, where strong ink is cut."""
    for amount, is_cut in ((0.9, False), (0.91, True)):
        ink = drawn((left, top, left + 40, top + 40), shape=(200, 200)) * np.float32(amount)
        (group,) = groups_of(ink)
        assert group.weight == pytest.approx(1600 * share)
        assert group.cut == (is_cut and share == 0.38)


SLOPE = np.add.outer(np.linspace(-0.1, 0.1, 200), np.linspace(0, 0.1, 300)).astype(np.float32)
NOISE = np.random.default_rng(0).normal(0, 0.005, (200, 300)).astype(np.float32)
STROKES = drawn((90, 40, 170, 55), (150, 40, 170, 160))


@pytest.mark.parametrize(
    ("grey", "polarity", "is_even"),
    [
        (0.9 - 0.7 * STROKES, "auto", True),
        (0.9 - 0.7 * STROKES, "dark", True),
        (0.9 - 0.7 * STROKES, "light", False),
        (0.1 + 0.7 * STROKES, "light", True),
        (0.8 + SLOPE - 0.7 * STROKES, "auto", True),
        # Ink or a shadow at the border, glare, shades, and nothing.
        (0.9 - 0.7 * STROKES - 0.7 * drawn((0, 90, 9, 99)), "auto", False),
        (0.9 - 0.7 * STROKES - 0.1 * drawn((0, 90, 9, 99)), "auto", True),
        (0.9 - 0.7 * STROKES - 0.12 * drawn((0, 90, 9, 99)), "auto", False),
        (0.7 + NOISE - 0.6 * STROKES + 0.1 * drawn((200, 50, 240, 90)), "auto", True),
        (0.7 + NOISE - 0.6 * STROKES + 0.13 * drawn((200, 50, 240, 90)), "auto", False),
        (0.9 - 0.7 * STROKES - 0.2 * drawn((180, 20, 290, 180)), "auto", False),
        (drawn() + 0.5, "auto", False),
    ],
)
def test_even_ink_needs_an_even_background(grey: Grey, polarity: str, is_even: bool) -> None:
    """Where the background is even, the ink is that of the longer way; elsewhere there is none."""
    found = find_even_ink(grey, polarity)
    assert (found is not None) == is_even
    if found is not None:
        ink = find_ink(grey, polarity)
        assert found.depth == pytest.approx(ink.depth, rel=0.05)
        assert np.abs(found.amount - ink.amount).mean() < 0.01


@pytest.mark.parametrize(("side", "expected"), [(115, 115), (120, 24), (300, 60)])
def test_even_background_is_read_from_a_small_copy(side: int, expected: int) -> None:
    """In a fifth of the size, a stroke of 24 pixels is long enough; a shorter one is not."""
    grey = 1 - drawn((50, 50, 50 + side, 60), shape=(400, 400))
    found = digits_on_even_background(grey, "auto")
    assert found is not None
    left, _, right, _ = found[1][0].box
    assert right - left == expected


def test_shrink_averages_squares_and_the_rest() -> None:
    """Each value is the mean of a square, or of the part of one at the right and below."""
    values = np.arange(15, dtype=np.float32).reshape(3, 5)
    assert shrink(values, 1) is values
    assert shrink(values, 2).tolist() == [[3, 5, 6.5], [10.5, 12.5, 14]]


def test_groups_are_limited() -> None:
    """Only some of thousands of equal dots count, because each might belong to each."""
    y, x = np.indices((400, 400)) % 4
    assert len(groups_of(((y < 2) & (x < 2)).astype(np.float32))) == 2000


def test_pens_are_measured_by_a_step_of_growth() -> None:
    """A block of 10x40 pixels grows by a pixel on each side, not at the corners: by 100."""
    assert pen_width(np.ones((10, 40), np.float32)) == 2 * 400 / 100
    for side, expected in ((160, 160), (161, 160), (200, 160)):
        assert widen_pen(np.ones((side, side), np.float32)).shape == (expected, expected)
    assert trim(np.array([[0.1, 0.11, 0], [0, 0.2, 0.1]], np.float32)).shape == (2, 1)


@pytest.mark.parametrize("pen", [2, 5, 8, 12, 30])
def test_thin_pens_are_widened(pen: int) -> None:
    """Whatever the pen, strokes become about two pixels wide or stay as thick as they are."""
    pixels = fit(seven(pen)).astype(float) / 255
    assert pixels[18].sum() == pytest.approx(max(2.0, pen * 20 / 130), rel=0.07)


def test_thickening_grows_each_side_evenly() -> None:
    """A pixel becomes a cross, a square without corners and an octagon, also in part."""
    for by, area in ((1, 5), (2, 21), (2.5, 29), (3, 37)):
        octagon = thicken(np.ones((1, 1), np.float32), by)
        assert (octagon.sum(), len(octagon)) == (area, 3 + 2 * int(by))


def test_digits_are_centred_within_the_image() -> None:
    """Grey becomes one of 255 levels; a heavy end comes as near to the centre as it can."""
    assert {*fit(np.full((20, 20), 0.6, np.float32)).ravel()} == {0, 153}
    for heavy, top in ((0, 8), (19, 0), (10, 4)):
        digit = np.ones((20, 9), np.uint8)
        digit[heavy] = 255
        assert centre(digit).nonzero()[0].min() == top


@pytest.mark.parametrize(("eyes", "is_frame"), [(0, True), (1, True), (2, False)])
def test_faces_are_no_frames(eyes: int, is_frame: bool) -> None:
    """What surrounds one thing, or one and a dot, is a frame; a face has two eyes and a mouth."""
    circle = drawn((50, 50, 250, 250), on=None, shape=(300, 300))
    circle[60:240, 60:240] = 0
    inside = drawn((110, 190, 190, 200), on=circle)
    for eye in range(eyes):
        inside[110:122, 110 + 60 * eye : 122 + 60 * eye] = 1
    assert (remove_frames(inside, ink_regions(inside)) is not inside) == is_frame

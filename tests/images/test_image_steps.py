"""The steps from colours to the ink of a digit, each on its own."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.digit_image import Box
from scratchnet_cli.images.digits import find_groups
from scratchnet_cli.images.grey import Grey, blur, dilate, mix_colours
from scratchnet_cli.images.ink import find_ink, find_margin, ink_from_depth, ink_is_light
from scratchnet_cli.images.lines import remove_frames, remove_lines
from scratchnet_cli.images.mnist import fit, pen_width, thicken
from scratchnet_cli.images.parts import MAX_REGIONS
from scratchnet_cli.images.read import read_image
from scratchnet_cli.images.regions import find_regions
from scratchnet_cli.images.sheet import find_sheet, smallest_rectangle
from tests.conftest import encoded

SEVEN: Box = (50, 40, 150, 170)


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
    """Red ink on green of the same luminance shows in the mix of both."""
    red, green = np.array([[0.8, 0.1, 0.1], [0.1, 0.458, 0.1]], np.float32)
    grey = mix_colours(np.where(seven()[:, :, None], red, green))
    assert abs(float(grey[45, 100] - grey[100, 60])) > 0.4


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


def test_polarity_ignores_half_a_shadow(digits: NDArray[np.uint8]) -> None:
    """A slanting shadow over half of the picture and of its corners is neither part of it."""
    y, x = np.indices((280, 280))
    shade = blur((x + 0.8 * (y - 140) > 130).astype(np.float32), 31)
    for digit in digits[:12]:
        ink = digit.repeat(10, axis=0).repeat(10, axis=1) / 255
        assert not ink_is_light(((1 - 0.65 * shade) * (1 - 0.75 * ink)).astype(np.float32))


def test_margin_is_added_to_full_pictures_only() -> None:
    """Ink that fills its picture gets a margin; a shadow that reaches into the corners does not."""
    shade = np.where(np.indices((200, 200))[0] > 80, 0.35, 0.9).astype(np.float32)
    assert find_margin(shade * (1 - 0.8 * seven()))[0] == 0
    assert find_margin(1 - (soft_ring(100) > 0.5).astype(np.float32)) == (33, 1)


Y, X = np.mgrid[0:1:200j, 0:1:200j]
SOFT_SHADOW = (0.6 + 0.4 * X) * (1 - 0.4 / (1 + np.exp((X + Y - 0.9) / 0.04)))
SHARP_SHADOW = blur(np.where(X < 0.55, 0.9, 0.6).astype(np.float32), 9)


@pytest.mark.parametrize("light", [SOFT_SHADOW, SHARP_SHADOW])
def test_ink_excludes_shadows(light: NDArray[np.floating]) -> None:
    """Slanting light and a shadow with a soft or a sharp edge leave only the strokes as ink."""
    picture = (light * (0.95 - 0.7 * seven())).astype(np.float32)
    found = find_ink(picture[:, :, None]).amount > 0.5
    assert np.mean(found == seven()) > 0.995


@pytest.mark.parametrize("light", [False, True])
def test_ink_may_fill_its_picture(light: bool) -> None:
    """Thick ink that leaves less than half of the picture is still ink."""
    away = np.hypot(*np.mgrid[-1:1:140j, -1:1:100j])
    tight = ((away < 1) & (away > 0.3)).astype(np.float32)
    assert tight.mean() > 0.6
    found = find_ink((tight if light else 1 - tight)[:, :, None]).amount
    assert np.array_equal(found > 0.5, tight)


def test_ink_keeps_soft_edges() -> None:
    """Without noise, the amount of ink is proportional to its depth."""
    stroke, edge = drawn((40, 20, 60, 80)), drawn((60, 20, 61, 80))
    ink = ink_from_depth(0.8 * stroke + 0.4 * edge)
    assert ink.amount == pytest.approx(stroke + 0.5 * edge)
    assert ink.depth == pytest.approx(0.8)
    assert ink.noise == 0


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
    with pytest.raises(ImageError, match="blank"):
        find_ink(paper[:, :, None].astype(np.float32))


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


@pytest.mark.parametrize("slope", [0.0, 0.03])
def test_ruled_lines_are_removed(slope: float) -> None:
    """Lines from edge to edge disappear, slanting or not, and strokes across them stay whole."""
    ruled = drawn(shape=(200, 200))
    columns = np.arange(200)
    for start in range(10, 200, 30):
        row = (start + slope * columns).astype(int) % 199
        ruled[row, columns] = ruled[row + 1, columns] = 0.9
    for lines in (ruled, ruled.T):
        left = remove_lines(np.maximum(seven(), lines))
        assert left[seven() == 1].mean() > 0.93
        assert left[seven() == 0].mean() < 0.01


@pytest.mark.parametrize(("lines", "pen", "gone"), [(2, 3, True), (2, 2, False), (3, 2, True)])
def test_lines_are_removed_if_they_are_many_or_thin(lines: int, pen: int, gone: bool) -> None:
    """Dashed lines are ruled if there are three, or if they are thinner than the pen."""
    ink = seven(pen)
    lined = drawn(*[(0, y, 200, y + 2) for y in (20, 185, 5)[:lines]], on=ink)
    # Without some of its ink a line is found once, and not again a few rows away.
    dashes = np.arange(200) % 11 < 9
    lined = np.where(dashes, lined, ink)
    assert np.array_equal(remove_lines(lined), ink if gone else lined)


def test_strokes_from_edge_to_edge_stay() -> None:
    """The bar of a 7 that fills its picture is not taken for a ruled line."""
    tight = seven()[40:170, 50:150]
    assert np.array_equal(remove_lines(tight), tight)


def test_frames_are_removed() -> None:
    """A box or a circle around other ink disappears, and a 0 with a dot in it stays."""
    y, x = np.indices((200, 200)) - 100
    far = np.hypot(y, x)
    for away in (far, np.maximum(abs(y), abs(x))):
        framed = np.where((away > 90) & (away < 95), np.float32(1), seven())
        assert np.array_equal(remove_frames(framed), seven())
    dotted = (((far > 50) & (far < 60)) | (far < 8)).astype(np.float32)
    assert np.array_equal(remove_frames(dotted), dotted)


def test_sheets_are_found_on_a_table() -> None:
    """A light sheet on a dark table is found; a gradient and digits are not sheets."""
    sheet = find_sheet(0.2 + 0.7 * (drawn((40, 30, 270, 180)) - drawn((150, 80, 156, 120))))
    assert sheet is not None
    assert sheet[60:150, 70:240].all()
    assert not sheet[:30].any()
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


def test_rectangles_are_measured_at_any_angle() -> None:
    """The sides of a tilted rectangle, of a whole picture and of a single pixel are right."""
    level = Image.fromarray(drawn((40, 80, 160, 120), shape=(200, 200)))
    assert smallest_rectangle(np.asarray(level.rotate(30)) > 0) == pytest.approx((120, 40), abs=3)
    assert smallest_rectangle(np.ones((7, 5), np.bool_)) == (7, 5)
    assert smallest_rectangle(np.eye(1, 9, 4, np.bool_)) == (1, 1)


@pytest.mark.parametrize(("paper", "table"), [("#fae664", "#c8c8cd"), ("#ffffff", "#464646")])
def test_notes_differ_from_tables_in_brightness_or_colour(paper: str, table: str) -> None:
    """The ink on a small sheet is read, and an empty sheet is blank."""
    picture = Image.new("RGB", (400, 400), table)
    picture.paste(Image.new("RGB", (100, 110), paper), (150, 140))
    with pytest.raises(ImageError, match="blank"):
        read_image(encoded(picture))
    ink = Image.fromarray((seven() * 255).astype(np.uint8)).resize((70, 70))
    picture.paste(Image.new("RGB", ink.size, (150, 20, 20)), (170, 160), ink)
    seen = read_image(encoded(picture)).pixels
    assert np.corrcoef(seen.ravel(), fit(seven()).ravel())[0, 1] > 0.9


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
    assert sorted(group.box for group in find_groups(ink)) == boxes


def test_groups_do_not_join_a_line_of_print() -> None:
    """Letters in a row stay small, and the digit is the most likely group."""
    letters: list[Box] = [(left, 182, left + 6, 192) for left in range(6, 190, 8)]
    assert find_groups(drawn(*letters, on=seven()))[0].box == SEVEN


@pytest.mark.parametrize("page", [False, True])
def test_groups_join_the_bar_of_a_five(page: bool) -> None:
    """A long bar hardly above the end of a 5 belongs to it, also beside a minus sign."""
    five, box = drawn((132, 45, 190, 55), *FIVE), (80, 45, 190, 160)
    assert [group.box for group in find_groups(five, page)] == [box]
    minus = drawn((15, 80, 65, 88), on=five)
    assert box in [group.box for group in find_groups(minus, page)]


def test_groups_are_limited() -> None:
    """Only some of thousands of equal dots count, because each might belong to each."""
    y, x = np.indices((400, 400)) % 4
    assert len(find_groups(((y < 2) & (x < 2)).astype(np.float32))) == MAX_REGIONS


@pytest.mark.parametrize("angle", [0, 30])
@pytest.mark.parametrize("width", [4, 9, 20])
def test_pen_width_is_measured(width: int, angle: int) -> None:
    """The measured width of a long stroke is about its width, also if it slants."""
    straight = Image.fromarray(drawn((100, 20, 100 + width, 220), shape=(240, 240)))
    measured = pen_width(np.asarray(straight.rotate(angle, Image.Resampling.BILINEAR)))
    assert measured == pytest.approx(width * 200 / (200 + width), rel=0.15)


@pytest.mark.parametrize("pen", [2, 5, 12, 30])
def test_thin_pens_are_widened(pen: int) -> None:
    """Whatever the pen, strokes become about two pixels wide or stay as thick as they are."""
    pixels = fit(seven(pen)).astype(float) / 255
    assert pixels[18].sum() == pytest.approx(max(2.0, pen * 20 / 130), rel=0.05)


def test_thickening_grows_each_side_evenly() -> None:
    """A square grows by the same amount on all sides, also by parts of a pixel."""
    grown = thicken(drawn((15, 15, 25, 25), shape=(40, 40)), 2.5)
    profile = grown[grown.shape[0] // 2]
    assert profile.sum() == pytest.approx(15)
    assert np.array_equal(profile, profile[::-1])

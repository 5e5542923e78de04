"""The steps from a picture file to a digit, each on its own."""

import struct
import tracemalloc
import warnings
import zlib
from contextlib import suppress

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.background import ink_is_light
from scratchnet_cli.images.decode import decode
from scratchnet_cli.images.digits import find_groups, without_frames
from scratchnet_cli.images.grey import Grey, blur, widen
from scratchnet_cli.images.ink import amounts, find_ink, margin_of, mix
from scratchnet_cli.images.lines import without_lines
from scratchnet_cli.images.mnist import fit, pen_width, thicken
from scratchnet_cli.images.parts import MOST_REGIONS
from scratchnet_cli.images.read import read_image
from scratchnet_cli.images.regions import find_regions
from scratchnet_cli.images.sheet import find_sheet, smallest_rectangle
from tests.conftest import encoded


def blank(height: int, width: int) -> Grey:
    """A picture without ink."""
    return np.zeros((height, width), np.float32)


def seven(side: int = 200, pen: int = 16) -> Grey:
    """The ink of a large 7: a bar, and a stem that hangs from its right end."""
    ink = blank(side, side)
    ink[40 : 40 + pen, 50:150] = 1
    ink[40:170, 150 - pen : 150] = 1
    return ink


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM"])
def test_every_format_is_known_by_its_first_bytes(kind: str) -> None:
    """Each format of the list is read, whatever the file is called."""
    image = Image.fromarray(np.kron(np.eye(2, dtype=np.uint8) * 255, np.ones((16, 16), np.uint8)))
    colours = decode(encoded(image, kind)).colours
    assert colours.shape == (32, 32, 1)
    assert np.allclose(colours[4::8, 4::8, 0][::2, ::2], np.eye(2), atol=0.05)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_exif_says(orientation: int) -> None:
    """All eight orientations come out as Pillow's own transposition has them."""
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    stored = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) * 20)
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = stored.transpose(turns[orientation]) if orientation in turns else stored
    grey = decode(encoded(stored, exif=exif)).grey
    assert grey is not None
    assert np.array_equal(grey, np.asarray(upright))


def test_a_picture_with_damaged_exif_is_read_as_it_lies() -> None:
    """What cannot be understood of the orientation costs nothing but the turn."""
    stored = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4))
    grey = decode(encoded(stored, exif=b"Exif\0\0no such thing")).grey
    assert grey is not None
    assert np.array_equal(grey, np.asarray(stored))


@pytest.mark.parametrize("colour", [0, 255])
def test_ink_on_transparent_ground_shows(colour: int) -> None:
    """Whether it is dark or light, ink gets a ground on which it is seen."""
    alpha = (seven() * 255).astype(np.uint8)
    image = Image.merge("LA", (Image.new("L", (200, 200), colour), Image.fromarray(alpha)))
    colours = decode(encoded(image)).colours
    assert abs(float(colours[45, 100].mean() - colours[100, 60].mean())) == 1


def test_round_corners_become_paper() -> None:
    """The transparent corners of an opaque sheet get the colour of the sheet."""
    pixels = np.full((60, 60, 4), 240, np.uint8)
    pixels[..., 3] = 255
    pixels[:5, :5] = 0
    assert np.ptp(decode(encoded(Image.fromarray(pixels))).colours) < 0.01


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_deep_greys_are_spread_over_their_range(dtype: type) -> None:
    """Greys of more than 8 bits, however few of their values are used, reach from 0 to 1."""
    ramp: NDArray[np.number] = np.linspace(1000, 3000, 64).reshape(8, 8).astype(dtype)
    colours = decode(encoded(Image.fromarray(ramp), "TIFF")).colours
    assert colours.min() == 0
    assert colours.max() == 1
    assert np.all(np.diff(colours.ravel()) > 0)


def test_large_pictures_are_worked_on_small() -> None:
    """No side is longer than 400 pixels, but a strip keeps 100 for its shorter one."""
    assert decode(encoded(Image.new("L", (3000, 1500)), "JPEG")).colours.shape == (200, 400, 1)
    assert decode(encoded(Image.new("L", (2400, 200)))).colours.shape == (100, 1200, 1)


def test_colours_of_one_brightness_are_told_apart() -> None:
    """Red ink on green of the same luminance stands out in the one grey that is made of both."""
    ink = seven()[:, :, None]
    red, green = np.array([0.8, 0.1, 0.1]), np.array([0.1, 0.458, 0.1])
    grey = mix((ink * red + (1 - ink) * green).astype(np.float32))
    assert abs(float(grey[45, 100] - grey[100, 60])) > 0.4


@pytest.mark.parametrize("pen", [4, 16, 40])
def test_polarity_is_that_of_the_rarer_class(pen: int) -> None:
    """Dark ink on light ground and light ink on dark are told apart, thin or thick."""
    ink = seven(pen=pen)
    assert ink_is_light(ink * 0.7 + 0.1)
    assert not ink_is_light(0.9 - ink * 0.6)


def test_shadows_are_no_ink() -> None:
    """Slanting light and the soft edge of a deep shadow leave only the strokes as ink."""
    y, x = np.mgrid[0:1:200j, 0:1:200j]
    light = (0.6 + 0.4 * x) * (1 - 0.4 / (1 + np.exp((x + y - 0.9) / 0.04)))
    picture = (light * (0.95 - 0.7 * seven())).astype(np.float32)
    found = find_ink(picture[:, :, None]).amount > 0.5
    assert np.mean(found == (seven() > 0.5)) > 0.995


def test_amounts_keep_soft_edges() -> None:
    """Without noise the amount of ink is proportional to how much darker than its ground it is."""
    depth = blank(100, 100)
    depth[20:80, 40:60] = 0.8
    depth[20:80, 60] = 0.4
    ink = amounts(depth)
    assert ink.amount[50, 50] == 1
    assert ink.amount[50, 60] == pytest.approx(0.5)
    assert ink.depth == pytest.approx(0.8)
    assert ink.noise == 0


def test_noise_is_no_ink() -> None:
    """Of a noisy ground next to nothing is taken for ink."""
    rng = np.random.default_rng(0)
    depth = (seven() * 0.5 + rng.normal(0, 0.05, (200, 200))).astype(np.float32)
    amount = amounts(depth).amount
    assert (amount[seven() == 0] > 0.1).mean() < 0.002
    assert amount[seven() == 1].mean() > 0.8


def flooded(mask: NDArray[np.bool_]) -> list[frozenset[tuple[int, int]]]:
    """The 8-connected regions of a mask, found pixel by pixel."""
    rest = {(int(y), int(x)) for y, x in zip(*np.nonzero(mask), strict=True)}
    regions = []
    while rest:
        region, front = set(), [rest.pop()]
        while front:
            y, x = front.pop()
            region.add((y, x))
            around = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & rest
            rest -= around
            front += around
        regions.append(frozenset(region))
    return regions


@pytest.mark.parametrize("share", [0.0, 0.2, 0.4, 0.6, 1.0])
def test_regions_are_those_of_a_flood_fill(share: float) -> None:
    """Labels, rectangles and areas agree with a flood fill on random masks."""
    rng = np.random.default_rng(1)
    for height, width in ((1, 1), (1, 9), (9, 1), (23, 31)):
        mask = rng.random((height, width)) < share
        regions = find_regions(mask)
        found = {
            frozenset(
                (int(y), int(x)) for y, x in zip(*np.nonzero(regions.labels == n), strict=True)
            )
            for n in range(1, regions.area.size + 1)
        }
        assert found == set(flooded(mask))
        for number in range(regions.area.size):
            rows, columns = np.nonzero(regions.labels == number + 1)
            assert (regions.top[number], regions.bottom[number]) == (rows.min(), rows.max() + 1)
            assert (regions.left[number], regions.right[number]) == (
                columns.min(),
                columns.max() + 1,
            )
            assert regions.area[number] == rows.size


@pytest.mark.parametrize("slope", [0.0, 0.03])
def test_ruled_lines_are_taken_off(slope: float) -> None:
    """Lines from edge to edge go, also slanting ones, and what they cross stays in one piece."""
    ruled = blank(200, 200)
    columns = np.arange(200)
    for start in range(10, 200, 30):
        row = (start + slope * columns).astype(int) % 199
        ruled[row, columns] = ruled[row + 1, columns] = 0.9
    for lines in (ruled, ruled.T):
        left = without_lines(np.maximum(seven(), lines))
        assert left[seven() == 1].mean() > 0.93
        assert left[seven() == 0].mean() < 0.01


def test_a_stroke_from_edge_to_edge_is_no_line() -> None:
    """The bar of a 7 that fills its picture is not taken for a ruled line."""
    tight = seven()[40:170, 50:150]
    assert np.array_equal(without_lines(tight), tight)


def test_the_sheet_on_a_table_is_found() -> None:
    """A light sheet on a dark table is found, and a shadow, a digit or nothing is no sheet."""
    table = np.full((200, 300), 0.2, np.float32)
    table[30:180, 40:270] = 0.9
    table[80:120, 150:156] = 0.2
    sheet = find_sheet(table)
    assert sheet is not None
    assert sheet[60:150, 70:240].all()
    assert not sheet[:30].any()
    light = np.linspace(0.4, 0.9, 300, dtype=np.float32)[None].repeat(200, axis=0)
    assert find_sheet(light) is None
    assert find_sheet(1 - seven()) is None
    assert find_sheet(seven(pen=40)) is None


@pytest.mark.parametrize("angle", [0, 12, 45])
@pytest.mark.parametrize("side", [90, 140])
def test_small_and_tilted_sheets_are_found_and_ellipses_are_not(side: int, angle: int) -> None:
    """A sheet is what is rectangular, with a thick digit on it too; a round blot is none."""
    page = np.full((200, 200), 255, np.uint8)
    low = (200 - side) // 2
    page[low : low + side, low : low + side] = 0
    canvas = np.asarray(Image.fromarray(page).rotate(angle, fillcolor=255), np.float32) / 255
    digit = np.s_[75:125, 85:115]
    written = canvas.copy()
    written[digit] = 1
    sheet = find_sheet(written.astype(np.float32))
    assert sheet is not None
    assert sheet[digit].all()
    assert not sheet[canvas > 0.5].any()
    y, x = np.indices((200, 200))
    blot = ((y - 100) / 80) ** 2 + ((x - 100) / 50) ** 2 > 1
    assert find_sheet(blot.astype(np.float32)) is None


def test_a_long_strip_shows_no_sheet() -> None:
    """A thick word in a strip that is fifty times as long as it is high is not its paper."""
    strip = np.full((78, 4000), 0.95, np.float32)
    strip[5:73, 375:575] = 0.1
    assert find_sheet(strip) is None


def test_rectangles_are_measured_at_any_angle() -> None:
    """The sides of a tilted rectangle, of a whole picture and of a single pixel."""
    bar = np.zeros((200, 200), np.uint8)
    bar[80:120, 40:160] = 1
    tilted = np.asarray(Image.fromarray(bar).rotate(30)) > 0
    assert smallest_rectangle(tilted) == pytest.approx((120, 40), abs=3)
    assert smallest_rectangle(np.ones((7, 5), np.bool_)) == (7, 5)
    assert smallest_rectangle(np.eye(1, 9, 4, np.bool_)) == (1, 1)


@pytest.mark.parametrize("size", [(9, 1), (9, 2), (9, 43), (1, 1), (3, 3), (2, 90), (5, 400)])
def test_pictures_of_a_few_pixels_are_read_or_refused(size: tuple[int, int]) -> None:
    """However narrow they are, no step fails in another way."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        pixels = rng.integers(0, 2, size[::-1], np.uint8) * np.uint8(255)
        for picture in (pixels, np.stack([pixels, pixels // 2, 255 - pixels], axis=2)):
            with suppress(ImageError):
                assert read_image(encoded(Image.fromarray(picture))).pixels.shape == (28, 28)


def test_boxes_and_circles_around_a_digit_are_left_out() -> None:
    """What is drawn around other ink goes, and a 0 with a dot in it stays."""
    y, x = np.indices((200, 200))
    far = np.hypot(y - 100, x - 100)
    boxed = np.maximum(abs(y - 100), abs(x - 100))
    for ring in ((far > 90) & (far < 95), (boxed > 90) & (boxed < 95)):
        assert np.array_equal(without_frames(np.maximum(seven(), ring).astype(np.float32)), seven())
    dotted = (((far > 50) & (far < 60)) | (far < 8)).astype(np.float32)
    assert np.array_equal(without_frames(dotted), dotted)


def test_the_table_at_a_side_is_no_digit() -> None:
    """The dark rim of a photograph is left out."""
    rimmed = seven()
    rimmed[185:] = 1
    assert [group.box for group in find_groups(rimmed)] == [(40, 170, 50, 150)]


def test_a_line_below_is_no_part_of_the_digit() -> None:
    """An underlined digit is the digit alone."""
    underlined = seven()
    underlined[178:184, 40:170] = 1
    assert [group.box for group in find_groups(underlined)] == [(40, 170, 50, 150)]


def test_of_thousands_of_marks_the_largest_count() -> None:
    """A picture that is full of equal dots, of which each might belong to each, is cut short."""
    dots = np.zeros((400, 400), np.float32)
    for y, x in np.ndindex(2, 2):
        dots[y::4, x::4] = 1
    assert len(find_groups(dots)) == MOST_REGIONS


@pytest.mark.parametrize("colours", [((250, 230, 100), (200, 200, 205)), ((255,) * 3, (70,) * 3)])
def test_a_small_note_differs_from_its_table_in_brightness_or_colour(
    colours: tuple[tuple[int, ...], tuple[int, ...]],
) -> None:
    """What is written on a small sheet is read, and a bare sheet is blank."""
    paper, table = colours
    picture = Image.new("RGB", (400, 400), table)
    picture.paste(Image.new("RGB", (100, 110), paper), (150, 140))
    with pytest.raises(ImageError, match="blank"):
        read_image(encoded(picture))
    ink = Image.fromarray((seven() * 255).astype(np.uint8)).resize((70, 70))
    picture.paste(Image.new("RGB", ink.size, (150, 20, 20)), (170, 160), ink)
    seen = read_image(encoded(picture)).pixels
    assert np.corrcoef(seen.ravel(), fit(seven()).ravel())[0, 1] > 0.9


def test_a_line_of_print_does_not_become_one_large_digit() -> None:
    """Letters in a row stay as small as they are, and the digit is what stands out."""
    printed = seven()
    for left in range(6, 190, 8):
        printed[182:192, left : left + 6] = 1
    assert find_groups(printed)[0].box == (40, 170, 50, 150)


@pytest.mark.parametrize("light", [False, True])
def test_a_digit_may_fill_its_picture(light: bool) -> None:
    """Thick ink that leaves less than half of the picture is still ink."""
    y, x = np.indices((140, 100))
    away = ((y - 69.5) / 70) ** 2 + ((x - 49.5) / 50) ** 2
    tight = ((away < 1) & (away > 0.1)).astype(np.float32)
    assert tight.mean() > 0.6
    found = find_ink((tight if light else 1 - tight)[:, :, None]).amount
    assert np.array_equal(found > 0.5, tight > 0.5)


def test_the_edge_of_a_shadow_is_no_ink() -> None:
    """Where the light changes at once, what is written in the light and in the shade is found."""
    light = np.where(np.arange(200) < 110, 0.9, 0.6)[None].repeat(200, axis=0)
    light = np.asarray(blur(light.astype(np.float32), 9))
    found = find_ink((light * (1 - 0.8 * seven()))[:, :, None]).amount
    assert np.mean((found > 0.5) != (seven() > 0.5)) < 0.005


def test_what_is_alone_is_the_digit() -> None:
    """A 1 that fills the picture from edge to edge is not dropped as its rim."""
    bar = blank(100, 30)
    bar[:, 10:20] = 1
    assert [group.box for group in find_groups(bar)] == [(0, 100, 10, 20)]


def test_specks_are_dropped_and_broken_strokes_kept() -> None:
    """The bar of a 5 that does not touch it belongs to it, and a speck far off does not."""
    five = blank(200, 200)
    five[40:50, 90:150] = 1
    five[56:110, 80:90] = five[100:110, 80:140] = five[100:160, 130:140] = 1
    five[150:160, 80:140] = 1
    five[10:13, 10:13] = 1
    assert [group.box for group in find_groups(five)] == [(40, 160, 80, 150)]


@pytest.mark.parametrize("page", [False, True])
def test_a_bar_above_the_end_of_a_five_belongs_to_it(page: bool) -> None:
    """Long as it is and hardly above the rest, it is no digit; nor is a minus sign a bar."""
    five = blank(200, 300)
    five[45:55, 132:190] = 1
    five[60:110, 80:90] = five[100:110, 80:140] = five[100:160, 130:140] = 1
    five[150:160, 80:140] = 1
    assert [group.box for group in find_groups(five, page)] == [(45, 160, 80, 190)]
    minus = five.copy()
    minus[80:88, 15:65] = 1
    boxes = {group.box for group in find_groups(minus, page)}
    assert (45, 160, 80, 190) in boxes


def test_two_digits_are_two_groups() -> None:
    """Digits side by side are not taken for one."""
    boxes = [group.box for group in find_groups(np.hstack((seven(), seven())))]
    assert sorted(boxes) == [(40, 170, 50, 150), (40, 170, 250, 350)]


@pytest.mark.parametrize("width", [4, 9, 20])
def test_pens_are_measured(width: int) -> None:
    """The measured width of a long stroke is about its width, also where it slants."""
    straight = blank(240, 240)
    straight[20:220, 100 : 100 + width] = 1
    slanting = np.asarray(Image.fromarray(straight).rotate(30, Image.Resampling.BILINEAR))
    for stroke in (straight, slanting):
        assert pen_width(stroke) == pytest.approx(width * 200 / (200 + width), rel=0.15)


@pytest.mark.parametrize("pen", [2, 5, 12, 30])
def test_thin_pens_come_near_that_of_mnist(pen: int) -> None:
    """Whatever the pen, strokes become about two pixels wide or stay as thick as they are."""
    pixels = fit(seven(pen=pen)).astype(float) / 255
    assert pixels[18].sum() == pytest.approx(max(2.0, pen * 20 / 130), rel=0.2)


def test_thickening_grows_each_side_evenly() -> None:
    """A square grows by the same amount on all sides, also by parts of a pixel."""
    square = blank(40, 40)
    square[15:25, 15:25] = 1
    grown = thicken(square, 2.5)
    profile = grown[grown.shape[0] // 2]
    assert profile.sum() == pytest.approx(15)
    assert np.array_equal(profile, profile[::-1])


def test_local_means_and_maxima_agree_with_their_definition() -> None:
    """Every pixel gets the mean, or the maximum, over the square around it within the picture."""
    values = np.random.default_rng(2).random((12, 17)).astype(np.float32)
    for size in (1, 3, 7):
        reach = size // 2
        means, maxima = blur(values, size), widen(values, size)
        for y, x in np.ndindex(values.shape):
            square = values[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
            assert means[y, x] == pytest.approx(square.mean(), rel=1e-5)
            assert maxima[y, x] == square.max()


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_large_pictures_of_deep_grey_take_no_more_than_pillow_does(mode: str) -> None:
    """They are made smaller before they are turned into floats of eight bytes."""
    values = np.full((2000, 2000), 60000, np.uint16)
    values[500:1500, 900:1100] = 20000
    kinds = {"I;16": np.uint16, "I": np.int32, "F": np.float32}
    data = encoded(Image.fromarray(values.astype(kinds[mode])), "TIFF")
    tracemalloc.start()
    grey = decode(data).colours[:, :, 0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert grey.shape == (400, 400)
    assert grey[200, 200] == 0
    assert grey[0, 0] == 1
    assert peak < values.size * 4


def test_a_sheet_without_ink_is_blank() -> None:
    """Paper, with its noise and shadow, is refused as blank."""
    rng = np.random.default_rng(3)
    for noise in (0.0, 0.01, 0.03):
        paper = np.linspace(0.6, 0.9, 200)[None] + rng.normal(0, noise, (200, 200))
        with pytest.raises(ImageError, match="blank"):
            find_ink(paper[:, :, None].astype(np.float32))


def test_a_damaged_animation_is_told_by_us_alone(capfd: pytest.CaptureFixture[str]) -> None:
    """What Pillow thinks of a small grey PNG that says it is animated reaches no terminal."""
    small = encoded(Image.fromarray(np.eye(28, dtype=np.uint8) * 255))
    body = b"acTL" + bytes(8)
    chunk = struct.pack(">I", 8) + body + struct.pack(">I", zlib.crc32(body))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        decode(small[:33] + chunk + small[33:])
    assert capfd.readouterr().err == ""


def soft(side: int) -> Grey:
    """A light ring with soft edges, cut tight, as MNIST's digits are."""
    y, x = np.indices((side, side)) / (side - 1) * 2 - 1
    return np.asarray((1.5 - abs(np.hypot(x, y) - 0.7) * 5).clip(0, 1), np.float32)


def test_polarity_of_small_tight_pictures() -> None:
    """Soft edges are half of a small digit, and its ground is still what the corners show."""
    for side in (18, 24):
        assert ink_is_light(soft(side))
        assert not ink_is_light(1 - soft(side))


def test_polarity_under_half_a_shadow(digits: NDArray[np.uint8]) -> None:
    """A slanting shadow over half of the picture and of its corners is neither ink nor ground."""
    y, x = np.indices((280, 280))
    shade = blur((x + 0.8 * (y - 140) > 130).astype(np.float32), 31)
    for digit in digits[:12]:
        ink = digit.repeat(10, axis=0).repeat(10, axis=1) / 255
        assert not ink_is_light(((1 - 0.65 * shade) * (1 - 0.75 * ink)).astype(np.float32))


def test_a_shadow_over_most_of_the_sheet_needs_no_margin() -> None:
    """Dark parts that reach into the corners are no digit that fills its picture."""
    shade = np.where(np.indices((200, 200))[0] > 80, 0.35, 0.9).astype(np.float32)
    assert margin_of(shade * (1 - 0.8 * seven()))[0] == 0
    hard = (soft(100) > 0.5).astype(np.float32)
    assert margin_of(1 - hard)[0] > 0

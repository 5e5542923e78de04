"""What scanners, faxes and forms add to a digit: bands, specks and crossing lines."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from scratchnet_cli.images.bands import paint_bands
from scratchnet_cli.images.crossing import remove_crossing_line
from scratchnet_cli.images.grey import Grey, resize
from scratchnet_cli.images.read import read_image
from scratchnet_cli.images.specks import remove_specks
from tests.conftest import Uint8, encoded
from tests.network.networks import bundled

Change = Callable[[Grey, np.random.Generator], None]


def right_answers(pictures: list[Grey], labels: Uint8) -> int:
    """Return how many pictures, (h, w) greys in [0, 1], are read right."""
    files = [encoded(Image.fromarray((255 * each).astype(np.uint8))) for each in pictures]
    x = np.array([read_image(data).pixels for data in files]).reshape(-1, 784) / np.float32(255)
    return int((bundled().predict(x) == labels).sum())


def bands(grey: Grey, random: np.random.Generator) -> None:
    """Add black bands at one, two or four sides, in place."""
    for turns in random.choice(4, random.choice([1, 2, 4]), replace=False):
        side = np.rot90(grey, turns)
        side[: int(len(side) * random.uniform(0.04, 0.12))] = random.uniform(0, 0.15)


def specks(grey: Grey, random: np.random.Generator) -> None:
    """Make some pixels black or white, in place."""
    noise = random.random(grey.shape)
    grey[noise < 0.03], grey[noise > 0.97] = 0, 1


def line(grey: Grey, random: np.random.Generator) -> None:
    """Draw a line one pixel wide from side to side, in place."""
    grey[random.integers(2, len(grey) - 2)] = 0


def curve(form: str) -> Change:
    """Return what draws a crossing line of some form, in place."""

    def change(grey: Grey, random: np.random.Generator) -> None:
        height, width = grey.shape
        x = np.arange(width)
        phase = x / random.uniform(10, 25)
        wave = {"wavy": np.sin(phase * 6.28), "zigzag": 4 * np.abs(phase % 1 - 0.5) - 1}
        y = random.uniform(0.3, 0.8) * height + random.uniform(-0.2, 0.2) * x
        y += random.uniform(2, 6) * wave.get(form, np.zeros(width))
        drawn = Image.new("L", (width, height))
        for i in range(width - 1):
            if form != "dashed" or i % 16 < 8:
                ImageDraw.Draw(drawn).line((i, y[i], i + 1, y[i + 1]), 255, width=2)
        grey *= 1 - np.asarray(drawn, np.float32) / 255

    return change


@pytest.mark.parametrize("is_light", [False, True])
@pytest.mark.parametrize(
    "change", [bands, specks, *map(curve, ("straight", "dashed", "wavy", "zigzag"))]
)
def test_what_a_scanner_adds_is_left_out(
    digits: Uint8, labels: Uint8, change: Change, is_light: bool
) -> None:
    """Of 40 digits, dark or light, 38 are read right in spite of it."""
    random, pictures = np.random.default_rng(0), []
    for digit in digits[:40]:
        grey = 0.9 - 0.7 * resize(np.pad(digit / np.float32(255), 4), 180, 180)
        change(grey, random)
        pictures.append(1 - grey if is_light else grey)
    assert right_answers(pictures, labels[:40]) >= 38


@pytest.mark.parametrize("change", [bands, specks, line])
def test_small_pictures_are_read_at_least_as_well_as_their_pixels(
    digits: Uint8, labels: Uint8, change: Change
) -> None:
    """Of 300 digits of 28x28 pixels, no fewer are read right than without any preprocessing."""
    random, pictures = np.random.default_rng(0), []
    for digit in digits[:300]:
        grey = 1 - digit.astype(np.float32) / 255
        change(grey, random)
        pictures.append(grey)
    raw = bundled().predict(1 - np.array(pictures, np.float32).reshape(-1, 784))
    right = right_answers(pictures, labels[:300])
    assert right >= max(int((raw == labels[:300]).sum()), 285)


@pytest.mark.parametrize(
    ("margins", "shape"),
    [((0, 0, 0, 0), "7"), ((6, 0, 0, 0), "7"), ((6, 6, 6, 6), "7"), ((0, 0, 9, 9), "bar")],
)
def test_margins_are_not_bands(margins: tuple[int, int, int, int], shape: str) -> None:
    """Background beside a digit, and a stroke from edge to edge, are left as they are."""
    ink = np.zeros((100, 60, 1), np.float32)
    ink[:, 48:] = 1
    ink[: 12 if shape == "7" else 100] = 1
    top, bottom, left, right = margins
    picture = 1 - np.pad(ink, ((top, bottom), (left, right), (0, 0)))
    assert paint_bands(picture) is picture


@pytest.mark.parametrize("wall", [1, 3, 6])
def test_margin_around_form_boxes_is_not_a_band(wall: int) -> None:
    """The border just inside the margin is a wall, not background."""
    form = np.full((150, 340, 1), 0.95, np.float32)
    form[20:130, 20:320] = 0.3
    for left in (20, 120, 220):
        form[20 + wall : 130 - wall, left + wall : left + 100 - wall] = 0.95
        form[50:100, left + 45 : left + 55] = 0.1
    assert paint_bands(form) is form


def test_bands_get_the_colour_beside_them() -> None:
    """Bands of different widths at three sides become paper; the digit and the rest stay."""
    paper = np.full((100, 80, 3), (0.9, 0.8, 0.7), np.float32)
    paper[40:70, 38:44] = 0.1
    scan = paper.copy()
    scan[:10], scan[:, :5], scan[-20:] = 0.05, 0.1, 0
    painted = paint_bands(scan)
    assert np.array_equal(painted, paper)


def test_strokes_from_edge_to_edge_are_no_crossing_lines() -> None:
    """Where ink at the sides is as wide as elsewhere, or no thin ink is between, all is kept."""
    ink = np.zeros((120, 120), np.float32)
    ink[50:62] = ink[:, 50:62] = 1
    assert remove_crossing_line(ink) is ink
    tips: NDArray[np.float32] = ink.copy()
    tips[:, :20] = tips[:, -20:] = 0
    tips[55:57] = 1
    assert remove_crossing_line(tips) is tips


def test_crossing_lines_run_in_both_directions() -> None:
    """A thin line from left to right, or from top to bottom, is removed and the stroke stays."""
    stroke = np.zeros((160, 160), np.float32)
    stroke[40:120, 70:90] = stroke[100:120, 40:120] = 1
    crossed = stroke.copy()
    crossed[60:63] = 1
    assert np.abs(remove_crossing_line(crossed) - stroke).sum() < 60
    assert np.abs(remove_crossing_line(crossed.T) - stroke.T).sum() < 60


def test_specks_are_alone() -> None:
    """One or two pixels and a line go; a stroke two pixels wide and its ends stay."""
    grey = np.zeros((12, 12), np.float32)
    grey[2:8, 2:4] = 1
    clean = grey.copy()
    grey[10, 10] = grey[10, 5] = grey[9, 5] = grey[:, 8] = 1
    assert np.array_equal(remove_specks(grey[:, :, None])[:, :, 0], clean)

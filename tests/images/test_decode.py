"""Picture files to pixels: formats, orientation, transparency, greys, sizes, refusals."""

import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.decode import decode, decode_raw
from scratchnet_cli.images.load import KNOWN_FORMATS, UNSUPPORTED
from tests.conftest import Run, encoded
from tests.images.hostile_pictures import END, png, png_header, zeros

Pixels = NDArray[np.uint8]
UNKNOWN = f"not a picture of a known format ({KNOWN_FORMATS}); export it as PNG"
XML = b"\xef\xbb\xbf<?xml version='1.0'?>\r\n<!-- by hand -->\n<!DOCTYPE svg>\n<svg>"


@pytest.mark.parametrize("orientation", range(10))
def test_decode_turns_as_exif_says(orientation: int) -> None:
    """All orientations, known or not, equal Pillow's own; damaged EXIF changes nothing."""
    stored = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) * 20)
    damaged = decode(encoded(stored, exif=b"Exif\0\0no such thing")).grey
    np.testing.assert_array_equal(damaged, stored)
    exif = stored.getexif()
    exif[0x0112] = orientation
    turned = decode(encoded(stored, exif=exif)).grey
    np.testing.assert_array_equal(turned, ImageOps.exif_transpose(stored))


@pytest.mark.parametrize(
    ("ink", "other", "opaque", "background"),
    [
        # Ink is on a background of the other brightness.
        (0, 0, 40, 255), (127, 127, 40, 255), (128, 128, 40, 0), (255, 255, 40, 0),
        # A sheet covers over 0.9 of the picture, or half of it in colours 0.1 apart.
        (100, 100, 90, 255), (100, 100, 91, 100), (100, 126, 51, 100), (100, 126, 50, 255),
        (100, 125, 51, 255),
    ],
)  # fmt: skip
def test_decode_shows_ink_on_transparency(
    ink: int, other: int, opaque: int, background: int
) -> None:
    """Transparent pixels become what the ink is not, or paper like the rest of the sheet."""
    pixels = np.full((10, 100, 2), ink, np.uint8)
    pixels[0, :10, 0] = other
    pixels[..., 1] = np.where(np.arange(100) < opaque, 255, 0)
    # Of two columns that are half transparent, one counts.
    pixels[:, opaque - 1, 1], pixels[:, 95, 1] = 128, 127
    grey = decode(encoded(Image.fromarray(pixels))).colours[:, :, 0] * 255
    assert grey[5, 0] == pytest.approx(ink)
    assert grey[5, 99] == pytest.approx(background)
    assert grey[5, 95] == pytest.approx(background + (ink - background) * 127 / 255)
    pixels[..., 1] = 255
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(pixels))).grey, pixels[..., 0])


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_decode_spreads_deep_greys(dtype: type) -> None:
    """Greys of more than 8 bits, however few of their values are used, reach from 0 to 1.

    A large picture of them is made smaller before it is copied: it takes only Pillow's memory.
    """
    ramp: NDArray[np.number] = np.linspace(1000, 3000, 64).reshape(8, 8).astype(dtype)
    colours = decode(encoded(Image.fromarray(ramp), "TIFF")).colours
    assert (colours.min(), colours.max()) == (0, 1)
    assert np.all(np.diff(colours.ravel()) > 0)
    large = encoded(Image.fromarray(ramp.repeat(250, axis=0).repeat(250, axis=1)), "TIFF")
    tracemalloc.start()
    grey = decode(large).colours[:, :, 0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert grey.shape == (400, 400)
    assert (grey[0, 0], grey[-1, -1]) == (0, 1)
    assert peak < 2000 * 2000 * 4


def test_decode_limits_values_that_are_not_finite() -> None:
    """Infinity becomes the brightest value, NaN the darkest; a picture of only NaN is black."""
    values = np.array([[-np.inf, -1, 0], [np.nan, 1, np.inf]], np.float32)
    colours = decode(encoded(Image.fromarray(values), "TIFF")).colours
    assert colours.ravel().tolist() == [0, 0, 0.5, 0, 1, 1]
    blank = decode(encoded(Image.fromarray(np.full((2, 2), np.nan, np.float32)), "TIFF"))
    assert not blank.colours.any()


@pytest.mark.parametrize(
    ("width", "height", "page", "shape"),
    [
        (3000, 1500, False, (200, 400, 1)), (3000, 1500, True, (500, 1000, 1)),
        (2400, 200, False, (100, 1200, 1)), (20_000, 300, False, (60, 4000, 1)),
        (300, 400, False, (400, 300, 1)),
    ],
)  # fmt: skip
def test_decode_shrinks_large_pictures(width: int, height: int, page: bool, shape: Any) -> None:
    """The longer side has at most 400 pixels, 1000 on a page; strips keep 100 across, 4000 long."""
    scan = decode(encoded(Image.new("L", (width, height))), page)
    assert scan.colours.shape == shape
    assert scan.scale == (width / shape[1], height / shape[0])
    assert (scan.grey is None) == (width != shape[1])


def test_predict_hides_pillow_warnings(
    tmp_path: Path, run_process: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pillow's warning about a PNG that claims to be animated reaches no terminal."""
    picture = tmp_path / "animated.png"
    data = png(png_header(28, 28), (b"acTL", bytes(8)), (b"IDAT", zeros(28 * 29)), END)
    picture.write_bytes(data)
    monkeypatch.setenv("PYTHONWARNINGS", "always")
    assert "APNG" not in run_process("predict", picture).stderr


def test_raw_values_are_unchanged(digits: Pixels) -> None:
    """8-bit greys come out as stored, turned by EXIF; 16-bit greys as their upper 8 bits."""
    digit = np.roll(digits[3], 3, axis=1)
    exif = Image.Exif()
    exif[0x0112] = 3
    deep = Image.fromarray(digit.astype(np.uint16) * 257)
    big = np.array(deep, ">u2").tobytes()
    for data in (
        encoded(Image.fromarray(digit)), encoded(Image.fromarray(digit[::-1, ::-1]), exif=exif),
        encoded(deep), encoded(deep, "TIFF"), b"P5 28 28 65535\n" + big,
        encoded(Image.frombytes("I;16B", (28, 28), big), "TIFF"),
    ):  # fmt: skip
        assert np.array_equal(decode_raw(data), digit)


def test_raw_puts_transparency_on_white() -> None:
    """Transparent pixels become white, opaque ones keep their grey."""
    eye = np.eye(28, dtype=np.uint8)
    image = Image.merge("LA", (Image.new("L", (28, 28), 40), Image.fromarray(eye * 255)))
    assert np.array_equal(decode_raw(encoded(image)), 255 - eye * 215)


@pytest.mark.parametrize(
    ("mode", "width", "height", "reason"),
    [
        ("L", 40, 30, "40x30 pixels, expected 28x28 for --raw; leave out --raw"),
        ("L", 28, 29, "28x29 pixels, expected 28x28 for --raw; leave out --raw"),
        *(
            (mode, 28, 28, "32-bit greys, expected 8 or 16 bits for --raw; leave out")
            for mode in "FI"
        ),
    ],
)
def test_raw_refuses_other_pictures(mode: str, width: int, height: int, reason: str) -> None:
    """Another size, and values of no known range, are refused rather than guessed."""
    with pytest.raises(ImageError, match=reason):
        decode_raw(encoded(Image.new(mode, (width, height)), "TIFF"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\0\0\0\x24ftypheic\0\0\0\0mif1heic", UNSUPPORTED["pillow_heif"]),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic", UNSUPPORTED["pillow_heif"]),
        (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1", UNSUPPORTED["PIL.AvifImagePlugin"]),
        (b"\0\0\0\x20ftypavis", "an animated AVIF picture; export it as JPEG or PNG"),
        (b"%PDF-1.7\n", "a PDF document; export it as JPEG or PNG"),
        (b"<svg xmlns='http://www.w3.org'>", "an SVG drawing; export it as JPEG or PNG"),
        (XML, "an SVG drawing; export it as JPEG or PNG"),
        (b"\0\0\0\x20ftypisom\0\0\0\0mp42", UNKNOWN),
        (b"<!DOCTYPE html><html><svg></svg></html>", "this is an HTML page, not the file itself; "
         "download the file (on GitHub: Raw)"),
        (b"version https://git-lfs.github.com/spec/v1\n", "this is a Git LFS pointer, not the file "
         "itself; run git lfs pull"),
        (b"data:image/png;base64,iVBORw0KGgo=", "a data URL; decode what follows its comma, as "
         "base64 -d does"),
        (b"<!" * 2**20, UNKNOWN),
        (b"<!" + b"-" * 1994 + b"<svg>", "an SVG drawing; export it as JPEG or PNG"),
        (b"<!" + b"-" * 1995 + b"<svg>", UNKNOWN),
        (b"no picture", UNKNOWN),
        (b"", "the file is empty; save or copy it again"),
        (b"\x89PNG\r\n\x1a\n", "the picture is damaged or cut short; save or copy it again"),
    ],
)  # fmt: skip
def test_decode_refuses_other_files_by_name(
    monkeypatch: pytest.MonkeyPatch, data: bytes, reason: str
) -> None:
    """Formats of phones that cannot be read here, and of drawing programs, are named."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.setattr("PIL.AvifImagePlugin.SUPPORTED", False)
    with pytest.raises(ImageError) as refused:
        decode(data)
    assert str(refused.value) == reason

"""Pictures, as programs and cameras write them, to the 28x28 images of their digits."""

import doctest
import io
import os
import pickle
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images import read
from scratchnet_cli.images.digit_image import DigitImage, Place
from scratchnet_cli.images.ink import find_even_ink
from scratchnet_cli.images.png import MARKED_PNG_START, png, read_grey_png
from scratchnet_cli.images.read import read_digits, read_file, read_image, read_or_error
from tests.conftest import encoded
from tests.fuzz.targets import TARGETS
from tests.network.networks import bundled
from weights.variants import VARIANTS, Pixels, enlarged, on_a_sheet

PHOTO = Path(__file__).parents[2] / ".github" / "assets" / "photo.jpg"


def test_read_image_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example in the documentation of ``read_image`` runs as printed."""
    monkeypatch.chdir(PHOTO.parent)
    assert doctest.testmod(read) == (0, 2)


def test_read_image_takes_bytes_and_paths() -> None:
    """Bytes, a path as text, and a path object give the same image."""
    data = PHOTO.read_bytes()
    sources: list[Any] = [data, bytearray(data), str(PHOTO), PHOTO]
    assert len({read_image(source).pixels.tobytes() for source in sources}) == 1


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (".", "a folder, expected a picture"),
        ("missing.png", "No such file or directory"),
        (b"no picture", "not a picture of a known format"),
        (b"\x1f\x8b\x08\0", "compressed by gzip; unpack it first, with gunzip"),
        (bytearray(2**28 + 1), "larger than 256 MiB"),
        (7, "expected a path, the bytes of a file, an array or a PIL image, not int"),
    ],
)
def test_read_or_error_returns_errors(source: Any, reason: str) -> None:
    """A source without a picture gives an error, and no traceback that would keep its pixels."""
    error = read_or_error(source)
    assert isinstance(error, ImageError)
    assert str(error).startswith(reason)
    assert error.__traceback__ is None


def test_read_or_error_reads_a_file_named_like_stdin() -> None:
    """For the library ``-`` is a file; its raw values are returned if they are asked for."""
    shutil.copy(PHOTO, "-")
    assert isinstance(read_or_error("-"), list)
    assert "expected 28x28 for --raw" in str(read_or_error("-", raw=True))


@pytest.mark.parametrize(
    ("cause", "reason", "traceback"),
    [
        (lambda: bytearray(2**62), "not enough memory for this picture", ""),
        (
            lambda: int("1\nx"),
            r"unexpected ValueError: invalid literal .* '1\\nx'; ",
            "in <lambda>",
        ),
    ],
)
def test_read_file_returns_whatever_is_raised(
    monkeypatch: pytest.MonkeyPatch, cause: Callable[[], object], reason: str, traceback: str
) -> None:
    """Too little memory and bugs are errors of the picture, bugs with a traceback that pickles."""
    monkeypatch.setattr(read, "decode", lambda *_, **__: cause())
    error = pickle.loads(pickle.dumps(read_file(os.fspath(PHOTO))))  # noqa: S301
    assert re.match(reason, str(error))
    assert traceback in error.traceback
    assert bool(error.traceback) == bool(traceback)


@pytest.mark.parametrize("write", [png, lambda pixels: encoded(Image.fromarray(pixels))])
@pytest.mark.parametrize("polarity", ["light", "dark"])
def test_mnist_images_stay_unchanged(
    digits: Pixels, write: Callable[[Pixels], bytes], polarity: str
) -> None:
    """A 28x28 PNG of an MNIST digit, light on black or inverted, comes out byte for byte."""
    for digit in digits[:400]:
        data = write(255 - digit if polarity == "dark" else digit)
        assert np.array_equal(read_image(data).pixels, digit)
        assert np.array_equal(read_image(data, polarity).pixels, digit)
    rows, columns = (np.flatnonzero(digit.any(axis=axis)) for axis in (1, 0))
    place = Place((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
    assert read_digits(data, multiple=True)[0].place == place


def test_marked_png_is_read_the_fast_way(digits: Pixels) -> None:
    """A written PNG begins with the mark; a cut one and one with other chunks are not read so."""
    data = png(digits[0])
    assert data.startswith(MARKED_PNG_START)
    assert np.array_equal(read_grey_png(data), digits[0])  # type: ignore[arg-type]
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), digits[0])
    assert read_grey_png(data[: len(data) // 2]) is None
    assert read_grey_png(encoded(Image.fromarray(digits[0]), dpi=(72, 72))) is None


def test_digit_image_pickles(digits: Pixels) -> None:
    """An image comes back from a worker process with its pixels, warnings and place."""
    sent = DigitImage(digits[0], ("low contrast",), Place((1, 2, 3, 4), row=2))
    received = pickle.loads(pickle.dumps(sent))  # noqa: S301
    assert np.array_equal(received.pixels, sent.pixels)
    assert (received.warnings, received.place) == (sent.warnings, sent.place)


def same_answers(variant: str, digits: Pixels, patch: pytest.MonkeyPatch) -> list[bool]:
    """Return of each digit whether it is read the same with and without the faster way."""
    files = [VARIANTS[variant](digit) for digit in digits]
    answers = []
    for find in (find_even_ink, lambda *_: None):
        patch.setattr("scratchnet_cli.images.digits.find_even_ink", find)
        images = [read_image(data) for data in files]
        x = np.array([image.pixels for image in images]).reshape(-1, 784) / np.float32(255)
        warnings = [image.warnings for image in images]
        answers.append(list(zip(bundled().predict(x).tolist(), warnings, strict=True)))
    return [one == other for one, other in zip(*answers, strict=True)]


@pytest.mark.parametrize("variant", VARIANTS)
def test_even_background_gives_the_same_answers(
    digits: Pixels, variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The faster way reads each digit as the longer way does."""
    assert all(same_answers(variant, digits[:5], monkeypatch))


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_are_read_as_well(digits: Pixels, labels: Pixels, variant: str) -> None:
    """However it was saved, a digit is read as the plain one is, and without warnings."""
    images = [read_image(VARIANTS[variant](digit)) for digit in digits]
    pixels = np.array([image.pixels for image in images])
    x, plain = (data.reshape(-1, 784).astype(np.float32) / 255 for data in (pixels, digits))
    right, plain_right = (np.mean(bundled().predict(data) == labels) for data in (x, plain))
    assert right >= plain_right - 0.01
    assert np.mean([bool(image.warnings) for image in images]) <= 0.01
    assert np.median([np.corrcoef(*pair)[0, 1] for pair in zip(x, plain, strict=True)]) > 0.93


def test_digits_are_scaled_and_centred(digits: Pixels) -> None:
    """The longer side becomes 20 pixels, and the centre of mass comes to index 14."""
    for digit in digits[:20]:
        pixels = read_image(on_a_sheet(digit)).pixels
        assert max(np.ptp(np.nonzero(pixels), axis=1)) + 1 == 20
        for axis in (0, 1):
            mass = pixels.sum(axis=1 - axis)
            assert abs(mass @ np.arange(28) / mass.sum() - 14) <= 0.5


def test_polarity_can_be_forced() -> None:
    """The polarity chooses between a dark stroke down and a light one across."""
    both = np.full((100, 100), 120, np.uint8)
    both[20:80, 20:28] = 0
    both[20:28, 50:90] = 255
    data = encoded(Image.fromarray(both))
    assert np.argmax(np.ptp(np.nonzero(read_image(data, "dark").pixels), axis=1)) == 0
    assert np.argmax(np.ptp(np.nonzero(read_image(data, "light").pixels), axis=1)) == 1
    with pytest.raises(ImageError, match="contains no light ink; use --polarity auto"):
        read_image(encoded(Image.new("L", (60, 60), 255)), "light")


def test_warnings_name_the_reason(digits: Pixels) -> None:
    """Several digits, ink cut by the edge and ink like noise give a warning; a digit does not."""
    one, other = (255 - np.pad(enlarged(digit, 7), 30) for digit in digits[[3, 7]])
    half = np.full((100, 80), 255, np.uint8)
    half[:50, 30:44] = 0
    faint = np.random.default_rng(0).normal(200, 12, (200, 200)).astype(np.uint8)
    faint[40:160, 90:110] -= 60
    dashes = [np.full((200, 300), 255, np.uint8) for _ in range(2)]
    for height, pair in zip((40, 41), dashes, strict=True):
        pair[50:150, 100:120] = pair[50 : 50 + height, 200:210] = 0
    for pixels, *warnings in (
        (dashes[0],),
        (dashes[1], "more than one digit"),
        (one,),
        (np.hstack([one, other]), "more than one digit"),
        (half, "ink cut by the edge"),
        (faint, "low contrast"),
    ):
        assert [*read_image(encoded(Image.fromarray(pixels))).warnings] == warnings


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "1"])
def test_blank_pictures_are_refused(value: int, mode: str) -> None:
    """A picture of one colour shows no digit, whatever the colour."""
    with pytest.raises(ImageError, match="no digit found"):
        read_image(encoded(Image.new("L", (50, 40), value).convert(mode, dither=Image.Dither.NONE)))


@pytest.mark.parametrize("size", [(9, 1), (9, 2), (9, 43), (1, 1), (3, 3), (2, 90), (5, 400)])
def test_tiny_pictures_are_read_or_refused(size: tuple[int, int]) -> None:
    """Pictures of a few pixels, however narrow, give an image or an ``ImageError``."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        pixels = rng.integers(0, 2, size[::-1], np.uint8) * np.uint8(255)
        for tiny in (pixels, np.stack([pixels, pixels // 2, 255 - pixels], axis=2)):
            TARGETS["digit"].check(encoded(Image.fromarray(tiny)))

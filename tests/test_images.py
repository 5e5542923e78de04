"""Pictures, as programs and cameras write them, to MNIST's 28x28."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images import read_image, read_raw_image

Pixels = NDArray[np.uint8]


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The picture as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def enlarged(digit: Pixels, times: int = 10) -> Pixels:
    """Each pixel as a square: what a paint program shows when it zooms in."""
    return digit.repeat(times, axis=0).repeat(times, axis=1)


def closeness(one: Pixels, other: Pixels) -> float:
    """How alike two pictures are: 1 for the same, 0 for unrelated ones."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


@pytest.mark.parametrize("inverted", [False, True])
def test_mnist_itself_goes_through_unchanged(digits: Pixels, inverted: bool) -> None:
    """A 28x28 PNG of a digit of MNIST, light on black or inverted, comes out byte for byte."""
    for digit in digits[:200]:
        picture = Image.fromarray(255 - digit if inverted else digit)
        assert np.array_equal(read_image(encoded(picture)).pixels, digit)


def guises(digit: Pixels) -> dict[str, bytes]:
    """One digit in the ways in which users save theirs."""
    large = 255 - enlarged(digit)
    sheet = np.full((700, 500), 255, np.uint8)
    sheet[400:680, 30:310] = large
    clear = Image.merge("LA", (Image.new("L", large.T.shape, 0), Image.fromarray(255 - large)))
    turned = Image.fromarray(large).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    return {
        "enlarged": encoded(Image.fromarray(large)),
        "in a corner of a large sheet": encoded(Image.fromarray(sheet)),
        "on transparent ground": encoded(clear.convert("RGBA")),
        "turned, and EXIF says so": encoded(turned, "JPEG", quality=95, exif=exif),
        "JPEG": encoded(Image.fromarray(large), "JPEG", quality=60),
        "16 bits": encoded(Image.fromarray(large.astype(np.uint16) * 257)),
        "palette": encoded(Image.fromarray(large).convert("RGB").quantize(128), "GIF"),
        "colour": encoded(ImageOps.colorize(Image.fromarray(large), "navy", "white")),
    }


@pytest.mark.parametrize("guise", sorted(guises(np.eye(28, dtype=np.uint8) * 255)))
def test_a_digit_looks_the_same_in_any_guise(digits: Pixels, guise: str) -> None:
    """However it was saved, a digit of MNIST becomes again nearly what it was."""
    for digit in digits[:20]:
        assert closeness(read_image(guises(digit)[guise]).pixels, digit) > 0.93


def test_a_digit_is_boxed_and_centred(digits: Pixels) -> None:
    """The longer side becomes 20 pixels, and the centre of mass comes to index 14."""
    for digit in digits[:20]:
        pixels = read_image(guises(digit)["in a corner of a large sheet"]).pixels
        rows, columns = (np.flatnonzero(pixels.any(axis=axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
        for axis in (0, 1):
            mass = pixels.sum(axis=1 - axis)
            assert abs(mass @ np.arange(28) / mass.sum() - 14) <= 0.5


def test_raw_pictures_are_taken_as_they_are(digits: Pixels) -> None:
    """read_raw_image changes no value, and refuses any size but 28x28."""
    shifted = np.roll(digits[3], 3, axis=1)
    assert np.array_equal(read_raw_image(encoded(Image.fromarray(shifted))).pixels, shifted)
    with pytest.raises(ImageError, match="40x30"):
        read_raw_image(encoded(Image.new("L", (40, 30))))


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "1"])
def test_blank_pictures_are_refused(value: int, mode: str) -> None:
    """A picture of one colour shows no digit, whatever the colour."""
    with pytest.raises(ImageError, match="blank"):
        read_image(encoded(Image.new("L", (50, 40), value).convert(mode, dither=Image.Dither.NONE)))


def bomb(width: int, height: int) -> bytes:
    """A small PNG that says it is huge."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b"\x89PNG\r\n\x1a\n",
        bomb(0, 0),
        bomb(50_000, 50_000),
        bomb(2**31 - 1, 1),
    ],
    ids=["empty", "text", "cut", "no pixels", "2.5 gigapixels", "a very long line"],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    """Empty, foreign, cut and lying files end in one sentence."""
    with pytest.raises(ImageError) as refused:
        read_image(data)
    assert str(refused.value).isprintable()


def test_cut_and_damaged_files_end_in_a_sentence_or_a_digit(digits: Pixels) -> None:
    """Wherever a picture was cut off or hit, it is read or refused, and nothing else happens."""
    rng = np.random.default_rng(0)
    for name, data in guises(digits[5]).items():
        for position in rng.integers(0, len(data), 25):
            hit = bytearray(data)
            hit[position] ^= 0xFF
            for broken in (data[:position], bytes(hit)):
                with contextlib.suppress(ImageError):
                    assert read_image(broken).pixels.shape == (28, 28), name

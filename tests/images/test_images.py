"""Pictures, as programs and cameras write them, to MNIST's 28x28."""

import contextlib
import struct
import zlib
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.catalog import load_weights
from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.page import read_digits
from scratchnet_cli.images.read import read_image, read_raw_image
from tests.conftest import encoded
from tests.images.guises import GUISES, Pixels, enlarged, on_a_sheet

Answers = Callable[[Sequence[Pixels]], NDArray[np.intp]]


def closeness(one: Pixels, other: Pixels) -> float:
    """How alike two pictures are: 1 for the same, 0 for unrelated ones."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


@pytest.mark.parametrize("inverted", [False, True])
def test_mnist_itself_goes_through_unchanged(digits: Pixels, inverted: bool) -> None:
    """A 28x28 PNG of a digit of MNIST, light on black or inverted, comes out byte for byte."""
    for digit in digits[:400]:
        picture = Image.fromarray(255 - digit if inverted else digit)
        assert np.array_equal(read_image(encoded(picture)).pixels, digit)


@pytest.fixture(scope="session")
def answers() -> Answers:
    """What the bundled network reads in pictures."""
    network, _ = load_weights("bundled")

    def read(pictures: Sequence[Pixels]) -> NDArray[np.intp]:
        return network.predict(np.stack(pictures).reshape(-1, 784).astype(np.float32) / 255)

    return read


@pytest.mark.slow
@pytest.mark.parametrize("guise", GUISES)
def test_digits_read_as_well_in_any_guise(
    digits: Pixels, labels: Pixels, answers: Answers, guise: str
) -> None:
    """However it was saved, a digit of MNIST is read as the plain one is, and without doubts."""
    pictures = [read_image(GUISES[guise](digit)) for digit in digits]
    plain = (answers(list(digits)) == labels).mean()
    seen = (answers([picture.pixels for picture in pictures]) == labels).mean()
    assert seen >= plain - 0.01
    assert np.mean([bool(picture.doubts) for picture in pictures]) <= 0.01
    likeness = [
        closeness(picture.pixels, digit) for picture, digit in zip(pictures, digits, strict=True)
    ]
    assert np.median(likeness) > 0.93


def test_a_digit_is_boxed_and_centred(digits: Pixels) -> None:
    """The longer side becomes 20 pixels, and the centre of mass comes to index 14."""
    for digit in digits[:20]:
        pixels = read_image(on_a_sheet(digit)).pixels
        rows, columns = (np.flatnonzero(pixels.any(axis=axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
        for axis in (0, 1):
            mass = pixels.sum(axis=1 - axis)
            assert abs(mass @ np.arange(28) / mass.sum() - 14) <= 0.5


def test_polarity_can_be_forced() -> None:
    """Of a dark stroke down and a light one across, that of the polarity asked for is read."""
    both = np.full((100, 100), 120, np.uint8)
    both[20:80, 20:28] = 0
    both[20:28, 50:90] = 255
    data = encoded(Image.fromarray(both))
    assert np.argmax(np.ptp(np.nonzero(read_image(data, "dark").pixels), axis=1)) == 0
    assert np.argmax(np.ptp(np.nonzero(read_image(data, "light").pixels), axis=1)) == 1


def beside(*parts: Pixels) -> bytes:
    """Dark digits on one white sheet, from left to right."""
    sheet = np.full((300, 40 + 200 * len(parts)), 255, np.uint8)
    for number, part in enumerate(parts):
        left = 20 + 200 * number
        sheet[40:236, left : left + 196] = 255 - enlarged(part, 7)
    return encoded(Image.fromarray(sheet))


def test_a_number_is_read_digit_by_digit(digits: Pixels, answers: Answers) -> None:
    """read_digits gives every digit of a number, from left to right."""
    whole = digits[[3, 7, 21, 30]]
    found = [digit for digit in read_digits(beside(*whole)) if digit.place and digit.place.whole]
    assert answers([picture.pixels for picture in found]).tolist() == answers(list(whole)).tolist()
    assert all(picture.doubts == () for picture in found)


def test_ink_of_the_other_polarity_is_named() -> None:
    """Where the polarity asked for is not there, the message says which, and what to try."""
    blank = np.full((60, 60), 255, np.uint8)
    with pytest.raises(ImageError, match="no light ink in the picture; --polarity auto"):
        read_image(encoded(Image.fromarray(blank)), "light")


def test_more_than_one_digit_is_a_doubt(digits: Pixels) -> None:
    """A picture of two digits is read as one of them, with a doubt."""
    assert read_image(beside(digits[3], digits[7])).doubts == ("more than one digit",)
    assert read_image(beside(digits[3])).doubts == ()


def test_a_digit_cut_by_the_edge_is_a_doubt() -> None:
    """Where the edge runs through the ink, the picture is read with a doubt."""
    half = np.full((100, 80), 255, np.uint8)
    half[:50, 30:44] = 0
    assert read_image(encoded(Image.fromarray(half))).doubts == ("ink cut by the edge",)


def test_ink_like_noise_is_a_doubt() -> None:
    """Ink that hardly stands out of the noise of its ground is read with a doubt."""
    rng = np.random.default_rng(0)
    faint = rng.normal(200, 12, (200, 200))
    faint[40:160, 90:110] -= 60
    assert "low contrast" in read_image(encoded(Image.fromarray(faint.astype(np.uint8)))).doubts


@pytest.mark.slow
def test_doubts_are_rare_on_clean_digits(digits: Pixels) -> None:
    """At most one clean digit in a hundred is doubted: one that touches the edge."""
    doubted = sum(
        bool(read_image(encoded(Image.fromarray(255 - enlarged(digit, 4)))).doubts)
        for digit in digits[:400]
    )
    assert doubted <= 4


def test_raw_pictures_are_taken_as_they_are(digits: Pixels) -> None:
    """read_raw_image changes no value, and refuses any size but 28x28."""
    shifted = np.roll(digits[3], 3, axis=1)
    assert np.array_equal(read_raw_image(encoded(Image.fromarray(shifted))).pixels, shifted)
    with pytest.raises(ImageError, match="40x30"):
        read_raw_image(encoded(Image.new("L", (40, 30))))


def test_raw_greys_of_16_bits_keep_their_upper_half(digits: Pixels) -> None:
    """PNG, TIFF in either byte order and PNM of 16 bits come out as the 8 bits that matter."""
    deep = digits[3].astype(np.uint16) * 257
    big = deep.astype(">u2").tobytes()
    for data in (
        encoded(Image.fromarray(deep)),
        encoded(Image.fromarray(deep), "TIFF"),
        encoded(Image.frombytes("I;16B", (28, 28), big), "TIFF"),
        b"P5 28 28 65535\n" + big,
    ):
        assert np.array_equal(read_raw_image(data).pixels, digits[3])


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_raw_values_of_32_bits_are_refused(digits: Pixels, dtype: type[np.generic]) -> None:
    """What has no known range is refused, rather than taken for black."""
    with pytest.raises(ImageError, match="--raw takes 8- or 16-bit greys"):
        read_raw_image(encoded(Image.fromarray(digits[3].astype(dtype)), "TIFF"))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\0\0\0\x24ftypheic\0\0\0\0mif1heic", "a HEIC picture"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic", "a HEIC picture"),
        (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1", "an AVIF picture"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "an SVG drawing"),
        (
            b"\xef\xbb\xbf<?xml version='1.0'?>\r\n<!-- by hand -->\n<!DOCTYPE svg>\n<svg>",
            "an SVG drawing",
        ),
    ],
)
def test_what_is_nearly_a_picture_is_told_what_to_do(data: bytes, kind: str) -> None:
    """What phones and drawing programs make is called by its name, and to be exported."""
    with pytest.raises(ImageError) as refused:
        read_image(data)
    assert str(refused.value) == f"{kind}: export it as JPEG or PNG"


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\x20ftypisom\0\0\0\0mp42",
        b"<!DOCTYPE html><html><svg></svg></html>",
        b"<!" * 2**20,
    ],
)
def test_films_and_web_pages_are_not_taken_for_pictures(data: bytes) -> None:
    """What merely begins like those is of no known format, and seen to be at once."""
    with pytest.raises(ImageError, match="not a picture of a known format"):
        read_image(data)


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


@pytest.mark.slow
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
    for name, guise in GUISES.items():
        data = guise(digits[5])
        for position in rng.integers(0, len(data), 25):
            hit = bytearray(data)
            hit[position] ^= 0xFF
            for broken in (data[:position], bytes(hit)):
                with contextlib.suppress(ImageError):
                    assert read_image(broken).pixels.shape == (28, 28), name

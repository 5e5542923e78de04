"""Any picture of a digit to the 28x28 that MNIST would have made of it."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from scratchnet_cli.errors import ImageError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
POLARITIES = ("auto", "dark", "light")
MAX_PIXELS = 100_000_000
FIELD = 28
BOX = 20
# Measured on MNIST's test set: every digit's centre of mass rounds to this index.
CENTRE = 14

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Picture:
    """A digit as the network sees it. pixels: (28, 28) uint8, 0 background, 255 ink."""

    pixels: Pixels
    doubts: tuple[str, ...] = ()


def png(picture: Picture) -> bytes:
    """The picture as a PNG file, which ``read_raw_image`` reads back."""
    file = io.BytesIO()
    Image.fromarray(picture.pixels).save(file, "PNG")
    return file.getvalue()


def read_digits(data: bytes, polarity: str = "auto") -> list[Picture]:
    """Placeholder."""
    return [read_image(data, polarity)]


def read_image(data: bytes, polarity: str = "auto") -> Picture:
    """The digit in a picture file, fitted and centred as in MNIST.

    polarity: "dark" or "light" ink, or "auto" to tell by the border. A picture that is MNIST's
    already comes out as it went in.

    Raises:
        ImageError: the file is no picture of the known formats, or shows nothing.
    """
    grey = _decode(data)
    ink = grey if _ink_is_light(grey, polarity) else 255 - grey
    return Picture(ink if _is_mnist(ink) else _centre(_fit(_crop(ink))))


def read_raw_image(data: bytes) -> Picture:
    """The 28x28 picture in a file, its grey values untouched.

    Raises:
        ImageError: the file is no picture of the known formats, or is of another size.
    """
    grey = _decode(data)
    if grey.shape != (FIELD, FIELD):
        height, width = grey.shape
        raise ImageError(f"--raw takes 28x28 pictures, this one is {width}x{height}")
    return Picture(grey)


def _decode(data: bytes) -> Pixels:
    """Grey values, turned upright, with transparency on white."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise ImageError(f"{width}x{height} pixels are more than {MAX_PIXELS}")
                return _flatten(ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:
        known = " ".join(FORMATS)
        raise ImageError(f"not a picture of a known format ({known})") from error
    except (Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise ImageError("the picture is damaged or cut short") from error


def _flatten(image: Image.Image) -> Pixels:
    if image.mode.startswith("I"):
        return (np.asarray(image, np.int64) >> 8).clip(0, 255).astype(np.uint8)
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return np.asarray(image.convert("L"))


def _ink_is_light(grey: Pixels, polarity: str) -> bool:
    """Whether the ink is brighter than its ground; the border is taken to be ground."""
    if polarity != "auto":
        return polarity == "light"
    border = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1]))
    return bool(np.median(border) < 128)


def _is_mnist(ink: Pixels) -> bool:
    """Whether a picture has MNIST's size, box and centre, so that nothing is left to do."""
    if ink.shape != (FIELD, FIELD) or not ink.any():
        return False
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    longest = max(np.ptp(rows), np.ptp(columns)) + 1
    # Three of the 10,000 test images are one pixel short of the box.
    centred = all(_centre_of_mass(ink, axis) == CENTRE for axis in (0, 1))
    return centred and bool(BOX - 1 <= longest <= BOX)


def _crop(ink: Pixels) -> Pixels:
    """The rectangle that holds the ink.

    Raises:
        ImageError: there is none.
    """
    rows, columns = (np.flatnonzero(ink.max(axis=axis) > ink.max() // 8) for axis in (1, 0))
    if rows.size == 0 or ink.max() == ink.min():
        raise ImageError("the picture is blank")
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _fit(ink: Pixels) -> Pixels:
    """The ink scaled so that its longer side is 20 pixels."""
    scale = BOX / max(ink.shape)
    if scale == 1:
        return ink
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    return np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BOX))


def _centre(ink: Pixels) -> Pixels:
    """The ink on an empty field, moved by whole pixels until its centre of mass is at index 14."""
    field = np.zeros((FIELD, FIELD), np.uint8)
    place = []
    for axis, side in enumerate(ink.shape):
        place.append(min(max(CENTRE - _centre_of_mass(ink, axis), 0), FIELD - side))
    top, left = place
    field[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return field


def _centre_of_mass(ink: Pixels, axis: int) -> int:
    """The whole index along an axis that the ink's centre of mass is nearest to."""
    mass = ink.sum(axis=1 - axis, dtype=np.float64)
    return round(float(mass @ np.arange(ink.shape[axis])) / float(mass.sum()))

"""The bytes of a picture file to colours: opened by content, turned upright, on opaque ground."""

import io
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.grey import Colours, Pixels
from scratchnet_cli.images.load import opened
from scratchnet_cli.images.png import SMALL_GREY_PNG, unmarked

# Where a digit is looked for: finer pictures show no more of it, and cost time.
WORKING_SIDE = 400
# Of a page of numbers each digit is but a part.
PAGE_SIDE = 1000
# Strips, such as a long number, keep at least this height instead.
WORKING_SHORT_SIDE = 100
# But a strip of a hundred million pixels must not be worked on as it is.
WORKING_LONG_SIDE = 4000
# Opaque parts of one colour, whose channels vary no more than this, are ink, be it half of the
# picture; but not where they leave so little transparent.
ONE_COLOUR, SHEET = 0.1, 0.9
_ORIENTATION = 0x0112


@dataclass(frozen=True, eq=False)
class Scan:
    """A picture as it is worked on.

    pixels: (h, w) uint8 if it is grey, else (h, w, 3) uint8 or (h, w, 1 or 3) float32 in [0, 1].
    exact: whether it was not made smaller. scale: down and across, how many pixels of the file,
    turned upright, one of these stands for.
    """

    pixels: NDArray[Any]
    exact: bool = False
    scale: tuple[float, float] = (1.0, 1.0)

    @property
    def grey(self) -> Pixels | None:
        """(h, w) uint8: the values in the file, if they are such greys."""
        return np.asarray(self.pixels, np.uint8) if self.exact and self.pixels.ndim == 2 else None

    @property
    def colours(self) -> Colours:
        """(h, w, 1 or 3) float32 in [0, 1]."""
        pixels = self.pixels if self.pixels.ndim == 3 else self.pixels[:, :, None]
        return _unit(pixels) if pixels.dtype == np.uint8 else pixels


def decode(data: bytes, side: int = WORKING_SIDE) -> Scan:
    """The picture in a file, upright, its longer side no more than about ``side`` pixels.

    Transparency gets a ground on which the ink shows; greys of 16 and 32 bits are spread over
    their whole range.

    Raises:
        ImageError: the file is of none of the known formats, damaged or too large.
    """
    data = unmarked(data)
    if data.startswith(SMALL_GREY_PNG) and data[37:41] == b"IDAT":
        # The short way, for folders of thousands of such pictures.
        with suppress(Exception):
            picture = PngImageFile(io.BytesIO(data))
            pixels = picture.tobytes()
            if not picture.info:
                return Scan(np.frombuffer(pixels, np.uint8).reshape(28, 28), exact=True)
    with opened(data) as image:
        return _for_work(image, side)


def decode_as_stored(data: bytes, side: int) -> Pixels:
    """(side, side) uint8: the grey values of a picture as they are, transparency on white.

    Raises:
        ImageError: the file is of none of the known formats, damaged, or of another size, which is
            told before anything is decoded.
    """
    with opened(data) as image:
        width, height = image.size
        if (width, height) != (side, side):
            raise ImageError(f"--raw takes {side}x{side} pictures, this one is {width}x{height}")
        return _as_stored(image)


def _for_work(image: Image.Image, side: int) -> Scan:
    width, height = image.size
    outline = np.empty((height, width, 0))
    longer, shorter = max(width, height), min(width, height)
    strip = min(WORKING_SHORT_SIDE / shorter, WORKING_LONG_SIDE / longer)
    scale = max(side / longer, strip)
    size = (width, height)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image.draft(None, size)
    image.load()
    pixels, whole = _worked(image, size), upright(outline, image)
    scales = len(whole) / len(pixels), whole.shape[1] / pixels.shape[1]
    return Scan(pixels, scale >= 1, scales)


def _worked(image: Image.Image, size: tuple[int, int]) -> NDArray[Any]:
    """The pixels of a ``Scan``, width and height before they are turned upright given."""
    if image.mode[0] in "IF":
        return upright(_full_range(image, size), image)
    original = image
    if image.has_transparency_data:
        image = _in_mode(image, "RGBA")
        if image.getchannel("A").getextrema() != (255, 255):
            colours = _unit(_resized(image, size))
            return upright(_on_ground(colours), original)
    pixels = _resized(_in_mode(image, "L" if image.mode in ("1", "L") else "RGB"), size)
    pixels = upright(pixels, original)
    if pixels.ndim == 3 and (pixels == pixels[:, :, :1]).all():
        pixels = pixels[:, :, 0]
    return pixels


def upright(array: NDArray[Any], image: Image.Image) -> NDArray[Any]:
    """The array turned as the picture's EXIF orientation, 1 to 8, asks for."""
    orientation = 1
    # A picture whose EXIF is damaged can still be seen.
    with suppress(Exception):
        orientation = image.getexif().get(_ORIENTATION, 1)
    if orientation in (5, 6, 7, 8):
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return array


def _resized(image: Image.Image, size: tuple[int, int]) -> Pixels:
    if image.size != size:
        image = image.resize(size, Image.Resampling.BOX, reducing_gap=2)
    return np.asarray(image)


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    """The picture in another mode; Pillow would copy one that has the mode already."""
    return image if image.mode == mode else image.convert(mode)


def _unit(pixels: NDArray[Any]) -> Colours:
    return np.asarray(pixels, np.float32) / np.float32(255)


def _full_range(image: Image.Image, size: tuple[int, int]) -> Colours:
    """Grey of 16 or 32 bits, its darkest value 0 and its brightest 1."""
    if image.size != size:
        # First, for such greys take four bytes a pixel in Pillow and eight here.
        wide = image.convert("I") if image.mode.startswith("I;") else image
        image = wide.resize(size, Image.Resampling.BOX, reducing_gap=2)
    values = np.nan_to_num(np.asarray(image, np.float64))
    low, high = values.min(), values.max()
    return np.asarray(((values - low) / (high - low or 1))[:, :, None], np.float32)


def _on_ground(colours: Colours) -> Colours:
    """(h, w, 4) with transparency laid on the ground on which the ink shows.

    Raises:
        ImageError: all is transparent.
    """
    alpha = colours[:, :, 3:]
    visible = float(alpha.sum())
    if visible == 0:
        raise ImageError("the picture is blank")
    opaque = colours[alpha[:, :, 0] > 0.5][:, :3]
    share = len(opaque) / alpha.size
    if share > SHEET or (share > 0.5 and np.ptp(opaque, axis=0).max() > ONE_COLOUR):
        # A sheet with holes or round corners, which go on as its paper.
        ground = np.median(opaque, axis=0)
    else:
        mean = (colours[:, :, :3] * alpha).sum(axis=(0, 1)) / visible
        ground = np.full(3, float(mean.mean() < 0.5))
    return np.asarray(colours[:, :, :3] * alpha + ground * (1 - alpha), np.float32)


def _as_stored(image: Image.Image) -> Pixels:
    # Pillow calls greys of 16 bits "I;16" and, out of a PNM or in its older versions a PNG, "I".
    if image.mode == "F" or (image.mode == "I" and image.format == "TIFF"):
        raise ImageError("--raw takes 8- or 16-bit greys, this picture has 32 bits")
    if image.mode[0] == "I":
        grey = (np.asarray(image, np.int64) >> 8).clip(0, 255).astype(np.uint8)
    else:
        if image.has_transparency_data:
            white = Image.new("RGBA", image.size, "white")
            image_on_white = Image.alpha_composite(white, image.convert("RGBA"))
            grey = np.asarray(image_on_white.convert("L"))
        else:
            grey = np.asarray(image.convert("L"))
    return upright(grey, image)

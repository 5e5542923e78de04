"""The pixels of a picture file: upright, on an opaque background, and small enough to work on."""

from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.digit_image import SIDE_PIXELS, Pixels
from scratchnet_cli.images.grey import Colours
from scratchnet_cli.images.load import with_picture
from scratchnet_cli.images.png import GREY_PNG_START, read_grey_png

# The longer side of the picture after shrinking: more pixels take time and do not help.
DIGIT_LONG_SIDE_PIXELS, PAGE_LONG_SIDE_PIXELS = 400, 1000
# A strip, such as a long number, keeps this shorter side, unless its longer side exceeds this.
MIN_SHORT_SIDE_PIXELS, MAX_LONG_SIDE_PIXELS = 100, 4000
# Opaque pixels are ink, even in half of the picture, if their channels vary no more than the first
# figure. They are paper if they cover more than the second share of the picture.
MAX_INK_COLOUR_RANGE, MIN_OPAQUE_PAPER_RATIO = 0.1, 0.9
_ORIENTATION = 0x0112


class Scan(NamedTuple):
    """A decoded picture.

    pixels: (h, w) or (h, w, 3) uint8, or (h, w, 1 or 3) float32 in [0, 1]. grey: (h, w) uint8 as
    stored, or None if the picture has other pixels or was made smaller. scale: how many pixels of
    the stored picture, turned upright, each pixel covers, across and down.
    """

    pixels: NDArray[Any]
    grey: Pixels | None = None
    scale: tuple[float, float] = (1.0, 1.0)

    @property
    def colours(self) -> Colours:
        """(h, w, 1 or 3) float32 in [0, 1]."""
        pixels = self.pixels if self.pixels.ndim == 3 else self.pixels[:, :, None]
        return _to_unit(pixels) if pixels.dtype == np.uint8 else pixels


def decode(source: bytes | Image.Image, page: bool = False) -> Scan:
    """Return a picture, or the one in a file. page: whether its digits may be small."""
    if isinstance(source, bytes) and source.startswith(GREY_PNG_START):
        # Faster, for folders with thousands of such files.
        pixels = read_grey_png(source)
        if pixels is not None:
            return Scan(pixels, pixels)
    long_side = PAGE_LONG_SIDE_PIXELS if page else DIGIT_LONG_SIDE_PIXELS
    return with_picture(source, lambda image: _scan(image, long_side))


def decode_raw(source: bytes | Image.Image) -> Pixels:
    """Return the (28, 28) grey values of a picture as they are, transparency on white."""
    return with_picture(source, _raw_greys)


def upright(array: NDArray[Any], image: Image.Image) -> NDArray[Any]:
    """Return the array turned by the picture's EXIF orientation, 1 to 8."""
    orientation = 1
    # A picture whose EXIF is damaged is read as it is stored.
    with suppress(Exception):
        orientation = image.getexif().get(_ORIENTATION, 1)
    if orientation in (5, 6, 7, 8):
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return array


def _require_mnist_size(image: Image.Image) -> None:
    if image.size != (SIDE_PIXELS, SIDE_PIXELS):
        raise ImageError(
            f"{image.width}x{image.height} pixels, expected {SIDE_PIXELS}x{SIDE_PIXELS} for --raw; "
            "leave out --raw"
        )


def _raw_greys(image: Image.Image) -> Pixels:
    # Checked before anything is decoded, and after: a HEIC picture may state another size.
    _require_mnist_size(image)
    image.load()
    _require_mnist_size(image)
    # Pillow calls 16-bit greys "I;16", or "I" if they come from a PNM or an old Pillow's PNG.
    if image.mode == "F" or (image.mode == "I" and image.format == "TIFF"):
        raise ImageError("32-bit greys, expected 8 or 16 bits for --raw; leave out --raw")
    if image.mode[0] == "I":
        grey = (np.asarray(image, np.int64) >> 8).clip(0, 255).astype(np.uint8)
        return upright(grey, image)
    opaque = image
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        opaque = Image.alpha_composite(white, image.convert("RGBA"))
    return upright(np.asarray(opaque.convert("L")), image)


def _scan(image: Image.Image, long_side: int) -> Scan:
    width, height = image.size
    outline = np.empty((height, width, 0))
    longer, shorter = max(width, height), min(width, height)
    strip_scale = min(MIN_SHORT_SIDE_PIXELS / shorter, MAX_LONG_SIDE_PIXELS / longer)
    scale = max(long_side / longer, strip_scale)
    size = (width, height)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        # A JPEG can be decoded at a fraction of its size.
        image.draft(None, size)
    image.load()
    pixels, whole = upright(_pixels(image, size), image), upright(outline, image)
    if pixels.dtype == np.uint8 and pixels.ndim == 3 and (pixels == pixels[:, :, :1]).all():
        pixels = pixels[:, :, 0]
    grey = pixels if scale >= 1 and pixels.ndim == 2 else None
    return Scan(pixels, grey, (whole.shape[1] / pixels.shape[1], len(whole) / len(pixels)))


def _pixels(image: Image.Image, size: tuple[int, int]) -> NDArray[Any]:
    """Return the pixels, (h, w) or (h, w, 3) uint8 or (h, w, 1 or 3) float32, not yet upright."""
    if image.mode[0] in "IF":
        return _full_range(image, size)
    if image.has_transparency_data:
        image = _in_mode(image, "RGBA")
        if image.getchannel("A").getextrema() != (255, 255):
            return _opaque(_to_unit(_resized(image, size)))
    return _resized(_in_mode(image, "L" if image.mode in ("1", "L") else "RGB"), size)


def _resized(image: Image.Image, size: tuple[int, int]) -> Pixels:
    if image.size != size:
        image = image.resize(size, Image.Resampling.BOX, reducing_gap=2)
    return np.asarray(image)


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    # Pillow would copy a picture that has the mode already.
    return image if image.mode == mode else image.convert(mode)


def _to_unit(pixels: NDArray[Any]) -> Colours:
    return np.asarray(pixels, np.float32) / np.float32(255)


def _full_range(image: Image.Image, size: tuple[int, int]) -> Colours:
    """Return (h, w, 1) greys of 16 or 32 bits with 0 for the darkest and 1 for the brightest."""
    if image.size != size:
        # Resizing comes first because such greys take four bytes a pixel in Pillow, eight here.
        wide = image.convert("I") if image.mode.startswith("I;") else image
        image = wide.resize(size, Image.Resampling.BOX, reducing_gap=2)
    values = np.asarray(image, np.float64)
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if finite.size else (0, 0)
    values = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
    return np.asarray(((values - low) / (high - low or 1))[:, :, None], np.float32)


def _opaque(colours: Colours) -> Colours:
    """Return (h, w, 4) colours as (h, w, 3), on a background on which the ink shows."""
    alpha = colours[:, :, 3:]
    visible = float(alpha.sum())
    if visible == 0:
        raise ImageError("the picture is transparent everywhere; export it with a background")
    opaque = colours[alpha[:, :, 0] > 0.5][:, :3]
    share = len(opaque) / alpha.size
    many_colours = share > 0.5 and np.ptp(opaque, axis=0).max() > MAX_INK_COLOUR_RANGE
    if share > MIN_OPAQUE_PAPER_RATIO or many_colours:
        # A sheet with holes or round corners: the background gets the colour of its paper.
        background = np.median(opaque, axis=0)
    else:
        mean = (colours[:, :, :3] * alpha).sum(axis=(0, 1)) / visible
        background = np.full(3, float(mean.mean() < 0.5))
    return np.asarray(colours[:, :, :3] * alpha + background * (1 - alpha), np.float32)

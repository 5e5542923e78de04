"""Picture files opened by their content: known formats only, within limits of memory and time."""

import io
import logging
import re
import warnings
from collections.abc import Callable
from importlib import import_module
from math import prod
from typing import Any, TypeVar

from PIL import Image

from scratchnet_cli.errors import ImageError

# The first bytes of each known format, and Pillow's module and class for it. Only the module of
# the file's own format is imported.
SIGNATURES = (
    (rb"\x89PNG\r\n\x1a\n", "PngImagePlugin", "PngImageFile"),
    (rb"\xff\xd8\xff", "JpegImagePlugin", "JpegImageFile"),
    (rb"BM", "BmpImagePlugin", "BmpImageFile"),
    (rb"GIF8", "GifImagePlugin", "GifImageFile"),
    (rb"RIFF....WEBP", "WebPImagePlugin", "WebPImageFile"),
    (rb"II\*\x00|MM\x00\*", "TiffImagePlugin", "TiffImageFile"),
    (rb"P[1-6]\s", "PpmImagePlugin", "PpmImageFile"),
)
KNOWN_FORMATS = "PNG JPEG BMP GIF WEBP TIFF PNM"
# Formats that people take for a picture of a known format. In an SVG, declarations and comments
# may come first.
UNKNOWN_FORMATS = (
    (rb"....ftyp(hei|hev|mif1|msf1)", "a HEIC picture"),
    (rb"....ftypavi", "an AVIF picture"),
    (rb"%PDF-", "a PDF document"),
    (rb"(\xef\xbb\xbf)?\s*(<[?!][^<]*)*<svg\b", "an SVG drawing"),
)
UNKNOWN_FORMAT_BYTES = 2000
# The start of a CSV file of pixels, such as Kaggle's: a heading, or very many numbers.
_PIXEL_ROWS = rb'(\xef\xbb\xbf)?("?(label"?,|pixel)|\d{1,3}(,\d{1,3}){99})'
OUT_OF_MEMORY_MESSAGE = (
    "there is not enough memory for this picture; save it smaller, or allow more"
)

MAX_PIXELS = 100_000_000
MAX_MEMORY_BYTES = 1_250_000_000
# Memory per pixel: the decoded picture and its copies in other modes. To blend transparency into
# a picture of colours takes one more copy. WebP is decoded as an animation: four pictures of four
# bytes a pixel.
BYTES_PER_PIXEL, BYTES_PER_TRANSPARENT_PIXEL, BYTES_PER_WEBP_PIXEL = 9.5, 13, 17
# Pillow decodes run-length BMPs (compression 1 and 2) in Python, byte by byte.
MAX_RUN_LENGTH_PIXELS = 10_000_000
# It decodes PNMs in Python, value by value, if they are text or their white is not 255 or 65535.
MAX_PNM_VALUES = 6_000_000
# Each scan of a JPEG visits all pixels again. Cameras and programs write ten, or 18 for CMYK.
MAX_SCANNED_PIXELS = 2_000_000_000
_START_OF_SCAN = b"\xff\xda"
_TIFF_BITS, _TIFF_TILE_WIDTH, _TIFF_TILE_HEIGHT = 258, 322, 323

# Without a handler, Python prints on stderr what Pillow logs about a damaged file.
logging.getLogger("PIL").addHandler(logging.NullHandler())
# The same for its warnings.
warnings.filterwarnings("ignore", module=r"PIL\.")

Result = TypeVar("Result")


def with_picture(data: bytes, read: Callable[[Image.Image], Result]) -> Result:
    """Return ``read(image)`` for the picture in a file; what Pillow raises becomes ``ImageError``.

    A context manager, if written as a generator, would be in a reference cycle with the error
    (since Python 3.12), and its picture would stay in memory until garbage is collected.
    """
    plugin = _plugin(data)
    try:
        with plugin(io.BytesIO(data)) as image:
            check_limits(image, data)
            return read(image)
    except ImageError:
        raise
    except MemoryError as error:
        raise ImageError(OUT_OF_MEMORY_MESSAGE) from error
    except Exception as error:  # Pillow raises nearly every type on damaged files.
        raise ImageError("the picture is damaged or cut short") from error


def _plugin(data: bytes) -> Any:
    """Return Pillow's class for the format of a file."""
    for signature, module, name in SIGNATURES:
        if re.match(signature, data, re.DOTALL):
            return getattr(import_module(f"PIL.{module}"), name)
    if not data:
        raise ImageError("the file is empty")
    for pattern, name in UNKNOWN_FORMATS:
        if re.match(pattern, data[:UNKNOWN_FORMAT_BYTES], re.DOTALL):
            raise ImageError(f"{name}: export it as JPEG or PNG")
    if re.match(_PIXEL_ROWS, data):
        raise ImageError(
            "rows of pixels, not a picture; with labels, `scratchnet eval --dataset FILE` reads "
            "them; without, Python: load_weights('bundled').network.predict(numpy.loadtxt(FILE, "
            f"delimiter=',', skiprows={int(not data[:1].isdigit())}) / 255)"
        )
    raise ImageError(f"not a picture of a known format ({KNOWN_FORMATS})")


def check_limits(image: Image.Image, data: bytes) -> None:
    """Raise ``ImageError`` if decoding a picture would take too much memory or time."""
    width, height = image.size
    pixels = width * height
    most = MAX_PIXELS
    if image.info.get("compression") in (1, 2):
        most = MAX_RUN_LENGTH_PIXELS
    elif _codec(image) in ("ppm", "ppm_plain"):
        most = MAX_PNM_VALUES // len(image.getbands())
    if pixels > most:
        raise ImageError(f"{width}x{height} pixels are more than {most}")
    scans = data.count(_START_OF_SCAN) if image.format == "JPEG" else 0
    if scans * pixels > MAX_SCANNED_PIXELS:
        raise ImageError(f"its pixels come in {scans} scans, more than a JPEG of this size needs")
    memory = needed_memory(image, data)
    if memory > MAX_MEMORY_BYTES:
        raise ImageError(
            f"{width}x{height} pixels in this form ({image.format}, {image.mode}) would take "
            f"{memory / 1e9:.2f} GB, the most is {MAX_MEMORY_BYTES / 1e9}; save it smaller"
        )


def needed_memory(image: Any, data: bytes) -> float:
    """Return how many bytes it takes at most to read a picture, its file included."""
    pixels: int = image.width * image.height
    if image.format == "WEBP":
        return pixels * BYTES_PER_WEBP_PIXEL + 2 * len(data)
    needed: float = BYTES_PER_PIXEL
    if image.has_transparency_data and image.mode not in ("RGBA", "P", "L"):
        needed = BYTES_PER_TRANSPARENT_PIXEL
    if image.format == "TIFF":
        # A tile is unpacked as a whole, even if it is larger than the picture.
        tile = (int(image.tag_v2.get(tag, 0)) for tag in (_TIFF_TILE_WIDTH, _TIFF_TILE_HEIGHT))
        pixels = max(pixels, prod(tile))
    if _codec(image) != "libtiff":
        return pixels * needed + len(data)
    # A strip or tile, which may be the whole picture, is unpacked beside the picture.
    strip: float = 4.5 + sum(image.tag_v2.get(_TIFF_BITS, (1,))) / 8
    return pixels * max(needed, strip) + 2 * len(data)


def _codec(image: Any) -> str:
    return image.tile[0][0] if image.tile else ""

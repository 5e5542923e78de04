"""A picture file, opened by its content: known formats only, and nothing too large to work on."""

import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import Lock
from typing import Any

from PIL import Image

from scratchnet_cli.errors import ImageError

# How files of the allowed formats begin, and Pillow's class for each. Only that one is imported.
SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PngImagePlugin", "PngImageFile"),
    (b"\xff\xd8\xff", "JpegImagePlugin", "JpegImageFile"),
    (b"BM", "BmpImagePlugin", "BmpImageFile"),
    (b"GIF8", "GifImagePlugin", "GifImageFile"),
    (b"RIFF", "WebPImagePlugin", "WebPImageFile"),
    (b"II*\x00", "TiffImagePlugin", "TiffImageFile"),
    (b"MM\x00*", "TiffImagePlugin", "TiffImageFile"),
    *((b"P%d" % kind, "PpmImagePlugin", "PpmImageFile") for kind in range(1, 7)),
)
# Files that people take for pictures of a known format, or that hold one; and what they are.
# In an SVG, declarations and comments may come first.
FOREIGN: tuple[tuple[bytes, str], ...] = (
    (rb"....ftyp(hei|hev|mif1|msf1)", "a HEIC picture"),
    (rb"....ftypavi", "an AVIF picture"),
    (rb"%PDF-", "a PDF document"),
    (rb"(\xef\xbb\xbf)?\s*(<[?!][^<]*)*<svg\b", "an SVG drawing"),
)
FOREIGN_BYTES = 2000
NO_MEMORY = "there is not enough memory for this picture; save it smaller, or allow more"
KNOWN = "PNG JPEG BMP GIF WEBP TIFF PNM"

# What Pillow logs of a damaged file would otherwise go to stderr.
logging.getLogger("PIL").addHandler(logging.NullHandler())


class _NoWarnings:
    """Ignores warnings as long as any thread is in here.

    ``catch_warnings`` is for one thread at a time: where two overlap, the first to leave takes it
    from the other, and the last brings back what the first had set.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._caught = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.simplefilter("ignore")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._caught.__exit__(None, None, None)


_no_warnings = _NoWarnings()


@contextmanager
def opened(data: bytes) -> Iterator[Image.Image]:
    """The picture in a file; whatever Pillow raises while it is used is told as damage.

    Raises:
        ImageError: the file is of none of the known formats, damaged or too large.
    """
    plugin = _plugin(data)
    try:
        with _no_warnings, plugin(io.BytesIO(data)) as image:
            check_size(image, data)
            yield image
    except ImageError:
        raise
    except MemoryError as error:
        raise ImageError(NO_MEMORY) from error
    except Exception as error:  # Pillow's plugins raise nearly everything on damaged files
        raise ImageError("the picture is damaged or cut short") from error


def _plugin(data: bytes) -> Any:
    """Pillow's class for the format of a file.

    Raises:
        ImageError: it is of none of the known formats.
    """
    for signature, module, name in SIGNATURES:
        if data.startswith(signature):
            return getattr(import_module(f"PIL.{module}"), name)
    if not data:
        raise ImageError("the file is empty")
    for pattern, name in FOREIGN:
        if re.match(pattern, data[:FOREIGN_BYTES], re.DOTALL):
            raise ImageError(f"{name}: export it as JPEG or PNG")
    raise ImageError(f"not a picture of a known format ({KNOWN})")


MAX_PIXELS = 100_000_000
MAX_MEMORY = 1_250_000_000
# At most so many bytes a pixel are in memory at once: the decoded picture and its copies in other
# modes. Where transparency has to be put into a picture of colours, there is one copy more.
BYTES, BYTES_WITH_COPY = 9.5, 13
# WebP is decoded as an animation: four pictures of four bytes a pixel.
BYTES_OF_WEBP = 17
# A BMP of runs (compression 1 and 2) is unpacked by Pillow in Python, byte by byte.
MAX_PIXELS_IN_RUNS = 10_000_000
# So is a PNM of text, or with another white than 255 and 65535, more slowly: value by value.
MAX_VALUES_IN_PYTHON = 6_000_000
# Each scan of a JPEG visits all its pixels again. Cameras and programs write ten or, of CMYK, 18.
MAX_SCANNED_PIXELS = 2_000_000_000
_START_OF_SCAN = b"\xff\xda"
_BITS, _TILE_WIDTH, _TILE_HEIGHT = 258, 322, 323


def check_size(image: Image.Image, data: bytes) -> None:
    """Refuse a picture that would take too much memory or time. data: its file.

    Raises:
        ImageError: it would.
    """
    width, height = image.size
    pixels = width * height
    most = MAX_PIXELS
    if image.info.get("compression") in (1, 2):
        most = MAX_PIXELS_IN_RUNS
    elif _codec(image) in ("ppm", "ppm_plain"):
        most = MAX_VALUES_IN_PYTHON // len(image.getbands())
    if pixels > most:
        raise ImageError(f"{width}x{height} pixels are more than {most}")
    if image.format == "JPEG":
        _check_scans(data, pixels)
    memory = memory_of(image, data)
    if memory > MAX_MEMORY:
        raise ImageError(
            f"{width}x{height} pixels in this form ({image.format}, {image.mode}) would take "
            f"{memory / 1e9:.2f} GB, the most is {MAX_MEMORY / 1e9}; save it smaller"
        )


def memory_of(image: Image.Image, data: bytes) -> float:
    """How many bytes reading a picture takes at most, its file included."""
    width, height = image.size
    pixels = width * height
    if image.format == "TIFF":
        pixels = max(pixels, _tile(image))
    copies = 2 if image.format == "WEBP" or _codec(image) == "libtiff" else 1
    return pixels * _bytes_a_pixel(image) + copies * len(data)


def _codec(image: Any) -> str:
    return image.tile[0][0] if image.tile else ""


def _bytes_a_pixel(image: Any) -> float:
    if image.format == "WEBP":
        return BYTES_OF_WEBP
    needed = BYTES
    if image.has_transparency_data and image.mode not in ("RGBA", "P", "L"):
        needed = BYTES_WITH_COPY
    if _codec(image) == "libtiff":
        # A strip or tile, which may be the whole picture, is unpacked beside the picture.
        bits = image.tag_v2.get(_BITS, (1,))
        needed = max(needed, 4.5 + sum(bits) / 8)
    return needed


def _tile(image: Any) -> int:
    """The pixels of one of its tiles, which is unpacked as a whole; 0 if there are none."""
    return int(image.tag_v2.get(_TILE_WIDTH, 0)) * int(image.tag_v2.get(_TILE_HEIGHT, 0))


def _check_scans(data: bytes, pixels: int) -> None:
    scans = data.count(_START_OF_SCAN)
    if scans * pixels > MAX_SCANNED_PIXELS:
        raise ImageError(f"its pixels come in {scans} scans, more than a JPEG of this size needs")

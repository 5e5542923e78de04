"""Picture files opened by their content: known formats only, within limits of memory and time."""

import io
import logging
import re
import warnings
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from math import prod
from typing import Any, Literal, TypeVar

from PIL import Image

from scratchnet_cli.errors import ImageError
from scratchnet_cli.system.folders import SIGNATURES

KNOWN_FORMATS = "PNG JPEG BMP GIF WEBP TIFF PNM AVIF HEIC"
# Formats that people take for a picture of a known format, and what to do. In an SVG, declarations
# and comments may come first.
UNKNOWN_FORMATS = (
    (rb"....ftypavis", "an animated AVIF picture; export it as JPEG or PNG"),
    (rb"%PDF-", "a PDF document; export it as JPEG or PNG"),
    (rb"(\xef\xbb\xbf)?\s*(<[?!][^<]*)*<svg\b", "an SVG drawing; export it as JPEG or PNG"),
    (rb"\x1f\x8b", "compressed by gzip; unpack it first, with gunzip"),
    (rb"\s*data:[\w/+.-]*[;,]", "a data URL; decode what follows its comma, as base64 -d does"),
)
# The start of a CSV file of pixels, such as Kaggle's: a heading, or 100 numbers.
_PIXEL_ROWS = rb'(\xef\xbb\xbf)?("?(label"?[,;]|pixel)|\d{1,3}([,;]\d{1,3}){99})'
# Formats that some installations cannot read, by the module that is missing.
UNSUPPORTED = {
    "PIL.WebPImagePlugin": "a WebP picture; export it as JPEG or PNG",
    "PIL.AvifImagePlugin": "an AVIF picture; export it as JPEG or PNG",
    "pillow_heif": 'a HEIC picture; run python -m pip install ".[heic]", or export it as JPEG',
}
OUT_OF_MEMORY_MESSAGE = "not enough memory for this picture; save it smaller, or allow more"

MAX_PIXELS = 100_000_000
MAX_HEIF_BYTES = 64 * 2**20
MAX_MEMORY_BYTES = 1_250_000_000
# Memory per pixel: the decoded picture and its copies in other modes. Transparency in colours
# takes one more copy. WebP is decoded as an animation: four pictures of four bytes a pixel.
BYTES_PER_PIXEL, BYTES_PER_TRANSPARENT_PIXEL, BYTES_PER_WEBP_PIXEL = 9.5, 13, 17
# Pillow decodes run-length BMPs (compression 1 and 2) in Python, byte by byte.
MAX_RUN_LENGTH_PIXELS = 10_000_000
# It decodes PNMs in Python, value by value, if they are text or their white is not 255 or 65535.
MAX_PNM_VALUES = 6_000_000
# Each scan of a JPEG visits all pixels again. Cameras and programs write ten, or 18 for CMYK.
MAX_SCANNED_PIXELS = 2_000_000_000
# A damaged TIFF may have a circle of pages.
MAX_PAGES = 10_000
_START_OF_SCAN = b"\xff\xda"
_TIFF_BITS, _TIFF_TILE_WIDTH, _TIFF_TILE_HEIGHT = 258, 322, 323

# Without a handler, Python prints on stderr what Pillow logs about a damaged file.
logging.getLogger("PIL").addHandler(logging.NullHandler())
# The same for its warnings.
warnings.filterwarnings("ignore", module=r"PIL\.")

T = TypeVar("T")


def with_picture(source: bytes | Image.Image, read: Callable[[Image.Image], T]) -> T:
    """Return ``read(image)`` for the picture in a file, or a copy of a picture.

    What Pillow raises becomes ``ImageError``.

    Not a context manager: since Python 3.12 a generator is in a reference cycle with its error,
    and the picture would stay in memory until garbage is collected.
    """
    plugin: Any = _plugin(source) if isinstance(source, bytes) else None
    try:
        if isinstance(source, Image.Image):
            check_limits(source, b"")
            # Reading changes a picture.
            return read(source.copy())
        with plugin(io.BytesIO(source)) as image:
            check_limits(image, source)
            return read(image)
    except ImageError:
        raise
    except MemoryError as error:
        raise ImageError(OUT_OF_MEMORY_MESSAGE) from error
    except Exception as error:  # Pillow raises nearly every type on damaged files.
        raise ImageError("the picture is damaged or cut short; save or copy it again") from error


def _plugin(data: bytes) -> Any:
    """Return Pillow's class for the format of a file, or raise if it cannot be decoded here."""
    for signature, module, name in SIGNATURES:
        if re.match(signature, data, re.DOTALL):
            if name in ("AvifImageFile", "HeifImageFile") and len(data) > MAX_HEIF_BYTES:
                raise ImageError(
                    f"{len(data)} bytes of HEIC or AVIF, the maximum is {MAX_HEIF_BYTES}; "
                    "export it as JPEG or PNG"
                )
            with suppress(ImportError):
                plugin = import_module(module)
                if getattr(plugin, "SUPPORTED", True):
                    return getattr(plugin, name)
            raise ImageError(UNSUPPORTED[module])
    if not data:
        raise ImageError("the file is empty; save or copy it again")
    # Imported here because readable pictures do not need it.
    from scratchnet_cli.weights.other_formats import PLACEHOLDERS, advice_for

    if advice := advice_for(data, (*UNKNOWN_FORMATS, *PLACEHOLDERS)):
        raise ImageError(advice)
    if re.match(_PIXEL_ROWS, data):
        separator = ";" if b";" in data else ","
        raise ImageError(
            "rows of pixels, not a picture; with labels, use `scratchnet eval --dataset FILE`; "
            "without, Python: load_weights('bundled').network.predict(numpy.loadtxt(FILE, "
            f"delimiter={separator!r}, skiprows={int(not data[:1].isdigit())}) / 255)"
        )
    raise ImageError(f"not a picture of a known format ({KNOWN_FORMATS}); export it as PNG")


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
        raise ImageError(
            f"{width}x{height} pixels, the maximum is {most / 1e6:g} million; save it smaller"
        )
    scans = data.count(_START_OF_SCAN) if image.format == "JPEG" else 0
    if scans * pixels > MAX_SCANNED_PIXELS:
        raise ImageError(f"a JPEG of {scans} scans, more than it needs; save it again")
    memory = needed_memory(image, data)
    if memory > MAX_MEMORY_BYTES:
        raise ImageError(
            f"{width}x{height} pixels ({image.format}, {image.mode}) take "
            f"{memory / 1e9:.2f} GB, the maximum is {MAX_MEMORY_BYTES / 1e9}; save it smaller"
        )


def needed_memory(image: Any, data: bytes) -> float:
    """Return how many bytes it takes at most to read a picture, its file included."""
    pixels: int = image.width * image.height
    if image.format == "WEBP":
        return pixels * BYTES_PER_WEBP_PIXEL + 2 * len(data)
    if image.format in ("AVIF", "HEIF") and data:
        from scratchnet_cli.images import heif

        return heif.needed_memory(image, data)
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


def count_pages(data: bytes) -> int:
    """Return the number of pages or frames in an undamaged file, at most about ``MAX_PAGES``."""
    if data.startswith(b"GIF8"):
        return _count_gif_frames(data)
    if data.startswith(b"RIFF"):
        return data.count(b"ANMF")
    if (at := data.find(b"acTL", 0, 1000)) > 0:
        return int.from_bytes(data[at + 4 : at + 8])
    if not data.startswith((b"II*\0", b"MM\0*")):
        return 1
    order: Literal["little", "big"] = "little" if data.startswith(b"I") else "big"
    pages = 0
    at = int.from_bytes(data[4:8], order)
    # Each directory ends with the place of the next, or 0.
    while 0 < at < len(data) and pages < MAX_PAGES:
        pages += 1
        at += 2 + 12 * int.from_bytes(data[at : at + 2], order)
        at = int.from_bytes(data[at : at + 4], order)
    return pages


def _codec(image: Any) -> str:
    # A picture in memory has no tiles.
    tiles = getattr(image, "tile", None)
    return tiles[0][0] if tiles else ""


def _count_gif_frames(data: bytes) -> int:
    def palette(flags: int) -> int:
        return 3 << (flags & 7) + 1 if flags & 128 else 0

    frames = 0
    at = 13 + palette(data[10])
    # Images and extensions; each ends with blocks, the last of which is empty.
    while at + 10 < len(data) and data[at] in b",!" and frames < MAX_PAGES:
        if data[at] == ord(","):
            frames += 1
            at += 11 + palette(data[at + 9])
        else:
            at += 2
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    return frames

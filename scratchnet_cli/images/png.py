"""The 28x28 grey PNG files that scratchnet writes and marks, and a fast way to read them."""

import io
import struct
import zlib
from contextlib import suppress

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from scratchnet_cli.images.digit_image import SIDE_PIXELS, Pixels
from scratchnet_cli.system.files import PNG_MARKER as _TEXT

_HEADER = b"IHDR" + struct.pack(">2I5B", SIDE_PIXELS, SIDE_PIXELS, 8, 0, 0, 0, 0)
# A chunk is its length, its name and data, and their checksum.
_MARK = struct.pack(">I", len(_TEXT) - 4) + _TEXT + struct.pack(">I", zlib.crc32(_TEXT))
GREY_PNG_START = b"\x89PNG\r\n\x1a\n\0\0\0\x0d" + _HEADER + struct.pack(">I", zlib.crc32(_HEADER))
"""How each PNG of 28x28 grey pixels of 8 bits begins."""
MARKED_PNG_START = GREY_PNG_START + _MARK
"""How the PNGs begin that scratchnet wrote."""


def png(pixels: Pixels) -> bytes:
    """Return (28, 28) uint8 pixels as a marked PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return MARKED_PNG_START + file.getvalue().removeprefix(GREY_PNG_START)


def read_grey_png(data: bytes) -> Pixels | None:
    """Return the (28, 28) pixels of a file with only the mark and the pixels, else None."""
    if data.startswith(MARKED_PNG_START):
        data = GREY_PNG_START + data[len(MARKED_PNG_START) :]
    start = len(GREY_PNG_START) + 4
    if data[start : start + 4] == b"IDAT":
        with suppress(Exception):
            image = PngImageFile(io.BytesIO(data))
            pixels = image.tobytes()
            if not image.info:
                return np.frombuffer(pixels, np.uint8).reshape(SIDE_PIXELS, SIDE_PIXELS)
    return None

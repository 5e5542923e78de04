"""The program's own pictures: grey PNGs that bear its mark, so that it knows them again."""

import io
import struct
import zlib

from PIL import Image

from scratchnet_cli.images.grey import Pixels


def _chunk(name_and_data: bytes) -> bytes:
    length = struct.pack(">I", len(name_and_data) - 4)
    return length + name_and_data + struct.pack(">I", zlib.crc32(name_and_data))


_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# 28x28 pixels of grey in 8 bits, as they are most often stored.
SMALL_GREY_PNG = _SIGNATURE + _chunk(b"IHDR" + struct.pack(">2I5B", 28, 28, 8, 0, 0, 0, 0))
_MARK = _chunk(b"tEXtSoftware\0scratchnet")
# How the pictures that the program has written begin.
OUR_PNG = SMALL_GREY_PNG + _MARK


def png(pixels: Pixels) -> bytes:
    """Grey values (28, 28) uint8 as a PNG file that bears the mark."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    data = file.getvalue()
    return data[: len(SMALL_GREY_PNG)] + _MARK + data[len(SMALL_GREY_PNG) :]


def unmarked(data: bytes) -> bytes:
    """The same file without the mark."""
    return SMALL_GREY_PNG + data[len(OUR_PNG) :] if data.startswith(OUR_PNG) else data

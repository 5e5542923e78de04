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
from scratchnet_cli.images.limits import check_size

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

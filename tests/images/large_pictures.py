"""Large pictures that pack into small files, and how much memory each takes to read.

``python -m tests.images.large_pictures SIDE`` prints it as an object of objects: bytes at most,
beyond the file, of each kind of picture and each way to read it; and the estimate of the limits.
"""

import io
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.load import needed_memory, with_picture
from scratchnet_cli.images.read import read_digits, read_image
from scratchnet_cli.reports.data_uris import thumbnail

ONE_STRIP = {"compression": "tiff_adobe_deflate", "strip_size": 2**31 - 1}
# Each kind by name: the mode of its pixels, the format, and how it is saved.
KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "png grey": ("L", "PNG", {}),
    "png grey, one of them transparent": ("L", "PNG", {"transparency": 7}),
    "png palette, transparent": ("P", "PNG", {"transparency": 0}),
    "png grey and alpha": ("LA", "PNG", {}),
    "png colours": ("RGB", "PNG", {}),
    "png colours, one of them transparent": ("RGB", "PNG", {"transparency": (255, 255, 255)}),
    "png colours and alpha": ("RGBA", "PNG", {}),
    "png 16 bit": ("I;16", "PNG", {}),
    "jpeg": ("RGB", "JPEG", {}),
    "jpeg, progressive": ("RGB", "JPEG", {"progressive": True, "subsampling": 0}),
    "jpeg of ink, progressive": ("CMYK", "JPEG", {"progressive": True}),
    "bmp": ("RGB", "BMP", {}),
    "gif, transparent": ("P", "GIF", {"transparency": 0}),
    "webp": ("RGB", "WEBP", {"method": 0}),
    "webp and alpha": ("RGBA", "WEBP", {"method": 0, "lossless": True, "quality": 0}),
    "tiff colours, one strip": ("RGB", "TIFF", ONE_STRIP),
    "tiff colours and alpha, one strip": ("RGBA", "TIFF", ONE_STRIP),
    "tiff of ink, one strip": ("CMYK", "TIFF", ONE_STRIP),
    "tiff grey and alpha": ("LA", "TIFF", {}),
    "tiff 32 bit": ("I", "TIFF", ONE_STRIP),
    "tiff floats, one strip": ("F", "TIFF", ONE_STRIP),
    "pnm 16 bit": ("I", "PPM", {}),
    "avif": ("RGB", "AVIF", {"speed": 10, "subsampling": "4:4:4"}),
    "avif and alpha": ("RGBA", "AVIF", {"speed": 10}),
}
with suppress(ImportError):
    import pillow_heif

    pillow_heif.register_heif_opener()
    KINDS |= {"heic": ("RGB", "HEIF", {}), "heic and alpha": ("RGBA", "HEIF", {})}
READERS: dict[str, Callable[[bytes], object]] = {
    "read": read_image,
    "--raw": lambda data: read_digits(data, raw=True),
    "--report": lambda data: thumbnail(data, 112),
}


def large(kind: str, side: int) -> bytes:
    """Return a picture of a stroke on paper that is half transparent, if the mode can be."""
    mode, form, options = KINDS[kind]
    grey = np.full((side, side), 255, np.uint8)
    grey[side // 4 : side * 3 // 4, side // 2 - side // 40 : side // 2 + side // 40] = 10
    image = Image.fromarray(grey)
    if mode in ("I", "F", "I;16"):
        image = Image.fromarray(grey.astype({"I": "i4", "F": "f4", "I;16": "u2"}[mode]) * 200)
    elif mode in ("LA", "RGBA"):
        image = Image.merge(mode, [image] * (len(mode) - 1) + [Image.fromarray(255 - grey // 2)])
    else:
        image = image.convert(mode)
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def main(side: int) -> None:
    """Measure each kind in this process."""
    table: dict[str, dict[str, int]] = {}
    for kind in KINDS:
        data = large(kind, side)
        limit = with_picture(data, partial(needed_memory, data=data)) - len(data)
        table[kind] = {"limit": round(limit)}
        for name, read in READERS.items():
            # Linux then forgets the highest peak so far.
            Path("/proc/self/clear_refs").write_text("5")
            before = _status("VmRSS")
            with suppress(ImageError):
                read(data)
            table[kind][name] = _status("VmHWM") - before
    print(json.dumps(table))  # noqa: T201


def _status(field: str) -> int:
    text = Path("/proc/self/status").read_text()
    return int(text.partition(f"{field}:")[2].split()[0]) * 1024


if __name__ == "__main__":
    main(int(sys.argv[1]))

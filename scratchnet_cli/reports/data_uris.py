"""Pictures for a page: arrays and files as PNG or JPEG inside the page itself."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.images.decode import upright
from scratchnet_cli.images.load import opened

GAP = 2
# Seen well by the colour-blind: from blue by way of almost white to orange.
_NEGATIVE, _ZERO, _POSITIVE = (5, 80, 160), (247, 247, 247), (190, 75, 0)
# Beyond this most weights would be pale for the sake of a few.
_PERCENTILE = 99.5


def grey_png(pixels: NDArray[np.uint8]) -> str:
    """A data URI of grey values, (rows, columns) uint8."""
    return _uri(Image.fromarray(pixels), "PNG")


def signed_sheet(fields: NDArray[np.floating], columns: int) -> tuple[str, int, int]:
    """Fields of signed numbers side by side: a data URI, and its width and height in pixels.

    fields: (n, rows, columns); all share one scale of colours, blue below 0 and orange above.
    """
    count, height, width = fields.shape
    limit = float(np.percentile(np.abs(fields), _PERCENTILE)) or 1.0
    # 127 is the number 0, and 255 the transparent gap.
    levels = np.rint((np.clip(fields / limit, -1, 1) + 1) * 127).astype(np.uint8)
    rows = -(-count // columns)
    sheet = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP), 255, np.uint8)
    for i, field in enumerate(levels):
        top, left = i // columns * (height + GAP), i % columns * (width + GAP)
        sheet[top : top + height, left : left + width] = field
    image = Image.fromarray(sheet)
    image.putpalette(_palette())
    return _uri(image, "PNG", transparency=255), sheet.shape[1], sheet.shape[0]


def thumbnail(data: bytes, side: int) -> tuple[str, int, int]:
    """The picture in a file, upright, no side longer than ``side``: a data URI, width and height.

    Raises:
        ImageError: the file is of none of the known formats, damaged or too large.
    """
    with opened(data) as image:
        # Lets a JPEG be decoded at a fraction of its size.
        image.draft("RGB", (side, side))
        small = _on_white(_small(image, side))
        # Made of pixels alone, it has no comment, position or name of the original.
        small = Image.fromarray(upright(np.asarray(small), image))
        return _uri(small, "JPEG", quality=80), *small.size


def upright_size(data: bytes) -> tuple[int, int]:
    """The width and height of the picture in a file, turned upright.

    Raises:
        ImageError: the file is of none of the known formats, damaged or too large.
    """
    with opened(data) as image:
        height, width, _ = upright(np.empty((image.height, image.width, 0)), image).shape
        return width, height


def _small(image: Image.Image, side: int) -> Image.Image:
    """Made smaller first: the steps to grey or colours then take no memory to speak of."""
    image.load()
    if image.has_transparency_data:
        image = image if image.mode == "RGBA" else image.convert("RGBA")
    elif image.mode.startswith("I;"):
        image = image.convert("I")
    elif image.mode not in ("L", "RGB", "CMYK", "I", "F"):
        image = image.convert("RGB")
    if max(image.size) <= side:
        return image
    scale = side / max(image.size)
    width, height = (max(1, round(length * scale)) for length in image.size)
    return image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "I":
        return Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    if image.mode == "RGBA":
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image)
    return image.convert("RGB")


def _palette() -> list[int]:
    zero = np.array(_ZERO)
    share = np.abs(np.arange(256) - 127)[:, None] / 127
    end = np.where(np.arange(256)[:, None] < 127, _NEGATIVE, _POSITIVE)
    colours: list[int] = (
        np.rint(zero + share.clip(0, 1) * (end - zero)).astype(int).ravel().tolist()
    )
    return colours


def _uri(image: Image.Image, kind: str, **options: int) -> str:
    file = io.BytesIO()
    image.save(file, kind, optimize=True, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"

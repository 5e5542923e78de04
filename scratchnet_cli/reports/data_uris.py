"""Images inside a report: arrays and picture files as PNG or JPEG data URIs."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.images.decode import upright
from scratchnet_cli.images.load import with_picture
from scratchnet_cli.reports.html import Html, img

# Between two fields of ``signed_img``.
_GAP_PIXELS = 2
# Colour-blind readers can tell these apart: blue, almost white, orange.
_NEGATIVE_RGB, _ZERO_RGB, _POSITIVE_RGB = (5, 80, 160), (247, 247, 247), (190, 75, 0)
# Values above this percentile have the strongest colour. Otherwise a few large ones would make all
# others pale.
_LIMIT_PERCENTILE = 99.5


def grey_img(pixels: NDArray[np.uint8], alternative: str, class_: str = "digit") -> Html:
    """Return an image of grey values, (rows, columns) uint8."""
    height, width = pixels.shape
    return img(_uri(Image.fromarray(pixels), "PNG"), alternative, class_, width, height)


def signed_img(fields: NDArray[np.floating], columns: int, alternative: str) -> Html:
    """Return an image of signed (n, rows, columns) fields: blue below 0, orange above."""
    count, height, width = fields.shape
    limit = float(np.percentile(np.abs(fields), _LIMIT_PERCENTILE)) or 1.0
    # Level 127 is the number 0, and 255 is the transparent gap.
    levels = np.rint((np.clip(fields / limit, -1, 1) + 1) * 127).astype(np.uint8)
    rows = -(-count // columns)
    step_y, step_x = height + _GAP_PIXELS, width + _GAP_PIXELS
    pixels = np.full((rows * step_y - _GAP_PIXELS, columns * step_x - _GAP_PIXELS), 255, np.uint8)
    for i, field in enumerate(levels):
        top, left = i // columns * step_y, i % columns * step_x
        pixels[top : top + height, left : left + width] = field
    image = Image.fromarray(pixels)
    image.putpalette(_palette())
    return img(_uri(image, "PNG", transparency=255), alternative, "weights", *image.size)


def thumbnail(data: bytes, max_side: int, turns: int = 0) -> tuple[str, int, int, float]:
    """Return a small, upright copy of a picture file: data URI, width, height and scale.

    turns: more quarter turns to the left.
    """
    return with_picture(data, lambda image: _thumbnail(image, max_side, turns))


def _thumbnail(image: Image.Image, max_side: int, turns: int) -> tuple[str, int, int, float]:
    full = upright(np.empty((image.height, image.width, 0)), image)
    # A JPEG is then decoded at a fraction of its size.
    image.draft("RGB", (max_side, max_side))
    small = _on_white(_shrink(image, max_side))
    # A new image from the pixels has no metadata, such as the place where a photo was taken.
    small = Image.fromarray(np.rot90(upright(np.asarray(small), image), turns))
    return _uri(small, "JPEG", quality=80), *small.size, small.width / full.shape[1 - turns % 2]


def _shrink(image: Image.Image, max_side: int) -> Image.Image:
    """Return a small copy, so that later conversions need little memory."""
    image.load()
    if image.has_transparency_data:
        image = image if image.mode == "RGBA" else image.convert("RGBA")
    elif image.mode.startswith("I;"):
        image = image.convert("I")
    elif image.mode not in ("L", "RGB", "CMYK", "I", "F"):
        image = image.convert("RGB")
    if max(image.size) <= max_side:
        return image
    scale = max_side / max(image.size)
    width, height = (max(1, round(length * scale)) for length in image.size)
    return image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "I":
        return Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _palette() -> list[int]:
    """Return red, green and blue of each level."""
    level, zero = np.arange(256)[:, None], np.array(_ZERO_RGB)
    share = (np.abs(level - 127) / 127).clip(0, 1)
    end = np.where(level < 127, _NEGATIVE_RGB, _POSITIVE_RGB)
    colours: list[int] = np.rint(zero + share * (end - zero)).astype(int).ravel().tolist()
    return colours


def _uri(image: Image.Image, kind: str, **options: int) -> str:
    file = io.BytesIO()
    image.save(file, kind, optimize=True, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"

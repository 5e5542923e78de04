"""Variants of a picture file: one digit, saved in the ways that people use."""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

Pixels = NDArray[np.uint8]


def encode(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Return the image as a file of this format."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def enlarged(digit: Pixels, times: int = 10) -> Pixels:
    """Return each pixel as a square, as a paint program shows it."""
    return digit.repeat(times, axis=0).repeat(times, axis=1)


def dark(digit: Pixels) -> Image.Image:
    """Return the digit enlarged, black on white."""
    return Image.fromarray(255 - enlarged(digit, 6))


def on_a_sheet(digit: Pixels) -> bytes:
    """Return the digit in a corner of a large sheet."""
    sheet = np.full((700, 500), 255, np.uint8)
    sheet[400:680, 30:310] = 255 - enlarged(digit)
    return encode(Image.fromarray(sheet))


def turned(digit: Pixels) -> bytes:
    """Return the digit as a camera held sideways stores it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    image = dark(digit).transpose(Image.Transpose.ROTATE_90)
    return encode(image, "JPEG", quality=95, exif=exif)


def shaded(digit: Pixels) -> bytes:
    """Return the digit under slanting light, with noise."""
    noise = np.random.default_rng(int(digit.sum())).normal(0, 6, (280, 280))
    grey = (255 - enlarged(digit)) * 0.8 + 25 + np.linspace(-30, 30, 280) + noise
    return encode(Image.fromarray(grey.clip(0, 255).astype(np.uint8)))


def transparent(digit: Pixels, colour: int) -> bytes:
    """Return the digit of one colour, with its ink in the alpha channel only."""
    alpha = Image.fromarray(enlarged(digit, 6))
    return encode(Image.merge("LA", (Image.new("L", alpha.size, colour), alpha)).convert("RGBA"))


def smooth(digit: Pixels) -> bytes:
    """Return the digit enlarged with soft edges."""
    small = Image.fromarray(255 - digit)
    return encode(small.resize((280, 280), Image.Resampling.BICUBIC))


def on_a_page(digit: Pixels) -> bytes:
    """Return the digit as a plot shows it: light on a black square, on a white page."""
    return encode(Image.fromarray(np.pad(enlarged(digit, 5), 30, constant_values=255)))


def on_a_table(digit: Pixels) -> bytes:
    """Return the digit on a slightly turned sheet on a dark table."""
    sheet = dark(digit).resize((150, 150)).convert("LA").rotate(2, expand=True)
    table = Image.new("L", (300, 300), 70)
    table.paste(sheet.getchannel("L"), (60, 70), sheet.getchannel("A"))
    return encode(table)


def marked(digit: Pixels, shape: str) -> bytes:
    """Return the digit in a circle or a box, or underlined, by the same pen."""
    picture = Image.new("L", (260, 260), 255)
    picture.paste(dark(digit), (46, 46))
    draw = ImageDraw.Draw(picture)
    if shape == "circle":
        draw.ellipse((10, 10, 250, 250), outline=0, width=8)
    elif shape == "box":
        draw.rectangle((12, 16, 248, 240), outline=0, width=6)
    else:
        draw.line((50, 230, 220, 224), fill=0, width=8)
    return encode(picture)


VARIANTS: dict[str, Callable[[Pixels], bytes]] = {
    "enlarged": lambda digit: encode(Image.fromarray(255 - enlarged(digit))),
    "enlarged smoothly": smooth,
    "light on dark": lambda digit: encode(Image.fromarray(enlarged(digit) // 2 + 60)),
    "in a corner of a large sheet": on_a_sheet,
    "dark on a transparent background": lambda digit: transparent(digit, 0),
    "light on a transparent background": lambda digit: transparent(digit, 255),
    "turned by EXIF": turned,
    "JPEG": lambda digit: encode(dark(digit), "JPEG", quality=60),
    "16 bits, of which 12 are used": lambda digit: encode(
        Image.fromarray((255 - enlarged(digit, 6)).astype(np.uint16) * 16)
    ),
    "palette": lambda digit: encode(dark(digit).convert("RGB").quantize(128), "GIF"),
    "red ink on yellow paper": lambda digit: encode(
        ImageOps.colorize(dark(digit), (200, 30, 30), (250, 240, 120))
    ),
    "shadow and noise": shaded,
    "in a plot on a white page": on_a_page,
    "on a sheet on a table": on_a_table,
    "in a circle": lambda digit: marked(digit, "circle"),
    "in a box": lambda digit: marked(digit, "box"),
    "underlined": lambda digit: marked(digit, "line"),
}
"""From a (28, 28) uint8 digit, light on black, to the bytes of a picture file."""

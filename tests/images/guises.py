"""One digit in the ways in which users save theirs, as picture files."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from tests.conftest import encoded

Pixels = NDArray[np.uint8]


def enlarged(digit: Pixels, times: int = 10) -> Pixels:
    """Each pixel as a square: what a paint program shows when it zooms in."""
    return digit.repeat(times, axis=0).repeat(times, axis=1)


def dark(digit: Pixels) -> Image.Image:
    """A digit as a paint program shows it: large, black on white."""
    return Image.fromarray(255 - enlarged(digit, 6))


def on_a_sheet(digit: Pixels) -> bytes:
    """The digit in a corner of a large sheet."""
    sheet = np.full((700, 500), 255, np.uint8)
    sheet[400:680, 30:310] = 255 - enlarged(digit)
    return encoded(Image.fromarray(sheet))


def turned(digit: Pixels) -> bytes:
    """The digit as a camera on its side stores it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    image = dark(digit).transpose(Image.Transpose.ROTATE_90)
    return encoded(image, "JPEG", quality=95, exif=exif)


def shaded(digit: Pixels) -> bytes:
    """The digit under slanting light, with noise."""
    noise = np.random.default_rng(int(digit.sum())).normal(0, 6, (280, 280))
    grey = (255 - enlarged(digit)) * 0.8 + 25 + np.linspace(-30, 30, 280) + noise
    return encoded(Image.fromarray(grey.clip(0, 255).astype(np.uint8)))


def transparent(ink: Pixels, colour: int) -> Image.Image:
    """A picture that has its ink in the alpha channel only."""
    colours = Image.new("L", ink.shape[::-1], colour)
    return Image.merge("LA", (colours, Image.fromarray(ink))).convert("RGBA")


def smooth(digit: Pixels) -> bytes:
    """The digit enlarged with soft edges."""
    small = Image.fromarray(255 - digit)
    return encoded(small.resize((280, 280), Image.Resampling.BICUBIC))


def red_on_yellow(digit: Pixels) -> bytes:
    """The digit in coloured ink on coloured paper."""
    return encoded(ImageOps.colorize(dark(digit), (200, 30, 30), (250, 240, 120)))


def on_a_page(digit: Pixels) -> bytes:
    """The digit as a plot shows it, light on a black square, on a white page."""
    return encoded(Image.fromarray(np.pad(enlarged(digit, 5), 30, constant_values=255)))


def on_a_table(digit: Pixels) -> bytes:
    """The digit on a sheet that lies on a dark table, not quite straight."""
    sheet = dark(digit).resize((150, 150)).convert("LA").rotate(2, expand=True)
    table = Image.new("L", (300, 300), 70)
    table.paste(sheet.getchannel("L"), (60, 70), sheet.getchannel("A"))
    return encoded(table)


def marked(digit: Pixels, *shape: str) -> bytes:
    """The digit in a circle or a box, or underlined, by the same pen."""
    picture = Image.new("L", (260, 260), 255)
    picture.paste(dark(digit), (46, 46))
    draw = ImageDraw.Draw(picture)
    if "circle" in shape:
        draw.ellipse((10, 10, 250, 250), outline=0, width=8)
    if "box" in shape:
        draw.rectangle((12, 16, 248, 240), outline=0, width=6)
    if "line" in shape:
        draw.line((50, 230, 220, 224), fill=0, width=8)
    return encoded(picture)


GUISES: dict[str, Callable[[Pixels], bytes]] = {
    "enlarged": lambda digit: encoded(Image.fromarray(255 - enlarged(digit))),
    "enlarged smoothly": smooth,
    "light on dark": lambda digit: encoded(Image.fromarray(enlarged(digit) // 2 + 60)),
    "in a corner of a large sheet": on_a_sheet,
    "dark on transparent ground": lambda digit: encoded(transparent(enlarged(digit, 6), 0)),
    "light on transparent ground": lambda digit: encoded(transparent(enlarged(digit, 6), 255)),
    "turned, and EXIF says so": turned,
    "JPEG": lambda digit: encoded(dark(digit), "JPEG", quality=60),
    "16 bits, of which 12 are used": lambda digit: encoded(
        Image.fromarray((255 - enlarged(digit, 6)).astype(np.uint16) * 16)
    ),
    "palette": lambda digit: encoded(dark(digit).convert("RGB").quantize(128), "GIF"),
    "red ink on yellow paper": red_on_yellow,
    "shadow and noise": shaded,
    "in a plot on a white page": on_a_page,
    "on a sheet on a table": on_a_table,
    "in a circle": lambda digit: marked(digit, "circle"),
    "in a box": lambda digit: marked(digit, "box"),
    "underlined": lambda digit: marked(digit, "line"),
}
"""From a digit as MNIST has it, (28, 28), light on black."""

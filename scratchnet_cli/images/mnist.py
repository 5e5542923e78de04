"""The ink of one digit in the form of MNIST's images: pen, size and centre."""

import numpy as np

from scratchnet_cli.images.digit_image import SIDE_PIXELS, Pixels
from scratchnet_cli.images.grey import Grey, resize_to
from scratchnet_cli.images.regions import mask_box

# The longer side of a digit in MNIST.
DIGIT_SIDE_PIXELS = 20
# Measured on MNIST's test set: each digit's centre of mass rounds to this index.
CENTRE_PIXEL = 14
# Strokes are measured and changed at this many pixels for one of MNIST's.
FINE_SCALE = 4
# Thinner pens are widened to this, in pixels of MNIST. MNIST's own pen is 2.2 on average.
MIN_PEN_PIXELS = 2.0
# Less ink than this is blur, not digit.
FAINT_AMOUNT = 0.1

_SHAPE = SIDE_PIXELS, SIDE_PIXELS
# Matrix for the sum of an image and its first moments, down and across.
_MOMENTS = np.stack([np.ones(_SHAPE), *np.indices(_SHAPE)], -1).reshape(-1, 3).astype(np.float32)


def fit(ink: Grey) -> Pixels:
    """Return the (28, 28) image of a digit's ink, (h, w) in [0, 1], as MNIST would show it."""
    ink = resize_to(widen_pen(trim(ink)), DIGIT_SIDE_PIXELS)
    return centre(np.asarray((ink * 255).round().clip(0, 255), np.uint8))


def trim(ink: Grey) -> Grey:
    """Return the ink without empty rows and columns around it."""
    left, top, right, bottom = mask_box(ink > FAINT_AMOUNT) or (0, 0, 0, 0)
    return ink[top:bottom, left:right]


def widen_pen(ink: Grey) -> Grey:
    """Return the ink with a pen of MNIST's width if its own pen is thinner."""
    side = DIGIT_SIDE_PIXELS * FINE_SCALE
    if max(ink.shape) > 2 * side:
        ink = resize_to(ink, 2 * side)
    fine = resize_to(ink, side)
    width = pen_width(fine) / FINE_SCALE
    if width >= MIN_PEN_PIXELS:
        return ink
    # The digit grows with the pen, and is shrunk to its size later.
    growth = (MIN_PEN_PIXELS - width) / (1 - MIN_PEN_PIXELS / DIGIT_SIDE_PIXELS)
    return trim(thicken(fine, growth * FINE_SCALE / 2))


def pen_width(ink: Grey) -> float:
    """Return the mean stroke width in pixels: twice the area over the length of the outline."""
    before = padded(ink, 1)
    outline = float(spread(before, square=False).sum() - before.sum())
    return 2 * float(ink.sum()) / max(outline, 1e-6)


def thicken(ink: Grey, by: float) -> Grey:
    """Return the ink grown by a number of pixels, whole or not, on all sides, in an octagon."""
    whole = int(by)
    ink = padded(ink, whole + 1)
    for step in range(whole):
        ink = spread(ink, step % 2 == 1)
    if by == whole:
        return ink
    return ink + (by - whole) * (spread(ink, whole % 2 == 1) - ink)


def padded(ink: Grey, by: int) -> Grey:
    """Return the ink with empty pixels on all sides; ``np.pad`` takes ten times as long."""
    height, width = ink.shape
    result = np.zeros((height + 2 * by, width + 2 * by), np.float32)
    result[by : by + height, by : by + width] = ink
    return result


def spread(ink: Grey, square: bool) -> Grey:
    """Return the maximum over each pixel and its 4 neighbours, or all 8 if ``square``."""
    result = ink.copy()
    np.maximum(result[1:], ink[:-1], out=result[1:])
    np.maximum(result[:-1], ink[1:], out=result[:-1])
    if square:
        ink = result.copy()
    np.maximum(result[:, 1:], ink[:, :-1], out=result[:, 1:])
    np.maximum(result[:, :-1], ink[:, 1:], out=result[:, :-1])
    return result


def centre(digit: Pixels) -> Pixels:
    """Return (28, 28) pixels with a (h, w) digit, moved by whole pixels so that it is centred."""
    image = np.zeros(_SHAPE, np.uint8)
    place = []
    for axis, side in enumerate(digit.shape):
        mass = digit.sum(axis=1 - axis, dtype=np.float64)
        middle = round(float(mass @ np.arange(side)) / float(mass.sum()))
        start = min(max(CENTRE_PIXEL - middle, 0), SIDE_PIXELS - side)
        place.append(slice(start, start + side))
    image[tuple(place)] = digit
    return image


def as_mnist(grey: Pixels | None, polarity: str) -> Pixels | None:
    """Return the picture itself, as light ink on black, if it has the form of MNIST's images."""
    if grey is None:
        return None
    if polarity != "dark" and has_mnist_form(grey):
        return grey
    ink = 255 - grey
    return ink if polarity != "light" and has_mnist_form(ink) else None


def has_mnist_form(pixels: Pixels) -> bool:
    """Return whether light ink on black has the size and the centre of MNIST's images."""
    if pixels.shape != _SHAPE:
        return False
    # These sums are exact in float32, because none reaches 2²⁴.
    total, down, across = (pixels.reshape(-1).astype(np.float32) @ _MOMENTS).tolist()
    if total == 0 or {round(down / total), round(across / total)} != {CENTRE_PIXEL}:
        return False
    # Three of the 10,000 test images are one pixel smaller.
    return DIGIT_SIDE_PIXELS - 1 <= max(_extent(pixels), _extent(pixels.T)) <= DIGIT_SIDE_PIXELS


def _extent(pixels: Pixels) -> int:
    """Return the number of rows from the first to the last with ink; stripping bytes is fast."""
    data = pixels.tobytes()
    above = (len(data) - len(data.lstrip(b"\0"))) // SIDE_PIXELS
    return -(-len(data.rstrip(b"\0")) // SIDE_PIXELS) - above

"""The ink of one digit to MNIST's pen, box and centre."""

import numpy as np

from scratchnet_cli.images.grey import Grey, Pixels, fit_longest

FIELD = 28
BOX = 20
# Measured on MNIST's test set: every digit's centre of mass rounds to this index.
CENTRE = 14
# Strokes are measured and changed at this many pixels to one of MNIST's.
FINE = 8
# Thinner pens, in pixels of MNIST, are brought to this width; MNIST's own is 2.2 on average.
PEN = 2.0
# Less ink than this at the rim of the cut-out is blur, not digit.
FAINT = 0.1


def fit(ink: Grey) -> Pixels:
    """(28, 28) uint8: a digit's ink in [0, 1] as MNIST would have it."""
    return centre(box(pen(trim(ink))))


def trim(ink: Grey) -> Grey:
    """The rectangle that holds the ink."""
    rows, columns = (np.flatnonzero(ink.max(axis=axis) > FAINT) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def pen(ink: Grey) -> Grey:
    """The ink as if written with a pen of MNIST's width, if its own is far from that."""
    if max(ink.shape) > 2 * BOX * FINE:
        ink = fit_longest(ink, 2 * BOX * FINE)
    fine = fit_longest(ink, BOX * FINE)
    width = pen_width(fine) / FINE
    if width < PEN:
        # The digit grows by what the pen grows, and is then shrunk to the box again.
        grown = (PEN - width) / (1 - PEN / BOX)
        return trim(thicken(fine, grown * FINE / 2))
    return ink


def pen_width(ink: Grey) -> float:
    """The mean width of the strokes in pixels: twice the area over the length of the outline."""
    steps = 2
    mask = padded(ink, steps)
    outline = float(thicken(mask, steps).sum() - mask.sum()) / steps
    return 2 * float(ink.sum()) / max(outline, 1e-6)


def thicken(ink: Grey, by: float) -> Grey:
    """The ink spread by some pixels to all sides, in an octagon."""
    whole = int(by)
    ink = padded(ink, whole + 1)
    for step in range(whole):
        ink = spread(ink, step % 2 == 1)
    return ink + (by - whole) * (spread(ink, whole % 2 == 1) - ink)


def padded(ink: Grey, by: int) -> Grey:
    """The ink with so many empty pixels on all sides; NumPy's own way takes ten times as long."""
    height, width = ink.shape
    result = np.zeros((height + 2 * by, width + 2 * by), np.float32)
    result[by : by + height, by : by + width] = ink
    return result


def spread(ink: Grey, square: bool) -> Grey:
    """The maximum over each pixel's 4 neighbours and itself, or over all 8."""
    result = ink.copy()
    if square:
        np.maximum(result[1:], ink[:-1], out=result[1:])
        np.maximum(result[:-1], ink[1:], out=result[:-1])
        ink = result.copy()
    else:
        np.maximum(result[1:], ink[:-1], out=result[1:])
        np.maximum(result[:-1], ink[1:], out=result[:-1])
    np.maximum(result[:, 1:], ink[:, :-1], out=result[:, 1:])
    np.maximum(result[:, :-1], ink[:, 1:], out=result[:, :-1])
    return result


def box(ink: Grey) -> Pixels:
    """The ink scaled so that its longer side is 20 pixels."""
    return np.asarray((fit_longest(ink, BOX) * 255).round().clip(0, 255), np.uint8)


def centre(ink: Pixels) -> Pixels:
    """The ink on an empty field, moved by whole pixels until its centre of mass is at index 14."""
    field = np.zeros((FIELD, FIELD), np.uint8)
    place = []
    for axis, side in enumerate(ink.shape):
        place.append(min(max(CENTRE - centre_of_mass(ink, axis), 0), FIELD - side))
    top, left = place
    field[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return field


def centre_of_mass(ink: Pixels, axis: int) -> int:
    """The whole index along an axis that the ink's centre of mass is nearest to."""
    mass = ink.sum(axis=1 - axis, dtype=np.float64)
    return round(float(mass @ np.arange(ink.shape[axis])) / float(mass.sum()))


def fits_already(pixels: Pixels) -> bool:
    """Whether light ink on black has MNIST's size, box and centre, so that nothing is to do."""
    if pixels.shape != (FIELD, FIELD):
        return False
    # In float32 these sums are exact: none reaches 2²⁴.
    total, down, across = (pixels.reshape(-1).astype(np.float32) @ _MOMENTS).tolist()
    if total == 0 or round(down / total) != CENTRE or round(across / total) != CENTRE:
        return False
    # Three of the 10,000 test images are one pixel short of the box.
    return BOX - 1 <= max(_extent(pixels), _extent(pixels.T)) <= BOX


def _extent(pixels: Pixels) -> int:
    """From the first row with ink in it to the last, both counted."""
    data = pixels.tobytes()
    above = (len(data) - len(data.lstrip(b"\0"))) // FIELD
    return -(-len(data.rstrip(b"\0")) // FIELD) - above


# What a picture's pixels are multiplied with for their sum and their first moments.
_MOMENTS = np.stack(
    [np.ones(FIELD**2), np.repeat(np.arange(FIELD), FIELD), np.tile(np.arange(FIELD), FIELD)],
    axis=1,
).astype(np.float32)

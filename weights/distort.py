"""Random distortions of digit images, ending in the box and centre that MNIST and predict use."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Images = NDArray[Any]

SIDE = 28
TYPICAL_INK = 104.0
"""Mean sum of an MNIST digit's pixels, each in [0, 1]."""
FIELD = 34
"""Side in pixels of the working canvas: a 20-pixel digit, turned and sheared, still fits."""


def distort(images: Images, rng: np.random.Generator, strength: float = 1.0) -> Images:
    """one fresh random variant of each image, boxed and centred as MNIST's are.

    images: (n, 28, 28) float32 in [0, 1].  Result: the same shape and range.
    strength scales every distortion; 0 only boxes and centres.
    """
    n = len(images)
    # Most people write tidily, some do not: the strength itself varies from image to image.
    s = (strength * rng.beta(2.0, 2.0, n) * 2).astype(np.float32)
    warped = warp(images, s, rng)
    inked = ink(pen(warped, s, rng), s, rng)
    return sharpen(box(inked, rng, jitter=0.03 * strength), rng.uniform(0.5, 2.5, n))


def warp(images: Images, s: NDArray[np.float32], rng: np.random.Generator) -> Images:
    """Turn, shear, squeeze and bend each image, on a canvas of FIELD x FIELD pixels.

    images: (n, 28, 28).  s: (n,) strength of each.  Result: (n, FIELD, FIELD).
    """
    n = len(images)
    turn = rng.normal(0, 0.15, n) * s
    shear = rng.normal(0, 0.20, n) * s
    squeeze = np.exp(rng.normal(0, 0.09, n) * s)
    cos, sin = np.cos(turn), np.sin(turn)
    # Output pixel -> input pixel.  The box at the end undoes any overall size, so only the
    # ratio of height to width is varied here.
    yy, yx = cos * squeeze, sin * squeeze
    xy, xx = (-sin + shear * cos) / squeeze, (cos + shear * sin) / squeeze
    grid = np.arange(FIELD, dtype=np.float32) - (FIELD - 1) / 2
    cy, cx = ink_centre(images)
    y, x = grid[None, :, None], grid[None, None, :]

    def plane(a: NDArray[np.float64], b: NDArray[np.float64], c: Images) -> Images:
        a32, b32 = a.astype(np.float32)[:, None, None], b.astype(np.float32)[:, None, None]
        return a32 * y + b32 * x + c[:, None, None]

    bend_y, bend_x = bends(s, rng), bends(s, rng)
    return sample(images, plane(yy, yx, cy) + bend_y, plane(xy, xx, cx) + bend_x)


def bends(s: NDArray[np.float32], rng: np.random.Generator) -> Images:
    """smooth random displacements in pixels, (n, FIELD, FIELD): elastic deformation.

    A small lattice of independent normal numbers is interpolated by Gaussian weights, so that
    neighbouring pixels move together (Simard, Steinkraus and Platt 2003, by another route).
    """
    knots = 6
    at = np.linspace(0, FIELD - 1, knots)
    gap = at[1] - at[0]
    weights = np.exp(-0.5 * ((np.arange(FIELD)[:, None] - at) / (0.6 * gap)) ** 2)
    weights /= np.sqrt((weights**2).sum(axis=1, keepdims=True))
    w = weights.astype(np.float32)
    lattice = rng.standard_normal((len(s), knots, knots), dtype=np.float32)
    return np.asarray(w @ (lattice * (0.8 * s)[:, None, None]) @ w.T)


def sample(images: Images, y: Images, x: Images) -> Images:
    """images at the points (y, x), bilinearly; outside an image is background.

    images: (n, 28, 28).  y, x: (n, k, k) in pixels.
    """
    n, wide = len(images), SIDE + 2
    padded = np.zeros((n, wide, wide), dtype=np.float32)
    padded[:, 1:-1, 1:-1] = images
    y = np.clip(y + 1, 0, wide - 1.001)
    x = np.clip(x + 1, 0, wide - 1.001)
    row, column = y.astype(np.int32), x.astype(np.int32)
    y -= row
    x -= column
    flat = padded.ravel()
    at = row * wide + column + (np.arange(n, dtype=np.int32) * wide * wide)[:, None, None]
    top = flat.take(at)
    top += x * (flat.take(at + 1) - top)
    bottom = flat.take(at + wide)
    bottom += x * (flat.take(at + wide + 1) - bottom)
    top += y * (bottom - top)
    return top


def pen(images: Images, s: NDArray[np.float32], rng: np.random.Generator) -> Images:
    """Write each digit with a thicker or a thinner pen, by up to about two pixels in width.

    No pen takes away more than half of the ink, nor fills a digit that is a blot already.
    """
    change = (rng.normal(0.0, 0.5, len(images)) * s).astype(np.float32)
    result = images.copy()
    ample = images.mean(axis=(1, 2)) * FIELD**2 / TYPICAL_INK
    thicker = np.flatnonzero(change > 0)
    part = result[thicker]
    share = np.minimum(change[thicker], 1.0) * np.clip(2 - ample[thicker], 0, 1)
    result[thicker] += share[:, None, None] * (_neighbours(part, np.maximum) - part)
    thinner = np.flatnonzero(change < 0)
    part = result[thinner]
    worn = _neighbours(part, np.minimum)
    loss = 1 - worn.sum(axis=(1, 2)) / part.sum(axis=(1, 2))
    share = np.minimum(np.minimum(-change[thinner], 1.0), 0.5 / loss)
    part += share[:, None, None] * (worn - part)
    result[thinner] = part / part.max(axis=(1, 2), keepdims=True)
    return result


def _neighbours(images: Images, extreme: np.ufunc) -> Images:
    """the maximum or minimum of each pixel and its four neighbours."""
    result = images.copy()
    for here, there in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[:, :, 1:], np.s_[:, :, :-1])):
        extreme(result[here], images[there], out=result[here])
        extreme(result[there], images[here], out=result[there])
    return result


def ink(images: Images, s: NDArray[np.float32], rng: np.random.Generator) -> Images:
    """Vary the tone: hard-edged as a paint program's pixels, or soft as a pencil's grey."""
    n = len(images)
    gain = np.exp(np.abs(rng.normal(0, 0.6, n)) * s)
    middle = rng.uniform(0.35, 0.5, n)
    soft = np.exp(rng.normal(0, 0.15, n) * s)
    g, m = gain.astype(np.float32)[:, None, None], middle.astype(np.float32)[:, None, None]
    toned = np.clip((images - m) * g + m, 0, 1)
    return np.asarray(toned ** soft.astype(np.float32)[:, None, None])


def box(images: Images, rng: np.random.Generator, jitter: float = 0.0) -> Images:
    """Scale the ink's longest side to 20 pixels and put its centre of mass at pixel 14.

    images: (n, h, h) in [0, 1].  Result: (n, 28, 28).  The shift is by whole pixels, as in MNIST.
    jitter: standard deviation, as a share of the size, of the error a noisy border causes.
    """
    n, height = images.shape[:2]
    peak = images.max(axis=(1, 2))[:, None]
    rows, columns = images.max(axis=2) > 0.15 * peak, images.max(axis=1) > 0.15 * peak
    (top, bottom), (left, right) = _ends(rows), _ends(columns)
    size = np.maximum(bottom - top, right - left) * np.exp(rng.normal(0, 1, n) * jitter)
    scale = size / 20  # input pixels per output pixel

    mass = np.maximum(images.sum(axis=(1, 2)), 1e-6)
    at = np.arange(height, dtype=np.float32)

    def matrix(edge: NDArray[np.float64], weight: Images) -> Images:
        """(n, 28, h) resampling weights: box corner at a whole pixel, centre of mass near 14."""
        centre = ((weight * at).sum(axis=1) / mass + 0.5 - edge) / scale - 0.5
        corner = np.rint(14 - centre)
        source = (np.arange(SIDE) - corner[:, None] + 0.5) * scale[:, None] + edge[:, None] - 0.5
        reach = np.maximum(scale, 1)[:, None, None]
        hat = np.maximum(0, 1 - np.abs(source[:, :, None] - at) / reach)
        return np.asarray(hat / np.maximum(hat.sum(axis=2, keepdims=True), 1), np.float32)

    down = matrix(top, images.sum(axis=2))
    across = matrix(left, images.sum(axis=1))
    return np.asarray(np.clip(down @ images @ across.transpose(0, 2, 1), 0, 1))


def sharpen(images: Images, amount: NDArray[np.float64]) -> Images:
    """Undo the blur of being resampled twice: take each pixel away from its neighbours' mean.

    images: (n, 28, 28).  amount: (n,), 0 for none; 1.5 brings back the edges that MNIST has.
    """
    mean = images.copy()
    mean[:, 1:-1] = (images[:, :-2] + 2 * images[:, 1:-1] + images[:, 2:]) / 4
    mean[:, :, 1:-1] = (mean[:, :, :-2] + 2 * mean[:, :, 1:-1] + mean[:, :, 2:]) / 4
    sharp = images + amount.astype(np.float32)[:, None, None] * (images - mean)
    return np.asarray(np.clip(sharp, 0, 1))


def _ends(occupied: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """the first occupied index and one past the last, each (n,)."""
    first = occupied.argmax(axis=1)
    past = occupied.shape[1] - occupied[:, ::-1].argmax(axis=1)
    return first.astype(np.float64), past.astype(np.float64)


def ink_centre(images: Images) -> tuple[Images, Images]:
    """the middle of each image's ink box, (n,) rows and (n,) columns, in pixels."""
    rows, columns = images.max(axis=2) > 0, images.max(axis=1) > 0
    (top, bottom), (left, right) = _ends(rows), _ends(columns)
    return (
        ((top + bottom - 1) / 2).astype(np.float32),
        ((left + right - 1) / 2).astype(np.float32),
    )

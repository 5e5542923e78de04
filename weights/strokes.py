"""Digits drawn by a random pen: the shapes that people write elsewhere and MNIST lacks."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.network.layers import Array

# A shape is the points that the pen passes, xy of 10 x 10 with 00 at the top left. It goes through
# them in a smooth curve; "!" marks a corner, "/" lifts the pen.
SHAPES = {
    0: (
        "50 21 03 06 28 59 78 96 93 71 40",
        "60 31 13 16 28 59 78 85 92 60 30",
        "40 11 04 07 39 69 87 93 71 40",
        "40 00! 09! 99! 90! 40",
        "50 21 03 06 28 59 78 96 93 71 40 / 91 08",
    ),
    1: (
        "50 59",
        "23 50! 59",
        "34 50! 59",
        "14 50! 59",
        "24 60! 69",
        "05 60! 69",
        "23 50! 59 / 19 89",
        "05 50! 59 / 29 89",
        "50 59 / 19 89",
    ),
    2: (
        "12 30 60 82 74 47 09! 99",
        "02 20 70 91 84 37 09! 99",
        "12 40 81 74 48 19 07 38 69 98",
        "12 40 81 84 57 29 17 38 69 99",
        "01 60 92 65 09! 99",
        "00 90! 94! 04! 09! 99",
    ),
    3: (
        "11 40 82 74 44! 75 97 59 08",
        "01 50 92 74 34! 85 97 59 08",
        "00 80! 44! 85 97 59 08",
        "12 40 72 54 86 78 39 07",
        "00 90! 94! 24 94! 99! 09",
    ),
    4: (
        "10 05! 95 / 72 69",
        "20 16! 96 / 60 69",
        "11 05! 96 / 83 69",
        "50 06! 96 / 63 59",
        "60 06! 96 / 74 69",
        "79 70! 06! 96",
        "59 61! 05! 95",
        "69 60! 05! 85",
        "00 05! 95 / 90 99",
    ),
    5: (
        "90 20! 14! 54 86 78 49 08",
        "80 10! 04! 63 96 79 39 08",
        "20 14! 53 86 78 49 08 / 20 90",
        "92 81 40 22 34 66 78 49 08",
        "90 20 24! 53 86 68 39 08",
        "90 00! 04! 94! 99! 09",
    ),
    6: (
        "70 32 06 18 59 87 65 35 07",
        "50 13 06 28 69 97 75 26 07",
        "82 50 23 06 28 59 87 75 35 17",
        "60 05! 08 49 87 65 15",
        "90 00! 09! 99! 94! 04",
    ),
    7: (
        "00 90! 49",
        "01 80! 64 59",
        "00 90! 49 / 25 85",
        "01 90! 59 / 35 95",
        "02 00! 90! 49",
        "03 01! 90! 49 / 25 75",
        "01 30 61 90! 55 39",
        "01 30 61 90! 55 39 / 25 84",
        "00 90! 99",
    ),
    8: (
        "71 50 21 23 54 87 59 17 34 73 71",
        "81 40 12 44 87 69 18 25 72 91",
        "50 22 44 72 50 / 44 17 59 87 44",
        "54 22 50 82 45 17 49 88 54",
        "04 00! 90! 99! 09! 04! 94",
    ),
    9: (
        "81 40 13 35 73 81! 79",
        "82 50 22 34 64 82! 89",
        "82 50 22 34 64 82 76 49",
        "81 40 13 35 73 81! 86 69 39 18",
        "82 50 22 44 72 86 69 29",
        "81 40 13 35 73 81 64 39",
        "94! 04! 00! 90! 99! 09",
        "94! 04! 00! 90! 99",
    ),
}
LABELS = np.array([digit for digit, shapes in SHAPES.items() for _ in shapes])
# Ones and sevens twice as often as the others: in them the world differs most from MNIST.
ODDS = np.array([(1 + (d in (1, 7))) / len(SHAPES[d]) for d in LABELS])
CHUNK = 100


class Path(NamedTuple):
    """A shape's points (p, 2) in [0, 1], y first, and how they make a line of k small dots:

    straight @ points, or (straight + curved) @ points for the smooth curve; both are (k, p).
    """

    points: Array
    straight: Array
    curved: Array


def path(shape: str) -> Path:
    """A shape's notation, parsed."""
    strokes = [stroke.split() for stroke in shape.split("/")]
    marks = [mark for stroke in strokes for mark in stroke]
    points = np.array([[int(mark[1]), int(mark[0])] for mark in marks]) / 9
    unit = np.eye(len(marks))
    straight, curved = [], []
    first = 0
    for stroke in strokes:
        last = first + len(stroke) - 1
        turning = [i for i in range(first + 1, last) if not marks[i].endswith("!")]
        for i in range(first, last):
            chord = unit[i + 1] - unit[i]
            # Catmull and Rom's curve, that runs parallel to the line through both neighbours.
            # At a corner or an end it bends as a parabola does.
            leave, arrive = (
                (unit[j + 1] - unit[j - 1]) / 2 - chord if j in turning else 0 * chord
                for j in (i, i + 1)
            )
            if i not in turning:
                leave = -arrive / 2
            elif i + 1 not in turning:
                arrive = -leave / 2
            t = np.linspace(0, 1, math.ceil(40 * math.dist(points[i], points[i + 1])))[:, None]
            straight.append(unit[i] + t * chord)
            curved.append(t * (1 - t) ** 2 * leave - t**2 * (1 - t) * arrive)
        first = last + 1
    return Path(points, np.concatenate(straight), np.concatenate(curved))


PATHS = [path(shape) for shapes in SHAPES.values() for shape in shapes]


def draw(n: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
    """n random digits (n, 28, 28) float32 in [0, 1], boxed and about centred as MNIST's."""
    shapes = np.sort(rng.choice(len(LABELS), n, p=ODDS / ODDS.sum()))
    images = np.empty((n, 28, 28), np.float32)
    for shape in np.unique(shapes):
        of_shape = np.flatnonzero(shapes == shape)
        for i in range(0, len(of_shape), CHUNK):
            part = of_shape[i : i + CHUNK]
            images[part] = ink(*place(hand(PATHS[shape], len(part), rng), rng), rng)
    order = rng.permutation(n)
    return images[order], LABELS[shapes[order]]


def hand(path: Path, n: int, rng: np.random.Generator) -> Array:
    """The dots (n, k, 2) of one shape in n hands: wobbling, slanted, narrow or wide."""
    points = path.points + rng.normal(0, 1, (n, *path.points.shape)) * rng.uniform(
        0.01, 0.07, (n, 1, 1)
    )
    # From the straight lines of an unsure mouse to a swinging pen.
    smooth = np.clip(rng.normal(0.95, 0.35, (n, 1, 1)), 0, 1.2)
    dots = path.straight @ points + smooth * (path.curved @ points)
    turn, slant = rng.normal(0, 0.1, n), rng.normal(-0.15, 0.2, n)
    wide = 0.65 * np.exp(rng.normal(0, 0.22, n))
    cos, sin = np.cos(turn), np.sin(turn)
    # Narrowed and slanted, as a pen slants: the top goes sideways; then turned. y comes first.
    affine = np.array([[cos + sin * slant, sin * wide], [cos * slant - sin, cos * wide]])
    return np.asarray(dots @ affine.transpose(2, 1, 0))


def place(dots: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """The dots in pixels of MNIST's box, and the pen's radius (n,) in pixels."""
    radius = np.clip(1.25 * np.exp(rng.normal(0, 0.33, len(dots))), 0.6, 2.5)
    low = dots.min(axis=1)
    span = (dots.max(axis=1) - low).max(axis=1)
    side = 20 * np.exp(rng.normal(0, 0.03, len(dots))) - 2 * radius
    dots = (dots - low[:, None]) * (side / span)[:, None, None] + radius[:, None, None]
    dots += np.rint(14.5 - dots.mean(axis=1))[:, None]
    return dots.astype(np.float32), radius.astype(np.float32)


def ink(dots: Array, radius: Array, rng: np.random.Generator) -> Array:
    """The picture (n, 28, 28) of a round pen that touches every dot."""
    pixel = np.arange(28, dtype=np.float32) + 0.5
    down, across = ((pixel - dots[:, :, None, axis]) ** 2 for axis in (0, 1))
    nearest = np.full((len(dots), 28, 28), np.inf, np.float32)
    for dot in range(dots.shape[1]):
        np.minimum(nearest, down[:, dot, :, None] + across[:, dot, None, :], out=nearest)
    blur = rng.uniform(0.8, 2.0, (len(dots), 1, 1)).astype(np.float32)
    return np.asarray(np.clip((radius[:, None, None] - np.sqrt(nearest)) / blur + 0.5, 0, 1))

"""Hand-drawn digits as strokes of points; a seed always gives the same."""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from weights.shapes import DIGIT_SHAPES

SIDE = 224
Stroke = NDArray[np.float64]
"""(n, 2): x and y of each point on the pad."""


def drawings(count: int, seed: int) -> Iterator[tuple[int, list[Stroke]]]:
    """Yield digits with their strokes: 0 to 9 again and again, each time in another hand."""
    random = np.random.default_rng(seed)
    for i in range(count):
        shapes = DIGIT_SHAPES[i % 10]
        shape = shapes[random.integers(len(shapes))]
        # Three points at a corner keep it sharp.
        points = re.sub(r"(\d\d)!", r"\1 \1 \1", shape).split("/")
        strokes = [np.array([[*map(int, xy)] for xy in stroke.split()]) / 9 for stroke in points]
        yield i % 10, _by_hand(strokes, random)


def _by_hand(strokes: list[Stroke], random: np.random.Generator) -> list[Stroke]:
    height = random.uniform(0.45, 0.85) * SIDE
    width = height * random.uniform(0.5, 0.8)
    turn, slant = random.normal(0, 0.08), random.normal(0, 0.15)
    change = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    change = np.array([[width, 0], [-slant * height, height]]) @ change
    middle = SIDE / 2 + random.normal(0, 0.04 * SIDE, 2)
    drawn = []
    for stroke in strokes:
        points = _curve(stroke + random.normal(0, 0.02, stroke.shape) - 0.5) @ change + middle
        drawn.append((points + random.normal(0, 0.3, points.shape)).clip(10, SIDE - 10))
    return drawn


def _curve(points: Stroke) -> Stroke:
    """Return a smooth line through the points, twelve steps between two (Catmull and Rom)."""
    padded = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, 12, endpoint=False)[:, None]
    parts = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        bend = (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
        parts.append(b + 0.5 * ((c - a) * t + bend))
    return np.concatenate([*parts, points[-1:]])

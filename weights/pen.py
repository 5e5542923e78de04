"""Images of shapes drawn by a random pen, in random handwriting."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from scratchnet_cli.images.digit_image import SIDE_PIXELS
from scratchnet_cli.images.mnist import CENTRE_PIXEL, DIGIT_SIDE_PIXELS


class PenPath(NamedTuple):
    """The points of a shape, and the matrices that turn them into a line of k small dots.

    points: (p, 2) in [0, 1], y first. ``straight @ points`` are dots on straight lines, and
    ``(straight + curved) @ points`` on a smooth curve; both matrices are (k, p).
    """

    points: Tensor
    straight: Tensor
    curved: Tensor


def parse_shape(shape: str) -> PenPath:
    """Return the path of a shape in the notation of ``shapes.py``."""
    strokes = [stroke.split() for stroke in shape.split("/")]
    marks = [mark for stroke in strokes for mark in stroke]
    points = torch.tensor([[int(mark[1]), int(mark[0])] for mark in marks]) / 9
    unit = torch.eye(len(marks))
    straight, curved = [], []
    first = 0
    for stroke in strokes:
        last = first + len(stroke) - 1
        smooth = [i for i in range(first + 1, last) if not marks[i].endswith("!")]
        for i in range(first, last):
            chord = unit[i + 1] - unit[i]
            # A Catmull-Rom spline: at each point it runs parallel to the line between the point's
            # neighbours. Next to a corner or an end it is a parabola.
            leave, arrive = (
                (unit[j + 1] - unit[j - 1]) / 2 - chord if j in smooth else 0 * chord
                for j in (i, i + 1)
            )
            if i not in smooth:
                leave = -arrive / 2
            elif i + 1 not in smooth:
                arrive = -leave / 2
            length = math.dist(points[i].tolist(), points[i + 1].tolist())
            t = torch.linspace(0, 1, max(2, math.ceil(40 * length)))[:, None]
            straight.append(unit[i] + t * chord)
            curved.append(t * (1 - t) ** 2 * leave - t**2 * (1 - t) * arrive)
        first = last + 1
    return PenPath(points, torch.cat(straight), torch.cat(curved))


def draw(shape: str, n: int, width: float = 0.65) -> Tensor:
    """Return n drawings of one shape: (n, 28, 28) in [0, 1].

    They are scaled as in MNIST and centred by the mean of their dots. width: the mean ratio of
    width to height.
    """
    return render(*fit_dots(random_dots(parse_shape(shape), n, width)))


def random_dots(path: PenPath, n: int, width: float) -> Tensor:
    """Return the dots (n, k, 2) of n drawings of one shape: shaky, slanted, narrow or wide."""
    wobble = torch.empty(n, 1, 1).uniform_(0.01, 0.07)
    points = path.points + torch.randn(n, *path.points.shape) * wobble
    # From the straight lines of a slow mouse to the curves of a fast pen.
    smooth = (0.95 + 0.35 * torch.randn(n, 1, 1)).clamp(0, 1.2)
    dots = path.straight @ points + smooth * (path.curved @ points)
    turn, slant = 0.1 * torch.randn(n), 0.2 * torch.randn(n) - 0.15
    widths = width * torch.exp(0.22 * torch.randn(n))
    cos, sin = turn.cos(), turn.sin()
    # Narrowed, then slanted, which moves the top sideways, then rotated. y comes first.
    rows = [cos + sin * slant, cos * slant - sin, sin * widths, cos * widths]
    return dots @ torch.stack(rows, dim=1).view(n, 2, 2)


def fit_dots(dots: Tensor) -> tuple[Tensor, Tensor]:
    """Return the dots (n, k, 2), scaled and centred, and the pen's radius (n,), in pixels."""
    n = len(dots)
    radius = (1.25 * torch.exp(0.33 * torch.randn(n))).clamp(0.6, 2.5)
    low = dots.amin(dim=1)
    span = (dots.amax(dim=1) - low).amax(dim=1)
    side = DIGIT_SIDE_PIXELS * torch.exp(0.03 * torch.randn(n)) - 2 * radius
    dots = (dots - low[:, None]) * (side / span)[:, None, None] + radius[:, None, None]
    return dots + (CENTRE_PIXEL + 0.5 - dots.mean(dim=1)).round()[:, None], radius


def render(dots: Tensor, radius: Tensor) -> Tensor:
    """Return the images (n, 28, 28) of a round pen that touches every dot."""
    pixel = torch.arange(SIDE_PIXELS) + 0.5
    down, across = ((pixel - dots[:, :, axis, None]) ** 2 for axis in (0, 1))
    nearest = torch.full((len(dots), SIDE_PIXELS, SIDE_PIXELS), torch.inf)
    for dot in range(dots.shape[1]):
        torch.minimum(nearest, down[:, dot, :, None] + across[:, dot, None, :], out=nearest)
    blur = torch.empty(len(dots), 1, 1).uniform_(0.8, 2.0)
    return ((radius[:, None, None] - nearest.sqrt()) / blur + 0.5).clamp(0, 1)

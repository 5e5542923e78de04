"""Pictures of what a random pen draws: the shapes of ``shapes.py`` in ever new hands."""

import math
from typing import NamedTuple

import torch
from torch import Tensor


class Path(NamedTuple):
    """A shape's points (p, 2) in [0, 1], y first, and how they make a line of k small dots:

    straight @ points, or (straight + curved) @ points for the smooth curve; both are (k, p).
    """

    points: Tensor
    straight: Tensor
    curved: Tensor


def path(shape: str) -> Path:
    """A shape's notation, parsed."""
    strokes = [stroke.split() for stroke in shape.split("/")]
    marks = [mark for stroke in strokes for mark in stroke]
    points = torch.tensor([[int(mark[1]), int(mark[0])] for mark in marks]) / 9
    unit = torch.eye(len(marks))
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
            length = math.dist(points[i].tolist(), points[i + 1].tolist())
            t = torch.linspace(0, 1, max(2, math.ceil(40 * length)))[:, None]
            straight.append(unit[i] + t * chord)
            curved.append(t * (1 - t) ** 2 * leave - t**2 * (1 - t) * arrive)
        first = last + 1
    return Path(points, torch.cat(straight), torch.cat(curved))


def draw(shape: str, n: int, width: float = 0.65) -> Tensor:
    """One shape in n random hands: (n, 28, 28) in [0, 1], boxed and about centred as MNIST's.

    width: its breadth on average, in heights.
    """
    return ink(*place(hand(path(shape), n, width)))


def hand(path: Path, n: int, width: float) -> Tensor:
    """The dots (n, k, 2) of one shape in n hands: wobbling, slanted, narrow or wide."""
    wobble = torch.empty(n, 1, 1).uniform_(0.01, 0.07)
    points = path.points + torch.randn(n, *path.points.shape) * wobble
    # From the straight lines of an unsure mouse to a swinging pen.
    smooth = (0.95 + 0.35 * torch.randn(n, 1, 1)).clamp(0, 1.2)
    dots = path.straight @ points + smooth * (path.curved @ points)
    turn, slant = 0.1 * torch.randn(n), 0.2 * torch.randn(n) - 0.15
    wide = width * torch.exp(0.22 * torch.randn(n))
    cos, sin = turn.cos(), turn.sin()
    # Narrowed and slanted, as a pen slants: the top goes sideways; then turned. y comes first.
    rows = [cos + sin * slant, cos * slant - sin, sin * wide, cos * wide]
    return dots @ torch.stack(rows, dim=1).view(n, 2, 2)


def place(dots: Tensor) -> tuple[Tensor, Tensor]:
    """The dots in pixels of MNIST's box, and the pen's radius (n,) in pixels."""
    n = len(dots)
    radius = (1.25 * torch.exp(0.33 * torch.randn(n))).clamp(0.6, 2.5)
    low = dots.amin(dim=1)
    span = (dots.amax(dim=1) - low).amax(dim=1)
    side = 20 * torch.exp(0.03 * torch.randn(n)) - 2 * radius
    dots = (dots - low[:, None]) * (side / span)[:, None, None] + radius[:, None, None]
    return dots + (14.5 - dots.mean(dim=1)).round()[:, None], radius


def ink(dots: Tensor, radius: Tensor) -> Tensor:
    """The picture (n, 28, 28) of a round pen that touches every dot."""
    pixel = torch.arange(28) + 0.5
    down, across = ((pixel - dots[:, :, axis, None]) ** 2 for axis in (0, 1))
    nearest = torch.full((len(dots), 28, 28), torch.inf)
    for dot in range(dots.shape[1]):
        torch.minimum(nearest, down[:, dot, :, None] + across[:, dot, None, :], out=nearest)
    blur = torch.empty(len(dots), 1, 1).uniform_(0.8, 2.0)
    return ((radius[:, None, None] - nearest.sqrt()) / blur + 0.5).clamp(0, 1)

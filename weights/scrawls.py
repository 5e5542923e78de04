"""Pictures that are no digit: letters, signs, scribbles, blots, and digits that were cut badly."""

import math

import torch
from torch import Tensor

from weights.distort import SIDE, box
from weights.pen import draw
from weights.shapes import OTHERS

HANDS = 20
"""How many pictures are drawn of one scribble, each in another hand."""
CANVAS = 50
"""Side in pixels of the canvas that holds two digits side by side."""


def scrawls(digits: Tensor, n: int) -> Tensor:
    """About n pictures (m, 28, 28) in [0, 1], boxed as MNIST's: the same share of each kind.

    digits: (k, 28, 28) to cut and to push together.
    """
    each = n // 5
    hands = max(1, each // len(OTHERS))
    widths = torch.empty(len(OTHERS)).uniform_(0.6, 1.1).tolist()
    signs = [draw(shape, hands, wide) for shape, wide in zip(OTHERS, widths, strict=True)]
    shapes = [make() for make in (scribble, framed) for _ in range(max(1, each // HANDS))]
    drawn = [draw(shape, HANDS, 0.9) for shape in shapes]
    return torch.cat([*signs, *drawn, blots(each), crops(digits, each)])


def scribble() -> str:
    """A random shape in the notation of the pen: 4 to 24 points, round or pointed, 1 to 4 lines."""
    n = int(torch.randint(4, 25, ()))
    corners, lifts = float(torch.rand(())), 3 / n * float(torch.rand(()))
    marks: list[str] = []
    for i in range(n):
        x, y = torch.randint(0, 10, (2,)).tolist()
        lift = 1 < i < n - 2 and "/" not in marks[-2:]
        if lift and torch.rand(()) < lifts:
            marks += ["/"]
        marks.append(f"{x}{y}" + "!" * int(torch.rand(()) < corners))
    return " ".join(marks)


def framed() -> str:
    """A ring or a polygon with two to five short marks within, as a face or a button has."""
    sides, corner = int(torch.randint(4, 9, ())), "!" * int(torch.randint(2, ()))
    angles = torch.rand(()) + torch.arange(sides + 1) * 2 * math.pi / sides
    outline = (4.5 + 4.4 * torch.stack([angles.cos(), angles.sin()], dim=1)).round().int()
    marks = [f"{x}{y}{corner}" for x, y in outline.tolist()]
    for _ in range(int(torch.randint(2, 6, ()))):
        middle = torch.randint(2, 8, (2,))
        steps = torch.randint(-1, 2, (3, 2)) * torch.randint(2, ())
        marks += ["/", *(f"{x}{y}" for x, y in (middle + steps).tolist())]
    return " ".join(marks)


def blots(n: int) -> Tensor:
    """Polygons, stars, ellipses and blobs, filled or as thick outlines: (n, 28, 28)."""

    def some(low: float, high: float) -> Tensor:
        return torch.empty(n, 1, 1).uniform_(low, high)

    at = torch.arange(34) - 16.5
    y, x = at[:, None], at[None, :]
    turn, wide = some(-math.pi, math.pi), some(0.5, 1.0)
    along, aside = turn.cos() * x + turn.sin() * y, (turn.cos() * y - turn.sin() * x) / wide
    radius, angle = torch.hypot(along, aside), torch.atan2(aside, along)
    corners = torch.randint(2, 8, (n, 1, 1))
    # A polygon's edge in polar coordinates, between its sides' straight and a star's hollow ones.
    sector = torch.remainder(angle, 2 * math.pi / corners) - math.pi / corners
    polygon = (math.pi / corners).cos() / sector.cos()
    star = 1 - some(0.0, 0.6) * (1 - (sector.abs() * corners / math.pi))
    blob = 1 + some(0.0, 0.3) * torch.cos(corners * angle) + some(0, 0.3) * torch.sin(angle)
    kind = torch.randint(3, (n, 1, 1))
    edge = 13 * torch.where(
        (kind == 0) & (corners > 2), polygon, torch.where(kind == 1, star, blob)
    )
    depth = edge - radius
    outline = some(1.5, 4.0) - depth.abs()
    filled = torch.rand(n, 1, 1) < 0.75
    return box((torch.where(filled, depth, outline) + 0.5).clamp(0, 1))


def crops(digits: Tensor, n: int) -> Tensor:
    """Pieces of digits, digits that touch, digits with a piece of another one: (n, 28, 28)."""
    made: list[Tensor] = []
    at = torch.arange(CANVAS) - (CANVAS - 1) / 2
    while sum(map(len, made)) < n:
        one, other = torch.zeros(2, HANDS, CANVAS, CANVAS)
        one[:, 11:39, 1:29] = digits[torch.randint(len(digits), (HANDS,))]
        if torch.rand(()) < 0.6:
            down, right = int(torch.randint(6, 17, ())), int(torch.randint(9, 22, ()))
            second = digits[torch.randint(len(digits), (HANDS,))]
            other[:, down : down + SIDE, right : right + SIDE] = second
        # What a straight cut leaves of both, in any direction.
        turn = torch.empty(HANDS, 1, 1).uniform_(-math.pi, math.pi)
        height = torch.empty(HANDS, 1, 1).uniform_(-12, 24)
        kept = turn.cos() * at + turn.sin() * at[:, None] < height
        shares = torch.stack(
            [
                (image * kept).sum(dim=(1, 2)) / image.sum(dim=(1, 2)).clamp(min=1)
                for image in (one, other)
            ]
        )
        less, more = shares.aminmax(dim=0)
        no_digit = (more > 0.25) & ((more < 0.75) | (less > 0.25))
        made.append(box((torch.maximum(one, other) * kept)[no_digit]))
    return torch.cat(made)[:n]

"""Images of non-digits: letters, signs, scribbles, filled shapes, and badly cut digits."""

import math

import torch
from torch import Tensor

from scratchnet_cli.images.digit_image import SIDE_PIXELS
from weights.distort import CANVAS_SIDE_PIXELS, fit
from weights.pen import draw
from weights.shapes import NON_DIGIT_SHAPES

# The number of images of one random shape, or of one arrangement of two digits.
GROUP_IMAGES = 20
# Two digits side by side fit on this canvas.
PAIR_CANVAS_SIDE_PIXELS = 50


def make_non_digits(digits: Tensor, n: int) -> Tensor:
    """Return about n images (m, 28, 28) in [0, 1], scaled and centred, a fifth of each kind.

    digits: (k, 28, 28), to be cut and overlapped.
    """
    each = n // 5
    per_shape = max(1, each // len(NON_DIGIT_SHAPES))
    widths = torch.empty(len(NON_DIGIT_SHAPES)).uniform_(0.6, 1.1).tolist()
    pairs = zip(NON_DIGIT_SHAPES, widths, strict=True)
    signs = [draw(shape, per_shape, width) for shape, width in pairs]
    makers = (scribble_shape, framed_shape)
    shapes = [make() for make in makers for _ in range(max(1, each // GROUP_IMAGES))]
    drawn = [draw(shape, GROUP_IMAGES, 0.9) for shape in shapes]
    return torch.cat([*signs, *drawn, filled_shapes(each), cut_digits(digits, each)])


def scribble_shape() -> str:
    """Return a random shape of 4 to 24 points, with curves and corners, in one or more strokes."""
    n = int(torch.randint(4, 25, ()))
    corner_share, lift_share = float(torch.rand(())), 3 / n * float(torch.rand(()))
    marks: list[str] = []
    for i in range(n):
        x, y = torch.randint(0, 10, (2,)).tolist()
        may_lift = 1 < i < n - 2 and "/" not in marks[-2:]
        if may_lift and torch.rand(()) < lift_share:
            marks += ["/"]
        marks.append(f"{x}{y}" + "!" * int(torch.rand(()) < corner_share))
    return " ".join(marks)


def framed_shape() -> str:
    """Return a random ring or polygon with two to five short strokes inside, as in a face."""
    sides, corner = int(torch.randint(4, 9, ())), "!" * int(torch.randint(2, ()))
    angles = torch.rand(()) + torch.arange(sides + 1) * 2 * math.pi / sides
    outline = (4.5 + 4.4 * torch.stack([angles.cos(), angles.sin()], dim=1)).round().int()
    marks = [f"{x}{y}{corner}" for x, y in outline.tolist()]
    for _ in range(int(torch.randint(2, 6, ()))):
        middle = torch.randint(2, 8, (2,))
        steps = torch.randint(-1, 2, (3, 2)) * torch.randint(2, ())
        marks += ["/", *(f"{x}{y}" for x, y in (middle + steps).tolist())]
    return " ".join(marks)


def filled_shapes(n: int) -> Tensor:
    """Return polygons, stars, ellipses and blobs, filled or as thick outlines: (n, 28, 28)."""

    def uniform(low: float, high: float) -> Tensor:
        return torch.empty(n, 1, 1).uniform_(low, high)

    at = torch.arange(CANVAS_SIDE_PIXELS) - (CANVAS_SIDE_PIXELS - 1) / 2
    y, x = at[:, None], at[None, :]
    turn, width = uniform(-math.pi, math.pi), uniform(0.5, 1.0)
    along, aside = turn.cos() * x + turn.sin() * y, (turn.cos() * y - turn.sin() * x) / width
    radius, angle = torch.hypot(along, aside), torch.atan2(aside, along)
    corners = torch.randint(2, 8, (n, 1, 1))
    # The edge in polar coordinates: a polygon has straight sides, a star hollow ones.
    sector = torch.remainder(angle, 2 * math.pi / corners) - math.pi / corners
    polygon = (math.pi / corners).cos() / sector.cos()
    star = 1 - uniform(0.0, 0.6) * (1 - (sector.abs() * corners / math.pi))
    blob = 1 + uniform(0.0, 0.3) * torch.cos(corners * angle) + uniform(0, 0.3) * torch.sin(angle)
    kind = torch.randint(3, (n, 1, 1))
    edge = 13 * torch.where(
        (kind == 0) & (corners > 2), polygon, torch.where(kind == 1, star, blob)
    )
    depth = edge - radius
    outline = uniform(1.5, 4.0) - depth.abs()
    is_filled = torch.rand(n, 1, 1) < 0.75
    return fit((torch.where(is_filled, depth, outline) + 0.5).clamp(0, 1))


def cut_digits(digits: Tensor, n: int) -> Tensor:
    """Return pieces of digits, touching digits, and digits with a piece of another: (n, 28, 28)."""
    made: list[Tensor] = []
    side = PAIR_CANVAS_SIDE_PIXELS
    at = torch.arange(side) - (side - 1) / 2
    while sum(map(len, made)) < n:
        one, other = torch.zeros(2, GROUP_IMAGES, side, side)
        one[:, 11:39, 1:29] = digits[torch.randint(len(digits), (GROUP_IMAGES,))]
        if torch.rand(()) < 0.6:
            down, right = int(torch.randint(6, 17, ())), int(torch.randint(9, 22, ()))
            second = digits[torch.randint(len(digits), (GROUP_IMAGES,))]
            other[:, down : down + SIDE_PIXELS, right : right + SIDE_PIXELS] = second
        # A straight cut in any direction keeps one side of both.
        turn = torch.empty(GROUP_IMAGES, 1, 1).uniform_(-math.pi, math.pi)
        height = torch.empty(GROUP_IMAGES, 1, 1).uniform_(-12, 24)
        kept = turn.cos() * at + turn.sin() * at[:, None] < height
        kept_shares = [
            (image * kept).sum(dim=(1, 2)) / image.sum(dim=(1, 2)).clamp(min=1)
            for image in (one, other)
        ]
        less, more = torch.stack(kept_shares).aminmax(dim=0)
        is_non_digit = (more > 0.25) & ((more < 0.75) | (less > 0.25))
        made.append(fit((torch.maximum(one, other) * kept)[is_non_digit]))
    return torch.cat(made)[:n]

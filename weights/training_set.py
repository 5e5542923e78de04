"""The images that teachers and student learn: digits in many forms, and non-digits."""

import torch
from torch import Tensor

from weights.digits import Digits
from weights.distort import distort, hollow
from weights.non_digits import make_non_digits
from weights.pen import draw
from weights.shapes import DIGIT_SHAPES

NON_DIGIT_LABEL = 10
# The set contains each digit unchanged, and one copy distorted by each of these strengths.
COPY_STRENGTHS = 8 * (0.25, 0.25, 0.5, 0.5, 0.75)
# It also contains the outline of each digit, distorted by this strength.
HOLLOW_STRENGTH = 0.5
# Images of each digit that the pen draws; twice as many of 1 and 7, which people vary most.
DRAWN_PER_DIGIT = 18_000
NON_DIGIT_IMAGES = 300_000
# At most this many images at a time fit into the processor's cache.
CHUNK_IMAGES = 250


def make_training_set(digits: Digits, effort: float = 1.0) -> tuple[Tensor, Tensor]:
    """Return images (n, 28, 28) uint8, scaled and centred, and labels (n,) int64 from 0 to 10.

    effort: the share of drawn digits and of non-digits.
    """
    images, labels = digits
    parts = [(as_bytes(images), labels)]
    parts += [(distorted_copies(images, strength), labels) for strength in COPY_STRENGTHS]
    outlines = [hollow(chunk, HOLLOW_STRENGTH) for chunk in images.split(CHUNK_IMAGES)]
    parts.append((as_bytes(torch.cat(outlines)), labels))
    for digit, shapes in DIGIT_SHAPES.items():
        count = round(effort * DRAWN_PER_DIGIT * (2 if digit in (1, 7) else 1) / len(shapes))
        for shape in shapes:
            drawn = [draw(shape, min(100, count - i)) for i in range(0, count, 100)]
            parts.append((as_bytes(torch.cat(drawn)), torch.full((count,), digit)))
    some = images[torch.randperm(len(images))[:20_000]]
    distorted = torch.cat([distort(chunk) for chunk in some.split(CHUNK_IMAGES)])
    rounds = max(1, round(20 * effort))
    for _ in range(rounds):
        non_digits = as_bytes(make_non_digits(distorted, round(effort * NON_DIGIT_IMAGES / rounds)))
        parts.append((non_digits, torch.full((len(non_digits),), NON_DIGIT_LABEL)))
    return torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])


def distorted_copies(images: Tensor, strength: float) -> Tensor:
    """Return one distorted copy of each image: (n, 28, 28) uint8."""
    chunks = images.split(CHUNK_IMAGES)
    return as_bytes(torch.cat([distort(chunk, strength) for chunk in chunks]))


def as_bytes(images: Tensor) -> Tensor:
    """Return images in [0, 1] as uint8, which takes a quarter of the memory."""
    return (images * 255).round().to(torch.uint8)

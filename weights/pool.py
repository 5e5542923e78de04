"""The pool of pictures that teachers and student learn: digits in many forms, and no digits."""

import torch
from torch import Tensor

from weights.digits import Digits
from weights.distort import distort
from weights.pen import draw
from weights.scrawls import scrawls
from weights.shapes import DIGITS

NONE = 10
"""The label of what is no digit."""
STRENGTHS = 8 * (0.25, 0.25, 0.5, 0.5, 0.75)
"""How strongly the copies of each digit are distorted; the digit itself is in the pool as well."""
DRAWN = 18_000
"""Digits of each kind that the pen draws; ones and sevens, in which people differ most, twice."""
SCRAWLS = 300_000
PORTION = 250
"""So many pictures at a time fit into the processor's cache."""

Pool = tuple[Tensor, Tensor]
"""Pictures (n, 28, 28) uint8, and labels (n,) int64 from 0 to NONE."""


def make_pool(digits: Digits, effort: float = 1.0) -> Pool:
    """The pool for these digits, boxed and centred as MNIST's.

    effort: the share of what the pen draws and of what is no digit.
    """
    images, labels = digits
    parts = [(packed(images), labels)]
    parts += [(copies(images, strength), labels) for strength in STRENGTHS]
    for digit, shapes in DIGITS.items():
        hands = round(effort * DRAWN * (2 if digit in (1, 7) else 1) / len(shapes))
        for shape in shapes:
            drawn = [draw(shape, min(100, hands - i)) for i in range(0, hands, 100)]
            parts.append((packed(torch.cat(drawn)), torch.full((hands,), digit)))
    some = images[torch.randperm(len(images))[:20_000]]
    distorted = torch.cat([distort(part) for part in some.split(PORTION)])
    rounds = max(1, round(20 * effort))
    for _ in range(rounds):
        no_digits = packed(scrawls(distorted, round(effort * SCRAWLS / rounds)))
        parts.append((no_digits, torch.full((len(no_digits),), NONE)))
    return torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])


def copies(images: Tensor, strength: float) -> Tensor:
    """One distorted copy of each image: (n, 28, 28) uint8."""
    return packed(torch.cat([distort(part, strength) for part in images.split(PORTION)]))


def packed(images: Tensor) -> Tensor:
    """Images in [0, 1] as bytes, which need a quarter of the memory."""
    return (images * 255).round().to(torch.uint8)

"""The optimiser of the student."""

import math

import torch
from torch import nn


class PerUnitAdam:
    """Adam (Kingma and Ba, 2014), but all weights into one unit share one step size.

    With a step size each, those of the seldom inked pixels at the border take steps as large as
    the others', and grow without end on what is mere chance.
    """

    def __init__(self, student: nn.Module) -> None:
        self.params = list(student.parameters())
        self.means = [torch.zeros_like(param) for param in self.params]
        self.squares = [torch.zeros_like(param) for param in self.params]
        self.steps = 0

    @torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
    def step(self, rate: float) -> None:
        """Move the parameters one step downhill."""
        self.steps += 1
        rate *= math.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        for param, mean, square in zip(self.params, self.means, self.squares, strict=True):
            gradient = torch.zeros_like(param) if param.grad is None else param.grad
            seen = gradient**2
            mean.lerp_(gradient, 0.1)
            square.lerp_(seen.mean(dim=1, keepdim=True) if seen.ndim == 2 else seen, 0.001)
            param -= rate * mean / (square.sqrt() + 1e-8)

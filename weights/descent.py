"""Gradient descent as both networks are trained with: Adam, its rate falling along a cosine."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.network.layers import Array

Params = dict[str, Array]
Gradients = Callable[[Params, Array, Array], tuple[float, Params]]


@dataclass(frozen=True)
class Plan:
    """How to train: for how long, how many images a step, and with what rate at the start.

    per_unit: let all weights into one unit share one step size. With a step size each, as in
    Adam's paper, those of the seldom inked pixels at the border take steps as large as the
    others', and grow without end on what is mere chance.
    """

    epochs: int
    batch_size: int
    rate: float
    per_unit: bool = False


class Adam:
    """Adam (Kingma and Ba, 2014) with its paper's constants, on parameters in place."""

    def __init__(self, params: Params, per_unit: bool = False) -> None:
        self.m = {key: np.zeros_like(value) for key, value in params.items()}
        self.v = {key: np.zeros_like(value) for key, value in params.items()}
        self.per_unit = per_unit
        self.steps = 0

    def step(self, params: Params, gradients: Params, rate: float) -> None:
        """Move the parameters one step downhill."""
        self.steps += 1
        rate *= math.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        for key, gradient in gradients.items():
            m, v = self.m[key], self.v[key]
            square = gradient * gradient
            if self.per_unit and square.ndim == 2:
                square = square.mean(axis=0)
            m += 0.1 * (gradient - m)
            v += 0.001 * (square - v)
            params[key] -= rate * m / (np.sqrt(v) + 1e-8)


def descend(
    params: Params,
    loss_and_gradients: Gradients,
    pixels: NDArray[np.uint8],
    targets: Array,
    plan: Plan,
    rng: np.random.Generator,
) -> list[float]:
    """Train the parameters in place, the rate falling to 0; the loss of every step.

    pixels: (n, 784); targets: (n, 10) probabilities, as float32.
    """
    adam = Adam(params, plan.per_unit)
    losses: list[float] = []
    steps = plan.epochs * math.ceil(len(pixels) / plan.batch_size)
    for _ in range(plan.epochs):
        for chosen in batches(len(pixels), plan.batch_size, rng):
            x = pixels[chosen] / np.float32(255)
            loss, gradients = loss_and_gradients(params, x, targets[chosen])
            rate = plan.rate * (1 + math.cos(math.pi * len(losses) / steps)) / 2
            adam.step(params, gradients, rate)
            losses.append(loss)
    return losses


def batches(n: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Every index below n once, shuffled, in batches."""
    order = rng.permutation(n)
    for i in range(0, n, size):
        yield order[i : i + size]

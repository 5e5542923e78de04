"""The student: the book's 784-50-100-10 network, forward and backward, as in its chapter 5."""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.network.layers import Array, sigmoid, softmax
from weights.descent import Params

SIZES = (784, 50, 100, 10)


def initialise(rng: np.random.Generator) -> Params:
    """Fresh W1 (784, 50), b1 (50,), … b3 (10,): Glorot's normal, doubled for sigmoids."""
    params: Params = {}
    for i, (fan_in, fan_out) in enumerate(pairwise(SIZES), 1):
        spread = math.sqrt(2 / (fan_in + fan_out)) * (2 if i < len(SIZES) - 1 else 1)
        params[f"W{i}"] = (rng.standard_normal((fan_in, fan_out)) * spread).astype(np.float32)
        params[f"b{i}"] = np.zeros(fan_out, np.float32)
    return params


def forward(params: Params, x: Array) -> tuple[Array, Array, Array]:
    """Both hidden layers' outputs and the logits (n, 10) of images x (n, 784) in [0, 1]."""
    z1 = sigmoid(x @ params["W1"] + params["b1"])
    z2 = sigmoid(z1 @ params["W2"] + params["b2"])
    return z1, z2, z2 @ params["W3"] + params["b3"]


def loss_and_gradients(params: Params, x: Array, t: Array) -> tuple[float, Params]:
    """The mean cross-entropy in nats, and its gradient for every parameter.

    x: (n, 784) in [0, 1]; t: (n, 10) probabilities that sum to 1.
    """
    z1, z2, a3 = forward(params, x)
    y = softmax(a3)
    loss = -float((t * np.log(y + 1e-12)).sum()) / len(x)
    # Softmax and cross-entropy together: the gradient at the logits is simply y - t.
    d3 = (y - t) / len(x)
    # The slope of the sigmoid, told by its own value: z(1 - z).
    d2 = (d3 @ params["W3"].T) * z2 * (1 - z2)
    d1 = (d2 @ params["W2"].T) * z1 * (1 - z1)
    return loss, {
        "W1": x.T @ d1, "b1": d1.sum(axis=0),
        "W2": z1.T @ d2, "b2": d2.sum(axis=0),
        "W3": z2.T @ d3, "b3": d3.sum(axis=0),
    }  # fmt: skip


def accuracy(params: Params, pixels: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
    """Share of the digits read right, in [0, 1]."""
    logits = forward(params, pixels / np.float32(255))[-1]
    return float((logits.argmax(axis=1) == labels).mean())

"""The teacher: a small convolutional network, forward and backward, as in the book's chapter 7.

Convolution 5x5 to 16 channels, pooling, convolution 5x5 to 32, pooling, 128 units, 10 logits, with
ReLU in between. Images have their channels last: (n, height, width, channels).
"""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from scratchnet_cli.network.layers import Array, softmax
from weights.descent import Params

SHAPES = {"W1": (25, 16), "W2": (25 * 16, 32), "W3": (4 * 4 * 32, 128), "W4": (128, 10)}
KERNEL = 5


def initialise(rng: np.random.Generator) -> Params:
    """Fresh W1, b1, … W4, b4 with He's normal, which keeps the scale through ReLUs."""
    params: Params = {}
    for name, shape in SHAPES.items():
        spread = math.sqrt(2 / shape[0])
        params[name] = (rng.standard_normal(shape) * spread).astype(np.float32)
        params["b" + name[1]] = np.zeros(shape[1], np.float32)
    return params


def columns(x: Array) -> Array:
    """im2col: what the kernel sees at each place, (n, h, w, c) to (n·(h - 4)·(w - 4), 25·c)."""
    windows = sliding_window_view(x, (KERNEL, KERNEL), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
    return np.ascontiguousarray(windows).reshape(-1, KERNEL * KERNEL * x.shape[3])


def images(d: Array, shape: tuple[int, ...]) -> Array:
    """col2im, the transpose of ``columns``: what was copied is summed where it came from.

    d: (n·(h - 4)·(w - 4), 25·c); shape, and that of the result: (n, h, w, c).
    """
    n, h, w, c = shape
    high, wide = h - KERNEL + 1, w - KERNEL + 1
    d = d.reshape(n, high, wide, KERNEL, KERNEL, c)
    total = np.zeros(shape, d.dtype)
    for y in range(KERNEL):
        for x in range(KERNEL):
            total[:, y : y + high, x : x + wide] += d[:, :, :, y, x]
    return total


QUARTERS = [np.s_[:, y::2, x::2] for y in (0, 1) for x in (0, 1)]


def pool(a: Array) -> Array:
    """ReLU and the maximum of each 2x2 square: half the height, half the width."""
    z = np.maximum(a[QUARTERS[0]], 0)
    for quarter in QUARTERS[1:]:
        np.maximum(z, a[quarter], out=z)
    return z


def unpool(d: Array, a: Array, z: Array) -> Array:
    """The gradient at a, from d at z = pool(a): it goes where the maximum came from."""
    da = np.empty_like(a)
    d = d * (z > 0)
    for quarter in QUARTERS:
        da[quarter] = d * (a[quarter] == z)
    return da


def logits(params: Params, x: Array) -> Array:
    """The scores (n, 10) of images x (n, 784) in [0, 1]."""
    return forward(params, x)[-1]


def forward(params: Params, x: Array) -> tuple[Array, ...]:
    """Everything that the backward pass needs, the logits last."""
    n = len(x)
    c1 = columns(x.reshape(n, 28, 28, 1))
    a1 = (c1 @ params["W1"] + params["b1"]).reshape(n, 24, 24, -1)
    z1 = pool(a1)
    c2 = columns(z1)
    a2 = (c2 @ params["W2"] + params["b2"]).reshape(n, 8, 8, -1)
    z2 = pool(a2)
    z3 = np.maximum(z2.reshape(n, -1) @ params["W3"] + params["b3"], 0)
    return c1, a1, z1, c2, a2, z2, z3, z3 @ params["W4"] + params["b4"]


def loss_and_gradients(params: Params, x: Array, t: Array) -> tuple[float, Params]:
    """The mean cross-entropy in nats, and its gradient for every parameter.

    x: (n, 784) in [0, 1]; t: (n, 10) probabilities that sum to 1.
    """
    n = len(x)
    c1, a1, z1, c2, a2, z2, z3, a4 = forward(params, x)
    y = softmax(a4)
    loss = -float((t * np.log(y + 1e-12)).sum()) / n
    d4 = (y - t) / n
    d3 = (d4 @ params["W4"].T) * (z3 > 0)
    d2 = unpool((d3 @ params["W3"].T).reshape(z2.shape), a2, z2).reshape(len(c2), -1)
    d1 = unpool(images(d2 @ params["W2"].T, z1.shape), a1, z1).reshape(len(c1), -1)
    return loss, {
        "W1": c1.T @ d1, "b1": d1.sum(axis=0),
        "W2": c2.T @ d2, "b2": d2.sum(axis=0),
        "W3": z2.reshape(n, -1).T @ d3, "b3": d3.sum(axis=0),
        "W4": z3.T @ d4, "b4": d4.sum(axis=0),
    }  # fmt: skip

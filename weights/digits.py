"""MNIST's training digits by way of the program's own downloader, and how we divide them."""

import numpy as np
import torch
from torch import Tensor

from scratchnet_cli.catalog import load_dataset

HELD_BACK = 5000
"""So many digits at the end of the training set choose and calibrate; none of them is learned."""

Digits = tuple[Tensor, Tensor]
"""Images (n, 28, 28) float32 in [0, 1], 0 background, and labels (n,) int64."""


def load_digits() -> tuple[Digits, Digits]:
    """Those to learn from, without the digits of the bundled sample, and those held back."""
    dataset, _ = load_dataset("mnist", "train")
    sample = {image.tobytes() for image in load_dataset("sample")[0].images}
    fresh = np.array([image.tobytes() not in sample for image in dataset.images])
    images = torch.from_numpy(dataset.images[fresh].astype(np.float32) / 255)
    labels = torch.from_numpy(dataset.labels[fresh].astype(np.int64))
    return (images[:-HELD_BACK], labels[:-HELD_BACK]), (images[-HELD_BACK:], labels[-HELD_BACK:])

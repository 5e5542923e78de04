"""MNIST's training digits, downloaded and cached, and how they are divided."""

import numpy as np
import torch
from torch import Tensor

from scratchnet_cli.datasets.load import load_dataset

# The last digits of MNIST's train split: for choices and calibration, never learned.
HELD_BACK_DIGITS = 5000

Digits = tuple[Tensor, Tensor]
"""Images (n, 28, 28) float32 in [0, 1], 0 is background, and labels (n,) int64."""


def load_digits() -> tuple[Digits, Digits]:
    """Return the digits to learn and those held back, both without the bundled sample."""
    dataset = load_dataset("mnist", "train")
    sample = {image.tobytes() for image in load_dataset("sample").images}
    fresh = np.array([image.tobytes() not in sample for image in dataset.images])
    images = torch.from_numpy(dataset.images[fresh].astype(np.float32) / 255)
    labels = torch.from_numpy(dataset.labels[fresh].astype(np.int64))
    learned = images[:-HELD_BACK_DIGITS], labels[:-HELD_BACK_DIGITS]
    return learned, (images[-HELD_BACK_DIGITS:], labels[-HELD_BACK_DIGITS:])

"""A network over labelled images, batch by batch, to a confusion matrix."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import ShapeError
from scratchnet_cli.network import LARGEST_PIXEL, Forward, Network

# As many as IDX labels, which are bytes, can tell apart.
MAX_CLASSES = 256


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a network made of a dataset, or, while it runs, of the part done so far.

    confusion: (classes, classes) counts, a row for each label, a column for each prediction.
    """

    confusion: NDArray[np.intp]
    batch_size: int
    elapsed_s: float

    @property
    def total(self) -> int:
        """Number of images."""
        return int(self.confusion.sum())

    @property
    def correct(self) -> int:
        """Number of images whose prediction is their label: the matrix's diagonal."""
        return int(self.confusion.trace())

    @property
    def accuracy(self) -> float:
        """Share of the images read right, in [0, 1]."""
        return self.correct / self.total

    @property
    def images_per_s(self) -> float:
        """Throughput of the whole loop."""
        return self.total / self.elapsed_s


def evaluate(
    network: Network,
    images: NDArray[Any],
    labels: NDArray[np.integer],
    batch_size: int = 100,
    progress: Callable[[Evaluation], None] = lambda _: None,
    output: Callable[[NDArray[Any]], None] = lambda _: None,
) -> Evaluation:
    """Run every image through the network; the result does not depend on the batch size.

    images: (n, …) uint8, or floats in [0, 1] as ``load_mnist`` gives them; labels: (n,) uint8;
    ``progress`` hears the state after each batch, ``output`` its logits, (batch, classes). The
    last batch may be smaller.

    Raises:
        ShapeError: there are no images, they have another number of pixels than the network has
            inputs, or the labels are not one for each image, of its classes.
        ValueError: batch_size is not at least 1.
    """
    classes = network.outputs
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, expected 1 or more")
    if len(images) == 0:
        raise ShapeError("there are no images to evaluate")
    if labels.shape != (len(images),):
        raise ShapeError(
            f"{len(images)} images need one label each, but these have the shape {labels.shape}"
        )
    for label in (labels.max(), labels.min()):
        if not 0 <= label < classes:
            raise ShapeError(f"the network has {classes} classes, but a label is {label}")
    if classes > MAX_CLASSES:
        raise ShapeError(f"the network has {classes} classes, labels tell only {MAX_CLASSES} apart")
    forward = Forward(network, LARGEST_PIXEL if images[0].dtype == np.uint8 else 1)
    confusion = np.zeros((classes, classes), np.intp)
    start = time.perf_counter()
    for i in range(0, len(images), batch_size):
        batch = images[i : i + batch_size]
        logits = forward.logits(batch.reshape(len(batch), -1))
        # As in Network.predict: softmax would keep the order, so the argmax does without it.
        y = logits.argmax(axis=1)
        t = labels[i : i + batch_size].astype(np.intp)
        confusion += np.bincount(t * classes + y, minlength=classes**2).reshape(classes, classes)
        state = Evaluation(confusion.copy(), batch_size, time.perf_counter() - start)
        output(logits)
        progress(state)
    return state

"""Run a network over labelled images, batch by batch."""

import math
import time
from collections.abc import Generator
from contextlib import closing
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.datasets.idx import read_rows
from scratchnet_cli.datasets.load import DIGITS, Dataset
from scratchnet_cli.errors import DatasetError, ScratchnetError, ShapeError
from scratchnet_cli.evaluation.result import Evaluation
from scratchnet_cli.network.fast import BLOCK_SIZE, LARGEST_PIXEL, Forward
from scratchnet_cli.network.layers import Network
from scratchnet_cli.system.origin import Origin
from scratchnet_cli.system.pool import usable_cores
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.weights.load import Weights

# Labels are stored as bytes.
MAX_LABELS = 256
# More images than this are computed in several threads. Tasks are large, because threads wait for
# Python's lock between them.
MIN_THREADED_IMAGES = 100_000
IMAGES_PER_TASK = 2**14


class Part(NamedTuple):
    """The labels, (n,), and results of one or more batches.

    predictions: (n,); logits: (n, classes), with details only; unreadable: a number of pictures.
    """

    labels: NDArray[np.integer]
    predictions: NDArray[np.intp]
    logits: NDArray[np.floating] | None
    unreadable: int = 0


def evaluate(
    weights: Weights | Network,
    dataset: Dataset | tuple[NDArray[Any], NDArray[Any]],
    batch_size: int = 100,
    *,
    details: bool = False,
    progress: Progress | None = None,
) -> Evaluation:
    """Run every image through the network; the result does not depend on the batch size.

    Args:
        weights: What ``load_weights`` returns, or a network.
        dataset: What ``load_dataset`` returns, or arrays ``(x, t)``: x (n, …) uint8 or float in
            [0, 1], t (n,) integers.
        batch_size: The largest number of images in a matrix product.
        details: Keep the logits of each image in the result.
        progress: Shows images done and accuracy so far; None shows nothing.

    Returns:
        Accuracy, confusion matrix and times; with ``details`` also the logits of each image.

    Raises:
        ShapeError: The network takes other images, or a label is not one of its classes.
        DatasetError: There are no images, or not one label for each.
        ValueError: batch_size is less than 1.

    Example:
        >>> from scratchnet_cli import load_dataset, load_weights
        >>> evaluate(load_weights("bundled"), load_dataset("sample")).accuracy
        0.987
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, expected 1 or more")
    if isinstance(weights, Network):
        weights = Weights(weights, Origin("network", "network"))
    if isinstance(dataset, tuple):
        x, t = map(np.asarray, dataset)
        dataset = Dataset(x, t, Origin("arrays", "arrays"))
    progress = progress or Progress(quiet=True)
    check_fit(weights, dataset.images.shape[1:], dataset.labels, dataset.origin.source, progress)
    try:
        # Only floats are checked: integers are finite, and may be in a large mapped file.
        if dataset.images.dtype.kind == "f" and not np.isfinite(dataset.images).all():
            raise DatasetError("an image contains infinity or NaN, expected values from 0 to 1")
        return count_parts(
            _parts(weights.network, dataset, batch_size, details),
            weights.network.outputs,
            len(dataset),
            progress,
            batch_size=batch_size,
            weights=weights.origin,
            activations=weights.activations,
            dataset=dataset.origin,
            split=dataset.split,
            images=dataset.images if details else None,
        )
    except ScratchnetError as error:
        raise type(error)(f"{weights.origin.source} on {dataset.origin.source}: {error}") from error


def check_fit(
    weights: Weights,
    shape: tuple[int, ...],
    labels: NDArray[np.integer],
    source: str,
    progress: Progress,
) -> None:
    """Raise ShapeError if the network is not for these images. labels: (n,), n > 0.

    shape: of an image. Warn if no label is near the last class: the network may be for other data.
    """
    name, network = weights.origin.source, weights.network
    classes, largest = network.outputs, int(labels.max())
    if network.inputs != (pixels := math.prod(shape)):
        raise ShapeError(
            f"{name}: the network takes {network.inputs} values for each input, an image has "
            f"{pixels} ({'x'.join(map(str, shape))}); use other weights"
        )
    for label in (largest, labels.min()):
        if not 0 <= label < classes:
            raise ShapeError(
                f"{source} has a label {label}, but {name} has only the classes 0 to "
                f"{classes - 1}; use other weights"
            )
    if classes > MAX_LABELS:
        raise ShapeError(
            f"{name}: the network has {classes} classes, expected at most {MAX_LABELS}"
        )
    if classes > max(DIGITS, largest + 1):
        progress.warning(
            f"the network has {classes} classes, but the largest label is {largest}; check that "
            "it is for this dataset"
        )


def count_parts(
    parts: Generator[Part, None, None],
    classes: int,
    total: int,
    progress: Progress,
    *,
    batch_size: int,
    skip_unreadable: bool = False,
    **others: Any,
) -> Evaluation:
    """Return the result of all parts, of ``total`` images. others: its other fields."""
    confusion = np.zeros((classes, classes), np.intp)
    labels, logits = [], []
    done = unreadable = 0
    start = time.perf_counter()
    with closing(parts), progress.evaluation(total, batch_size) as show:
        for part in parts:
            size = len(part.labels)
            # A part may have several batches. The progress shows each of them.
            correct = int(confusion.trace()) + np.cumsum(part.labels == part.predictions)
            for end in range(batch_size, size, batch_size):
                show(done + end, correct[end - 1] / (done + end))
            cells = part.labels.astype(np.intp) * classes + part.predictions
            confusion += np.bincount(cells, minlength=classes**2).reshape(classes, classes)
            if part.logits is not None:
                labels.append(part.labels)
                logits.append(part.logits)
            done += size + part.unreadable
            unreadable += part.unreadable
            counted = done - unreadable if skip_unreadable else done
            show(done, int(confusion.trace()) / max(1, counted))
    return Evaluation(
        confusion=confusion,
        batch_size=batch_size,
        elapsed_s=time.perf_counter() - start,
        unreadable=0 if skip_unreadable else unreadable,
        skipped=unreadable if skip_unreadable else 0,
        labels=np.concatenate(labels) if labels else None,
        logits=np.concatenate(logits) if logits else None,
        **others,
    )


def _parts(
    network: Network, dataset: Dataset, batch_size: int, details: bool
) -> Generator[Part, None, None]:
    """Yield the parts in order; if there are very many images, compute them in threads."""
    images, labels = dataset.images, dataset.labels
    largest = LARGEST_PIXEL if images.dtype == np.uint8 else 1
    new_forward = partial(Forward, network, largest, min(batch_size, BLOCK_SIZE))

    def run(start: int, size: int, forward: Forward | None = None) -> Part:
        rows = slice(start, start + size)
        x, t = read_rows(images, rows), labels[rows]
        # Each thread needs its own buffers.
        logits = (forward or new_forward()).logits(x.reshape(len(x), -1))
        # No softmax: it does not change which class has the largest value.
        return Part(t, logits.argmax(axis=1), logits if details else None)

    if len(images) <= MIN_THREADED_IMAGES:
        forward = new_forward()
        yield from (run(i, batch_size, forward) for i in range(0, len(images), batch_size))
        return
    from concurrent.futures import ThreadPoolExecutor

    size = max(1, IMAGES_PER_TASK // batch_size) * batch_size
    # NumPy releases the GIL in products and ufuncs.
    with ThreadPoolExecutor(usable_cores()) as pool:
        if details:
            # The report shows the checksum, and computing it takes a third of the time.
            pool.submit(lambda: dataset.origin.sha256)
        yield from pool.map(lambda start: run(start, size), range(0, len(images), size))

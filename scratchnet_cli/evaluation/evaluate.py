"""Run a network over labelled images, batch by batch."""

import time
from collections.abc import Generator
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.datasets.load import Dataset
from scratchnet_cli.errors import ScratchnetError, ShapeError
from scratchnet_cli.evaluation.result import Evaluation
from scratchnet_cli.network.fast import LARGEST_PIXEL, Forward
from scratchnet_cli.network.layers import Network
from scratchnet_cli.system.origin import Origin
from scratchnet_cli.system.pool import usable_cores
from scratchnet_cli.system.progress import Progress, Silent
from scratchnet_cli.weights.load import Weights

# Labels are bytes.
MAX_LABELS = 256
# More images than this are worth several threads, each of which takes this many at a time.
MIN_THREADED_IMAGES, IMAGES_PER_TASK = 100_000, 2**14
_ARRAYS = Origin("arrays", "arrays", "")


class Batch(NamedTuple):
    """Labels (n,) and logits (n, classes) of a batch; unreadable: pictures without logits."""

    labels: NDArray[np.integer]
    logits: NDArray[np.floating]
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
        batch_size: Number of images in one matrix product; the last batch may be smaller.
        details: Keep the logits of each image in the result.
        progress: Shows images done and accuracy so far; None shows nothing.

    Returns:
        Accuracy, confusion matrix and times; with ``details`` also what is known of each image.

    Raises:
        ShapeError: The network takes other images, or a label is not one of its classes.
        DatasetError: There are no images, or not one label for each.
        ValueError: batch_size is less than 1.

    Example:
        >>> from scratchnet_cli import load_dataset, load_weights
        >>> evaluate(load_weights("bundled"), load_dataset("sample")).accuracy
        0.986
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, expected 1 or more")
    if isinstance(weights, Network):
        weights = Weights(weights, _ARRAYS)
    if isinstance(dataset, tuple):
        dataset = Dataset(*dataset, _ARRAYS)
    try:
        check_labels(weights.network, dataset.labels)
        return run_batches(
            _batches(weights.network, dataset, batch_size),
            weights.network.outputs,
            len(dataset),
            progress or Silent(),
            batch_size=batch_size,
            details=details,
            weights=weights.origin,
            dataset=dataset.origin,
            split=dataset.split,
            images=dataset.images if details else None,
        )
    except ScratchnetError as error:
        raise type(error)(f"{weights.origin.source} on {dataset.origin.source}: {error}") from error


def check_labels(network: Network, labels: NDArray[np.integer]) -> None:
    """Raise ShapeError if a label is not a class of the network. labels: (n,), n > 0."""
    classes = network.outputs
    for label in (labels.max(), labels.min()):
        if not 0 <= label < classes:
            raise ShapeError(f"the network has {classes} classes, but a label is {label}")
    if classes > MAX_LABELS:
        raise ShapeError(f"the network has {classes} classes, labels tell only {MAX_LABELS} apart")


def run_batches(
    batches: Generator[Batch, None, None],
    classes: int,
    total: int,
    progress: Progress,
    *,
    batch_size: int,
    details: bool,
    skip_unreadable: bool = False,
    **about: Any,
) -> Evaluation:
    """Count the answers of the batches, of ``total`` images. about: the result's other fields."""
    confusion = np.zeros((classes, classes), np.intp)
    kept: list[Batch] = []
    done = unreadable = 0
    start = time.perf_counter()
    with closing(batches), progress.evaluation(total, batch_size) as show:
        for batch in batches:
            # The class is the argmax of the logits: softmax would not change the order.
            np.add.at(confusion, (batch.labels, batch.logits.argmax(axis=1)), 1)
            if details:
                kept.append(batch)
            unreadable += batch.unreadable
            done += len(batch.labels) + batch.unreadable
            counted = done - unreadable if skip_unreadable else done
            show(done, int(confusion.trace()) / max(1, counted))
    return Evaluation(
        confusion=confusion,
        batch_size=batch_size,
        elapsed_s=time.perf_counter() - start,
        unreadable=0 if skip_unreadable else unreadable,
        skipped=unreadable if skip_unreadable else 0,
        labels=np.concatenate([batch.labels for batch in kept]) if kept else None,
        logits=np.concatenate([batch.logits for batch in kept]) if kept else None,
        **about,
    )


def _batches(network: Network, dataset: Dataset, batch_size: int) -> Generator[Batch, None, None]:
    """Yield the batches in order; of very many images several threads compute a part each."""
    images, labels = dataset.images, dataset.labels
    largest = LARGEST_PIXEL if images.dtype == np.uint8 else 1

    def run_part(part: range) -> list[Batch]:
        # NumPy releases the GIL in products and ufuncs. Each part needs its own buffers.
        forward = Forward(network, largest)
        return [run_batch(forward, start) for start in part]

    def run_batch(forward: Forward, start: int) -> Batch:
        batch = images[start : start + batch_size]
        logits = forward.logits(batch.reshape(len(batch), -1))
        return Batch(labels[start : start + batch_size], logits)

    starts = range(0, len(images), batch_size)
    if len(images) <= MIN_THREADED_IMAGES or usable_cores() == 1:
        forward = Forward(network, largest)
        yield from (run_batch(forward, start) for start in starts)
        return
    from concurrent.futures import ThreadPoolExecutor

    step = max(1, IMAGES_PER_TASK // batch_size)
    parts = [starts[i : i + step] for i in range(0, len(starts), step)]
    with ThreadPoolExecutor(usable_cores()) as threads:
        for done in threads.map(run_part, parts):
            yield from done

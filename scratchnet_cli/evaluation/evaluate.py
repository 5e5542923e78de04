"""A network over labelled images, batch by batch, to a confusion matrix."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import DatasetError, ImageError, ShapeError
from scratchnet_cli.evaluation.result import SIDE, SeenPictures
from scratchnet_cli.images.digit_image import DigitImage
from scratchnet_cli.network.fast import LARGEST_PIXEL, Forward
from scratchnet_cli.network.layers import Network

# As many as IDX labels, which are bytes, can tell apart.
MAX_CLASSES = 256
# What a process is asked for at once: its answer should be worth the way.
PART = 2**14

Logits = NDArray[Any]
Answers = tuple[NDArray[np.uint8], Logits | None]
"""Of a batch: the class of each image, and its logits where they are wanted."""
Spread = Callable[[Callable[[range], list[Answers]], Sequence[range]], Iterable[list[Answers]]]
"""What a function makes of each part of the work, in their order, as ``map`` gives it."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a network made of a dataset, or, while it runs, of the part done so far.

    confusion: (classes, classes) counts, a row for each label, a column for each prediction.
    unreadable: pictures that got no answer and so count as wrong; skipped: those that do not count.
    """

    confusion: NDArray[np.intp]
    batch_size: int
    elapsed_s: float
    unreadable: int = 0
    skipped: int = 0

    @property
    def total(self) -> int:
        """Number of images that count."""
        return int(self.confusion.sum()) + self.unreadable

    @property
    def done(self) -> int:
        """Number of images, with those that do not count."""
        return self.total + self.skipped

    @property
    def correct(self) -> int:
        """Number of images whose prediction is their label: the matrix's diagonal."""
        return int(self.confusion.trace())

    @property
    def accuracy(self) -> float:
        """Share of the images read right, in [0, 1]; 0 as long as there are none."""
        return self.correct / self.total if self.total else 0.0

    @property
    def images_per_s(self) -> float:
        """Throughput of the whole loop."""
        return self.total / self.elapsed_s


class Tally:
    """Counts what a network made of batch after batch; ``progress`` hears the state after each."""

    def __init__(
        self, classes: int, batch_size: int, progress: Callable[[Evaluation], None]
    ) -> None:
        self._classes = classes
        self._batch_size = batch_size
        self._progress = progress
        self._start = time.perf_counter()
        self.state = Evaluation(np.zeros((classes, classes), np.intp), batch_size, 0)

    def add(
        self,
        labels: NDArray[np.integer],
        predictions: NDArray[np.integer],
        unreadable: int = 0,
        skipped: int = 0,
    ) -> None:
        """Count one batch. labels and predictions: (n,) below ``classes``."""
        cells = labels.astype(np.intp) * self._classes + predictions
        counts = np.bincount(cells, minlength=self._classes**2)
        self.state = Evaluation(
            self.state.confusion + counts.reshape(self._classes, self._classes),
            self._batch_size,
            time.perf_counter() - self._start,
            self.state.unreadable + unreadable,
            self.state.skipped + skipped,
        )
        self._progress(self.state)


def evaluate(
    network: Network,
    images: NDArray[Any],
    labels: NDArray[np.integer],
    batch_size: int = 100,
    progress: Callable[[Evaluation], None] = lambda _: None,
    output: Callable[[Logits], None] | None = None,
    spread: Spread | None = None,
) -> Evaluation:
    """Run every image through the network; the result does not depend on the batch size.

    images: (n, …) uint8, or floats in [0, 1] as ``load_mnist`` gives them; labels: (n,) uint8;
    ``progress`` hears the state after each batch, ``output`` its logits, (batch, classes). The
    last batch may be smaller. ``spread`` may have the work done by other processes.

    Raises:
        ShapeError: there are no images, they have another number of pixels than the network has
            inputs, or the labels are not one for each image, of its classes.
        ValueError: batch_size is not at least 1.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, expected 1 or more")
    if len(images) == 0:
        raise ShapeError("there are no images to evaluate")
    if labels.shape != (len(images),):
        raise ShapeError(
            f"{len(images)} images need one label each, but these have the shape {labels.shape}"
        )
    check_labels(network, labels)
    tally = Tally(network.outputs, batch_size, progress)
    starts = range(0, len(images), batch_size)
    # Without other processes there is news after each batch.
    each = max(1, PART // batch_size) if spread else 1
    parts = [starts[i : i + each] for i in range(0, len(starts), each)]
    work = _Work(network, images, batch_size, output is not None)
    answers = chain.from_iterable((spread or map)(work, parts))
    for start, (predictions, logits) in zip(starts, answers, strict=True):
        if output is not None and logits is not None:
            output(logits)
        tally.add(labels[start : start + batch_size], predictions)
    return tally.state


def check_labels(network: Network, labels: NDArray[np.integer]) -> None:
    """Refuse labels that are no classes of the network. labels: (n,), n > 0.

    Raises:
        ShapeError: one of them is none, or the network has too many classes.
    """
    classes = network.outputs
    for label in (labels.max(), labels.min()):
        if not 0 <= label < classes:
            raise ShapeError(f"the network has {classes} classes, but a label is {label}")
    if classes > MAX_CLASSES:
        raise ShapeError(f"the network has {classes} classes, labels tell only {MAX_CLASSES} apart")


@dataclass(frozen=True, eq=False)
class _Work:
    """Batches, by the places where they start, to answers; for each process a copy of its own."""

    network: Network
    images: NDArray[Any]
    batch_size: int
    wanted: bool

    @cached_property
    def forward(self) -> Forward:
        return Forward(self.network, LARGEST_PIXEL if self.images[0].dtype == np.uint8 else 1)

    def __call__(self, starts: range) -> list[Answers]:
        forward, answers = self.forward, []
        for start in starts:
            batch = self.images[start : start + self.batch_size]
            logits = forward.logits(batch.reshape(len(batch), -1))
            # As in Network.predict: softmax would keep the order, so the argmax does without it.
            predictions = logits.argmax(axis=1).astype(np.uint8)
            answers.append((predictions, logits if self.wanted else None))
        return answers


Reading = tuple[str, Sequence[DigitImage] | ImageError]
"""The name of a file, and the one picture in it, or why there is none."""


def evaluate_pictures(
    network: Network,
    readings: Iterable[Reading],
    labels: NDArray[np.integer],
    seen: SeenPictures,
    batch_size: int,
    progress: Callable[[Evaluation], None],
    failed: Callable[[str, str], None],
    skip_unreadable: bool,
) -> Evaluation:
    """Run every picture that can be read through the network; the others count as wrong.

    labels: (n,), one for each reading; ``seen`` gets what was read; ``progress`` hears the state
    after each batch, ``failed`` the name of a picture that could not be read, and why. With
    ``skip_unreadable`` such pictures do not count.

    Raises:
        DatasetError: none of them could be read.
        ShapeError: the network does not take 28x28 pixels, or a label is no class of it.
    """
    check_labels(network, labels)
    forward = Forward(network)
    tally = Tally(network.outputs, batch_size, progress)
    labelled = zip(readings, labels.tolist(), strict=True)
    while batch := list(islice(labelled, batch_size)):
        names: list[str] = []
        pictures: list[DigitImage] = []
        truth: list[int] = []
        for (name, content), label in batch:
            if isinstance(content, ImageError):
                seen.fail(name, str(content))
                failed(name, str(content))
                continue
            names.append(name)
            pictures += content
            truth.append(label)
        pixels = np.array([picture.pixels for picture in pictures], np.uint8)
        logits = forward.logits(pixels.reshape(len(pictures), SIDE * SIDE))
        seen.add(names, pictures, truth, logits)
        unread = len(batch) - len(pictures)
        counted = {"skipped" if skip_unreadable else "unreadable": unread}
        tally.add(np.array(truth, np.intp), logits.argmax(axis=1), **counted)
    if not len(seen):
        raise DatasetError(f"none of the {len(labels)} pictures could be read")
    return tally.state

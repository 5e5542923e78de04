"""The result of an evaluation: figures, and with details also the result of each image."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.evaluation.metrics import Counts, ReliabilityBin, reliability
from scratchnet_cli.network.layers import softmax
from scratchnet_cli.system.origin import Origin, utc_now

# At most this many unreadable pictures are kept for a report.
MAX_FAILURES = 100


@dataclass(frozen=True)
class PictureDetails:
    """The paths and warnings of pictures that were read; path and reason of unreadable ones."""

    paths: list[str] = field(default_factory=list)
    warnings: list[tuple[str, ...]] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Mistake:
    """An image with a wrong prediction. index: its place in the dataset, from 0."""

    index: int
    label: int
    prediction: int
    probabilities: tuple[float, ...]

    @property
    def probability(self) -> float:
        """Return the probability of the wrong prediction."""
        return self.probabilities[self.prediction]


@dataclass(frozen=True, eq=False, kw_only=True)
class Evaluation:
    """The result of running a network over a dataset.

    confusion: (classes, classes) counts, a row for each label, a column for each prediction.
    unreadable: pictures without a prediction that count as wrong; skipped: those that do not count.
    made: UTC in ISO 8601.

    With details only, of the n images that have a prediction: labels (n,), logits (n, classes) and
    images (n, rows, columns) uint8; pictures: if they come from picture files.
    """

    weights: Origin
    activations: str = "stated"
    dataset: Origin
    split: str | None = None
    confusion: Counts
    batch_size: int
    elapsed_s: float
    unreadable: int = 0
    skipped: int = 0
    labels: NDArray[np.integer] | None = None
    logits: NDArray[np.floating] | None = None
    images: NDArray[np.uint8] | None = None
    pictures: PictureDetails | None = None
    made: str = field(default_factory=utc_now)

    @property
    def total(self) -> int:
        """Return the number of images that count."""
        return int(self.confusion.sum()) + self.unreadable

    @property
    def correct(self) -> int:
        """Return the number of correct predictions, the diagonal of the matrix."""
        return int(self.confusion.trace())

    @property
    def accuracy(self) -> float:
        """Return the share of images with a correct prediction, in [0, 1]."""
        return self.correct / self.total

    @property
    def images_per_s(self) -> float:
        """Return the throughput of the whole loop."""
        return self.total / self.elapsed_s

    @property
    def title(self) -> str:
        """Return one line such as ``book weights on mnist, test split``."""
        split = f", {self.split} split" if self.split else ""
        return f"{self.weights.name} weights on {self.dataset.name}{split}"

    @property
    def unread(self) -> str:
        """Return the text after a number of images: ``, 2 unreadable``, or nothing."""
        counted = f", {self.unreadable} unreadable" if self.unreadable else ""
        return counted + (f", {self.skipped} skipped" if self.skipped else "")

    @cached_property
    def probabilities(self) -> NDArray[np.floating]:
        """Return the softmax of the logits, (n, classes)."""
        return softmax(self._logits)

    @cached_property
    def predictions(self) -> NDArray[np.intp]:
        """Return the class of each image, (n,), by its logits: softmax may make them equal."""
        return np.asarray(self._logits.argmax(axis=1))

    @cached_property
    def is_correct(self) -> NDArray[np.bool_]:
        """Return whether each prediction is correct, (n,)."""
        return np.asarray(self.predictions == self.labels)

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """Return the probability of each prediction, (n,)."""
        rows = np.arange(len(self.predictions))
        return self.probabilities[rows, self.predictions].astype(np.float64)

    @cached_property
    def reliability(self) -> tuple[ReliabilityBin, ...]:
        """Return ten bins of the probability, each with its accuracy."""
        return reliability(self.confidence, self.is_correct)

    def worst_mistakes(self, max_count: int) -> tuple[Mistake, ...]:
        """Return the mistakes with the highest probability, the highest first."""
        wrong = np.flatnonzero(~self.is_correct)
        worst = wrong[np.argsort(-self.confidence[wrong], kind="stable")[:max_count]]
        columns = (worst, np.asarray(self.labels)[worst], self.predictions[worst])
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return tuple(
            Mistake(index, label, prediction, tuple(self.probabilities[index].tolist()))
            for index, label, prediction in rows
        )

    def images_in_cell(self, label: int, prediction: int, max_count: int) -> list[int]:
        """Return indices of images in a cell: the worst mistakes, or the least probable others."""
        found = np.flatnonzero((self.labels == label) & (self.predictions == prediction))
        order = self.confidence[found] * (1 if label == prediction else -1)
        return [int(index) for index in found[np.argsort(order, kind="stable")[:max_count]]]

    @property
    def _logits(self) -> NDArray[np.floating]:
        if self.logits is None:
            raise ValueError("this evaluation was run without details")
        return self.logits

"""The result of an evaluation: figures, and what is known of each image."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.evaluation.metrics import Counts, ReliabilityBin, reliability
from scratchnet_cli.network.layers import softmax
from scratchnet_cli.system.origin import Origin, utc_now

# At most this many unreadable pictures are kept for the report.
MAX_FAILURES = 100


@dataclass(frozen=True)
class PictureDetails:
    """What is known of labelled pictures.

    paths, warnings: of each picture that was read; failures: paths of unreadable pictures, the
    first ``MAX_FAILURES``, each with the reason.
    """

    paths: list[str] = field(default_factory=list)
    warnings: list[tuple[str, ...]] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)

    def add(self, path: str, warnings: tuple[str, ...]) -> None:
        """Add a picture that was read."""
        self.paths.append(path)
        self.warnings.append(warnings)

    def add_failure(self, path: str, reason: str) -> None:
        """Add an unreadable picture, if it is among the first."""
        if len(self.failures) < MAX_FAILURES:
            self.failures.append((path, reason))


@dataclass(frozen=True)
class Mistake:
    """An image that was read wrong. index: its place in the dataset, from 0."""

    index: int
    label: int
    prediction: int
    probabilities: tuple[float, ...]

    @property
    def probability(self) -> float:
        """The probability of the wrong answer."""
        return self.probabilities[self.prediction]


@dataclass(frozen=True, eq=False, kw_only=True)
class Evaluation:
    """What a network made of a dataset.

    confusion: (classes, classes) counts, a row for each label, a column for each prediction.
    unreadable: pictures without an answer, which count as wrong; skipped: those that do not count.
    With details: labels (n,), logits (n, classes) and images (n, rows, columns) uint8 of what was
    read; pictures: if they were files. made: UTC in ISO 8601.
    """

    weights: Origin
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
        """The number of images that count."""
        return int(self.confusion.sum()) + self.unreadable

    @property
    def correct(self) -> int:
        """The number of images whose prediction is their label: the matrix's diagonal."""
        return int(self.confusion.trace())

    @property
    def accuracy(self) -> float:
        """The share of images read correctly, in [0, 1]."""
        return self.correct / self.total

    @property
    def images_per_s(self) -> float:
        """The throughput of the whole loop."""
        return self.total / self.elapsed_s

    @property
    def title(self) -> str:
        """One line: ``book weights on mnist, test split``."""
        split = f", {self.split} split" if self.split else ""
        return f"{self.weights.name} weights on {self.dataset.name}{split}"

    @property
    def unread(self) -> str:
        """What follows a count of pictures if some could not be read: ``, 2 unreadable``."""
        counted = f", {self.unreadable} unreadable" if self.unreadable else ""
        return counted + (f", {self.skipped} skipped" if self.skipped else "")

    @cached_property
    def probabilities(self) -> NDArray[np.floating]:
        """The softmax of the logits, (n, classes)."""
        return softmax(self._logits)

    @cached_property
    def predictions(self) -> NDArray[np.intp]:
        """The class of each image, (n,): of the logits, because softmax may round to a tie."""
        return np.asarray(self._logits.argmax(axis=1))

    @cached_property
    def is_correct(self) -> NDArray[np.bool_]:
        """Whether each image was read correctly, (n,)."""
        return np.asarray(self.predictions == self.labels)

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """The probability of each answer, (n,)."""
        rows = np.arange(len(self.predictions))
        return self.probabilities[rows, self.predictions].astype(np.float64)

    @cached_property
    def reliability(self) -> tuple[ReliabilityBin, ...]:
        """Ten bins of the stated probability, each with its accuracy."""
        return reliability(self.confidence, self.is_correct)

    def worst_mistakes(self, max_count: int) -> tuple[Mistake, ...]:
        """Return the mistakes with the highest probability, the highest first."""
        wrong = np.flatnonzero(~self.is_correct)
        worst = wrong[np.argsort(-self.confidence[wrong], kind="stable")[:max_count]]
        labels = np.asarray(self.labels)
        return tuple(
            Mistake(
                int(index),
                int(labels[index]),
                int(self.predictions[index]),
                tuple(self.probabilities[index].tolist()),
            )
            for index in worst
        )

    def images_in_cell(self, label: int, prediction: int, max_count: int) -> list[int]:
        """Return the places, from 0, of images in a cell of the confusion matrix.

        Mistakes: those with the highest probability; correct ones: those with the lowest.
        """
        found = np.flatnonzero((self.labels == label) & (self.predictions == prediction))
        order = self.confidence[found] * (1 if label == prediction else -1)
        return [int(index) for index in found[np.argsort(order, kind="stable")[:max_count]]]

    @property
    def _logits(self) -> NDArray[np.floating]:
        if self.logits is None:
            raise ValueError("this evaluation was run without details")
        return self.logits

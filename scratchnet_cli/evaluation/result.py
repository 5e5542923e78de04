"""An evaluation with what was run, as every report and machine-readable format tells it."""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import OutputError
from scratchnet_cli.evaluation.evaluate import Evaluation
from scratchnet_cli.evaluation.metrics import (
    ReliabilityBin,
    expected_calibration_error,
    reliability,
)
from scratchnet_cli.images.digit_image import DigitImage
from scratchnet_cli.network.layers import softmax
from scratchnet_cli.system.origin import Origin, now


@dataclass(frozen=True)
class Setting:
    """What was run, and when. split: None where there is none; made: UTC in ISO 8601."""

    weights: Origin
    dataset: Origin
    split: str | None
    made: str = field(default_factory=now)

    @property
    def title(self) -> str:
        """One line: ``book weights on mnist, test split``."""
        split = f", {self.split} split" if self.split else ""
        return f"{self.weights.name} weights on {self.dataset.name}{split}"


@dataclass(frozen=True, eq=False)
class Record:
    """An evaluation and its setting."""

    evaluation: Evaluation
    setting: Setting


def unread(evaluation: Evaluation) -> str:
    """What to add to a count of pictures where some of them could not be read."""
    counted = f", {evaluation.unreadable} unreadable" if evaluation.unreadable else ""
    return counted + (f", {evaluation.skipped} skipped" if evaluation.skipped else "")


# The most mistakes that are reported one by one.
MISTAKES = 24


@dataclass(frozen=True)
class Mistake:
    """An image that was read wrong. index: its place in the dataset, from 0."""

    index: int
    label: int
    prediction: int
    probabilities: tuple[float, ...]

    @property
    def probability(self) -> float:
        """How sure the network was of its wrong answer."""
        return self.probabilities[self.prediction]


@dataclass(frozen=True, eq=False)
class Predictions:
    """The output for each image. batches: logits, (?, classes) float; labels: (n,); n > 0."""

    batches: list[NDArray[np.floating]]
    labels: NDArray[np.integer]

    @cached_property
    def logits(self) -> NDArray[np.floating]:
        """The output for each image, (n, classes)."""
        return np.concatenate(self.batches)

    @cached_property
    def probabilities(self) -> NDArray[np.floating]:
        """softmax of the logits: (n, classes), each row sums to 1."""
        return softmax(self.logits)

    @cached_property
    def predictions(self) -> NDArray[np.intp]:
        """The class of each image, (n,): of the logits, for softmax may round two to a tie."""
        return np.asarray(self.logits.argmax(axis=1))

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """Which images were read right, (n,)."""
        return np.asarray(self.predictions == self.labels)

    @cached_property
    def stated(self) -> NDArray[np.float64]:
        """The probability that the network gave to each of its answers, (n,)."""
        rows = np.arange(len(self.labels))
        return self.probabilities[rows, self.predictions].astype(np.float64)

    def worst_mistakes(self, most: int) -> tuple[Mistake, ...]:
        """The mistakes of which the network was most sure, the surest first."""
        wrong = np.flatnonzero(~self.right)
        surest = wrong[np.argsort(-self.stated[wrong], kind="stable")[:most]]
        return tuple(
            Mistake(
                int(index),
                int(self.labels[index]),
                int(self.predictions[index]),
                tuple(self.probabilities[index].tolist()),
            )
            for index in surest
        )

    def behind(self, label: int, prediction: int, most: int) -> list[int]:
        """The images in one cell of the confusion matrix: the surest mistakes, or least sure hits.

        At most so many of their places in the dataset, from 0.
        """
        found = np.flatnonzero((self.labels == label) & (self.predictions == prediction))
        order = self.stated[found] * (1 if label == prediction else -1)
        return [int(index) for index in found[np.argsort(order, kind="stable")[:most]]]

    @cached_property
    def reliability(self) -> tuple[ReliabilityBin, ...]:
        """Ten bins of the stated probability, each against what came true."""
        return reliability(self.stated, self.right)

    @property
    def ece(self) -> float:
        """The expected calibration error."""
        return expected_calibration_error(self.reliability)


SIDE = 28
# So much of what the network saw stays in memory; what is more goes into a temporary file.
MEMORY_BYTES = 64 * 2**20
# So many of the pictures that could not be read are told one by one on a page.
MOST_UNREADABLE = 100


class SeenPictures:
    """The pictures that were read: names, doubts, labels, logits and, if they are kept, pixels.

    In place of an array it has a length, a shape, and the pixels by number, (28, 28) uint8.
    """

    def __init__(self, keep: bool) -> None:
        self.names: list[str] = []
        self.doubts: list[tuple[str, ...]] = []
        # Of what could not be read, the first: name and reason.
        self.unreadable: list[tuple[str, str]] = []
        self._labels: list[int] = []
        self._logits: list[NDArray[np.floating]] = []
        self._hash = hashlib.sha256()
        self._pixels = tempfile.SpooledTemporaryFile(MEMORY_BYTES) if keep else None  # noqa: SIM115

    def close(self) -> None:
        """Give the room of the pixels back."""
        if self._pixels is not None:
            self._pixels.close()

    def __len__(self) -> int:
        return len(self.names)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(n, 28, 28)."""
        return len(self), SIDE, SIDE

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        if self._pixels is None:
            raise IndexError("the pixels were not kept")
        self._pixels.seek(range(len(self))[index] * SIDE * SIDE)
        return np.frombuffer(self._pixels.read(SIDE * SIDE), np.uint8).reshape(SIDE, SIDE)

    def add(
        self,
        names: Sequence[str],
        pictures: Sequence[DigitImage],
        labels: Sequence[int],
        logits: NDArray[np.floating],
    ) -> None:
        """Keep a batch of as many of each.

        Raises:
            OutputError: there is no room for the pixels.
        """
        self.names += names
        self.doubts += (picture.warnings for picture in pictures)
        self._labels += labels
        self._logits.append(logits)
        pixels = b"".join(picture.pixels.tobytes() for picture in pictures)
        self._hash.update(pixels)
        if self._pixels is not None:
            try:
                self._pixels.write(pixels)
            except OSError as error:
                raise OutputError(
                    f"the pictures for the report cannot be kept in {tempfile.gettempdir()} "
                    f"({error.strerror}); TMPDIR names another folder"
                ) from error

    def fail(self, name: str, reason: str) -> None:
        """Keep that a picture could not be read, if it is among the first."""
        if len(self.unreadable) < MOST_UNREADABLE:
            self.unreadable.append((name, reason))

    @property
    def predictions(self) -> Predictions:
        """The output for each picture, at least one."""
        return Predictions(self._logits, np.array(self._labels, np.uint8))

    def sha256(self) -> str:
        """Of all pixels followed by the labels, each a byte, as IDX files have them."""
        digest = self._hash.copy()
        digest.update(bytes(self._labels))
        return digest.hexdigest()

"""What a network predicted for each single image: its probabilities, its mistakes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.evaluation.calibration import (
    ReliabilityBin,
    expected_calibration_error,
    reliability,
)
from scratchnet_cli.network import softmax

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

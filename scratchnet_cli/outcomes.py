"""What a network gave for each single image: its probabilities, its mistakes, its calibration."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.network import softmax

BINS = 10
# So many of the worst are told of singly.
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


@dataclass(frozen=True)
class ReliabilityBin:
    """The images whose answer had a probability in (low, high]; None where there are none.

    probability: the mean of what the network said; accuracy: the share that was right.
    """

    low: float
    high: float
    count: int
    probability: float | None
    accuracy: float | None


@dataclass(frozen=True, eq=False)
class Outcomes:
    """The output for each image. batches: logits, (?, classes) float; labels: (n,) uint8; n > 0."""

    batches: list[NDArray[np.floating]]
    labels: NDArray[np.uint8]

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
        """Ten equal bins of the probability that was stated, each against what came true."""
        place = np.clip(np.ceil(self.stated * BINS).astype(int) - 1, 0, BINS - 1)
        bins = []
        for i in range(BINS):
            inside = place == i
            count = int(inside.sum())
            bins.append(
                ReliabilityBin(
                    i / BINS,
                    (i + 1) / BINS,
                    count,
                    float(self.stated[inside].mean()) if count else None,
                    float(self.right[inside].mean()) if count else None,
                )
            )
        return tuple(bins)

    @property
    def ece(self) -> float:
        """Expected calibration error: Σ (count/n)·|accuracy - probability| over the bins.

        Guo et al., "On Calibration of Modern Neural Networks" (2017), equation 3.
        """
        return sum(
            part.count * abs(part.accuracy - part.probability)
            for part in self.reliability
            if part.accuracy is not None and part.probability is not None
        ) / len(self.labels)

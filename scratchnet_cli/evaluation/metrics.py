"""What a confusion matrix tells beyond the accuracy."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

# The most confusions that a table shows.
CONFUSIONS = 10

Counts = NDArray[np.intp]
"""(classes, classes): a row for each label, a column for each prediction."""


@dataclass(frozen=True)
class Interval:
    """The bounds between which a share lies with this confidence, all in [0, 1]."""

    low: float
    high: float
    confidence: float


@dataclass(frozen=True)
class ClassMetrics:
    """How well one class is told from the others; None where there is nothing to divide by.

    total: the images that show it; correct: those of them that were read as it. precision: of the
    images read as this class, the share that show it; recall: of those that show it, the share read
    as it; f1: the harmonic mean of both, 2·TP / (2·TP + FP + FN).
    """

    label: int
    total: int
    correct: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Confusion:
    """How many images of one class were read as another."""

    label: int
    prediction: int
    count: int


def wilson(right: int, total: int, confidence: float = 0.95) -> Interval:
    """The score interval of a share; unlike p ± z·√(p(1-p)/n) it never leaves [0, 1]. total > 0.

    (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n), with z the normal quantile of
    (1 + confidence) / 2: Wilson, "Probable inference, the law of succession, and statistical
    inference", JASA 22 (1927).
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = right / total
    centre = p + z**2 / (2 * total)
    half = z * math.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    scale = 1 + z**2 / total
    # Where all or none are right a bound is 1 or 0 exactly, but for the rounding.
    low = (centre - half) / scale if right else 0.0
    high = (centre + half) / scale if right < total else 1.0
    return Interval(low, high, confidence)


def class_metrics(counts: Counts) -> tuple[ClassMetrics, ...]:
    """How well each class is read, in their order."""
    shown, read = counts.sum(axis=1).tolist(), counts.sum(axis=0).tolist()
    return tuple(
        ClassMetrics(
            label,
            total=shown[label],
            correct=right,
            precision=_ratio(right, read[label]),
            recall=_ratio(right, shown[label]),
            f1=_ratio(2 * right, shown[label] + read[label]),
        )
        for label, right in enumerate(counts.diagonal().tolist())
    )


def confusions(counts: Counts) -> tuple[Confusion, ...]:
    """The classes that were taken for others, the most frequent first."""
    found = [
        Confusion(int(label), int(prediction), int(counts[label, prediction]))
        for label, prediction in np.argwhere(counts)
        if label != prediction
    ]
    return tuple(sorted(found, key=lambda confusion: -confusion.count))


def format_share(value: float | None) -> str:
    """A share to four decimals, or a dash where there is none."""
    return "–" if value is None else f"{value:.4f}"


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


BINS = 10


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


def reliability(
    stated: NDArray[np.floating], right: NDArray[np.bool_]
) -> tuple[ReliabilityBin, ...]:
    """Ten equal bins of the probability that was stated, each against what came true.

    stated: (n,) in [0, 1], the probability of each answer; right: (n,) whether it was right.
    """
    place = np.clip(np.ceil(stated * BINS).astype(int) - 1, 0, BINS - 1)
    bins = []
    for i in range(BINS):
        inside = place == i
        count = int(inside.sum())
        means = (float(values[inside].mean()) if count else None for values in (stated, right))
        bins.append(ReliabilityBin(i / BINS, (i + 1) / BINS, count, *means))
    return tuple(bins)


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Σ (count/n)·|accuracy - probability| over the bins, of which at least one is not empty.

    Guo et al., "On Calibration of Modern Neural Networks" (2017), equation 3.
    """
    return sum(
        part.count * abs(part.accuracy - part.probability)
        for part in bins
        if part.accuracy is not None and part.probability is not None
    ) / sum(part.count for part in bins)

"""Metrics of a confusion matrix, and calibration: how well probabilities agree with accuracy."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A table shows at most this many confusions.
MAX_CONFUSIONS = 10
# Reliability is measured in this many equal parts of [0, 1].
BINS = 10

Counts = NDArray[np.intp]
"""(classes, classes): a row for each label, a column for each prediction."""


@dataclass(frozen=True)
class Interval:
    """Bounds of a share at a level of confidence, all in [0, 1]."""

    low: float
    high: float
    confidence: float


@dataclass(frozen=True)
class ClassMetrics:
    """How well one class is recognized; a share is None if it would be a division by 0.

    total: images of the class; correct: those that were read as the class (TP); precision: TP /
    (TP + FP); recall: TP / (TP + FN); f1: their harmonic mean, 2·TP / (2·TP + FP + FN).
    """

    label: int
    total: int
    correct: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Confusion:
    """The number of images of one class that were read as another."""

    label: int
    prediction: int
    count: int


def wilson(right: int, total: int, confidence: float = 0.95) -> Interval:
    """Return the score interval of right / total, which never leaves [0, 1]. total > 0.

    (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n), with z the normal quantile of
    (1 + confidence) / 2: Wilson, "Probable inference, the law of succession, and statistical
    inference", JASA 22 (1927).
    """
    # Not at the top, because this import takes a quarter of the time of an evaluation.
    from statistics import NormalDist

    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = right / total
    centre = p + z**2 / (2 * total)
    half = z * math.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    scale = 1 + z**2 / total
    # If all or none are right, a bound is exactly 1 or 0. Rounding would change it.
    low = (centre - half) / scale if right else 0.0
    high = (centre + half) / scale if right < total else 1.0
    return Interval(low, high, confidence)


def class_metrics(counts: Counts) -> tuple[ClassMetrics, ...]:
    """Return the metrics of each class, in their order."""
    of_class, read_as = counts.sum(axis=1).tolist(), counts.sum(axis=0).tolist()
    return tuple(
        ClassMetrics(
            label,
            total=of_class[label],
            correct=right,
            precision=_ratio(right, read_as[label]),
            recall=_ratio(right, of_class[label]),
            f1=_ratio(2 * right, of_class[label] + read_as[label]),
        )
        for label, right in enumerate(counts.diagonal().tolist())
    )


def confusions(counts: Counts) -> tuple[Confusion, ...]:
    """Return the cells off the diagonal that are not 0, the most frequent first."""
    found = [
        Confusion(int(label), int(prediction), int(counts[label, prediction]))
        for label, prediction in np.argwhere(counts)
        if label != prediction
    ]
    return tuple(sorted(found, key=lambda confusion: -confusion.count))


def format_share(value: float | None) -> str:
    """Return a share with four decimals, or a dash for None."""
    return "–" if value is None else f"{value:.4f}"


@dataclass(frozen=True)
class ReliabilityBin:
    """The images with a probability in (low, high]. probability: its mean; both may be None."""

    low: float
    high: float
    count: int
    probability: float | None
    accuracy: float | None


def reliability(
    confidence: NDArray[np.floating], is_correct: NDArray[np.bool_]
) -> tuple[ReliabilityBin, ...]:
    """Return ten equal bins of the probability. confidence: (n,) in [0, 1]; is_correct: (n,)."""
    place = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    bins = []
    for i in range(BINS):
        inside = place == i
        count = int(inside.sum())
        means = (
            float(values[inside].mean()) if count else None for values in (confidence, is_correct)
        )
        bins.append(ReliabilityBin(i / BINS, (i + 1) / BINS, count, *means))
    return tuple(bins)


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Return Σ (count/n)·|accuracy - probability| over the bins. They contain n > 0 images.

    Guo et al., "On Calibration of Modern Neural Networks" (2017), equation 3.
    """
    return sum(
        part.count * abs(part.accuracy - part.probability)
        for part in bins
        if part.accuracy is not None and part.probability is not None
    ) / sum(part.count for part in bins)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None

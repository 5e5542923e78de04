"""Whether stated probabilities come true: the bins of a reliability diagram, and their error."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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

"""Compare networks on the same images, and test whether their differences may be chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.datasets.load import Dataset
from scratchnet_cli.evaluation.evaluate import evaluate
from scratchnet_cli.evaluation.result import Evaluation
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.text import format_below
from scratchnet_cli.weights.load import Weights

# A difference with a p-value below this is unlikely to be chance.
SIGNIFICANCE = 0.05
# The smallest p-value that is shown with its digits.
MIN_P_VALUE = 0.0001


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two evaluations with details of the same images."""

    first: Evaluation
    second: Evaluation

    @cached_property
    def only_first(self) -> NDArray[np.intp]:
        """Return the indices of the images that only the first network reads correctly."""
        return np.flatnonzero(self.first.is_correct & ~self.second.is_correct)

    @cached_property
    def only_second(self) -> NDArray[np.intp]:
        """Return the indices of the images that only the second network reads correctly."""
        return np.flatnonzero(self.second.is_correct & ~self.first.is_correct)

    @cached_property
    def p_value(self) -> float:
        """Return the probability that a difference is at least this large by chance."""
        return mcnemar(len(self.only_first), len(self.only_second))

    @property
    def p_text(self) -> str:
        """Return the p-value, rounded so that it stays on the same side of ``SIGNIFICANCE``."""
        if self.p_value >= SIGNIFICANCE:
            return f"{self.p_value:.4f}"
        is_tiny = self.p_value < MIN_P_VALUE
        return f"<{MIN_P_VALUE}" if is_tiny else format_below(self.p_value, SIGNIFICANCE)

    @property
    def verdict(self) -> str:
        """Return a sentence: whether the difference may be chance."""
        may_be = self.p_value >= SIGNIFICANCE
        verb, sign = ("may be", "≥") if may_be else ("is unlikely to be", "<")
        return (
            f"The difference between {self.first.weights.name} and {self.second.weights.name} "
            f"{verb} chance (McNemar's exact test, p {sign} {SIGNIFICANCE})."
        )


def evaluate_also(first: Evaluation, weights: Weights, progress: Progress) -> Evaluation:
    """Run another network on the images of an evaluation with details, without reading files."""
    images, labels = np.asarray(first.images), np.asarray(first.labels)
    dataset = Dataset(images, labels, first.dataset, first.split)
    result = evaluate(weights, dataset, first.batch_size, details=True, progress=progress)
    # Unreadable pictures count for all networks.
    return replace(
        result, unreadable=first.unreadable, skipped=first.skipped, pictures=first.pictures
    )


def compare(results: Sequence[Evaluation]) -> list[Comparison]:
    """Compare the first evaluation with each other one."""
    return [Comparison(results[0], other) for other in results[1:]]


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's exact test, from the counts of both kinds.

    If both networks are equally good, each image that only one of them reads is like the toss of a
    coin: p = 2·Σ C(n, k)/2ⁿ over k up to the smaller count, at most 1; n is the sum of the counts.
    McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12 (1947).
    """
    n = only_first + only_second
    # Logarithms, because C(n, k) overflows.
    terms = (
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2)
        for k in range(min(only_first, only_second) + 1)
    )
    return min(1.0, 2 * math.fsum(map(math.exp, terms)))

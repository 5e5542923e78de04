"""Metrics of a confusion matrix, compared with slower ways to the same numbers."""

import math

import numpy as np
import pytest

from scratchnet_cli.evaluation.metrics import (
    ClassMetrics,
    Confusion,
    class_metrics,
    confusions,
    wilson,
)

# The normal quantile of 0.975, from a printed table.
Z = 1.959964


def score_bounds(right: int, total: int) -> tuple[float, float]:
    """Return the bounds of (p̂ - p)² = z²·p(1-p)/n, a score test, by bisection."""
    observed = right / total

    def rejected(p: float) -> bool:
        return (observed - p) ** 2 > Z**2 * p * (1 - p) / total

    bounds = []
    for edge in (0.0, 1.0):
        inside, outside = observed, edge
        if not rejected(edge):
            bounds.append(edge)
            continue
        for _ in range(80):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if rejected(middle) else (middle, outside)
        bounds.append(inside)
    return bounds[0], bounds[1]


@pytest.mark.parametrize(
    ("right", "total"), [(9352, 10000), (1, 2), (3, 10), (999, 1000), (81, 263), (15, 148)]
)
def test_wilson_is_what_a_score_test_accepts(right: int, total: int) -> None:
    """Its bounds are the shares at which the verdict of the score test changes."""
    interval = wilson(right, total)
    assert (interval.low, interval.high) == pytest.approx(score_bounds(right, total), abs=1e-7)
    assert interval.confidence == 0.95


def test_wilson_is_as_published() -> None:
    """Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662, 0 of 20 up to 0.1611."""
    interval = wilson(81, 263)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)
    assert round(wilson(0, 20).high, 4) == 0.1611


@pytest.mark.parametrize("total", [1, 7, 10000])
def test_wilson_stays_in_0_to_1(total: int) -> None:
    """With none or all right, one bound is exactly 0 or 1 and the other is between."""
    none, every = wilson(0, total), wilson(total, total)
    assert none.low == 0 < none.high < 1
    assert 0 < every.low < every.high == 1
    assert math.isclose(none.high, 1 - every.low)


def test_class_metrics_are_those_by_hand() -> None:
    """Precision is down a column, recall along a row; without images both are unknown."""
    counts = np.array([[3, 1, 0, 0], [2, 4, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]])
    assert class_metrics(counts) == (
        ClassMetrics(0, total=4, correct=3, precision=3 / 5, recall=3 / 4, f1=2 / 3),
        ClassMetrics(1, total=6, correct=4, precision=4 / 6, recall=4 / 6, f1=2 / 3),
        ClassMetrics(2, total=1, correct=0, precision=None, recall=0, f1=0),
        ClassMetrics(3, total=0, correct=0, precision=None, recall=None, f1=None),
    )


def test_confusions_are_sorted_by_count() -> None:
    """Every cell off the diagonal that is not 0, the largest first."""
    counts = np.array([[9, 1, 0], [5, 9, 2], [2, 0, 9]])
    assert confusions(counts) == (
        Confusion(1, 0, 5),
        Confusion(1, 2, 2),
        Confusion(2, 0, 2),
        Confusion(0, 1, 1),
    )
    assert confusions(np.diag([4, 5])) == ()

"""Single images' outcomes: calibration and mistakes, held against plain loops."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scratchnet_cli.catalog import load_weights

from scratchnet_cli.evaluation.result import Predictions

Bytes = NDArray[np.uint8]


def outcomes_of(probabilities: list[list[float]], labels: list[int]) -> Predictions:
    """Predictions with these probabilities, to float64's precision."""
    return Predictions([np.log(np.array(probabilities))], np.array(labels, np.uint8))


@pytest.fixture(scope="module")
def real(digits: Bytes, labels: Bytes) -> Predictions:
    """The book's kind of network on real digits, in two batches."""
    network = load_weights("bundled")[0]
    x = digits.reshape(len(digits), -1).astype(np.float32) / 255
    return Predictions([network.logits(x[:300]), network.logits(x[300:])], labels)


def test_calibration_error_by_a_plain_loop(real: Predictions) -> None:
    """Guo's formula, image by image: bin by bin the gap between being sure and being right."""
    gaps = [[0, 0.0, 0] for _ in range(10)]
    for logits, label in zip(np.concatenate(real.batches).tolist(), real.labels, strict=True):
        exponentials = [math.exp(value) for value in logits]
        best = max(exponentials)
        probability = best / sum(exponentials)
        gap = gaps[math.ceil(probability * 10) - 1]
        gap[0] += 1
        gap[1] += probability
        gap[2] += exponentials.index(best) == label
    expected = sum(abs(right - stated) for _, stated, right in gaps) / len(real.labels)
    assert real.ece == pytest.approx(expected, abs=1e-5)
    assert [part.count for part in real.reliability] == [gap[0] for gap in gaps]


def test_calibration_by_hand() -> None:
    """Two answers at 0.8, one right; one at 0.6, right: ECE (|1 - 1.6| + |1 - 0.6|) / 3."""
    outcomes = outcomes_of([[0.8, 0.2], [0.2, 0.8], [0.6, 0.4]], [0, 0, 0])
    assert outcomes.ece == pytest.approx((0.6 + 0.4) / 3)
    filled = [part for part in outcomes.reliability if part.count]
    assert [part.accuracy for part in filled] == [1, 0.5]
    assert [part.probability for part in filled] == pytest.approx([0.6, 0.8])
    assert outcomes.reliability[0].accuracy is None


def test_bins_hold_their_upper_bound() -> None:
    """Bins are (low, high]: an even chance is in the fifth, certainty in the last."""
    counts = [part.count for part in outcomes_of([[0.5, 0.5], [0.999, 0.001]], [0, 0]).reliability]
    assert counts == [0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    certain = Predictions([np.array([[1000.0, 0.0]])], np.zeros(1, np.uint8))
    assert certain.reliability[-1].count == 1
    assert certain.ece == 0


def test_the_surest_mistakes_come_first(real: Predictions) -> None:
    """Only mistakes, by falling probability, each with its place, and no more than asked for."""
    mistakes = real.worst_mistakes(10_000)
    wrong = [i for i, right in enumerate(real.right) if not right]
    assert sorted(mistake.index for mistake in mistakes) == wrong
    stated = [mistake.probability for mistake in mistakes]
    assert stated == sorted(stated, reverse=True)
    assert real.worst_mistakes(3) == mistakes[:3]
    for mistake in mistakes:
        assert mistake.label == real.labels[mistake.index] != mistake.prediction
        assert mistake.probability == max(mistake.probabilities)


def test_a_cell_s_pictures_are_the_most_telling(real: Predictions) -> None:
    """Of mistakes the surest, of hits the least sure; all of a cell are found."""
    found = [i for label in range(10) for read in range(10) for i in real.behind(label, read, 1000)]
    assert sorted(found) == list(range(1000))
    hits = real.behind(4, 4, 5)
    assert hits[0] == min(np.flatnonzero(real.right & (real.labels == 4)), key=real.stated.item)
    wrong = real.worst_mistakes(1)[0]
    assert real.behind(wrong.label, wrong.prediction, 1) == [wrong.index]


def test_the_answer_is_that_of_the_logits() -> None:
    """Where softmax rounds two classes to the same probability, the larger logit still wins."""
    outcomes = Predictions([np.array([[0.0, 1e-9]], np.float32)], np.ones(1, np.uint8))
    assert outcomes.probabilities[0, 0] == outcomes.probabilities[0, 1]
    assert outcomes.predictions.tolist() == [1]
    assert outcomes.right.all()

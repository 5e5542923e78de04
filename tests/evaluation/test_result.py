"""The details of single images: calibration and mistakes, compared with plain loops."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli import evaluate, load_dataset, load_weights
from scratchnet_cli.evaluation.metrics import expected_calibration_error, reliability
from scratchnet_cli.evaluation.result import Evaluation
from scratchnet_cli.system.origin import Origin


def result_of(logits: NDArray[np.floating], labels: list[int]) -> Evaluation:
    """Return a result with these logits."""
    origin = Origin("x", "x")
    return Evaluation(
        weights=origin, dataset=origin, confusion=np.zeros((2, 2), np.intp), batch_size=1,
        elapsed_s=1, logits=logits, labels=np.array(labels),
    )  # fmt: skip


def result_at(probabilities: list[list[float]], labels: list[int]) -> Evaluation:
    """Return a result with these probabilities, to the precision of float64."""
    return result_of(np.log(np.array(probabilities)), labels)


@pytest.fixture(scope="module")
def real() -> Evaluation:
    """Return the result of the bundled network on real digits, in batches of 300."""
    return evaluate(load_weights("bundled"), load_dataset("sample"), 300, details=True)


def test_reliability_is_that_of_a_plain_loop(real: Evaluation) -> None:
    """Guo's formula, image by image: for each bin the gap between probability and accuracy."""
    assert real.logits is not None
    assert real.labels is not None
    gaps = [[0, 0.0, 0] for _ in range(10)]
    for logits, label in zip(real.logits.tolist(), real.labels, strict=True):
        exponentials = [math.exp(value) for value in logits]
        best = max(exponentials)
        probability = best / sum(exponentials)
        gap = gaps[math.ceil(probability * 10) - 1]
        gap[0] += 1
        gap[1] += probability
        gap[2] += exponentials.index(best) == label
    expected = sum(abs(right - stated) for _, stated, right in gaps) / 1000
    assert expected_calibration_error(real.reliability) == pytest.approx(expected, abs=1e-5)
    assert [part.count for part in real.reliability] == [gap[0] for gap in gaps]


def test_reliability_is_that_by_hand() -> None:
    """Two answers at 0.8, one right; one at 0.6, right: ECE (|1 - 1.6| + |1 - 0.6|) / 3."""
    result = result_at([[0.8, 0.2], [0.2, 0.8], [0.6, 0.4]], [0, 0, 0])
    assert expected_calibration_error(result.reliability) == pytest.approx((0.6 + 0.4) / 3)
    filled = [part for part in result.reliability if part.count]
    assert [(part.low, part.high) for part in filled] == [(0.5, 0.6), (0.7, 0.8)]
    assert [part.accuracy for part in filled] == [1, 0.5]
    assert [part.probability for part in filled] == pytest.approx([0.6, 0.8])
    assert (result.reliability[0].accuracy, result.reliability[0].probability) == (None, None)


def test_reliability_bins_contain_their_upper_bound() -> None:
    """Bins are (low, high]: an even chance is in the fifth, certainty in the last."""
    result = result_at([[0.5, 0.5], [0.999, 0.001]], [0, 0])
    assert [part.count for part in result.reliability] == [0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    # Softmax may round to more than 1.
    bins = reliability(np.array([1 + 1e-7, 0.0]), np.array([True, False]))
    assert [bins[0].count, bins[-1].count] == [1, 1]
    certain = result_of(np.array([[1000.0, 0.0]]), [0])
    assert certain.reliability[-1].count == 1
    assert expected_calibration_error(certain.reliability) == 0


def test_worst_mistakes_come_first(real: Evaluation) -> None:
    """Only mistakes, by falling probability, each with its place, and not more than asked for."""
    assert real.labels is not None
    mistakes = real.worst_mistakes(10_000)
    wrong = [i for i, right in enumerate(real.is_correct) if not right]
    assert sorted(mistake.index for mistake in mistakes) == wrong
    assert len(wrong) == real.total - real.correct > 3
    stated = [mistake.probability for mistake in mistakes]
    assert stated == sorted(stated, reverse=True)
    assert real.worst_mistakes(3) == mistakes[:3]
    for mistake in mistakes:
        assert mistake.label == real.labels[mistake.index] != mistake.prediction
        assert mistake.probability == max(mistake.probabilities)


def test_cells_show_the_most_telling_images(real: Evaluation) -> None:
    """Mistakes with the highest probability come first, correct images with the lowest."""
    cells = [
        real.images_in_cell(label, prediction, 1000)
        for label in range(10)
        for prediction in range(10)
    ]
    assert [len(cell) for cell in cells] == real.confusion.ravel().tolist()
    assert sorted(i for cell in cells for i in cell) == list(range(1000))
    right = np.flatnonzero(real.is_correct & (real.labels == 4))
    assert real.images_in_cell(4, 4, 5)[0] == min(right, key=real.confidence.item)
    assert len(real.images_in_cell(4, 4, 5)) == 5
    wrong = real.worst_mistakes(1)[0]
    assert real.images_in_cell(wrong.label, wrong.prediction, 1) == [wrong.index]


def test_predictions_are_those_of_the_logits() -> None:
    """If softmax rounds two classes to the same probability, the larger logit still wins."""
    result = result_of(np.array([[0.0, 1e-9]], np.float32), [1])
    assert result.probabilities[0, 0] == result.probabilities[0, 1]
    assert result.predictions.tolist() == [1]
    assert result.is_correct.all()


def test_predictions_need_details() -> None:
    """Without logits nothing is made up."""
    with pytest.raises(ValueError, match="without details"):
        _ = evaluate(load_weights("bundled"), load_dataset("sample").first(1)).predictions

"""The evaluation loop: right counts, whatever the batches, and news after each of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray
from scratchnet_cli.catalog import load_dataset, load_weights

from scratchnet_cli.errors import ShapeError
from scratchnet_cli.evaluation.evaluate import Evaluation, evaluate
from scratchnet_cli.network.layers import Layer, Network

Bytes = NDArray[np.uint8]

# Four pixels, three classes: the network says where the brightest of the first three pixels is.
TINY = Network((Layer(np.eye(4, 3, dtype=np.float32), np.zeros(3, dtype=np.float32), "identity"),))


@pytest.fixture(scope="module")
def bundled() -> Network:
    """The network that ships with the program."""
    return load_weights("bundled")[0]


@dataclass
class Listener:
    """A progress callable that keeps what it heard, and what it read in it at that time."""

    heard: list[Evaluation] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    corrects: list[int] = field(default_factory=list)

    def __call__(self, state: Evaluation) -> None:
        """Note what is heard."""
        self.heard.append(state)
        self.totals.append(state.total)
        self.corrects.append(state.correct)


def bright(*pixels: int) -> Bytes:
    """2×2 images that are black but for the pixel given."""
    images = np.zeros((len(pixels), 4), np.uint8)
    images[range(len(pixels)), pixels] = 255
    return images.reshape(-1, 2, 2)


def one_by_one(network: Network, images: Bytes, labels: Bytes) -> Iterator[tuple[int, int]]:
    """(label, prediction) of each image, run alone."""
    for image, label in zip(images, labels, strict=True):
        x = np.array([pixel / 255 for pixel in image.flatten().tolist()], np.float32)
        scores = network.logits(x).tolist()
        yield int(label), scores.index(max(scores))


@pytest.mark.parametrize("batch_size", [1, 2, 3, 6, 7, 1000])
def test_counts_can_be_checked_by_hand(batch_size: int) -> None:
    """Rows are labels, columns predictions, and every number of the result follows from them."""
    predicted = (0, 0, 1, 2, 2, 2)
    labels = np.array([0, 1, 1, 2, 0, 0], np.uint8)
    result = evaluate(TINY, bright(*predicted), labels, batch_size)
    assert result.confusion.tolist() == [[1, 0, 2], [1, 1, 0], [0, 0, 1]]
    assert (result.correct, result.total, result.accuracy) == (3, 6, 0.5)
    assert result.batch_size == batch_size


@pytest.mark.parametrize(("limit", "dark", "light"), [(0.5, 127, 128), (0.998, 254, 255)])
def test_pixels_are_scaled_to_one(limit: float, dark: int, light: int) -> None:
    """The network sees pixels from 0 to 1, as in the book: 255 is exactly 1."""
    above = Layer(np.array([[1, 0]], np.float32), np.array([0, limit], np.float32), "identity")
    images = np.array([0, dark, light, 255], np.uint8).reshape(-1, 1, 1)
    labels = np.array([1, 1, 0, 0], np.uint8)
    assert evaluate(Network((above,)), images, labels).accuracy == 1


@pytest.mark.parametrize("classes", [1, 20, 256])
def test_any_number_of_classes_is_counted(classes: int) -> None:
    """A network may tell apart as many classes as a label has values, not only ten."""
    network = Network(
        (Layer(np.eye(classes, dtype=np.float32), np.zeros(classes, np.float32), "identity"),)
    )
    images = np.diag(np.full(classes, 255, np.uint8)).reshape(classes, 1, classes)
    labels = np.arange(classes, dtype=np.uint8)
    result = evaluate(network, images, labels)
    np.testing.assert_array_equal(result.confusion, np.eye(classes))


@pytest.mark.parametrize("batch_size", [1, 7, 100, 1000, 1001])
def test_the_result_does_not_depend_on_the_batch_size(
    bundled: Network, digits: Bytes, labels: Bytes, batch_size: int
) -> None:
    """On real digits every batch size gives the counts that a plain loop gives, image by image."""
    confusion = [[0] * 10 for _ in range(10)]
    for label, prediction in one_by_one(bundled, digits, labels):
        confusion[label][prediction] += 1
    right = sum(confusion[i][i] for i in range(10))

    result = evaluate(bundled, digits, labels, batch_size)
    assert result.confusion.tolist() == confusion
    assert (result.correct, result.total) == (right, 1000)
    assert result.accuracy == right / 1000


def test_the_bundled_network_reads_the_bundled_sample(
    bundled: Network, digits: Bytes, labels: Bytes
) -> None:
    """What ships with the program fits together: most of the sample's digits are read right."""
    assert evaluate(bundled, digits, labels).accuracy > 0.9


@pytest.mark.parametrize(
    ("batch_size", "totals"),
    [(1, [1, 2, 3, 4, 5]), (2, [2, 4, 5]), (4, [4, 5]), (5, [5]), (6, [5])],
)
def test_progress_is_heard_once_a_batch(batch_size: int, totals: list[int]) -> None:
    """The listener hears the counts so far after each batch, the last of them the result."""
    listener = Listener()
    result = evaluate(
        TINY, bright(0, 1, 2, 0, 1), np.array([0, 0, 2, 0, 0], np.uint8), batch_size, listener
    )
    right_after = [0, 1, 1, 2, 3, 3]
    assert listener.totals == totals
    assert listener.corrects == [right_after[total] for total in totals]
    assert listener.heard[-1] is result


def test_what_was_heard_does_not_change_later() -> None:
    """A listener may keep a state: later batches are counted in a state of their own."""
    listener = Listener()
    evaluate(TINY, bright(0, 1, 2), np.array([0, 1, 2], np.uint8), 1, listener)
    assert [state.total for state in listener.heard] == listener.totals == [1, 2, 3]


def test_time_is_counted() -> None:
    """Elapsed time grows from batch to batch, and throughput is images over that time."""
    listener = Listener()
    result = evaluate(TINY, bright(0, 1, 2), np.array([0, 1, 2], np.uint8), 1, listener)
    times = [state.elapsed_s for state in listener.heard]
    assert times == sorted(times)
    assert 0 < times[0] <= result.elapsed_s < 60
    assert result.images_per_s == pytest.approx(3 / result.elapsed_s)


@pytest.mark.parametrize("position", [0, 2])
@pytest.mark.parametrize("label", [3, 10, 255])
def test_a_label_that_is_no_class_is_refused(label: int, position: int) -> None:
    """A label the network has no class for is refused before anything is counted."""
    labels = np.zeros(3, np.uint8)
    labels[position] = label
    listener = Listener()
    with pytest.raises(ShapeError) as refused:
        evaluate(TINY, bright(0, 1, 2), labels, 1, listener)
    assert str(refused.value) == f"the network has 3 classes, but a label is {label}"
    assert listener.heard == []


@pytest.mark.parametrize("shape", [(1, 3), (5, 1), (28, 28)])
def test_images_of_another_size_are_refused(shape: tuple[int, int]) -> None:
    """Images with more or fewer pixels than the network has inputs are refused, sizes named."""
    images = np.zeros((2, *shape), np.uint8)
    with pytest.raises(ShapeError) as refused:
        evaluate(TINY, images, np.zeros(2, np.uint8))
    message = str(refused.value)
    assert message.startswith("the network takes 4 values for each input")
    assert str(shape[0] * shape[1]) in message
    assert "\n" not in message


def test_the_images_stay_as_they_are(bundled: Network, digits: Bytes, labels: Bytes) -> None:
    """Evaluating does not write into the dataset, so it can be used again."""
    images, truth = digits[:50].copy(), labels[:50].copy()
    evaluate(bundled, images, truth, 20)
    np.testing.assert_array_equal(images, digits[:50])
    np.testing.assert_array_equal(truth, labels[:50])


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("flatten", [True, False])
def test_the_arrays_of_load_mnist_count_as_the_pictures_do(
    bundled: Network, normalize: bool, flatten: bool
) -> None:
    """Floats in [0, 1] are not divided by 255 again, and flattened images are the same images."""
    dataset, _ = load_dataset("sample")
    x, t = dataset.arrays(normalize, flatten)
    expected = evaluate(bundled, dataset.images, dataset.labels).confusion
    np.testing.assert_array_equal(evaluate(bundled, x, t).confusion, expected)


@pytest.mark.parametrize("shape", [(5,), (6, 3), (1, 6), ()])
def test_labels_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    """One-hot labels, or too few of them, are refused with their shape."""
    with pytest.raises(ShapeError, match=r"6 images need one label each.*shape \("):
        evaluate(TINY, bright(0, 0, 1, 2, 2, 2), np.zeros(shape, np.uint8))

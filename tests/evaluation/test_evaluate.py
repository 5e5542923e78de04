"""The evaluation loop: right counts for every batch size and number of threads."""

import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scratchnet_cli import evaluate, load_dataset, load_weights
from scratchnet_cli.datasets import idx as idx_module
from scratchnet_cli.errors import DatasetError, ScratchnetError, ShapeError, WeightsError
from scratchnet_cli.evaluation import evaluate as module
from scratchnet_cli.network.fast import Forward
from scratchnet_cli.network.layers import Layer, Network
from scratchnet_cli.system.progress import Progress
from tests.conftest import write_dataset

Bytes = NDArray[np.uint8]


def network_of(W: Any, b: Any) -> Network:  # noqa: N803
    """Return a network of one layer."""
    return Network((Layer(np.array(W, np.float32), np.array(b, np.float32), "identity"),))


# Four pixels, three classes: the class is the brightest of the first three pixels.
TINY = network_of(np.eye(4, 3), np.zeros(3))


class Recorder(Progress):
    """A progress that keeps its sizes, and images done and accuracy after each batch."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.sizes = (0, 0)
        self.states: list[tuple[int, float]] = []

    @contextmanager
    def evaluation(self, images: int, batch_size: int) -> Iterator[Callable[[int, float], None]]:
        """Keep the numbers."""
        self.sizes = images, batch_size
        yield lambda done, accuracy: self.states.append((done, accuracy))


def use_threads(patch: pytest.MonkeyPatch, images_per_task: int, cores: int = 2) -> None:
    """Evaluate small datasets like large ones."""
    patch.setattr(module, "MIN_THREADED_IMAGES", 999)
    patch.setattr(module, "IMAGES_PER_TASK", images_per_task)
    patch.setattr(module, "usable_cores", lambda: cores)


def before_logits(patch: pytest.MonkeyPatch, look: Callable[[Forward, Bytes], object]) -> None:
    """Call a function before each product."""
    logits = Forward.logits
    patch.setattr(Forward, "logits", lambda self, x: (look(self, x), logits(self, x))[1])


def bright(*pixels: int) -> Bytes:
    """Return 2x2 images, each black except for the pixel given."""
    images = np.zeros((len(pixels), 4), np.uint8)
    images[range(len(pixels)), pixels] = 255
    return images.reshape(-1, 2, 2)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 6, 7, 10**30])
def test_evaluation_counts_as_by_hand(batch_size: int) -> None:
    """Rows are labels, columns predictions; every figure follows from them."""
    labels = np.array([0, 1, 1, 2, 0, 0], np.uint8)
    start = time.perf_counter()
    result = evaluate(TINY, (bright(0, 0, 1, 2, 2, 2), labels), batch_size)
    assert result.elapsed_s <= time.perf_counter() - start
    assert result.confusion.tolist() == [[1, 0, 2], [1, 1, 0], [0, 0, 1]]
    assert (result.correct, result.total, result.accuracy) == (3, 6, 0.5)
    assert result.batch_size == batch_size
    assert result.images_per_s == 6 / result.elapsed_s > 0
    assert (result.labels, result.logits, result.images, result.pictures) == (None,) * 4


def test_evaluation_keeps_details_if_asked() -> None:
    """Labels, logits and images of all batches come in the order of the dataset."""
    images, labels = bright(2, 0, 1, 1, 0), np.array([0, 1, 1, 2, 0], np.uint8)
    result = evaluate(TINY, (images, labels), 2, details=True)
    assert evaluate(TINY, (images, labels)).batch_size == 100
    np.testing.assert_array_equal(result.labels, labels, strict=True)
    np.testing.assert_array_equal(result.logits, images.reshape(5, 4)[:, :3] / 255)
    assert result.images is images
    assert result.predictions.tolist() == [2, 0, 1, 1, 0]


@pytest.mark.parametrize(("limit", "dark", "light"), [(0.5, 127, 128), (0.998, 254, 255)])
def test_evaluation_scales_pixels_to_one(limit: float, dark: int, light: int) -> None:
    """The network sees pixels from 0 to 1, as in the book: 255 is exactly 1."""
    images = np.array([0, dark, light, 255], np.uint8).reshape(-1, 1, 1)
    labels = np.array([1, 1, 0, 0], np.uint8)
    assert evaluate(network_of([[1, 0]], [0, limit]), (images, labels)).accuracy == 1


@pytest.mark.parametrize("classes", [1, 20, 256])
def test_evaluation_takes_any_number_of_classes(classes: int) -> None:
    """A network may have as many classes as a byte has values, not only ten."""
    images = np.diag(np.full(classes, 255, np.uint8)).reshape(classes, 1, classes)
    labels = np.arange(classes, dtype=np.uint8)
    result = evaluate(network_of(np.eye(classes), np.zeros(classes)), (images, labels))
    np.testing.assert_array_equal(result.confusion, np.eye(classes))


@pytest.fixture(scope="module")
def one_by_one(digits: Bytes, labels: Bytes) -> list[list[int]]:
    """Return the bundled network's confusion matrix of the sample, from each image alone."""
    network = load_weights("bundled").network
    confusion = [[0] * 10 for _ in range(10)]
    for image, label in zip(digits, labels, strict=True):
        x = np.array([pixel / 255 for pixel in image.flatten().tolist()], np.float32)
        scores = network.logits(x).tolist()
        confusion[label][scores.index(max(scores))] += 1
    return confusion


@settings(max_examples=30, deadline=None)
@given(
    batch_size=st.integers(1, 1100),
    threaded=st.booleans(),
    form=st.none() | st.tuples(st.booleans(), st.booleans()),
)
def test_evaluation_does_not_depend_on_batches_threads_or_form(
    one_by_one: list[list[int]], batch_size: int, threaded: bool, form: tuple[bool, bool] | None
) -> None:
    """On real digits it is always the result of a plain loop; floats are not divided again."""
    dataset = load_dataset("sample")
    data = dataset.arrays(*form) if form else dataset
    with pytest.MonkeyPatch.context() as patch:
        if threaded:
            use_threads(patch, 64)
        result = evaluate(load_weights("bundled"), data, batch_size)
    assert result.confusion.tolist() == one_by_one


@pytest.mark.parametrize("batch_size", [7, 100, 400])
def test_threads_change_no_figure(
    tmp_path: Path, digits: Bytes, labels: Bytes, monkeypatch: pytest.MonkeyPatch, batch_size: int
) -> None:
    """Logits to the last bit, progress and hash are those of a single thread, and of memory."""
    folder = write_dataset(tmp_path / "dataset", digits, labels)
    runs = []
    for cores in (0, 1, 2):
        if cores:
            use_threads(monkeypatch, 20, cores)
            monkeypatch.setattr(idx_module, "MAX_READ_BYTES", 0)
        progress = Recorder()
        weights, dataset = load_weights("bundled"), load_dataset(folder)
        result = evaluate(weights, dataset, batch_size, details=True, progress=progress)
        assert isinstance(result.images, np.memmap) is bool(cores)
        runs.append((result, progress))
    (expected, shown), *others = runs
    assert shown.sizes == (1000, batch_size)
    right = np.cumsum(expected.is_correct)
    assert shown.states == [
        (done, right[done - 1] / done) for done in (*range(batch_size, 1000, batch_size), 1000)
    ]
    for result, progress in others:
        assert progress.states == shown.states
        np.testing.assert_array_equal(result.logits, expected.logits, strict=True)
        np.testing.assert_array_equal(result.labels, labels, strict=True)
        np.testing.assert_array_equal(result.confusion, expected.confusion)
        assert result.dataset.fields() == expected.dataset.fields()


def test_threads_work_at_the_same_time(
    digits: Bytes, labels: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of more images than the limit, two parts are computed at once, each with its buffers."""
    use_threads(monkeypatch, 250)
    both = threading.Barrier(2, timeout=30)
    seen: list[tuple[Forward, int]] = []

    def meet(forward: Forward, x: Bytes) -> None:
        if threading.current_thread() is not threading.main_thread():
            both.wait()
        seen.append((forward, len(x)))

    before_logits(monkeypatch, meet)
    evaluate(load_weights("bundled"), (digits, labels), 125)
    assert [size for _, size in seen] == [250] * 4
    assert len({id(forward) for forward, _ in seen}) > 1
    seen.clear()
    evaluate(load_weights("bundled"), (digits[:999], labels[:999]), 125)
    assert [size for _, size in seen] == [125] * 7 + [124]


@pytest.mark.parametrize("threaded", [True, False])
def test_mapped_file_that_shrinks_is_an_error(
    tmp_path: Path, digits: Bytes, labels: Bytes, monkeypatch: pytest.MonkeyPatch, threaded: bool
) -> None:
    """The process is not killed by it, and no images are made up."""
    monkeypatch.setattr(idx_module, "MAX_READ_BYTES", 0)
    images = write_dataset(tmp_path / "dataset", digits, labels) / "t10k-images-idx3-ubyte"
    if threaded:
        use_threads(monkeypatch, 100, cores=1)
    before_logits(monkeypatch, lambda *_: os.truncate(images, 784 * 999))
    weights = load_weights("bundled")
    with pytest.raises(DatasetError) as refused:
        evaluate(weights, load_dataset(images.parent))
    message = "the file was cut while it was read; try again"
    message = f"{weights.origin.source} on {images}: {images}: {message}"
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("network", "shape", "label", "error", "message"),
    [
        *((TINY, (2, 2), label, ShapeError, f"arrays has a label {label}, but network "
           "has only the classes 0 to 2; use other weights")
          for label in (3, 10, 255)),
        *((TINY, shape, label, ShapeError, "network: the network takes 4 values for each "
           f"input, an image has {math.prod(shape)} ({shape[0]}x{shape[1]}); use other weights")
          # Wrong labels, too: the size comes first.
          for shape, label in (((1, 3), 0), ((5, 1), 0), ((28, 28), 9))),
        (network_of(np.zeros((4, 257)), np.zeros(257)), (2, 2), 0, ShapeError,
         "network: the network has 257 classes, expected at most 256"),
        (network_of(np.full((4, 3), 3e38), np.zeros(3)), (2, 2), 0, WeightsError,
         "network on arrays: the weights are so large that the network's output "
         "overflows; train again"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("position", [0, 2])
def test_network_that_does_not_fit_is_refused(
    network: Network,
    shape: tuple[int, int],
    label: int,
    position: int,
    error: type[ScratchnetError],
    message: str,
) -> None:
    """Nothing is counted, and the message names the network and the images."""
    labels = np.zeros(3, np.uint8)
    labels[position] = label
    progress = Recorder()
    with pytest.raises(error) as refused:
        evaluate(network, (np.zeros((3, *shape), np.uint8), labels), progress=progress)
    assert str(refused.value) == message
    assert progress.states == []


def test_evaluation_leaves_its_input_as_it_is(digits: Bytes, labels: Bytes) -> None:
    """A dataset can be used again."""
    images, truth = digits[:50].copy(), labels[:50].copy()
    evaluate(load_weights("bundled"), (images, truth), 20)
    np.testing.assert_array_equal(images, digits[:50])
    np.testing.assert_array_equal(truth, labels[:50])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_images_without_a_value_are_refused(value: float) -> None:
    """They would count as class 0."""
    x = np.zeros((3, 2, 2))
    x[1, 1, 0] = value
    with pytest.raises(DatasetError, match="contains infinity or NaN"):
        evaluate(TINY, (x, np.zeros(3, np.uint8)))

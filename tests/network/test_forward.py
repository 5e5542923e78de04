"""The fast forward pass against the plain one."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.catalog import load_dataset, load_weights
from scratchnet_cli.errors import ShapeError, WeightsError
from scratchnet_cli.network.fast import BLOCK_SIZE, Forward
from scratchnet_cli.network.layers import ACTIVATIONS, Layer, Network


def network(sizes: list[int], activations: list[str], dtype: str = "float32") -> Network:
    """Some network of these widths."""
    rng = np.random.default_rng(len(sizes))
    return Network(
        tuple(
            Layer(
                rng.normal(0, 3 / np.sqrt(inputs), (inputs, outputs)).astype(dtype),
                rng.normal(0, 1, outputs).astype(dtype),
                activation,
            )
            for inputs, outputs, activation in zip(sizes, sizes[1:], activations, strict=False)
        )
    )


@pytest.mark.parametrize("last", list(ACTIVATIONS))
@pytest.mark.parametrize("hidden", list(ACTIVATIONS))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_any_network_gives_the_logits_of_its_formula(hidden: str, last: str, dtype: str) -> None:
    """Whatever the activations, depth, widths and type, only rounding differs."""
    pixels = np.random.default_rng(0).integers(0, 256, (BLOCK_SIZE + 3, 30), np.uint8)
    for sizes in ([30, 4], [30, 7, 5], [30, 16, 3, 8, 10]):
        plain = network(sizes, [hidden] * (len(sizes) - 2) + [last], dtype)
        logits = Forward(plain).logits(pixels)
        expected = plain.logits(pixels.astype(dtype) / 255)
        assert logits.dtype == dtype
        tolerance = 1e-4 if dtype == "float32" else 1e-12
        np.testing.assert_allclose(logits, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("count", [1, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1, 1000])
def test_every_sample_digit_gets_the_class_that_predict_gives(
    digits: NDArray[np.uint8], count: int
) -> None:
    """However many images come at once, each class is the one of ``Network.predict``."""
    plain, _ = load_weights("bundled")
    pixels = digits.reshape(len(digits), -1)
    forward = Forward(plain)
    classes = [forward.classes(pixels[i : i + count]) for i in range(0, 1000, count)]
    assert np.array_equal(np.concatenate(classes), plain.predict(pixels.astype(np.float32) / 255))


def test_no_result_is_overwritten_by_the_next(digits: NDArray[np.uint8]) -> None:
    """The buffers are used again, what was given away is not."""
    forward = Forward(load_weights("bundled")[0])
    first = forward.logits(digits[:5].reshape(5, -1))
    kept = first.copy()
    forward.logits(digits[5:10].reshape(5, -1))
    assert np.array_equal(first, kept)


def test_inputs_of_another_size_are_refused() -> None:
    """The message names both sizes."""
    with pytest.raises(ShapeError, match=r"784.*\(3, 100\)"):
        Forward(load_weights("bundled")[0]).classes(np.zeros((3, 100), np.uint8))


def test_weights_that_could_overflow_are_refused() -> None:
    """Where a sum could pass the type's largest number, no answer is given."""
    huge = np.full((784, 10), 1e36, np.float32)
    with pytest.raises(WeightsError, match="overflow"):
        Forward(Network((Layer(huge, np.zeros(10, np.float32)),)))


def test_the_book_scores_the_same(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the real test set the book's weights are right 9,352 times."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(real_data))
    mnist, _ = load_dataset("mnist")
    classes = Forward(load_weights("book")[0]).classes(mnist.images.reshape(len(mnist), -1))
    assert int((classes == mnist.labels).sum()) == 9352

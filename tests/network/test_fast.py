"""The fast forward pass against the plain one."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.typing import NDArray

from scratchnet_cli.datasets.load import load_dataset
from scratchnet_cli.errors import ShapeError, WeightsError
from scratchnet_cli.network.fast import BLOCK_SIZE, Forward
from scratchnet_cli.network.layers import Layer, Network
from scratchnet_cli.weights.load import load_weights
from tests.network.networks import bundled, networks, reproducible


@reproducible
@given(
    network=networks(["<f4", "<f8"]),
    count=some.sampled_from([0, 1, 2, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1, 600]),
    largest=some.sampled_from([255, 1.0]),
)
def test_forward_gives_the_logits_of_the_plain_network(
    network: Network, count: int, largest: float
) -> None:
    """Only rounding differs, for any activations, depth, widths, type and number of images."""
    shape = count, network.inputs
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8) * (largest / 255)
    dtype = network.layers[0].W.dtype
    logits = Forward(network, largest).logits(images)
    assert logits.dtype == dtype
    tolerance = 1e-4 if dtype == np.float32 else 1e-12
    expected = network.logits((images / largest).astype(dtype))
    np.testing.assert_allclose(logits, expected, rtol=tolerance, atol=tolerance)


def test_forward_does_not_overwrite_earlier_results(digits: NDArray[np.uint8]) -> None:
    """Buffers are used again, but results are copies."""
    forward = Forward(bundled())
    first = forward.logits(digits[:5].reshape(5, -1))
    kept = first.copy()
    forward.logits(digits[5:10].reshape(5, -1))
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("shape", [(3, 100), (784,)])
def test_forward_refuses_images_of_another_shape(shape: tuple[int, ...]) -> None:
    """The message contains the number of inputs and the shape of the images."""
    with pytest.raises(ShapeError) as refused:
        Forward(bundled()).classes(np.zeros(shape, np.uint8))
    message = f"expected 784 values for each input, found the shape {shape}"
    assert message in str(refused.value)


@pytest.mark.parametrize("hidden", ["relu", "identity", "sigmoid", "tanh"])
def test_forward_refuses_weights_that_could_overflow(hidden: str) -> None:
    """A sum of weights can exceed the type's largest number, unless a layer before limits it."""
    large, b = np.full((2, 2), 1e20, np.float32), np.zeros(2, np.float32)
    network = Network((Layer(large, b, hidden), Layer(large, b, "identity")))
    if hidden in ("relu", "identity"):
        with pytest.raises(WeightsError, match="so large that the network's output overflows"):
            Forward(network)
    else:
        assert np.isfinite(Forward(network).logits(np.full((1, 2), 255))).all()


def test_forward_scores_what_the_book_scores(real_data: Path) -> None:
    """The book's weights are right on 9,352 images of the real test set."""
    mnist = load_dataset(str(real_data))
    book = load_weights(str(real_data / "sample_weight.pkl")).network
    classes = Forward(book).classes(mnist.images.reshape(len(mnist), -1))
    assert int((classes == mnist.labels).sum()) == 9352

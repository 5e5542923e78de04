"""The bundled weights can be made again: the training works, and its gradients are right."""

import numpy as np
import pytest
from numpy.typing import NDArray

from weights.distort import distort
from weights.train import SIZES, distorted_copies, loss_and_gradients, train


@pytest.mark.parametrize("name", ["W1", "b1", "W2", "b2", "W3", "b3"])
def test_gradients_agree_with_finite_differences(name: str) -> None:
    """Backward gives, for values of each parameter, the slope that the loss itself shows."""
    rng = np.random.default_rng(1)
    params = {
        key: rng.normal(0, 0.3, shape)
        for i in (1, 2, 3)
        for key, shape in ((f"W{i}", (SIZES[i - 1], SIZES[i])), (f"b{i}", (SIZES[i],)))
    }
    x = rng.random((4, 784))
    t = np.eye(10)[[3, 1, 4, 1]]
    _, gradients = loss_and_gradients(params, x, t)
    step = 1e-5
    for _ in range(5):
        at = tuple(int(rng.integers(length)) for length in params[name].shape)
        slopes = []
        for sign in (1, -1):
            params[name][at] += sign * step
            slopes.append(sign * loss_and_gradients(params, x, t)[0])
            params[name][at] -= sign * step
        assert gradients[name][at] == pytest.approx(sum(slopes) / (2 * step), rel=1e-4, abs=1e-8)


def test_a_short_training_lowers_the_loss(
    digits: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> None:
    """On two hundred digits, sixty epochs bring the loss far below that of guessing."""
    pixels = digits[:200].reshape(200, 784)
    _, losses = train(pixels, labels[:200].astype(np.int64), 60, np.random.default_rng(0))
    assert losses[0] > 2.0
    assert np.mean(losses[-2:]) < 0.5


def test_one_seed_gives_one_result(digits: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    """Trained twice from the same seed, every parameter is the same to the last bit."""

    def trained() -> dict[str, NDArray[np.float32]]:
        rng = np.random.default_rng(7)
        pool = distorted_copies(digits[:50].reshape(50, 784), 2, rng)
        return train(pool, np.tile(labels[:50].astype(np.int64), 2), 2, rng)[0]

    first, second = trained(), trained()
    assert all(np.array_equal(first[key], second[key]) for key in first)


def test_distorted_digits_stand_where_mnist_puts_them(digits: NDArray[np.uint8]) -> None:
    """A distorted copy stays in the 20x20 box's size, centred like MNIST's digits."""
    images = digits[:50] / np.float32(255)
    copies = distort(images, np.random.default_rng(3))
    assert copies.shape == (50, 28, 28)
    index = np.arange(28)
    for axis in (1, 2):
        mass = copies.sum(axis=axis)
        centres = mass @ index / mass.sum(axis=1)
        assert np.abs(centres - 14).max() < 1

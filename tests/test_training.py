"""The bundled weights can be made again: the training works, and its gradients are right."""

from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.catalog import load_weights
from weights import strokes, student, teacher
from weights.descent import Plan, descend
from weights.distort import distort
from weights.train import STUDY, TEACHING, Seed, train

NAMES = {teacher: "W1 b1 W2 b2 W3 b3 W4 b4", student: "W1 b1 W2 b2 W3 b3"}
Arrays = dict[str, NDArray[np.float64]]


@pytest.mark.parametrize(
    ("network", "name"), [(network, name) for network in NAMES for name in NAMES[network].split()]
)
def test_gradients_agree_with_finite_differences(network: ModuleType, name: str) -> None:
    """Backward gives, for values of each parameter, the slope that the loss itself shows."""
    rng = np.random.default_rng(1)
    params: Arrays = {
        key: value + rng.normal(0, 0.03, value.shape)
        for key, value in network.initialise(rng).items()
    }
    x = rng.random((4, 784))
    t = rng.dirichlet(np.ones(10), 4)
    _, gradients = network.loss_and_gradients(params, x, t)
    step = 1e-6
    for _ in range(5):
        at = tuple(int(rng.integers(length)) for length in params[name].shape)
        slopes = []
        for sign in (1, -1):
            params[name][at] += sign * step
            slopes.append(sign * network.loss_and_gradients(params, x, t)[0])
            params[name][at] -= sign * step
        assert gradients[name][at] == pytest.approx(sum(slopes) / (2 * step), rel=1e-4, abs=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize(("network", "plan"), [(teacher, TEACHING), (student, STUDY)])
def test_a_short_training_lowers_the_loss(
    network: ModuleType, plan: Plan, digits: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> None:
    """On a hundred digits, 160 steps bring the loss far below that of guessing."""
    rng = np.random.default_rng(0)
    params = network.initialise(rng)
    pixels, targets = digits[:100].reshape(100, 784), np.eye(10, dtype=np.float32)[labels[:100]]
    losses = descend(
        params,
        network.loss_and_gradients,
        pixels,
        targets,
        replace(plan, epochs=40, batch_size=25),
        rng,
    )
    assert losses[0] > 2.0
    assert np.mean(losses[-4:]) < 0.5


@pytest.mark.slow
def test_one_seed_gives_one_result(digits: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    """One seed gives the same weights to the last bit by one process or two; another, others."""
    few = digits[:50].reshape(50, 784), labels[:50].astype(np.int64)
    first, second, other = (
        train(few, few, Seed(seed), workers, effort=0.01)
        for seed, workers in ((7, 1), (7, 2), (8, 2))
    )
    assert all(np.array_equal(first[key], second[key]) for key in first)
    assert not any(np.array_equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("source", ["distorted", "drawn"])
def test_training_digits_stand_where_mnist_puts_them(
    source: str, digits: NDArray[np.uint8]
) -> None:
    """A distorted copy and a drawn digit fill the box of 20 and are centred like MNIST's.

    The drawn one by the path of its pen, and so less exactly than by its ink.
    """
    rng = np.random.default_rng(3)
    images = (
        distort(digits[:100] / np.float32(255), rng)
        if source == "distorted"
        else strokes.draw(100, rng)[0]
    )
    assert images.shape == (100, 28, 28)
    assert images.min() >= 0
    assert images.max() <= 1
    index = np.arange(28)
    extents = []
    for axis in (1, 2):
        mass = images.sum(axis=axis)
        centres = mass @ index / mass.sum(axis=1)
        assert np.abs(centres - 14).max() < 2
        assert np.abs(centres - 14).mean() < (0.5 if source == "distorted" else 0.75)
        extents.append((images.max(axis=axis) > 0.3).sum(axis=1))
    assert np.median(np.max(extents, axis=0)) == pytest.approx(20, abs=1)


def test_the_pen_draws_what_people_read() -> None:
    """The bundled network reads digits that the pen drew, and none of the ten is rare."""
    images, labels = strokes.draw(2000, np.random.default_rng(5))
    network, _ = load_weights("bundled")
    read = network.predict(images.reshape(-1, 784))
    assert (read == labels).mean() > 0.97
    assert np.bincount(labels, minlength=10).min() > 130


@pytest.mark.parametrize("shape", [shape for shapes in strokes.SHAPES.values() for shape in shapes])
def test_the_pen_passes_every_point(shape: str) -> None:
    """A shape's line, straight or curved, comes by each of its points, and nowhere leaps."""
    path = strokes.path(shape)
    for bend in (0, 1):
        dots = (path.straight + bend * path.curved) @ path.points
        gaps = np.linalg.norm(path.points[:, None] - dots, axis=2).min(axis=1)
        assert gaps.max() < 1e-9
        leaps = np.linalg.norm(np.diff(dots, axis=0), axis=1) > 0.1
        assert leaps.sum() == shape.count("/")

"""The bundled weights can be made again: the pictures are sound and the training works."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.catalog import load_weights
from weights.shapes import DIGITS, OTHERS

if TYPE_CHECKING:
    import torch
else:
    torch = pytest.importorskip("torch", reason="the training needs PyTorch")

from weights.digits import Digits
from weights.distort import distort
from weights.pen import draw, path
from weights.pool import NONE, make_pool
from weights.scrawls import scrawls
from weights.train import save, spread_doubt, train


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Make every test draw the same pictures each time, on one thread: they are few."""
    torch.set_num_threads(1)
    torch.manual_seed(3)


@pytest.fixture
def few(digits: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Digits:
    """Forty digits to learn from."""
    images = torch.from_numpy(digits[:40].astype(np.float32) / 255)
    return images, torch.from_numpy(labels[:40].astype(np.int64))


def pictures(source: str, images: "torch.Tensor") -> "torch.Tensor":
    """A few hundred pictures at most, as the training makes them."""
    if source == "distorted":
        return distort(images)
    if source == "drawn":
        return torch.cat([draw(shape, 2) for shapes in DIGITS.values() for shape in shapes])
    return scrawls(images, 300)


@pytest.mark.parametrize("source", ["distorted", "drawn", "no digits"])
def test_pictures_stand_where_mnist_puts_digits(source: str, few: Digits) -> None:
    """Whatever is learned fills the box of 20 and is centred like MNIST's digits.

    The drawn by the path of their pen, and so less exactly than by their ink.
    """
    images = pictures(source, few[0]).numpy()
    assert images.shape[1:] == (28, 28)
    assert images.min() >= 0
    assert images.max() <= 1
    index = np.arange(28)
    extents = []
    for axis in (1, 2):
        mass = images.sum(axis=axis)
        centres = mass @ index / mass.sum(axis=1)
        assert np.abs(centres - 14).mean() < (0.5 if source == "distorted" else 0.75)
        extents.append((images.max(axis=axis) > 0.3).sum(axis=1))
    assert np.median(np.max(extents, axis=0)) == pytest.approx(20, abs=1)


def test_the_bundled_network_tells_digits_from_what_is_none(few: Digits) -> None:
    """It reads what the pen drew as a digit, and is rarely sure of what is no digit."""
    network, _ = load_weights("bundled")
    drawn = {
        digit: torch.cat([draw(shape, 4) for shape in shapes]).flatten(1).numpy()
        for digit, shapes in DIGITS.items()
    }
    right = [network.predict(pictures) == digit for digit, pictures in drawn.items()]
    assert np.concatenate(right).mean() > 0.97
    others = scrawls(few[0], 200).flatten(1).numpy()
    assert (network.probabilities(others).max(axis=1) >= 0.9).mean() < 0.2


def test_the_pool_holds_digits_and_what_is_none(few: Digits) -> None:
    """Each digit comes as it is and distorted, and of every label there are many."""
    pixels, labels = make_pool(few, effort=0.002)
    assert torch.equal(pixels[:40], (few[0] * 255).round().to(torch.uint8))
    assert pixels.shape == (len(labels), 28, 28)
    assert torch.bincount(labels, minlength=NONE + 1).min() > 20


def test_what_is_no_digit_is_taught_as_not_known() -> None:
    """A picture that the teachers call no digit gives all ten the same; a digit keeps its own."""
    opinions = torch.zeros(2, NONE + 1)
    opinions[0, NONE] = opinions[1, 7] = 20
    none, seven = spread_doubt(opinions)
    assert none.numpy() == pytest.approx(0.1, abs=1e-6)
    assert seven[7] == pytest.approx(1, abs=1e-6)


def test_one_seed_gives_one_file(few: Digits, tmp_path: Path) -> None:
    """Trained twice with one seed the file is the same, and with another seed another."""
    files = []
    for run, seed in enumerate((7, 7, 8)):
        file = tmp_path / f"{run}.npz"
        save(train(few, few, seed, effort=0.001), file)
        files.append(file.read_bytes())
    assert files[0] == files[1]
    assert files[0] != files[2]


@pytest.mark.parametrize(
    "shape", [*(shape for shapes in DIGITS.values() for shape in shapes), *OTHERS]
)
def test_the_pen_passes_every_point(shape: str) -> None:
    """A shape's line, straight or curved, comes by each of its points, and nowhere leaps."""
    line = path(shape)
    for bend in (0, 1):
        dots = (line.straight + bend * line.curved) @ line.points
        gaps = torch.cdist(line.points, dots).amin(dim=1)
        assert gaps.max() < 1e-3
        leaps = (dots[1:] - dots[:-1]).norm(dim=1) > 0.15
        assert leaps.sum() <= shape.count("/")

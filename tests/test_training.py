"""The training of the bundled weights: its images, its targets and its result."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scratchnet_cli.weights.load import load_weights
from tests.conftest import Uint8
from weights.shapes import DIGIT_SHAPES, NON_DIGIT_SHAPES

if TYPE_CHECKING:
    import torch
else:
    torch = pytest.importorskip("torch", reason="the training needs PyTorch")

from weights.digits import Digits
from weights.distort import distort, hollow
from weights.non_digits import make_non_digits
from weights.pen import draw, parse_shape
from weights.train import save, student_targets, train
from weights.training_set import NON_DIGIT_LABEL, make_training_set

ALL_DIGIT_SHAPES = [shape for shapes in DIGIT_SHAPES.values() for shape in shapes]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Make every test draw the same images each time, on one thread: they are few."""
    torch.set_num_threads(1)
    torch.manual_seed(3)


@pytest.fixture
def few(digits: Uint8, labels: Uint8) -> Digits:
    """Return forty digits to learn."""
    images = torch.from_numpy(digits[:40].astype(np.float32) / 255)
    return images, torch.from_numpy(labels[:40].astype(np.int64))


@pytest.mark.parametrize("kind", ["distorted", "hollow", "drawn", "non-digits"])
def test_training_images_are_scaled_and_centred(kind: str, few: Digits) -> None:
    """They are as MNIST's digits; the pen's are less exact, centred by its path."""
    images = {
        "distorted": lambda: distort(few[0]),
        "hollow": lambda: hollow(few[0], 0.5),
        "drawn": lambda: torch.cat([draw(shape, 2) for shape in ALL_DIGIT_SHAPES]),
        "non-digits": lambda: make_non_digits(few[0], 300),
    }[kind]().numpy()
    assert images.shape[1:] == (28, 28)
    assert 0 <= images.min() < images.max() <= 1
    extents = []
    for axis in (1, 2):
        mass = images.sum(axis=axis)
        centres = mass @ np.arange(28) / mass.sum(axis=1)
        assert np.abs(centres - 14).mean() < (0.5 if kind in ("distorted", "hollow") else 0.75)
        extents.append((images.max(axis=axis) > 0.3).sum(axis=1))
    assert np.median(np.max(extents, axis=0)) == pytest.approx(20, abs=1)


def test_bundled_network_separates_digits_from_non_digits(few: Digits) -> None:
    """It reads the pen's digits correctly, and is rarely certain about a non-digit."""
    network = load_weights("bundled").network
    right = []
    for digit, shapes in DIGIT_SHAPES.items():
        right += [network.predict(draw(each, 4).flatten(1).numpy()) == digit for each in shapes]
    assert np.mean(right) > 0.97
    non_digits = make_non_digits(few[0], 200).flatten(1).numpy()
    assert (network.probabilities(non_digits).max(axis=1) >= 0.9).mean() < 0.2


def test_training_set_contains_every_label(few: Digits) -> None:
    """It starts with the digits unchanged, and each label has many images."""
    images, labels = make_training_set(few, effort=0.002)
    assert torch.equal(images[:40], (few[0] * 255).round().to(torch.uint8))
    assert images.shape == (len(labels), 28, 28)
    assert torch.bincount(labels, minlength=NON_DIGIT_LABEL + 1).min() > 20


def test_student_targets_spread_non_digits_evenly() -> None:
    """A non-digit gives all ten classes the same probability; a digit keeps its own."""
    logits = torch.zeros(2, NON_DIGIT_LABEL + 1)
    logits[0, NON_DIGIT_LABEL] = logits[1, 7] = 20
    non_digit, seven = student_targets(logits)
    assert [*non_digit, seven[7]] == pytest.approx([*[0.1] * 10, 1], abs=1e-6)


def test_training_repeats_with_its_seed(few: Digits, tmp_path: Path) -> None:
    """One seed gives the same file twice; another seed gives another file."""
    files = []
    for seed in (7, 7, 8):
        save(train(few, few, seed, effort=0.001), tmp_path / "w.npz")
        files.append((tmp_path / "w.npz").read_bytes())
    assert files[0] == files[1] != files[2]


@pytest.mark.parametrize("shape", [*ALL_DIGIT_SHAPES, *NON_DIGIT_SHAPES])
def test_pen_passes_every_point(shape: str) -> None:
    """A shape's line, straight or curved, touches all its points and has no gaps in a stroke."""
    path = parse_shape(shape)
    for bend in (0, 1):
        dots = (path.straight + bend * path.curved) @ path.points
        assert torch.cdist(path.points, dots).amin(dim=1).max() < 1e-3
        is_gap = (dots[1:] - dots[:-1]).norm(dim=1) > 0.15
        assert is_gap.sum() <= shape.count("/")

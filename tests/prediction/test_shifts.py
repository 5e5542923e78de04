"""The five places in which the digits of a page are read."""

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.catalog import load_weights
from scratchnet_cli.images import Picture, Place
from scratchnet_cli.prediction import Answer, classify


def test_the_digits_of_a_page_are_read_in_five_places(digits: NDArray[np.uint8]) -> None:
    """Their probabilities are the means of those of the picture and of it moved to each side."""
    network, _ = load_weights("bundled")
    pictures = [Picture(digits[i], place=Place((i, 0, i + 1, 1), stretch=i)) for i in range(5)]
    page, lone = classify(network, [("page", pictures), ("lone", pictures[:1])])
    assert isinstance(page, Answer)
    assert isinstance(lone, Answer)
    for image, digit in zip(digits, page.digits, strict=False):
        moves = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
        moved = np.stack([np.roll(image, move, (0, 1)) for move in moves]).reshape(5, 784)
        alone = network.probabilities((moved / 255).astype(np.float32))
        assert digit.probabilities == pytest.approx(alone.mean(axis=0), abs=1e-6)
        if image is digits[0]:
            assert lone.digits[0].probabilities == pytest.approx(alone[0], abs=1e-6)

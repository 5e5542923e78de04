"""Pages on their side or upside down."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scratchnet_cli import predict_files
from scratchnet_cli.errors import ImageError
from scratchnet_cli.images.digit_image import NOT_SPLIT
from scratchnet_cli.images.read import read_file
from scratchnet_cli.images.regions import mask_box
from scratchnet_cli.prediction.answers import Answer, classify
from scratchnet_cli.prediction.orientation import read_upright
from tests.benchmarks.numbers import KINDS, Writer
from tests.conftest import Uint8
from tests.network.networks import bundled


@pytest.fixture
def pages(tmp_path: Path, digits: Uint8, labels: Uint8) -> list[str]:
    """Return pictures of a page upright, and turned so that 1, 2 and 3 turns make it upright."""
    data, _ = Writer(digits, labels, KINDS["rows of two numbers"], 1).picture()
    pixels = np.asarray(Image.open(io.BytesIO(data)))
    for turns in range(4):
        Image.fromarray(np.rot90(pixels, -turns)).save(tmp_path / f"{turns}.png")
    return [str(tmp_path / f"{turns}.png") for turns in range(4)]


def test_turned_pages_are_read(pages: list[str]) -> None:
    """A page is read however it lies, with a warning, and its boxes are in the stored picture."""
    upright, *turned = predict_files(pages, "bundled", multiple=True, jobs=1)
    assert isinstance(upright, Answer)
    assert not upright.warnings
    left, top, right, bottom = upright.numbers[0].box or (0, 0, 0, 0)
    mark = np.zeros(np.asarray(Image.open(pages[0])).shape, np.bool_)
    mark[top:bottom, left:right] = True
    names = ["90° to the left", "180°", "90° to the right"]
    for turns, (result, name) in enumerate(zip(turned, names, strict=True), 1):
        assert isinstance(result, Answer)
        assert result.number == upright.number
        assert result.warnings == [f"read after a turn of {name}"]
        assert result.numbers[0].box == mask_box(np.rot90(mark, -turns))


@pytest.mark.parametrize(
    ("turns", "path", "warning", "most"),
    [(0, "", "", 0), (1, "", "", 2), (1, "-", "", 0), (1, "", NOT_SPLIT, 0)],
)
def test_pages_are_rarely_read_again(
    pages: list[str], turns: int, path: str, warning: str, most: int
) -> None:
    """An uncertain page is read at most twice more; other pages and standard input are not.

    The others are certain, or took the most work that is allowed.
    """
    images = read_file(pages[turns], multiple=True)
    assert isinstance(images, list)
    images = [replace(image, warnings=(warning,)) for image in images]
    (result,) = classify(bundled(), [(path, images)])
    again = []

    def read(name: str, turns: int) -> ImageError:
        again.append(turns)
        return ImageError(name)

    assert read_upright(bundled(), result, read) is result
    assert min(most, 1) <= len(again) <= most

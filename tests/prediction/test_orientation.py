"""Pages on their side or upside down."""

import io
import json
import os
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
from tests.conftest import Run, Uint8
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
    """A page is read however it lies, with one warning; its boxes are in the stored picture."""
    upright, *turned = predict_files(pages, "bundled", multiple=True, jobs=1)
    assert isinstance(upright, Answer)
    assert not upright.warnings
    left, top, right, bottom = upright.numbers[0].box or (0, 0, 0, 0)
    mark = np.zeros(np.asarray(Image.open(pages[0])).shape, np.bool_)
    mark[top:bottom, left:right] = True
    warnings = [
        "the page lies on its side; it was turned 90° to the left",
        "the page is upside down; it was turned 180°",
        "the page lies on its side; it was turned 90° to the right",
    ]
    for turns, (result, warning) in enumerate(zip(turned, warnings, strict=True), 1):
        assert isinstance(result, Answer)
        assert result.number == upright.number
        assert (result.turns, result.warnings) == (turns, [warning])
        assert not any(digit.warnings for digit in result.digits)
        assert result.numbers[0].box == mask_box(np.rot90(mark, -turns))


@pytest.mark.parametrize("from_stdin", [False, True])
def test_a_turned_page_has_one_warning(run: Run, pages: list[str], from_stdin: bool) -> None:
    """It is on stderr and in the page's ``doubts``, also if the page comes from standard input."""
    path = "-" if from_stdin else pages[1]
    options = ("--multiple", "--format", "json")
    result = run("predict", *options, path, stdin=Path(pages[1]).read_bytes())
    (upright,) = predict_files([pages[0]], "bundled", multiple=True)
    assert isinstance(upright, Answer)
    answer = json.loads(result.stdout)
    assert answer["number"] == upright.number
    (warning,) = answer["doubts"]
    assert result.stderr == f"warning: {path}: {warning}\n"


@pytest.mark.parametrize(
    ("turns", "is_file", "warning", "most"),
    [(0, True, "", 0), (1, True, "", 2), (1, False, "", 0), (1, True, NOT_SPLIT, 0)],
)
def test_pages_are_rarely_read_again(
    pages: list[str], turns: int, is_file: bool, warning: str, most: int
) -> None:
    """An uncertain page is read at most twice more; other pages and named pipes are not.

    The others are certain, or took the most work that is allowed.
    """
    images = read_file(pages[turns], multiple=True)
    assert isinstance(images, list)
    images = [replace(image, warnings=(warning,)) for image in images]
    (result,) = classify(bundled(), [(pages[turns] if is_file else os.devnull, images)])
    again = []

    def read(name: str, turns: int) -> ImageError:
        again.append(turns)
        return ImageError(name)

    assert read_upright(bundled(), result, read) is result
    assert min(most, 1) <= len(again) <= most

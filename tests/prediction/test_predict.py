"""``predict_files``: what the command prints, for Python."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

from scratchnet_cli import Predictor, load_weights, predict_files
from scratchnet_cli.errors import ImageError, ShapeError, WeightsError
from scratchnet_cli.images.read import read_file
from scratchnet_cli.prediction.answers import Answer, Unreadable
from tests.conftest import Uint8


@pytest.fixture
def pictures(tmp_path: Path, digits: Uint8) -> list[Path]:
    """Return PNGs of the sample's first three digits, in a folder."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for i in range(3):
        Image.fromarray(digits[i]).save(folder / f"{i}.png")
    return sorted(folder.iterdir())


def test_predict_files_yields_results_in_order(pictures: list[Path], tmp_path: Path) -> None:
    """Paths, folders and lists give an answer for each picture, or the reason why there is none."""
    weights = load_weights("bundled")
    (tmp_path / "list").write_text(f"{pictures[1]}\n")
    paths: list[Path | str] = [pictures[2], "missing.png", pictures[0].parent]
    results = list(predict_files(paths, weights, files_from=str(tmp_path / "list")))
    expected = [pictures[2], "missing.png", *pictures, pictures[1]]
    assert [result.path for result in results] == list(map(str, expected))
    assert results.pop(1) == Unreadable("missing.png", "No such file or directory")
    for result in results:
        assert isinstance(result, Answer)
        pixels = np.asarray(Image.open(result.path))
        (digit,) = result.digits
        assert np.array_equal(digit.image.pixels, pixels)
        assert np.array_equal(digit.x, pixels.reshape(784) / np.float32(255))
        probabilities = weights.network.probabilities(digit.x)
        assert digit.probabilities == pytest.approx(probabilities, abs=1e-6)
        assert result.number == str(probabilities.argmax())


def test_predict_files_reads_a_picture_when_it_is_requested(pictures: list[Path]) -> None:
    """Each result comes before the next picture is read."""
    with patch("scratchnet_cli.prediction.predict.read_file", wraps=read_file) as read:
        results = predict_files(pictures, "bundled")
        for i, path in enumerate(map(str, pictures)):
            assert read.call_count == i
            assert next(results).path == read.call_args.args[0] == path


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"polarity": "black"}, ValueError, "polarity is 'black', expected one of auto, dark, li"),
        ({"polarity": "dark", "raw": True}, ValueError, "excludes a polarity"),
        ({"multiple": True, "raw": True}, ValueError, "excludes a polarity and multiple"),
        ({"weights": "missing.npz"}, WeightsError, "missing.npz: No such file"),
        ({"weights": "three-layer"}, ShapeError, r"three-layer.npz: .* takes 2 values .*784"),
        ({"files_from": "missing"}, ImageError, "--files-from missing: No such file"),
    ],
)
def test_predict_files_raises(options: dict[str, Any], error: Any, message: str) -> None:
    """Options that exclude each other, and files that cannot be used, are errors."""
    with pytest.raises(error, match=message):
        list(predict_files(["missing.png"], **{"weights": "bundled", **options}))


@pytest.mark.parametrize(
    "picture",
    ["seven.png", Path("seven.png"), b"bytes", bytearray(b"b"), np.ones((28, 28)),
     Image.new("L", (28, 28))],
)  # fmt: skip
@pytest.mark.parametrize("call", [predict_files, lambda picture: Predictor("bundled")(picture)])
def test_predict_files_rejects_a_single_picture(call: Any, picture: object) -> None:
    """Neither ``predict_files`` nor ``Predictor`` takes a path for a list of letters."""
    with pytest.raises(TypeError, match=r"expected a list of pictures, not .*\[picture\]"):
        call(picture)

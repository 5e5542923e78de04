"""The page to draw on, in a real browser: it computes what the program computes."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.catalog import load_weights
from scratchnet_cli.images.digit_image import CUT_BY_EDGE, SEVERAL_DIGITS
from scratchnet_cli.images.read import read_image
from scratchnet_cli.network.layers import Layer, Network
from scratchnet_cli.prediction.answers import Answer, classify, doubts
from scratchnet_cli.weights.write import write_weights
from tests.conftest import Run
from tests.pages.browser import Browser
from tests.pages.drawings import Stroke, drawings

# Draws strokes as the pen does, and tells what the page makes of them.
DRAW = """(strokes => {
  change(EMPTY);
  for (const points of strokes) {
    const [first, ...rest] = points.map(([x, y]) => ({ x, y, width: BRUSH }));
    begin(first);
    rest.forEach(extend);
    finish();
  }
  update();
  return {
    pixels: [...seen.pixels],
    digit: argmax(y),
    doubts: [...seen.doubts, ...doubtsOf(y)],
    png: sheet.canvas.toDataURL().split(",")[1],
  };
})(%s)"""
LOGITS = """(pictures => pictures.map(
  pixels => [...forward(layers, Float64Array.from(bytesOf(pixels), value => value / 255)).at(-1).z]
))(%s)"""


def drawn(tab: Browser, strokes: Sequence[Stroke]) -> dict[str, Any]:
    """What the page makes of some strokes."""
    points = [stroke.round(2).tolist() for stroke in strokes]
    result: dict[str, Any] = tab.run(DRAW % json.dumps(points))
    return result


def relu_network(seed: int) -> Network:
    """Four layers of other sizes and functions than the book's."""
    random = np.random.default_rng(seed)
    widths, functions = (784, 30, 20, 12, 7), ("relu", "tanh", "relu", "identity")
    return Network(
        tuple(
            Layer(
                random.normal(0, (2 / rows) ** 0.5, (rows, columns)),
                random.normal(0, 0.1, columns),
                function,
            )
            for rows, columns, function in zip(widths, widths[1:], functions, strict=False)
        )
    )


def same_logits(tab: Browser, page: Path, network: Network, images: NDArray[np.uint8]) -> None:
    """The page's logits of the images are the network's."""
    tab.show(page)
    pictures = [base64.b64encode(image.tobytes()).decode() for image in images]
    logits = np.array(tab.run(LOGITS % json.dumps(pictures)))
    expected = network.logits(images.reshape(len(images), -1).astype(np.float32) / 255)
    assert np.abs(logits - expected).max() < 1e-4
    assert (logits.argmax(axis=1) == expected.argmax(axis=1)).all()


def test_the_page_computes_what_the_network_computes(
    tab: Browser, drawing_page: Path, digits: NDArray[np.uint8]
) -> None:
    """For 200 pictures its logits are those of ``Network.logits``, and so are its answers."""
    same_logits(tab, drawing_page, load_weights("bundled")[0], digits[::5])


def test_it_does_with_the_book_s_weights(
    tab: Browser,
    run: Run,
    tmp_path: Path,
    digits: NDArray[np.uint8],
    real_data: Path,
) -> None:
    """The same holds for the weights of the book."""
    weights, path = real_data / "sample_weight.pkl", tmp_path / "draw.html"
    assert run("draw", "--weights", weights, "--output", path).exit_code == 0
    same_logits(tab, path, load_weights(str(weights))[0], digits[::5])


def test_it_does_with_other_networks(
    tab: Browser, run: Run, tmp_path: Path, digits: NDArray[np.uint8]
) -> None:
    """And for more layers, of other sizes and with other functions."""
    weights, path = tmp_path / "relu.npz", tmp_path / "draw.html"
    network = relu_network(seed=1)
    weights.write_bytes(write_weights(network, ".npz"))
    assert run("draw", "--weights", weights, "--output", path).exit_code == 0
    same_logits(tab, path, network, digits[::5])


@pytest.mark.parametrize("count", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_it_sees_what_predict_sees(tab: Browser, drawing_page: Path, count: int) -> None:
    """Of drawings its 28x28 pixels, its answers and its doubts are those of ``predict``."""
    network, _ = load_weights("bundled")
    tab.show(drawing_page)
    near = same = doubted = 0
    for _, strokes in drawings(count, seed=18):
        result = drawn(tab, strokes)
        picture = read_image(base64.b64decode(result["png"]))
        (answer,) = classify(network, [("drawing", [picture])])
        assert isinstance(answer, Answer)
        off = np.abs(picture.pixels.reshape(-1).astype(int) - result["pixels"])
        near += int((off <= 1).sum())
        same += answer.number == str(result["digit"])
        doubted += answer.doubts == result["doubts"]
    assert near >= 0.99 * count * 784
    assert same >= 0.98 * count
    assert doubted >= 0.98 * count


@pytest.mark.parametrize(
    ("places", "doubt"),
    [
        ([(0.4, 5, 60), (0.4, 120, 60)], SEVERAL_DIGITS),
        ([(1.0, 0, 60)], CUT_BY_EDGE),
        ([(0.6, 40, 40), (0.15, 190, 190)], None),
    ],
    ids=["two digits", "over the edge", "a speck"],
)
def test_it_doubts_what_predict_doubts(
    tab: Browser, drawing_page: Path, places: list[tuple[float, int, int]], doubt: str | None
) -> None:
    """Of what is drawn it takes the same for the digit, and has the same doubts about it."""
    digit = dict(drawings(10, seed=13))[3]
    tab.show(drawing_page)
    strokes = [scale * stroke + (x, y) for scale, x, y in places for stroke in digit]
    result = drawn(tab, strokes)
    picture = read_image(base64.b64decode(result["png"]))
    assert picture.warnings == (() if doubt is None else (doubt,))
    told = [each for each in result["doubts"] if each in (SEVERAL_DIGITS, CUT_BY_EDGE)]
    assert told == list(picture.warnings)
    off = np.abs(picture.pixels.reshape(-1).astype(int) - result["pixels"])
    assert (off <= 1).mean() > 0.99


def test_a_probability_is_doubted_alike(tab: Browser, drawing_page: Path) -> None:
    """Whatever the probabilities, the page doubts them as ``predict`` does."""
    random = np.random.default_rng(4)
    several = [random.dirichlet([scale] * 10) for scale in (0.02, 0.1, 0.3) for _ in range(100)]
    tab.show(drawing_page)
    told = tab.run(f"{json.dumps([y.tolist() for y in several])}.map(doubtsOf)")
    assert [tuple(doubts_) for doubts_ in told] == [doubts(y) for y in several]
    assert len({doubts(y) for y in several}) == 3

"""The page to draw on in a real browser: it computes what the program computes."""

import base64
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scratchnet_cli.images.digit_image import CUT_BY_EDGE, SEVERAL_DIGITS, DigitImage
from scratchnet_cli.images.read import read_image
from scratchnet_cli.network.layers import Layer, Network
from scratchnet_cli.prediction.answers import Answer, classify, probability_warnings
from scratchnet_cli.reports import drawing_page as module
from scratchnet_cli.weights.load import load_weights
from tests.conftest import Uint8
from tests.reports.browser import Browser
from tests.reports.conftest import MakePage
from tests.reports.drawings import Stroke, drawings

# Draws strokes as the pointer does, and returns the results.
DRAW = """(strokes => {
  change(EMPTY_DRAWING);
  for (const points of strokes) {
    const [first, ...rest] = points.map(([x, y]) => ({ x, y, width: BRUSH_WIDTH }));
    beginStroke(first);
    rest.forEach(extendStroke);
    endStroke();
  }
  update();
  return {
    pixels: [...image.pixels],
    digit: argmax(y),
    warnings: [...image.warnings, ...probabilityWarnings(y)],
    png: readPen.canvas.toDataURL().split(",")[1],
  };
})(%s)"""
LOGITS = """(images => images.map(
  image => [...forward(layers, Float64Array.from(bytesOf(image), value => value / 255)).at(-1).z]
))(%s)"""


def draw(tab: Browser, strokes: Sequence[Stroke]) -> tuple[dict[str, Any], DigitImage, float]:
    """Return the page's result, the image of ``predict``, and the share of alike pixels."""
    points = [stroke.round(2).tolist() for stroke in strokes]
    result: dict[str, Any] = tab.run(DRAW % json.dumps(points))
    image = read_image(base64.b64decode(result["png"]))
    off = np.abs(image.pixels.reshape(-1).astype(int) - result["pixels"])
    return result, image, float((off <= 1).mean())


def relu_network() -> Network:
    """Return four layers with other sizes and activations than the book's."""
    normal, layers = np.random.default_rng(1).normal, []
    for m, n, name in ((784, 30, "relu"), (30, 20, "tanh"), (20, 12, "relu"), (12, 7, "identity")):
        layers.append(Layer(normal(0, (2 / m) ** 0.5, (m, n)), normal(0, 0.1, n), name))
    return Network(tuple(layers))


@pytest.mark.parametrize("weights", ["bundled", "relu", "book"])
def test_logits_are_those_of_the_network(
    tab: Browser, make_page: MakePage, digits: Uint8, weights: str, request: pytest.FixtureRequest
) -> None:
    """The page's logits and answers for 200 images agree with ``Network.logits``."""
    if weights == "book":
        weights = f"{request.getfixturevalue('real_data')}/sample_weight.pkl"
    relu = relu_network() if weights == "relu" else None
    tab.show(make_page(weights, relu))
    network = relu or load_weights(weights).network
    encoded = [base64.b64encode(image.tobytes()).decode() for image in digits[::5]]
    logits = np.array(tab.run(LOGITS % json.dumps(encoded)))
    expected = network.logits(digits[::5].reshape(200, -1).astype(np.float32) / 255)
    assert np.abs(logits - expected).max() < 1e-4
    assert (logits.argmax(axis=1) == expected.argmax(axis=1)).all()


@pytest.mark.parametrize("count", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_drawing_is_read_as_predict_reads_it(tab: Browser, drawing_page: Path, count: int) -> None:
    """Pixels, answers and warnings of drawings agree with ``predict``."""
    network = load_weights("bundled").network
    tab.show(drawing_page)
    shares, same_digits, same_warnings = [], 0, 0
    for _, strokes in drawings(count, seed=18):
        result, image, share = draw(tab, strokes)
        (answer,) = classify(network, [("drawing", [image])])
        assert isinstance(answer, Answer)
        shares.append(share)
        same_digits += answer.number == str(result["digit"])
        same_warnings += answer.warnings == result["warnings"]
    assert np.mean(shares) >= 0.99
    assert min(same_digits, same_warnings) >= 0.98 * count


@pytest.mark.parametrize(
    ("places", "warnings"),
    [
        ([(0.4, 5, 60), (0.4, 120, 60)], [SEVERAL_DIGITS]),
        ([(1.0, 0, 60)], [CUT_BY_EDGE]),
        ([(0.6, 40, 40), (0.15, 190, 190)], []),
    ],
)
def test_drawing_has_the_warnings_of_predict(
    tab: Browser, drawing_page: Path, places: list[tuple[float, int, int]], warnings: list[str]
) -> None:
    """The page takes the same ink for the digit, with the same warnings about the image."""
    digit = dict(drawings(10, seed=13))[3]
    tab.show(drawing_page)
    strokes = [scale * stroke + (x, y) for scale, x, y in places for stroke in digit]
    result, image, share = draw(tab, strokes)
    assert [*image.warnings] == warnings
    assert [w for w in result["warnings"] if w in (SEVERAL_DIGITS, CUT_BY_EDGE)] == warnings
    assert share > 0.99


def test_probabilities_have_the_warnings_of_predict(tab: Browser, drawing_page: Path) -> None:
    """All three cases occur, and each is the one of ``predict``."""
    random = np.random.default_rng(4)
    several = [random.dirichlet([scale] * 10) for scale in (0.02, 0.1, 0.3) for _ in range(100)]
    tab.show(drawing_page)
    result = tab.run(f"{json.dumps([y.tolist() for y in several])}.map(probabilityWarnings)")
    assert result == [[*probability_warnings(y)] for y in several]
    assert len(set(map(tuple, result))) == 3


def test_constants_of_the_script_come_from_python(make_page: MakePage) -> None:
    """The page contains every constant that the script expects, under the name in Python."""
    html = make_page("bundled").read_text(encoding="utf-8")
    (data,) = re.findall(r'id="data">(.*?)</script>', html)
    (names,) = re.findall(r"const \{([A-Z_,\s]*)\} = page\.constants;", html)
    values = {name: value for one in module.CONSTANT_MODULES for name, value in vars(one).items()}
    expected = re.findall(r"\w+", names)
    constants = json.loads(data)["constants"]
    assert {name: constants[name] for name in expected} == {name: values[name] for name in expected}
    assert all(len(re.findall(rf"\b{name}\b", html)) > 2 for name in expected)

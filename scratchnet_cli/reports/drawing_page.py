"""The page to draw on: one HTML file with a network and the script that runs it."""

import base64
import json
import re
from importlib.metadata import version
from pathlib import Path

import numpy as np

from scratchnet_cli.datasets.load import Dataset
from scratchnet_cli.errors import WeightsError
from scratchnet_cli.images import digit_image, digits, grey, ink, lines, mnist, parts, read
from scratchnet_cli.network.layers import Layer
from scratchnet_cli.prediction import answers
from scratchnet_cli.reports.html import policy
from scratchnet_cli.system.files import PAGE_MARKER
from scratchnet_cli.system.text import escape
from scratchnet_cli.weights.load import Weights

EXAMPLES_PER_CLASS = 3
# Measured: this page has 53 MB and opens in 3 s. With 33 million, a browser stopped responding.
MAX_WEIGHTS = 10_000_000
# The script uses the constants of these modules under the same names, as ``predict`` does.
CONSTANT_MODULES = (answers, digit_image, digits, grey, ink, lines, mnist, parts, read)
# These are joined to one script: the arithmetic, the view, the drawing.
SCRIPTS = ("arithmetic.js", "view.js", "pen.js")


def drawing_page(weights: Weights, dataset: Dataset) -> str:
    """Return the page. dataset: examples to draw over, 28x28."""
    network, origin = weights.network, weights.origin
    if (count := sum(layer.W.size for layer in network.layers)) > MAX_WEIGHTS:
        raise WeightsError(f"{count:,} weights, but a page shows at most {MAX_WEIGHTS:,}")
    style, script = _text("drawing.css"), "".join(map(_text, SCRIPTS))
    classes = weights.classes or map(str, range(network.outputs))
    data = {
        "weights": {"name": escape(Path(origin.name).name), "sha256": origin.sha256},
        "version": version("scratchnet-cli"),
        "constants": {
            name: value
            for module in CONSTANT_MODULES
            for name, value in vars(module).items()
            if name.isupper() and isinstance(value, int | float | str)
        },
        "classes": list(map(escape, classes)),
        "layers": [_layer(layer) for layer in network.layers],
        "examples": _examples(dataset),
    }
    texts = {
        "marker": PAGE_MARKER.decode(),
        "policy": policy(style, script),
        "style": style,
        "script": script,
        # Without "<", the data cannot end the element that contains it, or begin another.
        "data": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    }
    # A single pass, so placeholders in inserted text are not replaced.
    return re.sub(r"\{\{(\w+)\}\}", lambda match: texts[match[1]], _text("drawing.html"))


def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _layer(layer: Layer) -> dict[str, object]:
    """Return a layer. parameters: W, row by row, then b, as little-endian float32 in Base64."""
    with np.errstate(over="ignore"):
        parameters = np.concatenate([layer.W.ravel(), layer.b]).astype("<f4")
    if not np.isfinite(parameters).all():
        raise WeightsError("a weight is too large for float32, in which a page holds them")
    return {
        "inputs": layer.inputs,
        "outputs": layer.outputs,
        "activation": layer.activation,
        "parameters": _base64(parameters.tobytes()),
    }


def _examples(dataset: Dataset) -> dict[str, object]:
    """Return the first images of each class, class by class."""
    labels = dataset.labels
    places = np.concatenate(
        [np.flatnonzero(labels == label)[:EXAMPLES_PER_CLASS] for label in np.unique(labels)]
    )
    return {"labels": labels[places].tolist(), "pixels": _base64(dataset.images[places].tobytes())}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()

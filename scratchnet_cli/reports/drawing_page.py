"""A page to draw on: the whole network inside one HTML file, with the script that runs it."""

import base64
import hashlib
import json
import re
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import ShapeError, WeightsError
from scratchnet_cli.network.layers import Layer
from scratchnet_cli.system.origin import Origin
from scratchnet_cli.system.text import printable
from scratchnet_cli.weights.load import WeightFile

SIDE = 28
# So many examples of each digit are in the page.
EXAMPLES = 3
# One script in the page: what it computes, what it shows of that, what one can do.
SCRIPTS = ("arithmetic.js", "view.js", "pen.js")


def drawing_page(
    file: WeightFile, origin: Origin, images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> str:
    """The whole page, with examples: images (n, 28, 28) that show ``labels`` (n,).

    Raises:
        ShapeError: the network does not take 28x28 pixels.
        WeightsError: a weight is too large for float32, in which the page holds them.
    """
    network = file.network
    if network.inputs != SIDE * SIDE:
        raise ShapeError(
            f"the network takes {network.inputs} values, and a drawing has {SIDE}x{SIDE} pixels"
        )
    style = _text("drawing.css")
    script = "".join(map(_text, SCRIPTS))
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; "
        f"script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )
    data = {
        "weights": {"name": printable(Path(origin.name).name), "sha256": origin.sha256},
        "version": version("scratchnet-cli"),
        "classes": list(map(printable, file.classes or map(str, range(network.outputs)))),
        "layers": [_layer(layer) for layer in network.layers],
        "examples": _examples(images, labels),
    }
    parts = {"policy": policy, "style": style, "script": script, "data": _json(data)}
    # In one pass: what is put in is not looked through again.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _text("drawing.html"))


def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _json(data: object) -> str:
    """JSON in ASCII in which nothing ends the element that it stands in, nor begins another."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def _layer(layer: Layer) -> dict[str, object]:
    """W row by row and then b, little-endian float32."""
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


def _examples(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> dict[str, object]:
    """The first images of each class, class by class."""
    first = [np.flatnonzero(labels == label)[:EXAMPLES] for label in np.unique(labels)]
    places = np.concatenate(first)
    return {"labels": labels[places].tolist(), "pixels": _base64(images[places].tobytes())}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()

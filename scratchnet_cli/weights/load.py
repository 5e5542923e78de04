"""Weight files in: bytes to a ``Network`` whose keys, shapes, dtype and values were checked.

A weight file is a pickled dict, an ``.npz`` or a ``.safetensors`` file. None of them can run code:
pickles are read without unpickling, and the others hold only plain numbers.
"""

from dataclasses import dataclass

import numpy as np

from scratchnet_cli.errors import WeightsError, about
from scratchnet_cli.network.layers import ACTIVATIONS, Layer, Network
from scratchnet_cli.weights.arrays import (
    MAX_BYTES,
    Contents,
    book_activations,
    is_pytorch,
    layers_of,
)
from scratchnet_cli.weights.npz import read_npz
from scratchnet_cli.weights.pickles import read_pickle
from scratchnet_cli.weights.safetensors import read_safetensors

# What every format that has a place for them can hold.
MAX_CLASS_NAME = 99


@dataclass(frozen=True, eq=False)
class WeightFile:
    """A network and the file that it was read from.

    format: pkl, npz or safetensors; size: in bytes; activations: whether the file states them
    (``stated``), or is taken to have the book's, sigmoid but in the last layer (``book``), or has
    PyTorch's names, of which that is only a guess (``assumed``); classes: a name for each output,
    None if the file has none.
    """

    network: Network
    format: str
    size: int
    activations: str
    classes: tuple[str, ...] | None = None


def read_weight_file(data: bytes, label: str) -> WeightFile:
    """The network in a weight file, and what kind of file it is.

    The format is told by the content, not by a name; ``label`` stands in messages.

    Raises:
        WeightsError: the bytes are no such file, or what they hold is no network.
    """
    with about(label):
        format_, contents = _contents(data)
        network = _network(contents)
        if contents.classes is not None:
            _check_classes(contents.classes, network.outputs)
    if contents.activations is not None:
        known = "stated"
    else:
        known = "assumed" if is_pytorch(contents.arrays) and len(network.layers) > 1 else "book"
    return WeightFile(network, format_, len(data), known, contents.classes)


def _contents(data: bytes) -> tuple[str, Contents]:
    """The format's name, and what the file holds; readers of other formats are not imported."""
    # First the format whose first bytes are a number, which may look like any other's: a length
    # below a terabyte, then an object.
    if data[5:9] == b"\0\0\0{":
        return "safetensors", read_safetensors(data)
    if data.startswith(b"\x80"):
        return "pkl", Contents(read_pickle(data))
    if data.startswith(b"PK"):
        return "npz", read_npz(data)
    if not data:
        raise WeightsError("the file is empty")
    raise WeightsError(
        "neither a .safetensors nor an .npz file nor a pickle of protocol 2 or later"
    )


def _check_classes(classes: tuple[str, ...], outputs: int) -> None:
    if len(classes) != outputs:
        raise WeightsError(f"it names {len(classes)} classes for {outputs} outputs")
    if any(len(name) > MAX_CLASS_NAME for name in classes):
        raise WeightsError(f"the name of a class is longer than {MAX_CLASS_NAME} letters")


def _network(contents: Contents) -> Network:
    pairs = layers_of(contents.arrays)
    if sum(array.nbytes for array in contents.arrays.values()) > MAX_BYTES:
        raise WeightsError(f"its arrays are larger than {MAX_BYTES >> 20} MiB")
    activations = contents.activations
    if activations is None:
        activations = book_activations(len(pairs))
    if len(activations) != len(pairs):
        raise WeightsError(f"it names {len(activations)} activations for {len(pairs)} layers")
    if not set(activations) <= set(ACTIVATIONS):
        raise WeightsError(f"its activations are not all known (known: {', '.join(ACTIVATIONS)})")
    layers = []
    for i, ((W, b), activation) in enumerate(zip(pairs, activations, strict=True), 1):  # noqa: N806
        with about(f"layer {i}"):
            layers.append(Layer(np.ascontiguousarray(W), np.ascontiguousarray(b), activation))
    return Network(tuple(layers))

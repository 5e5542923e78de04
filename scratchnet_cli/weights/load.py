"""Weight files in: bytes to a validated ``Network``.

A weight file is a pickled dict, an .npz or a .safetensors file. None of them can run code: pickles
are read without unpickling, and the others contain only plain numbers.
"""

from dataclasses import dataclass

import numpy as np

from scratchnet_cli.errors import WeightsError
from scratchnet_cli.network.layers import ACTIVATIONS, Layer, Network
from scratchnet_cli.weights.arrays import (
    MAX_WEIGHTS_BYTES,
    Contents,
    book_activations,
    has_pytorch_names,
    layers_of,
)

# Every format that stores names of classes can store this many.
MAX_CLASS_NAME_LETTERS = 99


@dataclass(frozen=True, eq=False)
class WeightFile:
    """A network and its file.

    format: pkl, npz or safetensors; size: in bytes; classes: a name for each output, if stated.
    activations: ``stated`` by the file, the ``book``'s (sigmoid, but identity in the last layer),
    or ``assumed`` to be the book's, a guess for files with PyTorch's names.
    """

    network: Network
    format: str
    size: int
    activations: str
    classes: tuple[str, ...] | None = None


def read_weight_file(data: bytes, label: str) -> WeightFile:
    """Return the network in a weight file; its format follows from its content.

    label: the file's name in messages.

    Raises:
        WeightsError: the bytes are not a weight file, or their arrays are not a network.
    """
    try:
        format_, contents = _read(data)
        network = _network(contents)
        classes = contents.lists.get("classes")
        if classes is not None:
            _check_classes(classes, network.outputs)
    except WeightsError as error:
        raise WeightsError(f"{label}: {error}") from error
    if "activations" in contents.lists:
        source = "stated"
    else:
        guessed = has_pytorch_names(contents.arrays) and len(network.layers) > 1
        source = "assumed" if guessed else "book"
    return WeightFile(network, format_, len(data), source, classes)


def _read(data: bytes) -> tuple[str, Contents]:
    """Return the format and the contents; the readers of other formats are not imported."""
    # Safetensors first: its first bytes are a length, and may look like any other format. The
    # length is below a terabyte, and then comes an object.
    if data[5:9] == b"\0\0\0{":
        from scratchnet_cli.weights.safetensors import read_safetensors

        return "safetensors", read_safetensors(data)
    if data.startswith(b"\x80"):
        from scratchnet_cli.weights.pickles import read_pickle

        return "pkl", read_pickle(data)
    if data.startswith(b"PK"):
        from scratchnet_cli.weights.npz import read_npz

        return "npz", read_npz(data)
    if not data:
        raise WeightsError("the file is empty")
    raise WeightsError(
        "neither a .safetensors nor an .npz file nor a pickle of protocol 2 or later"
    )


def _network(contents: Contents) -> Network:
    pairs = layers_of(contents.arrays)
    # Small files can use the same bytes for many arrays.
    if sum(array.nbytes for array in contents.arrays.values()) > MAX_WEIGHTS_BYTES:
        raise WeightsError(f"its arrays are larger than {MAX_WEIGHTS_BYTES >> 20} MiB")
    activations = contents.lists.get("activations", book_activations(len(pairs)))
    if len(activations) != len(pairs):
        raise WeightsError(f"it names {len(activations)} activations for {len(pairs)} layers")
    if not set(activations) <= set(ACTIVATIONS):
        raise WeightsError(f"its activations are not all known (known: {', '.join(ACTIVATIONS)})")
    layers = []
    for i, ((W, b), activation) in enumerate(zip(pairs, activations, strict=True), 1):  # noqa: N806
        try:
            layers.append(Layer(np.ascontiguousarray(W), np.ascontiguousarray(b), activation))
        except WeightsError as error:
            raise WeightsError(f"layer {i}: {error}") from error
    return Network(tuple(layers))


def _check_classes(classes: tuple[str, ...], outputs: int) -> None:
    if len(classes) != outputs:
        raise WeightsError(f"it names {len(classes)} classes for {outputs} outputs")
    if any(len(name) > MAX_CLASS_NAME_LETTERS for name in classes):
        raise WeightsError(f"the name of a class is longer than {MAX_CLASS_NAME_LETTERS} letters")

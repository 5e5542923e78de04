"""Write networks as weight files of each format."""

import pickle
from collections.abc import Mapping

import numpy as np

from scratchnet_cli.errors import OutputError
from scratchnet_cli.network.layers import Array, Network
from scratchnet_cli.weights.arrays import (
    Contents,
    activations_example,
    book_activations,
    book_arrays,
    pytorch_arrays,
)
from scratchnet_cli.weights.npz import write_npz
from scratchnet_cli.weights.onnx import write_onnx
from scratchnet_cli.weights.safetensors import write_safetensors

# The formats that can store the names of classes.
FORMATS_WITH_CLASSES = (".npz", ".safetensors")


def write_weights(
    network: Network, suffix: str, classes: tuple[str, ...] | None = None, assumed: bool = False
) -> bytes:
    """Return a weight file. suffix: of its format; classes: their names, stored if possible.

    assumed: the activations are only assumed, so the file must not state them.
    """
    activations = tuple(layer.activation for layer in network.layers)
    lists = {} if assumed else {"activations": activations}
    lists |= {"classes": classes} if classes else {}
    if suffix == ".npz":
        return write_npz(Contents(book_arrays(network), lists))
    if suffix == ".safetensors":
        return write_safetensors(Contents(pytorch_arrays(network), lists))
    if suffix == ".onnx":
        if assumed:
            raise OutputError(
                ".onnx needs activations, and the weights do not state them; "
                f"add {activations_example(len(activations))}"
            )
        return write_onnx(network)
    if activations != book_activations(len(activations)):
        raise OutputError(".pkl cannot store activations, and these are not the book's; use .npz")
    return write_pickle(book_arrays(network))


def write_pickle(arrays: Mapping[str, Array]) -> bytes:
    """Return a pickled dict of these arrays, which NumPy 1 and 2 read."""
    little = {
        name: np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        for name, array in arrays.items()
    }
    # NumPy 2 also knows the old name of its module; NumPy 1 does not know the new one.
    old, new = b"cnumpy.core.multiarray\n", b"cnumpy._core.multiarray\n"
    return pickle.dumps(little, protocol=3).replace(new, old, 1)

"""A network to the bytes of a weight file, in the format that the ending of a name stands for."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from scratchnet_cli.errors import OutputError
from scratchnet_cli.network import Network
from scratchnet_cli.weights.arrays import Contents
from scratchnet_cli.weights.layouts import book_activations, book_arrays, pytorch_arrays
from scratchnet_cli.weights.npz import write_npz
from scratchnet_cli.weights.onnx_writer import write_onnx
from scratchnet_cli.weights.pickle_writer import write_pickle
from scratchnet_cli.weights.safetensors import write_safetensors

Classes: TypeAlias = tuple[str, ...] | None
# The formats that have a place for the names of classes.
NAMING = (".npz", ".safetensors")


def write_weights(network: Network, suffix: str, classes: Classes = None) -> bytes:
    """The file; ``suffix`` is one of ``FORMATS``. classes: their names, kept in ``NAMING``.

    Raises:
        OutputError: the format cannot hold this network, or its package is not installed.
    """
    return FORMATS[suffix](network, classes)


def _pkl(network: Network, _: Classes) -> bytes:
    activations = _activations(network)
    if activations != book_activations(len(activations)):
        raise OutputError(
            "a .pkl in the book's layout has no place for activations, and this network's are "
            f"{', '.join(activations)}; .npz, .safetensors and .onnx can hold them"
        )
    return write_pickle(book_arrays(network))


def _npz(network: Network, classes: Classes) -> bytes:
    return write_npz(Contents(book_arrays(network), _activations(network), classes))


def _safetensors(network: Network, classes: Classes) -> bytes:
    if any("," in name for name in classes or ()):
        raise OutputError(
            "a .safetensors separates the names of classes by commas, and one of these names has a "
            "comma in it; .npz can hold it"
        )
    return write_safetensors(Contents(pytorch_arrays(network), _activations(network), classes))


def _onnx(network: Network, _: Classes) -> bytes:
    return write_onnx(network)


def _activations(network: Network) -> tuple[str, ...]:
    return tuple(layer.activation for layer in network.layers)


FORMATS: Mapping[str, Callable[[Network, Classes], bytes]] = {
    ".pkl": _pkl,
    ".npz": _npz,
    ".safetensors": _safetensors,
    ".onnx": _onnx,
}

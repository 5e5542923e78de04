"""A dict of arrays to a pickle, opcode by opcode, as NumPy 1 wrote the book's weights.

NumPy 2 unpickles the names that NumPy 1 gave its inner parts, but not the other way round, and
``pickle.dumps`` writes those of the NumPy that is running.
"""

import pickle
import struct
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import OutputError
from scratchnet_cli.network.layers import Network
from scratchnet_cli.weights.arrays import Contents, book_activations, book_arrays, pytorch_arrays
from scratchnet_cli.weights.npz import write_npz
from scratchnet_cli.weights.onnx import write_onnx
from scratchnet_cli.weights.safetensors import write_safetensors

_ARRAY = (
    pickle.GLOBAL + b"numpy.core.multiarray\n_reconstruct\n",
    pickle.GLOBAL + b"numpy\nndarray\n",
)
_DTYPE = pickle.GLOBAL + b"numpy\ndtype\n"


def write_pickle(arrays: Mapping[str, NDArray[np.floating]]) -> bytes:
    """A pickle of protocol 3 that ``pickle.load`` and ``read_pickle`` read."""
    items = b"".join(_text(name) + _array(array) for name, array in arrays.items())
    start = pickle.PROTO + b"\x03" + pickle.EMPTY_DICT
    return start + pickle.MARK + items + pickle.SETITEMS + pickle.STOP


def _array(array: NDArray[np.floating]) -> bytes:
    """An empty array, to which its state is then given: version, shape, dtype, order, bytes."""
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    reconstruct, ndarray = _ARRAY
    empty = _call(reconstruct, ndarray, _tuple(_int(0)), _bytes(b"b"))
    shape = _tuple(*map(_int, little.shape))
    dtype = _dtype(f"f{little.itemsize}")
    content = _bytes(little.tobytes())
    return empty + _tuple(_int(1), shape, dtype, pickle.NEWFALSE, content) + pickle.BUILD


def _dtype(code: str) -> bytes:
    """A dtype by its code, neither aligned nor copied, and then its state: little-endian, plain."""
    made = _call(_DTYPE, _text(code), _int(0), _int(1))
    plain = (pickle.NONE, pickle.NONE, pickle.NONE, _int(-1), _int(-1), _int(0))
    return made + _tuple(_int(3), _text("<"), *plain) + pickle.BUILD


def _call(function: bytes, *args: bytes) -> bytes:
    return function + _tuple(*args) + pickle.REDUCE


def _tuple(*items: bytes) -> bytes:
    return pickle.MARK + b"".join(items) + pickle.TUPLE


def _int(value: int) -> bytes:
    return pickle.BININT + struct.pack("<i", value)


def _text(value: str) -> bytes:
    encoded = value.encode()
    return pickle.BINUNICODE + struct.pack("<I", len(encoded)) + encoded


def _bytes(value: bytes) -> bytes:
    return pickle.BINBYTES + struct.pack("<I", len(value)) + value


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

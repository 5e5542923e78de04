"""Networks to weight files of every format; a pickle as NumPy 1 wrote the book's weights.

NumPy 2 unpickles the names that NumPy 1 gave its inner modules, but not the other way round.
``pickle.dumps`` would write the names of the NumPy that is running.
"""

import pickle
import struct
from collections.abc import Mapping

import numpy as np

from scratchnet_cli.errors import OutputError
from scratchnet_cli.network.layers import Array, Network
from scratchnet_cli.weights.arrays import Contents, book_activations, book_arrays, pytorch_arrays
from scratchnet_cli.weights.npz import write_npz
from scratchnet_cli.weights.onnx import write_onnx
from scratchnet_cli.weights.safetensors import write_safetensors

FORMATS = (".pkl", ".npz", ".safetensors", ".onnx")
# The formats that can store the names of classes.
FORMATS_WITH_CLASSES = (".npz", ".safetensors")


def write_weights(network: Network, suffix: str, classes: tuple[str, ...] | None = None) -> bytes:
    """Return a weight file. suffix: one of ``FORMATS``; classes: their names, kept if possible."""
    activations = tuple(layer.activation for layer in network.layers)
    lists = {"activations": activations} | ({"classes": classes} if classes else {})
    if suffix == ".npz":
        return write_npz(Contents(book_arrays(network), lists))
    if suffix == ".safetensors":
        return write_safetensors(Contents(pytorch_arrays(network), lists))
    if suffix == ".onnx":
        return write_onnx(network)
    if activations != book_activations(len(activations)):
        raise OutputError(
            "a .pkl in the book's layout has no place for activations, and this network's are "
            f"{', '.join(activations)}; .npz, .safetensors and .onnx can hold them"
        )
    return write_pickle(book_arrays(network))


def write_pickle(arrays: Mapping[str, Array]) -> bytes:
    """Return a pickle of protocol 3, of a dict of these arrays."""
    items = b"".join(_text(name) + _array(array) for name, array in arrays.items())
    start = pickle.PROTO + b"\x03" + pickle.EMPTY_DICT
    return start + pickle.MARK + items + pickle.SETITEMS + pickle.STOP


def _array(array: Array) -> bytes:
    """Return the opcodes that make an empty array and set its state: shape, dtype, order, bytes."""
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    ndarray = _global("numpy", "ndarray")
    reconstruct = _global("numpy.core.multiarray", "_reconstruct")
    empty = _call(reconstruct, ndarray, _tuple(_int(0)), _bytes(b"b"))
    shape = _tuple(*map(_int, little.shape))
    dtype = _dtype(f"f{little.itemsize}")
    content = _bytes(little.tobytes())
    return empty + _tuple(_int(1), shape, dtype, pickle.NEWFALSE, content) + pickle.BUILD


def _dtype(code: str) -> bytes:
    """Return the opcodes that make a dtype and set its state: little-endian, without fields."""
    made = _call(_global("numpy", "dtype"), _text(code), _int(0), _int(1))
    plain = (pickle.NONE, pickle.NONE, pickle.NONE, _int(-1), _int(-1), _int(0))
    return made + _tuple(_int(3), _text("<"), *plain) + pickle.BUILD


def _global(module: str, name: str) -> bytes:
    return pickle.GLOBAL + f"{module}\n{name}\n".encode()


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

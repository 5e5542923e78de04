"""A dict of arrays to a pickle, opcode by opcode, as NumPy 1 wrote the book's weights.

NumPy 2 unpickles the names that NumPy 1 gave its inner parts, but not the other way round, and
``pickle.dumps`` writes those of the NumPy that is running.
"""

import pickle
import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

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

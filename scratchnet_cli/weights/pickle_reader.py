"""Arrays out of a pickled dict: what a pickle describes must be what NumPy writes, and no more.

NumPy notes an array in one of two ways: as a call of ``_reconstruct`` whose state is shape, dtype,
order and bytes (protocols 2 to 4), or as a call of ``_frombuffer`` (protocol 5). NumPy 1 and 2
spell the names differently.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import WeightsError
from scratchnet_cli.weights.arrays import view_floats
from scratchnet_cli.weights.pickle_machine import Call, Global, follow

_RECONSTRUCT = {"numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct"}
_FROMBUFFER = {"numpy.core.numeric _frombuffer", "numpy._core.numeric _frombuffer"}


def read_pickle(data: bytes) -> dict[str, NDArray[np.floating]]:
    """The arrays in a pickled dict of name to float array; read-only views into ``data``.

    Raises:
        WeightsError: it is not such a pickle, or it would do anything else.
    """
    root = follow(data)
    if type(root) is not dict:
        raise WeightsError("this pickle does not hold a dict of arrays")
    return {name: _array(note) for name, note in root.items()}


def _array(note: Any) -> NDArray[np.floating]:
    """The array whose making was noted, in one of the two ways in which NumPy writes it."""
    match note:
        case Call(
            function=function,
            args=(Global("numpy ndarray"), (0,), placeholder),
            state=(1, tuple(shape), dtype, bool(fortran), body),
        ) if function in _RECONSTRUCT and _bytes(placeholder) == b"b":
            return view_floats(_bytes(body), _dtype(dtype), shape, fortran)
        case Call(
            function=function, args=(body, dtype, tuple(shape), "C" | "F" as order), state=None
        ) if function in _FROMBUFFER:
            return view_floats(_bytes(body), _dtype(dtype), shape, order == "F")
        case Call(function=function):
            name = function[:80].replace(" ", ".")
            raise WeightsError(f"this pickle is refused, it would call {name!r}")
    raise WeightsError("this pickle holds something that is not an array of numbers")


def _dtype(note: Any) -> str:
    """The code of a noted dtype, such as "<f4"; whether it can be used is not yet known."""
    match note:
        case Call(
            function="numpy dtype",
            args=(str(code), False | 0, True | 1),
            state=(3, str(order), None, None, None, -1, -1, 0),
        ):
            return order + code
    raise WeightsError("this pickle holds an array that is not of floating-point numbers")


def _bytes(note: Any) -> bytes | bytearray:
    """Bytes as they stand, or as protocol 2 spells them: text that Latin-1 turns into bytes."""
    match note:
        case bytes() | bytearray():
            return note
        case Call(function="_codecs encode", args=(str(text), "latin1"), state=None):
            try:
                return text.encode("latin1")
            except UnicodeEncodeError:
                pass
    raise WeightsError("this pickle holds an array whose content is not bytes")

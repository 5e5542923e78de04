"""Float arrays over bytes that a file brought, made only where the bytes are really there."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import WeightsError

# All arrays of a network together: 16 million float32 weights.
MAX_BYTES = 64 * 2**20
DTYPES = ("f2", "f4", "f8")
BYTE_ORDERS = "<>="
# No layer of a network needs more axes, or as many values along one.
MAX_AXES = 2
MAX_LENGTH = 2**31 - 1
# What a file calls the two texts beside its arrays.
ACTIVATIONS, CLASSES = "activations", "classes"


@dataclass(frozen=True, eq=False)
class Contents:
    """What a weight file holds: arrays by name; None for what it does not say.

    activations: one a layer; classes: a name for each output.
    """

    arrays: dict[str, NDArray[np.floating]]
    activations: tuple[str, ...] | None = None
    classes: tuple[str, ...] | None = None

    def texts(self) -> dict[str, tuple[str, ...]]:
        """Those of activations and classes that are said, by what a file calls them."""
        both = {ACTIVATIONS: self.activations, CLASSES: self.classes}
        return {name: texts for name, texts in both.items() if texts is not None}


def view_floats(
    body: bytes | bytearray | memoryview,
    code: str,
    shape: tuple[Any, ...],
    fortran: bool,
    dtypes: Collection[str] = DTYPES,
) -> NDArray[Any]:
    """An array over ``body``, not copied; ``code`` is NumPy's, such as "<f4".

    Raises:
        WeightsError: not one of the types, no shape, or another number of bytes than they need.
    """
    if code[:1] not in BYTE_ORDERS or code[1:] not in dtypes:
        raise WeightsError("an array is not of floating-point numbers")
    if len(shape) > MAX_AXES:
        raise WeightsError(f"an array has {len(shape)} axes, expected 1 or 2")
    if not all(type(length) is int and 0 <= length <= MAX_LENGTH for length in shape):
        raise WeightsError("an array has a shape that no layer has")
    dtype = np.dtype(code)
    expected = math.prod(shape) * dtype.itemsize
    if len(body) != expected:
        raise WeightsError(f"an array of {expected} bytes comes with {len(body)} bytes")
    return np.frombuffer(body, dtype).reshape(shape, order="F" if fortran else "C")

"""Float arrays over bytes that a file brought, made only where the bytes are really there."""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import WeightsError
from scratchnet_cli.network.layers import Network

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


Array = NDArray[Any]

# So many names of wrong arrays stand in a message.
MAX_NAMES = 8
_KINDS = {"weight", "bias"}
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


def is_pytorch(names: Collection[str]) -> bool:
    """Whether all arrays are called as in a ``state_dict``."""
    return bool(names) and all(name.rpartition(".")[2] in _KINDS for name in names)


def layers_of(arrays: Mapping[str, Array]) -> list[tuple[Array, Array]]:
    """W (inputs, outputs) and b (outputs,) of each layer, in the order of their numbers.

    Raises:
        WeightsError: an array is missing, is one too many, or has no place in the order.
    """
    if is_pytorch(arrays):
        return [
            (arrays[f"{prefix}weight"].T, arrays[f"{prefix}bias"]) for prefix in _prefixes(arrays)
        ]
    depth = len(arrays) // 2
    names = [f"{kind}{i}" for i in range(1, depth + 1) for kind in "Wb"]
    if depth == 0 or set(arrays) != set(names):
        raise WeightsError(
            "expected the arrays W1, b1, W2, b2, …, or 0.weight, 0.bias, …, "
            f"found: {_shown(arrays)}"
        )
    return [(arrays[f"W{i}"], arrays[f"b{i}"]) for i in range(1, depth + 1)]


def book_activations(depth: int) -> tuple[str, ...]:
    """The book's activations, for files that name none: sigmoid, and identity at the end."""
    return ("sigmoid",) * (depth - 1) + ("identity",)


def book_arrays(network: Network) -> dict[str, Array]:
    """The network's arrays under the book's names."""
    return {
        f"{name}{i}": array
        for i, layer in enumerate(network.layers, 1)
        for name, array in (("W", layer.W), ("b", layer.b))
    }


def pytorch_arrays(network: Network) -> dict[str, Array]:
    """The ``state_dict`` of ``Sequential(Linear, Sigmoid, Linear, …)``: every other one has arrays.

    The weights are transposed in memory too, for some writers look at nothing but the bytes.
    """
    return {
        f"{2 * i}.{name}": array
        for i, layer in enumerate(network.layers)
        for name, array in (("weight", np.ascontiguousarray(layer.W.T)), ("bias", layer.b))
    }


def _prefixes(names: Collection[str]) -> list[str]:
    """``fc1. fc2. fc10.``: what stands before weight and bias, by the numbers in it.

    The order of the file tells nothing: files are written in the order of the alphabet.
    """
    prefixes = {name.removesuffix("weight").removesuffix("bias") for name in names}
    if len(names) != 2 * len(prefixes):
        raise WeightsError(f"expected a weight and a bias for each layer, found: {_shown(names)}")
    numbered = {tuple(map(int, _NUMBER.findall(prefix))): prefix for prefix in sorted(prefixes)}
    patterns = {_NUMBER.sub("#", prefix) for prefix in prefixes}
    if len(numbered) != len(prefixes) or len(patterns) > 1:
        raise WeightsError(
            "the names of its layers do not tell their order, as 0., 2., 4. or fc1., fc2. do; "
            f"found: {_shown(names)}"
        )
    return [prefix for _, prefix in sorted(numbered.items())]


def _shown(names: Collection[str]) -> str:
    found = [name for name in sorted(names) if re.fullmatch(r"[\w.]{1,40}", name)]
    return ", ".join(found[:MAX_NAMES]) or "none"

"""The contents of a weight file: arrays that share its bytes, and their names."""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import WeightsError
from scratchnet_cli.network.layers import Array, Network
from scratchnet_cli.system.text import shorten

# All arrays of a network together: 16 million float32 weights.
MAX_WEIGHTS_BYTES = 64 * 2**20
FLOAT_TYPES = ("f2", "f4", "f8")
# Layers need no more axes, and no longer ones.
MAX_AXES = 2
MAX_AXIS_LENGTH = 2**31 - 1
# Longer lists of names are cut in messages.
MAX_NAMES_SHOWN = 8
MAX_EXAMPLE_CHARACTERS = 60
SAVE_NPZ = (
    "Save the arrays: "
    "np.savez('mine.npz', W1=…, b1=…, W2=…, b2=…, activations=['relu', 'identity'])"
)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, eq=False)
class Contents:
    """Arrays by name, and lists of names by their key, one of ``LISTS``."""

    arrays: dict[str, NDArray[np.floating]]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


# The names of each layer's activation and of each output's class.
LISTS = ("activations", "classes")


def view_array(
    body: bytes | bytearray | memoryview,
    code: str,
    shape: tuple[Any, ...],
    fortran: bool,
    *,
    types: tuple[str, ...] = FLOAT_TYPES,
    max_axes: int = MAX_AXES,
) -> Array:
    """Return an array over ``body``, without a copy. code: NumPy's, such as "<f4"."""
    if code[:1] not in "<>=" or code[1:] not in types:
        raise WeightsError("an array does not contain floating-point numbers; save it as float32")
    if len(shape) > max_axes:
        hint = "; convolutional layers are not supported"
        raise WeightsError(
            f"an array has {len(shape)} axes, expected 1 or 2{hint if len(shape) == 4 else ''}"
        )
    if not all(type(length) is int and 0 <= length <= MAX_AXIS_LENGTH for length in shape):
        raise WeightsError("an array has an invalid shape; save the file again")
    dtype = np.dtype(code)
    expected = math.prod(shape) * dtype.itemsize
    if len(body) != expected:
        raise WeightsError(f"an array has {len(body)} bytes, expected {expected}")
    return np.frombuffer(body, dtype).reshape(shape, order="F" if fortran else "C")


def layers_of(arrays: Mapping[str, Array]) -> list[tuple[Array, Array]]:
    """Return W, (inputs, outputs), and b, (outputs,), of each layer in the order of the numbers.

    A bias may be a row or a column, as in tutorials, or be missing: then it is 0.
    """
    is_pytorch = all(name.rpartition(".")[2] in ("weight", "bias") for name in arrays)
    if is_pytorch:
        names = [(f"{prefix}weight", f"{prefix}bias") for prefix in _prefixes(arrays)]
    else:
        depth = sum(name.startswith("W") for name in arrays)
        names = [(f"W{i}", f"b{i}") for i in range(1, depth + 1)]
    needed = {name for name, _ in names}
    if not needed or not needed <= set(arrays) <= {name for pair in names for name in pair}:
        raise WeightsError(
            "expected the arrays W1, b1, W2, b2, …, or 0.weight, 0.bias, …",
            f"Found: {_shown(arrays)}",
        )
    layers = []
    for name, bias in names:
        W = arrays[name].T if is_pytorch else arrays[name]  # noqa: N806
        b = arrays.get(bias, np.zeros(W.shape[-1:] if W.size else 0, W.dtype))
        layers.append((W, b.reshape(-1) if b.ndim == 2 and 1 in b.shape else b))
    return layers


def _prefixes(names: Collection[str]) -> list[str]:
    """Return the names without weight and bias, in numeric order: ``fc1.``, ``fc2.``, ``fc10.``."""
    prefixes = {name.removesuffix("weight").removesuffix("bias") for name in names}
    numbered = {tuple(map(int, _NUMBER.findall(prefix))): prefix for prefix in sorted(prefixes)}
    patterns = {_NUMBER.sub("#", prefix) for prefix in prefixes}
    if len(numbered) != len(prefixes) or len(patterns) > 1:
        raise WeightsError(
            "the layers have no order, expected numbers in their names, as fc1.weight, fc2.weight",
            f"Found: {_shown(names)}",
        )
    return [prefix for _, prefix in sorted(numbered.items())]


def _shown(names: Collection[str]) -> str:
    found = [name for name in sorted(names) if re.fullmatch(r"[\w.]{1,40}", name)]
    return ", ".join(found[:MAX_NAMES_SHOWN]) or "none"


def book_activations(depth: int) -> tuple[str, ...]:
    """Return the book's activations, for files that state none: sigmoid, but identity last."""
    return ("sigmoid",) * (depth - 1) + ("identity",)


def activations_example(depth: int) -> str:
    """Return ``--activations relu,identity`` for a network of 2 layers, shortened for many."""
    names = ",".join([*["relu"] * (depth - 1), "identity"])
    return f"--activations {shorten(names, MAX_EXAMPLE_CHARACTERS)}"


def book_arrays(network: Network) -> dict[str, Array]:
    """Return the network's arrays under the book's names."""
    return {
        f"{name}{i}": array
        for i, layer in enumerate(network.layers, 1)
        for name, array in (("W", layer.W), ("b", layer.b))
    }


def pytorch_arrays(network: Network) -> dict[str, Array]:
    """Return the ``state_dict`` of ``Sequential(Linear, Sigmoid, Linear, …)``."""
    return {
        f"{2 * i}.{name}": array
        for i, layer in enumerate(network.layers)
        for name, array in (("weight", np.ascontiguousarray(layer.W.T)), ("bias", layer.b))
    }

"""What weight files call their arrays: the book's names or PyTorch's, to layers and back.

The book stores ``W1 b1 W2 b2 …``, W as (inputs, outputs). A PyTorch ``state_dict`` stores
``0.weight 0.bias 2.weight 2.bias …``, the weight as (outputs, inputs).
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import WeightsError
from scratchnet_cli.network import Network

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

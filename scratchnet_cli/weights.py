"""Weight files in: bytes to a ``Network`` whose keys, shapes, dtype and values were checked.

A weight file holds ``W1 b1 W2 b2 …`` (the book's names), as a pickled dict or as ``.npz``. Neither
can run code: pickles are read without unpickling, and ``.npz`` members only as plain numbers.
"""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.arrays import MAX_BYTES
from scratchnet_cli.errors import WeightsError
from scratchnet_cli.network import Layer, Network
from scratchnet_cli.npz import read_npz
from scratchnet_cli.pickles import read_pickle

# So many names of wrong arrays stand in a message.
MAX_NAMES = 8


def read_weights(data: bytes, label: str) -> Network:
    """The network in a weight file, all hidden layers sigmoid, the last one giving logits.

    The format is told by the content, not by a name; ``label`` stands in messages.

    Raises:
        WeightsError: the bytes are no such file, or what they hold is no network.
    """
    try:
        if data.startswith(b"\x80"):
            arrays = read_pickle(data)
        elif data.startswith(b"PK"):
            arrays = read_npz(data)
        else:
            raise WeightsError("neither a pickle nor an .npz file")
        return _network(arrays)
    except WeightsError as error:
        raise WeightsError(f"{label}: {error}") from error


def _network(arrays: dict[str, NDArray[Any]]) -> Network:
    depth = len(arrays) // 2
    names = [f"{kind}{i}" for i in range(1, depth + 1) for kind in "Wb"]
    if depth == 0 or set(arrays) != set(names):
        found = [name for name in sorted(arrays) if re.fullmatch(r"\w{1,20}", name)]
        shown = ", ".join(found[:MAX_NAMES]) or "none"
        raise WeightsError(f"expected the arrays W1, b1, W2, b2, …, found: {shown}")
    if sum(array.nbytes for array in arrays.values()) > MAX_BYTES:
        raise WeightsError(f"its arrays are larger than {MAX_BYTES} bytes")
    layers = []
    for i in range(1, depth + 1):
        W, b = (np.ascontiguousarray(arrays[f"{kind}{i}"]) for kind in "Wb")  # noqa: N806
        try:
            layers.append(Layer(W, b, "sigmoid" if i < depth else "identity"))
        except WeightsError as error:
            raise WeightsError(f"layer {i}: {error}") from error
    return Network(tuple(layers))

"""Weight files in: bytes to a ``Network`` whose keys, shapes, dtype and values were checked.

A weight file holds ``W1 b1 W2 b2 …`` (the book's names), as a pickled dict or as ``.npz``. Neither
can run code: pickles are read without unpickling, and ``.npz`` members only as plain numbers.
"""

import io
import math
import re
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from scratchnet_cli.errors import WeightsError
from scratchnet_cli.network import Layer, Network
from scratchnet_cli.pickles import read_pickled_arrays

MAX_BYTES = 256 * 2**20


def read_weights(data: bytes, label: str) -> Network:
    """The network in a weight file, all hidden layers sigmoid, the last one giving logits.

    The format is told by the content, not by a name; ``label`` stands in messages.

    Raises:
        WeightsError: the bytes are no such file, or what they hold is no network.
    """
    try:
        if data.startswith(b"\x80"):
            arrays = read_pickled_arrays(data)
        elif data.startswith(b"PK"):
            arrays = _read_npz(data)
        else:
            raise WeightsError("neither a pickle nor an .npz file")
        return _network(arrays)
    except WeightsError as error:
        raise WeightsError(f"{label}: {error}") from error


def _network(arrays: dict[str, NDArray[Any]]) -> Network:
    depth = len(arrays) // 2
    names = [f"{kind}{i}" for i in range(1, depth + 1) for kind in "Wb"]
    if depth == 0 or set(arrays) != set(names):
        found = ", ".join(sorted(name for name in arrays if re.fullmatch(r"\w{1,20}", name)))
        raise WeightsError(f"expected the arrays W1, b1, W2, b2, …, found: {found or 'none'}")
    layers = []
    for i in range(1, depth + 1):
        W, b = (np.ascontiguousarray(arrays[f"{kind}{i}"]) for kind in "Wb")  # noqa: N806
        try:
            layers.append(Layer(W, b, "sigmoid" if i < depth else "identity"))
        except WeightsError as error:
            raise WeightsError(f"layer {i}: {error}") from error
    return Network(tuple(layers))


def _read_npz(data: bytes) -> dict[str, NDArray[Any]]:
    """The members of an .npz; each is unpacked no further than the file says, and MAX_BYTES."""
    arrays: dict[str, NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_BYTES:
                raise WeightsError(f"this .npz unpacks to more than {MAX_BYTES} bytes")
            for member in members:
                name = member.filename.removesuffix(".npy")
                if name in arrays:
                    raise WeightsError("this .npz holds two arrays of the same name")
                arrays[name] = _read_npy(archive.read(member))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise WeightsError("this .npz is damaged or cut short") from error
    return arrays


def _read_npy(data: bytes) -> NDArray[Any]:
    """The array in an .npy file, made only after its bytes are seen to be there."""
    stream = io.BytesIO(data)
    try:
        version = npy.read_magic(stream)
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read_header(stream)
    except (ValueError, MemoryError, RecursionError) as error:
        raise WeightsError("a member of this .npz is not an array") from error
    if dtype.kind != "f":
        raise WeightsError(f"a member of this .npz holds {dtype.kind!r} data, not floats")
    body = data[stream.tell() :]
    expected = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or len(body) != expected:
        raise WeightsError(f"an array of {expected} bytes comes with {len(body)} bytes")
    return np.frombuffer(body, dtype).reshape(shape, order="F" if fortran else "C")

"""Weight files as NumPy writes them, or nearly, and what tests say of them."""

import functools
import io
import itertools
import pickle
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.errors import WeightsError
from scratchnet_cli.network.layers import Network
from scratchnet_cli.weights.load import read_weight_file

Arrays = dict[str, NDArray[Any]]

PROTOCOLS = (2, 3, 4, 5)
DTYPES = ("<f2", "<f4", "<f8", ">f2", ">f4", ">f8")

# The name of NumPy's inner package, as the NumPy that runs here spells it in pickles.
CORE = str(np.zeros(1).__reduce__()[0].__module__).rpartition(".")[0]


def book_arrays(*sizes: int, dtype: str = "<f4", order: Any = "C") -> Arrays:
    """Reproducible W1, b1, W2, b2, … for layers of those sizes."""
    rng = np.random.default_rng(7)
    arrays: Arrays = {}
    for i, (inputs, outputs) in enumerate(itertools.pairwise(sizes), 1):
        arrays[f"W{i}"] = np.array(rng.normal(size=(inputs, outputs)), dtype, order=order)
        arrays[f"b{i}"] = np.array(rng.normal(size=outputs), dtype)
    return arrays


def assert_holds(network: Network, arrays: Mapping[str, NDArray[Any]]) -> None:
    """The network has exactly those arrays, value for value and in their precision."""
    depth = len(arrays) // 2
    assert [layer.activation for layer in network.layers] == ["sigmoid"] * (depth - 1) + [
        "identity"
    ]
    for i, layer in enumerate(network.layers, 1):
        for got, name in ((layer.W, f"W{i}"), (layer.b, f"b{i}")):
            np.testing.assert_array_equal(got, arrays[name], strict=False)
            assert (got.shape, got.dtype.itemsize) == (
                arrays[name].shape,
                arrays[name].dtype.itemsize,
            )


def refusal(data: bytes) -> str:
    """The one line with which a file is refused, within a second and without much memory."""
    tracemalloc.start()
    start = time.process_time()
    try:
        with pytest.raises(WeightsError) as refused:
            read_weight_file(data, "some file.pkl")
        elapsed = time.process_time() - start
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    message = str(refused.value)
    assert message.startswith("some file.pkl: ")
    assert message.isprintable()
    assert len(message) < 1000
    assert elapsed < 1
    assert peak < 16 * 2**20 + 4 * len(data)
    return message


def outcome(data: bytes) -> str | None:
    """The message with which a file is refused; None if it is read."""
    try:
        network_in(data)
    except WeightsError as error:
        return str(error)
    return None


def network_in(data: bytes) -> Network:
    """The network in a weight file."""
    return read_weight_file(data, "x").network


def npz(*members: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive of those members, as they stand."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def npy(array: NDArray[Any]) -> bytes:
    """The array as an .npy file."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def npy_of(header: str, body: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    """An .npy file with any header."""
    text = header.encode("latin1")
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text + body


def npy_header(shape: object, descr: str = "'<f4'") -> str:
    """The header of an .npy file, with shape and type as they are given."""
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n"


B1 = ("b1.npy", npy(np.zeros(2, np.float32)))
W1 = ("W1.npy", npy(np.ones((2, 2), np.float32)))


def saved(arrays: Mapping[str, NDArray[Any]], compressed: bool) -> bytes:
    """What ``np.savez`` writes."""
    stream = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def as_pickle(arrays: Mapping[str, Any]) -> bytes:
    """The arrays in the book's form."""
    return pickle.dumps(arrays, 3)


def as_npz(arrays: Mapping[str, Any]) -> bytes:
    """The arrays in NumPy's form."""
    return saved(arrays, compressed=False)


def ones(*shape: int, dtype: str = "<f4") -> NDArray[Any]:
    """An array of ones."""
    return np.ones(shape, dtype)


@functools.cache
def sound_files() -> dict[str, bytes]:
    """Small sound files in every form that is read."""
    arrays = book_arrays(3, 2, 2)
    files = {f"protocol {i}": pickle.dumps(arrays, i) for i in PROTOCOLS}
    files["stored"] = saved(arrays, compressed=False)
    files["compressed"] = saved(arrays, compressed=True)
    return files

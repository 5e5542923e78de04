"""Weight files as NumPy writes them, or nearly, and what tests check of them."""

import functools
import io
import pickle
import struct
import tracemalloc
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.errors import WeightsError
from scratchnet_cli.network.layers import Network
from scratchnet_cli.system.origin import Origin
from scratchnet_cli.weights.arrays import book_activations
from scratchnet_cli.weights.load import Weights, read_weights

Arrays = dict[str, NDArray[Any]]
# A message, and the file that it refuses, or several.
Refused = dict[str, bytes | list[bytes] | dict[str, bytes]]

# NumPy's inner package, as the NumPy that runs here names it in pickles.
CORE = str(np.zeros(1).__reduce__()[0].__module__).rpartition(".")[0]


def book_arrays(*sizes: int, dtype: str = "<f4", order: Any = "C") -> Arrays:
    """Return reproducible W1, b1, W2, b2, … for layers of these sizes."""
    rng = np.random.default_rng(7)
    arrays: Arrays = {}
    for i in range(1, len(sizes)):
        arrays[f"W{i}"] = np.array(rng.normal(size=sizes[i - 1 : i + 1]), dtype, order=order)
        arrays[f"b{i}"] = np.array(rng.normal(size=sizes[i]), dtype)
    return arrays


def ones(*shape: int) -> NDArray[Any]:
    """Return a float32 array of ones."""
    return np.ones(shape, "<f4")


def read(data: bytes) -> Weights:
    """Return what is in a weight file."""
    return read_weights(data, Origin("x", "x", ""))


def network_in(data: bytes) -> Network:
    """Return the network in a weight file."""
    return read(data).network


def assert_holds(
    network: Network, arrays: Mapping[str, NDArray[Any]], activations: Sequence[str] = ()
) -> None:
    """Check that the network has exactly these arrays and activations, by default the book's."""
    expected = activations or book_activations(len(arrays) // 2)
    assert [layer.activation for layer in network.layers] == list(expected)
    for i, layer in enumerate(network.layers, 1):
        for got, array in ((layer.W, arrays[f"W{i}"]), (layer.b, arrays[f"b{i}"])):
            np.testing.assert_array_equal(got, array)
            assert (got.shape, got.dtype.itemsize) == (array.shape, array.dtype.itemsize)


def refusal(data: bytes) -> str:
    """Return what refuses a file, two lines at most, after checking that little memory was used."""
    tracemalloc.start()
    with pytest.raises(WeightsError) as refused:
        network_in(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    label, _, message = str(refused.value).partition(": ")
    assert label == "x"
    assert len(refused.value.args) <= 2
    assert all(map(str.isprintable, refused.value.args))
    assert len(message) < 1000
    assert peak < 16 * 2**20 + 4 * len(data)
    return message


def npz(*members: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip archive of these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def npy(array: NDArray[Any]) -> bytes:
    """Return the array as an .npy file."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def npy_of(header: str, body: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    """Return an .npy file with any header."""
    text = header.encode("latin1")
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text + body


def npy_header(shape: object, descr: str = "'<f4'") -> str:
    """Return the header of an .npy file, with any shape and type."""
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n"


W1, B1 = ("W1.npy", npy(ones(2, 2))), ("b1.npy", npy(ones(2)))


def saved(arrays: Mapping[str, Any], compressed: bool = False) -> bytes:
    """Return the .npz file that NumPy writes."""
    stream = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(stream, **arrays)
    return stream.getvalue()


@functools.cache
def sound_files() -> dict[str, bytes]:
    """Return small sound files in every form that is read."""
    from tests.weights.onnx_files import dense
    from tests.weights.refused_safetensors import sound

    arrays = book_arrays(3, 2, 2)
    return {
        **{f"protocol {i}": pickle.dumps(arrays, i) for i in (2, 3, 4, 5)},
        "stored": saved(arrays),
        "compressed": saved(arrays, compressed=True),
        "safetensors": sound({"__metadata__": {"activations": "identity"}}),
        "onnx": dense(),
    }

"""Sound weight files: read to the last bit, whoever wrote them and in whatever form."""

import pickle
import pickletools
import struct
from pathlib import Path

import numpy as np
import pytest

from scratchnet_cli.catalog import load_weights
from tests.weights.weight_files import (
    B1,
    CORE,
    DTYPES,
    PROTOCOLS,
    assert_holds,
    book_arrays,
    network_in,
    npy_header,
    npy_of,
    npz,
    saved,
)


def respelled(data: bytes, package: str) -> bytes:
    """A small pickle with NumPy's inner package named as NumPy 1 or NumPy 2 names it."""
    for module in ("multiarray", "numeric"):
        new = f"{package}.{module}".encode()
        for old_package in ("numpy.core", "numpy._core"):
            old = f"{old_package}.{module}".encode()
            data = data.replace(b"c" + old + b"\n", b"c" + new + b"\n")
            data = data.replace(bytes((0x8C, len(old))) + old, bytes((0x8C, len(new))) + new)
    if data[2:3] == pickle.FRAME:
        data = data[:3] + struct.pack("<Q", len(data) - 11) + data[11:]
    return data


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_pickle_gives_the_arrays_that_were_pickled(protocol: int, order: str, dtype: str) -> None:
    """A dict of arrays in any layout and precision, by any protocol, reads as Python reads it."""
    data = pickle.dumps(book_arrays(4, 3, 5, 2, dtype=dtype, order=order), protocol)
    assert_holds(network_in(data), pickle.loads(data))  # noqa: S301


@pytest.mark.parametrize("package", ["numpy.core", "numpy._core"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_pickles_of_numpy_1_and_numpy_2_are_read(order: str, protocol: int, package: str) -> None:
    """It makes no difference which NumPy wrote the file and under which name it knew itself."""
    arrays = book_arrays(4, 3, 2, order=order)
    data = respelled(pickle.dumps(arrays, protocol), package)
    names = [arg for _, arg, _ in pickletools.genops(data) if "core" in str(arg)]
    assert names
    assert all(str(name).startswith(f"{package}.") for name in names)
    assert_holds(network_in(data), arrays)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_pickle_of_the_books_size_is_read(protocol: int) -> None:
    """A 784-50-100-10 network, whose W1 alone is larger than a pickle frame, is read whole."""
    arrays = book_arrays(784, 50, 100, 10, order="F")
    network = network_in(pickle.dumps(arrays, protocol))
    assert_holds(network, arrays)
    assert (network.inputs, network.outputs) == (784, 10)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("depth", [1, 2, 5, 12])
def test_a_pickle_of_any_depth_is_read(depth: int, protocol: int) -> None:
    """As many layers as the file holds make the network, in the order of their numbers."""
    sizes = [3 + i % 4 for i in range(depth + 1)]
    arrays = book_arrays(*sizes)
    backwards = dict(reversed(arrays.items()))
    assert_holds(network_in(pickle.dumps(backwards, protocol)), arrays)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_arrays_that_are_views_or_read_only_are_read(protocol: int) -> None:
    """Slices with gaps, read-only arrays, and one array under two names are read as well."""
    square = np.arange(16, dtype=np.float32).reshape(4, 4)[::2, ::2]
    b = np.array([1, 2], np.float32)
    b.flags.writeable = False
    arrays = {"W1": square, "b1": b, "W2": square, "b2": b}
    data = pickle.dumps(arrays, protocol)
    assert_holds(network_in(data), pickle.loads(data))  # noqa: S301


def test_the_books_own_file_is_read(real_data: Path) -> None:
    """The book's sample_weight.pkl gives exactly what Python's own unpickling gives."""
    data = (real_data / "sample_weight.pkl").read_bytes()
    trusted = pickle.loads(respelled(data, CORE))  # noqa: S301
    assert_holds(network_in(data), trusted)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_an_npz_gives_the_arrays_that_were_saved(dtype: str, order: str, compressed: bool) -> None:
    """What ``np.savez`` or ``np.savez_compressed`` wrote comes back value for value."""
    arrays = book_arrays(4, 3, 5, 2, dtype=dtype, order=order)
    assert_holds(network_in(saved(arrays, compressed)), arrays)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_npy_is_read(version: tuple[int, int]) -> None:
    """The three versions of the .npy header are read alike."""
    array = np.array([[1, 2], [3, 4]], "<f4")
    member = npy_of(npy_header((2, 2)), array.tobytes(), version)
    network = network_in(npz(("W1.npy", member), B1))
    np.testing.assert_array_equal(network.layers[0].W, array)


@pytest.mark.parametrize("suffix", ["pkl", "npz", "", "txt"])
def test_the_format_is_told_by_the_content(tmp_path: Path, suffix: str) -> None:
    """A file may have any name: pickle and .npz are told apart by what is in them."""
    arrays = book_arrays(4, 3, 2)
    for data in (saved(arrays, compressed=True), pickle.dumps(arrays, 4)):
        path = tmp_path / f"weights.{suffix}"
        path.write_bytes(data)
        network, origin = load_weights(str(path))
        assert_holds(network, arrays)
        assert (origin.name, origin.source) == (str(path), str(path))

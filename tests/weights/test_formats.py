"""Sound weight files: what is written is read again, and what others write is read."""

import pickle
import pickletools
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from scratchnet_cli.system.origin import Origin
from scratchnet_cli.weights.arrays import book_arrays as arrays_of
from scratchnet_cli.weights.load import read_weights
from scratchnet_cli.weights.safetensors import MAX_HEADER_BYTES
from scratchnet_cli.weights.write import FORMATS_WITH_CLASSES, write_pickle, write_weights
from tests.network.networks import bundled, networks, random_network, reproducible
from tests.weights import onnx_files, refused_safetensors
from tests.weights.refused_npz import headed
from tests.weights.refused_pickles import GOOD_W, pickled
from tests.weights.weight_files import CORE, assert_holds, book_arrays, network_in, read, saved

PROTOCOLS = range(2, 6)
DTYPES = ("<f2", "<f4", "<f8", ">f2", ">f4", ">f8")
CLASS_NAMES = some.text(some.characters(codec="utf-8", exclude_characters="\0,"), max_size=99)


@pytest.mark.parametrize("suffix", [".pkl", ".npz", ".safetensors"])
@reproducible
@given(draw=some.data())
def test_written_weights_are_read_again(suffix: str, draw: some.DataObject) -> None:
    """Arrays, activations and classes come back, and are written as the same bytes."""
    stated = suffix in FORMATS_WITH_CLASSES
    network = draw.draw(networks(DTYPES, stated=stated))
    names = some.tuples(*[CLASS_NAMES.map(str.strip)] * network.outputs)
    classes = draw.draw(names) if stated and draw.draw(some.booleans()) else None
    data = write_weights(network, suffix, classes)
    file = read(data)
    activations = [layer.activation for layer in network.layers]
    assert_holds(file.network, arrays_of(network), activations)
    assert (file.format, file.size, file.classes) == (suffix[1:], len(data), classes)
    assert file.activations == ("stated" if stated else "assumed")
    assert write_weights(file.network, suffix, classes) == data


def test_written_pickle_is_what_the_books_scripts_load() -> None:
    """Plain ``pickle.loads``, in NumPy 1 and 2, gives a dict of the book's names and arrays."""
    network = random_network(4, 3, 2)
    data = write_weights(network, ".pkl")
    loaded = pickle.loads(data)  # noqa: S301
    assert list(loaded) == ["W1", "b1", "W2", "b2"]
    assert_holds(network, loaded)
    assert all(type(array) is np.ndarray and array.flags.writeable for array in loaded.values())
    assert b"numpy.core.multiarray" in data
    assert b"numpy._core" not in data
    assert write_pickle(loaded) == data


def respelled(data: bytes, package: str) -> bytes:
    """Return a small pickle with NumPy's inner package named as NumPy 1 or NumPy 2 names it."""
    for name in ("core.multiarray", "core.numeric", "_core.multiarray", "_core.numeric"):
        old, new = f"numpy.{name}".encode(), f"{package}.{name.partition('.')[2]}".encode()
        data = data.replace(b"c" + old + b"\n", b"c" + new + b"\n")
        data = data.replace(bytes((0x8C, len(old))) + old, bytes((0x8C, len(new))) + new)
    if data[2:3] == pickle.FRAME:
        data = data[:3] + struct.pack("<Q", len(data) - 11) + data[11:]
    return data


@pytest.mark.parametrize("package", ["numpy.core", "numpy._core"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_pickle_of_any_numpy_is_read(protocol: int, order: str, dtype: str, package: str) -> None:
    """A dict of arrays in any layout and precision, by any protocol, reads as Python reads it."""
    original = pickle.dumps(book_arrays(4, 3, 5, 2, dtype=dtype, order=order), protocol)
    data = respelled(original, package)
    names = [str(arg) for _, arg, _ in pickletools.genops(data) if "core" in str(arg)]
    assert names
    assert all(name.startswith(f"{package}.") for name in names)
    assert_holds(network_in(data), pickle.loads(original))  # noqa: S301


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_pickle_of_arrays_of_any_size_order_and_layout_is_read(protocol: int) -> None:
    """Arrays may be larger than a pickle frame, backwards, slices, read-only, or used twice."""
    square, b = np.arange(16, dtype="<f4").reshape(4, 4)[::2, ::2], np.array([1, 2], "<f4")
    b.flags.writeable = False
    for arrays in (
        *(book_arrays(*sizes, order="F") for sizes in ((784, 50, 100, 10), (3, 4), (3, 4, 5) * 4)),
        {"W1": square, "b1": b, "W2": square, "b2": b},
    ):
        backwards = dict(reversed(arrays.items()))
        assert_holds(network_in(pickle.dumps(backwards, protocol)), arrays)


def test_pickle_with_a_large_memo_key_costs_nothing() -> None:
    """Python's own reader asks for gigabytes for the key 2³¹ - 1."""
    data = pickled(GOOD_W + pickle.LONG_BINPUT + struct.pack("<I", 2**31 - 1))
    tracemalloc.start()
    network_in(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_pickle_of_the_book_is_read(real_data: Path) -> None:
    """The book's sample_weight.pkl gives exactly what Python's own unpickling gives."""
    data = (real_data / "sample_weight.pkl").read_bytes()
    trusted = pickle.loads(respelled(data, CORE))  # noqa: S301
    assert_holds(network_in(data), trusted)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_npz_of_numpy_is_read(dtype: str, order: str, compressed: bool) -> None:
    """Arrays of ``np.savez`` and ``np.savez_compressed`` come back; activations may be stated."""
    arrays, stated = book_arrays(4, 3, 2, dtype=dtype, order=order), ["relu", "identity"]
    assert_holds(network_in(saved(arrays, compressed)), arrays)
    data = saved({**arrays, "activations": stated}, compressed)
    assert_holds(network_in(data), arrays, stated)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_npy_of_every_version_is_read(version: tuple[int, int]) -> None:
    """The three versions of the .npy header are read alike, up to 1,000 bytes long."""
    array = np.array([[1, 2], [3, 4]], "<f4")
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }".ljust(1000)
    network = network_in(headed(header, array.tobytes(), version))
    np.testing.assert_array_equal(network.layers[0].W, array)


def test_safetensors_of_others_are_read() -> None:
    """Weights are transposed, unless they have the book's names; metadata and blanks are skipped.

    The length of a header may begin like a pickle or a zip archive.
    """
    file = refused_safetensors
    entries = {"W1": {**file.ENTRIES["0.weight"], "shape": [3, 2]}, "b1": file.BIAS}
    for data in (
        file.sound(),
        file.metadata(format="pt"),
        file.file(entries, file.W.tobytes() + file.B.tobytes()),
        *(file.framed(file.HEADER.ljust(n)) for n in (0x180, 0x4B50, MAX_HEADER_BYTES - 8)),
    ):
        weights = read(data)
        assert weights.format == "safetensors"
        np.testing.assert_array_equal(weights.network.layers[0].W, file.W, strict=True)
        np.testing.assert_array_equal(weights.network.layers[0].b, file.B, strict=True)


@pytest.mark.parametrize(
    "names",
    [
        "0 2 4", "0 2 10", "fc1 fc2 fc10", "net.layers.1 net.layers.2", "", "output",
        "block1.linear0 block1.linear1 block2.linear0",
    ],
)  # fmt: skip
def test_state_dict_is_ordered_by_the_numbers_in_its_names(names: str) -> None:
    """The order is not that of the alphabet."""
    file = read(refused_safetensors.state_dict(*names.split(" ")))
    depth = len(file.network.layers)
    assert [layer.W.shape for layer in file.network.layers] == [(4, 3), (3, 3), (3, 3)][:depth]
    assert depth == len(names.split(" "))


@pytest.mark.parametrize(
    ("change", "biases"),
    [
        (lambda name, array: {name: array[None] if name[0] == "b" else array}, None),
        (lambda name, array: {name: array[:, None] if name[0] == "b" else array}, None),
        (lambda name, array: {} if name[0] == "b" else {name: array}, {"b1", "b2"}),
        (lambda name, array: {} if name == "b1" else {name: array}, {"b1"}),
        (
            lambda name, array: {f"{name[1]}.weight": array.T} if name[0] == "W" else {},
            {"b1", "b2"},
        ),
    ],
    ids=["row", "column", "none", "one", "pytorch"],
)
def test_bias_may_be_a_row_a_column_or_missing(change: Any, biases: set[str] | None) -> None:
    """A bias of shape (1, n) or (n, 1) is one of shape (n,), and a missing one is 0."""
    arrays = book_arrays(4, 3, 2)
    changed = {k: v for name, array in arrays.items() for k, v in change(name, array).items()}
    expected = {k: v * 0 if k in (biases or ()) else v for k, v in arrays.items()}
    assert_holds(network_in(saved(changed)), expected)


@pytest.mark.parametrize(
    ("stated", "given", "used", "known_by"),
    [
        (None, None, "sigmoid identity", "assumed"),
        (None, "relu identity", "relu identity", "stated"),
        ("tanh identity", None, "tanh identity", "stated"),
        ("tanh identity", "relu identity", "relu identity", "overridden"),
        ("relu identity", "relu identity", "relu identity", "stated"),
        ("tanh softmax", None, "tanh identity", "stated"),
        (None, "relu softmax", "relu identity", "stated"),
    ],
)
def test_activations_are_those_given_or_stated_or_assumed(
    stated: str | None, given: str | None, used: str, known_by: str
) -> None:
    """A caller overrides the file; a softmax at the end is left to whoever needs probabilities."""
    arrays: dict[str, Any] = dict(book_arrays(4, 3, 2))
    data = saved(arrays | ({"activations": stated.split()} if stated else {}))
    weights = read_weights(data, Origin("x", "x", ""), given.split() if given else None)
    assert_holds(weights.network, arrays, used.split())
    assert weights.activations == known_by


@pytest.mark.parametrize(
    ("data", "activations"),
    [
        (onnx_files.dense(), "relu identity"),
        (onnx_files.dense(packed=True), "relu identity"),
        (onnx_files.dense(raw=False), "relu identity"),
        (onnx_files.gemms(), "tanh identity"),
    ],
    ids=["MatMul", "packed shapes", "float_data", "Gemm"],
)
def test_onnx_of_others_is_read(data: bytes, activations: str) -> None:
    """Graphs as scikit-learn's and PyTorch's exporters write them, up to the logits."""
    file = read(data)
    assert_holds(file.network, onnx_files.ARRAYS, activations.split())
    assert (file.format, file.activations) == ("onnx", "stated")


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "tanh", "identity"])
def test_onnx_graph_computes_the_same(activation: str) -> None:
    """Runtimes give the logits and probabilities of batches of any size; the checker passes."""
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    network = random_network(6, 5, 4, 3, activations=(activation, activation, "identity"))
    data = write_weights(network, ".onnx")
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 17)]
    assert_holds(network_in(data), arrays_of(network), (activation, activation, "identity"))
    operators = [node.op_type for node in model.graph.node]
    assert operators.count(activation.capitalize()) == (3 if activation == "identity" else 2)
    assert operators[-1] == "Softmax"
    session = runtime.InferenceSession(data, providers=["CPUExecutionProvider"])
    for n in (1, 7):
        x = np.random.default_rng(n).normal(size=(n, 6)).astype(np.float32)
        logits, probabilities = session.run(["logits", "probabilities"], {"x": x})
        np.testing.assert_allclose(logits, network.logits(x), atol=1e-5)
        np.testing.assert_allclose(probabilities, network.probabilities(x), atol=1e-6)


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8"])
def test_safetensors_library_reads_what_is_written(dtype: str) -> None:
    """The format's own library finds the arrays, transposed, and the metadata."""
    safetensors = pytest.importorskip("safetensors.numpy")
    network = random_network(4, 3, 2, activations=("tanh", "identity"), dtype=dtype)
    loaded = safetensors.load(write_weights(network, ".safetensors"))
    assert sorted(loaded) == ["0.bias", "0.weight", "2.bias", "2.weight"]
    np.testing.assert_array_equal(loaded["0.weight"], network.layers[0].W.T, strict=True)
    np.testing.assert_array_equal(loaded["2.bias"], network.layers[1].b, strict=True)
    again = safetensors.save(loaded, metadata={"activations": "tanh,identity"})
    assert_holds(network_in(again), arrays_of(network), ("tanh", "identity"))


@pytest.mark.parametrize("activation", ["Sigmoid", "ReLU"])
def test_pytorch_computes_the_same(activation: str) -> None:
    """A file is the state_dict of a Sequential, in both directions; the logits are the same."""
    torch = pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.torch")
    torch.manual_seed(0)
    linear, h = torch.nn.Linear, getattr(torch.nn, activation)
    model = torch.nn.Sequential(linear(784, 50), h(), linear(50, 100), h(), linear(100, 10))
    if activation == "Sigmoid":
        network = bundled()
        model.load_state_dict(safetensors.load(write_weights(network, ".safetensors")))
    else:
        names = {"activations": "relu,relu,identity"}
        network = network_in(safetensors.save(model.state_dict(), names))
    x = np.random.default_rng(0).random((20, 784), np.float32)
    with torch.no_grad():
        logits = model(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(logits, network.logits(x), rtol=1e-5, atol=1e-5)

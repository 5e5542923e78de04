"""``scratchnet convert``: every format back to the same bits, and to the same answers elsewhere."""

import errno
import io
import itertools
import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.catalog import load_weights
from scratchnet_cli.errors import OutputError, WeightsError
from scratchnet_cli.network.layers import Layer, Network
from scratchnet_cli.system.files import write_file
from scratchnet_cli.weights.load import read_weight_file
from scratchnet_cli.weights.write import write_pickle, write_weights
from tests.conftest import Run, any_file_name
from tests.weights.weight_files import network_in

READABLE = (".pkl", ".npz", ".safetensors")
# What the book's scripts do when they say sigmoid.
SHAPES = [(4, 3), (5, 4, 3), (6, 5, 4, 3, 2), (7, 2, 9, 2, 3, 4)]


def random_network(
    *sizes: int, activation: str = "sigmoid", dtype: str = "<f4", last: str = "identity"
) -> Network:
    """Reproducible layers of those sizes."""
    rng = np.random.default_rng(len(sizes))
    layers = [
        Layer(
            rng.normal(size=pair).astype(dtype), rng.normal(size=pair[1]).astype(dtype), activation
        )
        for pair in itertools.pairwise(sizes)
    ]
    layers[-1] = Layer(layers[-1].W, layers[-1].b, last)
    return Network(tuple(layers))


def names_in(folder: Path) -> list[str]:
    """The names of all that is in a folder."""
    return [path.name for path in folder.iterdir()]


def assert_same(got: Network, expected: Network) -> None:
    """Both networks have the same arrays, bit for bit, and the same activations."""
    assert len(got.layers) == len(expected.layers)
    for ours, theirs in zip(got.layers, expected.layers, strict=True):
        assert ours.activation == theirs.activation
        for array, other in ((ours.W, theirs.W), (ours.b, theirs.b)):
            assert (array.shape, array.dtype) == (other.shape, other.dtype)
            assert array.tobytes() == other.tobytes()


@pytest.mark.parametrize("suffix", READABLE)
@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8"])
@pytest.mark.parametrize("sizes", SHAPES, ids=lambda sizes: f"{len(sizes) - 1} layers")
def test_each_format_gives_the_same_network_back(
    sizes: tuple[int, ...], dtype: str, suffix: str
) -> None:
    """Arrays of any depth, width and precision come back bit for bit."""
    network = random_network(*sizes, dtype=dtype)
    assert_same(network_in(write_weights(network, suffix)), network)


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
@pytest.mark.parametrize("activation", ["sigmoid", "relu", "tanh", "identity"])
@pytest.mark.parametrize("last", ["identity", "sigmoid"])
def test_activations_travel_where_the_format_can_hold_them(
    last: str, activation: str, suffix: str
) -> None:
    """A network of other functions comes back with them, and says that the file states them."""
    network = random_network(4, 3, 5, 2, activation=activation, last=last)
    file = read_weight_file(write_weights(network, suffix), "x")
    assert_same(file.network, network)
    assert (file.format, file.activations) == (suffix[1:], "stated")


@pytest.mark.parametrize(("activation", "last"), [("relu", "identity"), ("sigmoid", "tanh")])
def test_a_pickle_cannot_hold_other_activations(
    run: Run, tmp_path: Path, activation: str, last: str
) -> None:
    """What the book's layout cannot say is refused rather than lost, and nothing is written."""
    source, target = tmp_path / "in.npz", tmp_path / "out.pkl"
    source.write_bytes(
        write_weights(random_network(4, 3, 2, activation=activation, last=last), ".npz")
    )
    result = run("convert", source, target)
    assert result.exit_code == 3
    assert f"{target}: a .pkl in the book's layout has no place" in result.stderr
    assert f"{activation}, {last}" in result.stderr
    assert not target.exists()


def test_big_endian_weights_are_turned_around() -> None:
    """Formats that know only one byte order get the same numbers in it."""
    network = random_network(4, 3, 2, dtype=">f4")
    for suffix in READABLE:
        back = network_in(write_weights(network, suffix))
        np.testing.assert_array_equal(back.layers[0].W, network.layers[0].W)


@pytest.mark.parametrize("suffix", READABLE)
def test_the_same_network_gives_the_same_bytes(suffix: str) -> None:
    """Nothing of the time or the place is written into a file."""
    assert write_weights(random_network(3, 2), suffix) == write_weights(
        random_network(3, 2), suffix
    )


# ----------------------------------------------------------------------------------- the files


def test_the_target_s_path_is_the_answer(run: Run, tmp_path: Path) -> None:
    """The path of the new file goes to stdout, and nothing is left beside it."""
    target = tmp_path / "three.npz"
    result = run("convert", "three-layer", target)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{target}\n", "")
    assert names_in(tmp_path) == ["three.npz"]
    answer = run("forward", target, "1.0", "0.5").stdout
    assert answer == run("forward", "three-layer", "1.0", "0.5").stdout


def test_a_file_is_overwritten_only_by_force(run: Run, tmp_path: Path) -> None:
    """What stands in the way stays as it is, unless --force was given."""
    target = tmp_path / "mine.npz"
    target.write_bytes(b"precious")
    result = run("convert", "three-layer", target)
    assert result.exit_code == 3
    assert result.stderr == f"scratchnet: {target}: exists already; --force overwrites it\n"
    assert target.read_bytes() == b"precious"
    # Nothing is read, or even downloaded, only to be thrown away.
    assert run("convert", "no such file", target).stderr == result.stderr
    assert run("convert", "three-layer", target, "--force").exit_code == 0
    assert names_in(tmp_path) == ["mine.npz"]
    assert run("inspect", target).exit_code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_that_leads_nowhere_is_in_the_way_too(run: Run, tmp_path: Path) -> None:
    """A name that is taken is not written through."""
    target = tmp_path / "link.npz"
    target.symlink_to(tmp_path / "elsewhere.npz")
    assert run("convert", "three-layer", target).exit_code == 3
    assert not (tmp_path / "elsewhere.npz").exists()


def test_a_file_that_came_in_between_is_not_overwritten(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even a file that appears while the network is being written stays."""
    target = tmp_path / "mine.npz"
    write = Path.write_bytes

    def write_late(path: Path, data: bytes) -> int:
        write(target, b"precious")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", write_late)
    assert run("convert", "three-layer", target).exit_code == 3
    assert target.read_bytes() == b"precious"
    assert names_in(tmp_path) == ["mine.npz"]


def no_links(*_: object) -> None:
    """What Linux says on a FAT file system."""
    raise PermissionError(errno.EPERM, "Operation not permitted")


def test_where_there_are_no_links_a_file_is_written_all_the_same(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a memory stick too the file is whole, and one that is there already stays."""
    target = tmp_path / "mine.npz"
    monkeypatch.setattr(os, "link", no_links)
    assert run("convert", "three-layer", target).exit_code == 0
    assert run("inspect", target).exit_code == 0
    written = target.read_bytes()
    assert run("convert", "bundled", target).exit_code == 3
    with pytest.raises(OutputError, match="exists already"):
        write_file(target, b"other")
    assert target.read_bytes() == written
    assert names_in(tmp_path) == ["mine.npz"]


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("failure", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_what_fails_or_is_interrupted_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool, failure: BaseException
) -> None:
    """If the move into place fails, or Ctrl-C comes then, there is no file, not an empty one."""

    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(os, "link", fail if links else no_links)
    monkeypatch.setattr(Path, "replace", fail)
    expected = OutputError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write_file(tmp_path / "mine.npz", b"data")
    assert names_in(tmp_path) == []


@any_file_name
def test_the_path_does_not_reach_the_terminal_raw(run: Run, tmp_path: Path) -> None:
    """Escape sequences and newlines in the name of the new file are printed escaped."""
    target = tmp_path / "a\x1b[31m\n.npz"
    result = run("convert", "three-layer", target)
    assert (result.exit_code, result.stdout) == (0, f"{tmp_path}/a\\x1b[31m\\n.npz\n")


def test_an_ending_may_be_in_capitals(run: Run, tmp_path: Path) -> None:
    """Some systems write names in capitals; the format is the same."""
    result = run("convert", "three-layer", tmp_path / "WEIGHTS.Npz")
    assert (result.exit_code, result.stderr) == (0, "")
    assert names_in(tmp_path) == ["WEIGHTS.Npz"]
    assert run("inspect", tmp_path / "WEIGHTS.Npz").exit_code == 0


@pytest.mark.parametrize("place", ["missing/x.npz", "file/x.npz", "x" * 300 + ".npz"])
def test_where_nothing_can_be_written_the_system_s_reason_is_given(
    run: Run, tmp_path: Path, place: str
) -> None:
    """A folder that is missing or none, or a name too long, is one line and exit code 3."""
    (tmp_path / "file").write_bytes(b"")
    result = run("convert", "three-layer", tmp_path / place)
    assert result.exit_code == 3
    assert "cannot be written (" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert names_in(tmp_path) == ["file"]


def test_a_folder_in_the_way_stays_even_by_force(run: Run, tmp_path: Path) -> None:
    """--force overwrites files, not folders."""
    target = tmp_path / "folder.npz"
    target.mkdir()
    result = run("convert", "three-layer", target, "--force")
    assert result.exit_code == 3
    assert names_in(tmp_path) == ["folder.npz"]


@pytest.mark.parametrize("name", ["weights", "weights.txt", "weights.npz2", ".npz", "-"])
def test_another_ending_is_wrong_usage(run: Run, tmp_path: Path, name: str) -> None:
    """An ending that stands for no format is refused before anything is read, with those known."""
    result = run("convert", "no such file", name if name == "-" else tmp_path / name)
    assert result.exit_code == 2
    assert ".pkl, .npz, .safetensors, .onnx" in result.stderr


# -------------------------------------------------------------------------- PyTorch's layout


def state_dict(*names: str, activations: str | None = None) -> bytes:
    """A .safetensors file with layers 4-3-3-… of those names, each weight as (out, in)."""
    header: dict[str, Any] = (
        {} if activations is None else {"__metadata__": {"activations": activations}}
    )
    body = b""
    rng = np.random.default_rng(1)
    for name in sorted(names):
        for kind, shape in (("bias", (3,)), ("weight", (3, 4 if name == names[0] else 3))):
            array = rng.normal(size=shape).astype("<f4")
            header[f"{name}{'.' if name else ''}{kind}"] = {
                "dtype": "F32",
                "shape": list(shape),
                "data_offsets": [len(body), len(body) + array.nbytes],
            }
            body += array.tobytes()
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


@pytest.mark.parametrize(
    "names",
    [
        ("0", "2", "4"),
        ("0", "2", "10"),
        ("fc1", "fc2", "fc10"),
        ("net.layers.1", "net.layers.2"),
        ("block1.linear0", "block1.linear1", "block2.linear0"),
        ("",),
        ("output",),
    ],
    ids=", ".join,
)
def test_layers_of_a_state_dict_follow_the_numbers_in_their_names(names: tuple[str, ...]) -> None:
    """Their weights are transposed, and their order is that of the numbers, not of the alphabet."""
    network = network_in(state_dict(*names))
    assert [layer.W.shape for layer in network.layers] == [(4, 3), *[(3, 3)] * (len(names) - 1)]


@pytest.mark.parametrize(
    "names", [("fc", "out"), ("fc1", "fc2", "out"), ("a1", "b2"), ("1", "01")], ids=", ".join
)
def test_names_that_tell_no_order_are_refused(names: tuple[str, ...]) -> None:
    """Layers are never put into an order by guessing."""
    with pytest.raises(WeightsError, match=r"do not tell their order.*found: "):
        network_in(state_dict(*names))


def test_a_guess_at_activations_is_noted(run: Run, tmp_path: Path) -> None:
    """A state_dict does not say its activations: then that is said, and what to do about it."""
    path = tmp_path / "torch.safetensors"
    path.write_bytes(state_dict("0", "2"))
    result = run("forward", path, "1", "2", "3", "4")
    assert result.exit_code == 0
    assert "does not say which activations" in result.stderr
    assert "a guess" in run("inspect", path).stdout
    path.write_bytes(state_dict("0", "2", activations="relu, identity"))
    result = run("forward", path, "1", "2", "3", "4", "--trace")
    assert result.stderr == ""
    assert "Z1 = relu(A1)" in result.stdout


@pytest.mark.parametrize(
    ("activations", "message"),
    [
        ("relu", "it names 1 activations for 2 layers"),
        ("relu,relu,identity", "it names 3 activations for 2 layers"),
        ("relu,softmax", "its activations are not all known (known: sigmoid, relu, tanh, identity"),
        ("", "it names 1 activations for 2 layers"),
        ("a" * 10_000 + ",relu", "its activations are not all known"),
    ],
)
def test_wrong_activations_are_refused(activations: str, message: str) -> None:
    """Functions that are unknown, too many or too few are refused in one short line."""
    with pytest.raises(WeightsError, match=r"^x: ") as refused:
        network_in(state_dict("0", "2", activations=activations))
    assert message in str(refused.value)
    assert len(str(refused.value)) < 200


def test_npz_activations_may_be_written_by_numpy() -> None:
    """``np.savez(file, activations=["relu", "identity"], W1=…)`` is all that it takes."""
    network = random_network(4, 3, 2, activation="relu")
    arrays = {"W1": network.layers[0].W, "b1": network.layers[0].b}
    arrays |= {"W2": network.layers[1].W, "b2": network.layers[1].b}
    file = io.BytesIO()
    np.savez(file, activations=["relu", "identity"], **arrays)  # type: ignore[arg-type]
    assert_same(network_in(file.getvalue()), network)


@pytest.mark.parametrize(
    "activations",
    [
        np.array([["relu", "identity"]]),
        np.array("relu"),
        np.array(["x" * 100, "y"]),
        np.array([b"relu", b"identity"]),
        np.ones(2),
        np.array([None, "relu"], object),
        np.array(["a"] * 100_000),
    ],
    ids=["two axes", "no axis", "long", "bytes", "numbers", "objects", "many"],
)
def test_activations_in_another_form_are_refused(activations: NDArray[Any]) -> None:
    """An array of activations that is no list of short names is refused, objects unseen."""
    file = io.BytesIO()
    np.savez(file, W1=np.ones((2, 2)), b1=np.ones(2), activations=activations)
    with pytest.raises(WeightsError, match=r"^x: its array 'activations' is not a list of names"):
        network_in(file.getvalue())


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_the_names_of_classes_are_kept(tmp_path: Path, run: Run, suffix: str) -> None:
    """Where the format has a place for them, they are in the new file as they were in the old."""
    source, target = tmp_path / "named.npz", tmp_path / f"new{suffix}"
    source.write_bytes(write_weights(random_network(3, 2), ".npz", ("T-shirt/top", "Hose ü")))
    assert run("convert", source, target).exit_code == 0
    assert read_weight_file(target.read_bytes(), "x").classes == ("T-shirt/top", "Hose ü")


def test_a_format_without_names_of_classes_is_told(tmp_path: Path, run: Run) -> None:
    """A note says that they are left out."""
    source, target = tmp_path / "named.npz", tmp_path / "new.pkl"
    source.write_bytes(write_weights(random_network(3, 2), ".npz", ("a", "b")))
    result = run("convert", source, target)
    assert result.exit_code == 0
    assert "new.pkl: the names of the classes are left out; .pkl has no" in result.stderr
    assert read_weight_file(target.read_bytes(), "x").classes is None


def test_a_name_with_a_comma_does_not_become_two(tmp_path: Path, run: Run) -> None:
    """Where commas separate the names, one that has a comma is refused, and nothing written."""
    source, target = tmp_path / "named.npz", tmp_path / "new.safetensors"
    source.write_bytes(write_weights(random_network(3, 2), ".npz", ("a, or b", "c")))
    result = run("convert", source, target)
    assert result.exit_code == 3
    assert "separates the names of classes by commas" in result.stderr
    assert not target.exists()


def test_the_name_of_a_class_is_short() -> None:
    """A name that not every format could hold is refused where it is read."""
    data = write_weights(random_network(3, 2), ".safetensors", ("a" * 100, "b"))
    with pytest.raises(WeightsError, match="the name of a class is longer than 99 letters"):
        read_weight_file(data, "x")


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_a_name_for_each_class(suffix: str) -> None:
    """Names of more or fewer classes than there are outputs are refused."""
    data = write_weights(random_network(3, 2), suffix, ("a", "b", "c"))
    with pytest.raises(WeightsError, match=r"^x: it names 3 classes for 2 outputs$"):
        read_weight_file(data, "x")


# ---------------------------------------------------------------------- what others make of it


@pytest.fixture(scope="module")
def book(real_data: Path) -> Network:
    """The book's network, read from its own file."""
    return load_weights(str(real_data / "sample_weight.pkl"))[0]


@pytest.fixture(scope="module")
def mnist(real_data: Path) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """MNIST's test set: (10000, 784) in [0, 1] and its labels."""
    from scratchnet_cli.datasets.load import read_dataset

    images, labels = (
        (real_data / name).read_bytes()
        for name in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
    )
    return read_dataset(images, labels).arrays()


def test_a_pickle_is_what_the_book_s_scripts_load() -> None:
    """Plain ``pickle.loads``, in NumPy 1 and 2, gives a dict of the book's names and arrays."""
    network = random_network(4, 3, 2)
    data = write_weights(network, ".pkl")
    loaded = pickle.loads(data)  # noqa: S301
    assert list(loaded) == ["W1", "b1", "W2", "b2"]
    for i, layer in enumerate(network.layers, 1):
        for name, array in ((f"W{i}", layer.W), (f"b{i}", layer.b)):
            assert type(loaded[name]) is np.ndarray
            assert loaded[name].flags.writeable
            assert (loaded[name].dtype, loaded[name].tobytes()) == (array.dtype, array.tobytes())
    assert b"numpy.core.multiarray" in data
    assert b"numpy._core" not in data
    assert write_pickle(loaded) == data


@pytest.mark.parametrize("suffix", READABLE)
def test_the_book_s_weights_keep_their_score(
    run: Run, tmp_path: Path, real_data: Path, suffix: str
) -> None:
    """sample_weight.pkl in each format has the same arrays and is right on 9352 of 10000."""
    target = tmp_path / f"book{suffix}"
    assert run("convert", real_data / "sample_weight.pkl", target).exit_code == 0
    original = (real_data / "sample_weight.pkl").read_bytes()
    assert_same(network_in(target.read_bytes()), network_in(original))
    result = run("eval", "--weights", target, "--dataset", real_data, "--progress", "none")
    assert result.stdout == "Accuracy: 0.9352\n"


def test_the_book_s_own_script_scores_the_same_on_the_pickle(
    book: Network, mnist: tuple[NDArray[np.float32], NDArray[np.uint8]]
) -> None:
    """The written .pkl, loaded and run as the book's chapter 3 does it, scores 0.9352."""
    network = pickle.loads(write_weights(book, ".pkl"))  # noqa: S301
    x, t = mnist
    z1 = 1 / (1 + np.exp(-(x @ network["W1"] + network["b1"])))
    z2 = 1 / (1 + np.exp(-(z1 @ network["W2"] + network["b2"])))
    y = z2 @ network["W3"] + network["b3"]
    assert int((y.argmax(axis=1) == t).sum()) == 9352


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "tanh", "identity"])
def test_the_onnx_graph_computes_the_same(activation: str) -> None:
    """onnxruntime gives the logits and probabilities of batches of any size; the checker passes."""
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    network = random_network(6, 5, 4, 3, activation=activation)
    data = write_weights(network, ".onnx")
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 17)]
    operators = [node.op_type for node in model.graph.node]
    assert operators.count(activation.capitalize()) == (3 if activation == "identity" else 2)
    assert operators[-1] == "Softmax"
    session = runtime.InferenceSession(data, providers=["CPUExecutionProvider"])
    for n in (1, 7):
        x = np.random.default_rng(n).normal(size=(n, 6)).astype(np.float32)
        logits, probabilities = session.run(["logits", "probabilities"], {"x": x})
        np.testing.assert_allclose(logits, network.logits(x), atol=1e-5)
        np.testing.assert_allclose(probabilities, network.probabilities(x), atol=1e-6)


def test_onnxruntime_scores_what_the_book_scores(
    book: Network, mnist: tuple[NDArray[np.float32], NDArray[np.uint8]]
) -> None:
    """The book's weights as .onnx are right on the same 9352 pictures in onnxruntime."""
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(
        write_weights(book, ".onnx"), providers=["CPUExecutionProvider"]
    )
    x, t = mnist
    (logits,) = session.run(["logits"], {"x": x})
    assert int((logits.argmax(axis=1) == t).sum()) == 9352
    assert (logits.argmax(axis=1) == book.predict(x)).all()


def test_without_the_package_onnx_the_message_says_how_to_get_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """.onnx is an extra: where it is missing, one line says what to install."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    target = tmp_path / "x.onnx"
    result = run("convert", "three-layer", target)
    assert result.exit_code == 3
    assert result.stderr == (
        f"scratchnet: {target}: writing .onnx needs the package onnx: pip install onnx\n"
    )
    with pytest.raises(OutputError):
        write_weights(random_network(2, 2), ".onnx")


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8"])
def test_the_safetensors_library_reads_what_is_written(dtype: str) -> None:
    """The format's own library finds the arrays, transposed, and the metadata."""
    safetensors = pytest.importorskip("safetensors.numpy")
    network = random_network(4, 3, 2, activation="tanh", dtype=dtype)
    data = write_weights(network, ".safetensors")
    loaded = safetensors.load(data)
    assert sorted(loaded) == ["0.bias", "0.weight", "2.bias", "2.weight"]
    np.testing.assert_array_equal(loaded["0.weight"], network.layers[0].W.T, strict=True)
    np.testing.assert_array_equal(loaded["2.bias"], network.layers[1].b, strict=True)
    again = safetensors.save(loaded, metadata={"activations": "tanh,identity"})
    assert_same(network_in(again), network)


def test_pytorch_gives_the_same_logits(tmp_path: Path) -> None:
    """The file is the state_dict of a Sequential: it loads strictly, and the logits are ours."""
    torch = pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.torch")
    network, _ = load_weights("bundled")
    model = torch.nn.Sequential(
        torch.nn.Linear(784, 50),
        torch.nn.Sigmoid(),
        torch.nn.Linear(50, 100),
        torch.nn.Sigmoid(),
        torch.nn.Linear(100, 10),
    )
    path = tmp_path / "bundled.safetensors"
    path.write_bytes(write_weights(network, ".safetensors"))
    model.load_state_dict(safetensors.load_file(path))
    x = np.random.default_rng(0).random((20, 784), np.float32)
    with torch.no_grad():
        logits = model(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(logits, network.logits(x), rtol=1e-5, atol=1e-5)


def test_a_relu_network_of_pytorch_is_read_from_its_state_dict(tmp_path: Path) -> None:
    """What PyTorch's users save, with one line that names the activations, gives their logits."""
    torch = pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.torch")
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(6, 5),
        torch.nn.ReLU(),
        torch.nn.Linear(5, 5),
        torch.nn.ReLU(),
        torch.nn.Linear(5, 3),
    )
    path = tmp_path / "relu.safetensors"
    safetensors.save_file(model.state_dict(), path, metadata={"activations": "relu,relu,identity"})
    network, _ = load_weights(str(path))
    x = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
    with torch.no_grad():
        logits = model(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(network.logits(x), logits, rtol=1e-5, atol=1e-6)


def test_pytorch_s_own_format_is_named_and_a_way_shown(tmp_path: Path) -> None:
    """A .pt file is not read, but its owner is told what to write instead."""
    torch = pytest.importorskip("torch")
    path = tmp_path / "model.pt"
    torch.save(torch.nn.Linear(3, 2).state_dict(), path)
    with pytest.raises(WeightsError, match=r"PyTorch's own format.*save_file"):
        load_weights(str(path))

"""Weight files in: sound ones to the last bit, all others refused in one line, nothing run."""

import contextlib
import copyreg
import functools
import io
import itertools
import os
import pickle
import pickletools
import random
import struct
import sys
import textwrap
import threading
import time
import tracemalloc
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.catalog import load_weights
from scratchnet_cli.errors import WeightsError
from scratchnet_cli.network import Network
from scratchnet_cli.weights import read_weights
from tests.audit import FORBIDDEN, listening

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
            read_weights(data, "some file.pkl")
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
        read_weights(data, "x")
    except WeightsError as error:
        return str(error)
    return None


# ------------------------------------------------------------------ pickles as NumPy writes them


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
    assert_holds(read_weights(data, "x"), pickle.loads(data))  # noqa: S301


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
    assert_holds(read_weights(data, "x"), arrays)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_pickle_of_the_books_size_is_read(protocol: int) -> None:
    """A 784-50-100-10 network, whose W1 alone is larger than a pickle frame, is read whole."""
    arrays = book_arrays(784, 50, 100, 10, order="F")
    network = read_weights(pickle.dumps(arrays, protocol), "x")
    assert_holds(network, arrays)
    assert (network.inputs, network.outputs) == (784, 10)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("depth", [1, 2, 5, 12])
def test_a_pickle_of_any_depth_is_read(depth: int, protocol: int) -> None:
    """As many layers as the file holds make the network, in the order of their numbers."""
    sizes = [3 + i % 4 for i in range(depth + 1)]
    arrays = book_arrays(*sizes)
    backwards = dict(reversed(arrays.items()))
    assert_holds(read_weights(pickle.dumps(backwards, protocol), "x"), arrays)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_arrays_that_are_views_or_read_only_are_read(protocol: int) -> None:
    """Slices with gaps, read-only arrays, and one array under two names are read as well."""
    square = np.arange(16, dtype=np.float32).reshape(4, 4)[::2, ::2]
    b = np.array([1, 2], np.float32)
    b.flags.writeable = False
    arrays = {"W1": square, "b1": b, "W2": square, "b2": b}
    data = pickle.dumps(arrays, protocol)
    assert_holds(read_weights(data, "x"), pickle.loads(data))  # noqa: S301


def test_the_books_own_file_is_read(real_data: Path) -> None:
    """The book's sample_weight.pkl gives exactly what Python's own unpickling gives."""
    data = (real_data / "sample_weight.pkl").read_bytes()
    trusted = pickle.loads(respelled(data, CORE))  # noqa: S301
    assert_holds(read_weights(data, "x"), trusted)


# ------------------------------------------------------------------------------------- .npz files


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


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_an_npz_gives_the_arrays_that_were_saved(dtype: str, order: str, compressed: bool) -> None:
    """What ``np.savez`` or ``np.savez_compressed`` wrote comes back value for value."""
    arrays = book_arrays(4, 3, 5, 2, dtype=dtype, order=order)
    assert_holds(read_weights(saved(arrays, compressed), "x"), arrays)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_npy_is_read(version: tuple[int, int]) -> None:
    """The three versions of the .npy header are read alike."""
    array = np.array([[1, 2], [3, 4]], "<f4")
    member = npy_of(npy_header((2, 2)), array.tobytes(), version)
    network = read_weights(npz(("W1.npy", member), B1), "x")
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


# ------------------------------------------------------------------ files that hold no network


def as_pickle(arrays: Mapping[str, Any]) -> bytes:
    """The arrays in the book's form."""
    return pickle.dumps(arrays, 3)


def as_npz(arrays: Mapping[str, Any]) -> bytes:
    """The arrays in NumPy's form."""
    return saved(arrays, compressed=False)


EXPECTED = "expected the arrays W1, b1, W2, b2, …, or 0.weight, 0.bias, …, found: "
WRITERS = pytest.mark.parametrize("write", [as_pickle, as_npz])
Writer = Callable[[Mapping[str, Any]], bytes]


def ones(*shape: int, dtype: str = "<f4") -> NDArray[Any]:
    """An array of ones."""
    return np.ones(shape, dtype)


@WRITERS
@pytest.mark.parametrize(
    ("names", "found"),
    [
        ([], "none"),
        (["W1"], "W1"),
        (["b1"], "b1"),
        (["W1", "b1", "W2"], "W1, W2, b1"),
        (["W1", "b1", "W3", "b3"], "W1, W3, b1, b3"),
        (["W0", "b0"], "W0, b0"),
        (["w1", "b1"], "b1, w1"),
        (["W1", "b1", "extra"], "W1, b1, extra"),
        (["W1", "b1", "extra", "more"], "W1, b1, extra, more"),
        (["W01", "b01"], "W01, b01"),
    ],
)
def test_other_names_than_the_books_are_refused(
    names: list[str], found: str, write: Writer
) -> None:
    """Where an array is missing or there is one too many, the message lists those found."""
    message = refusal(write({name: ones(2, 2) for name in names}))
    assert message == f"some file.pkl: {EXPECTED}{found}"


@WRITERS
@pytest.mark.parametrize(
    "name", ["line\nbreak", "\x1b[31mred", "a" * 10_000, "\u202eleft", "W1\n", "\ud7ff"]
)
def test_names_in_a_file_cannot_garble_the_message(name: str, write: Writer) -> None:
    """Names with line breaks, terminal codes or no end are not repeated to the user."""
    refusal(write({name: ones(2, 2), "b1": ones(2)}))


@WRITERS
def test_many_names_make_no_long_message(write: Writer) -> None:
    """A file with thousands of arrays is refused in a message that can still be read."""
    array = ones(1)
    refusal(write({f"x{i}": array for i in range(1000)}))


@WRITERS
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"W2": ones(4, 2)}, "layer 1 gives 3 values, layer 2 takes 4"),
        ({"b1": ones(2)}, "layer 1: W has 3 columns, but b has 2 values"),
        ({"b2": ones(1)}, "layer 2: W has 2 columns, but b has 1 values"),
        ({"b2": ones(1, 2)}, "layer 2: b has the shape (1, 2), expected 1 axes"),
        ({"W1": ones(12)}, "layer 1: W has the shape (12,), expected 2 axes"),
        ({"W1": ones(4, 3, 1)}, "an array has 3 axes, expected 1 or 2"),
        (
            {"W2": np.array([[1, 2], [3, 4], [5, np.nan]], "<f4")},
            "layer 2: W holds a value that is infinite or not a number",
        ),
        (
            {"b1": np.array([1, 2, -np.inf], ">f8")},
            "layer 1: b holds a value that is infinite or not a number",
        ),
    ],
)
def test_arrays_that_make_no_network_are_refused(
    changed: Arrays, message: str, write: Writer
) -> None:
    """Shapes that do not chain, NaN and infinity are refused with the number of the layer."""
    assert refusal(write({**book_arrays(4, 3, 2), **changed})) == f"some file.pkl: {message}"


@WRITERS
@pytest.mark.parametrize("dtype", ["<i4", "<i8", "|u1", "|b1", "<c8", "<U3", "|S3", "<M8[s]"])
def test_arrays_of_another_type_are_refused(dtype: str, write: Writer) -> None:
    """Integers, booleans, complex numbers, text and dates are no weights."""
    assert "float" in refusal(write({"W1": ones(2, 2).astype(dtype), "b1": ones(2)}))


@pytest.mark.parametrize(
    "value",
    [1, 1.5, None, "text", b"bytes", [1, 2], (), {}, {"W": 1}, np.float32(1)],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_pickle_of_something_else_is_refused(value: Any, protocol: int) -> None:
    """A pickle that is no dict, or a dict of things that are no arrays, is refused."""
    refusal(pickle.dumps(value, protocol))
    refusal(pickle.dumps({"W1": value, "b1": ones(2)}, protocol))
    refusal(pickle.dumps({1: ones(2, 2), "b1": ones(2)}, protocol))


@pytest.mark.parametrize(
    "data",
    [
        b"\n",
        b"hello\nworld\n",
        b"<!DOCTYPE html><html><body>404</body></html>",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 181853\n",
        b"\x89PNG\r\n\x1a\n",
        b"\x1f\x8b\x08\0",
        b"\x93NUMPY\x01\0",
        b"\0" * 1000,
        bytes(range(256)),
        pickle.dumps({"W1": ones(2, 2), "b1": ones(2)}, 0),
        pickle.dumps({"W1": ones(2, 2), "b1": ones(2)}, 1),
    ],
    ids=lambda data: repr(data[:8]),
)
def test_a_file_of_another_kind_is_refused(data: bytes) -> None:
    """A web page, a picture, a pointer of Git LFS are told to be no weights."""
    expected = "neither a .safetensors nor an .npz file nor a pickle of protocol 2 or later"
    assert refusal(data) == f"some file.pkl: {expected}"


def test_an_empty_file_is_called_empty() -> None:
    """A file of no bytes, which a download that failed leaves, is not called a wrong format."""
    assert refusal(b"") == "some file.pkl: the file is empty"


@pytest.mark.skipif(sys.platform == "win32", reason="Unix files")
def test_weights_can_come_through_a_pipe(tmp_path: Path) -> None:
    """What a shell writes as ``--weights <(command)`` is a pipe, and read like a file."""
    arrays = book_arrays(4, 3, 2)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[as_pickle(arrays)])
    writer.start()
    network, _ = load_weights(str(pipe))
    writer.join()
    assert_holds(network, arrays)


@pytest.mark.skipif(sys.platform == "win32", reason="Unix files")
def test_weights_without_end_are_refused() -> None:
    """A device is read to the limit and no further."""
    with pytest.raises(WeightsError, match="/dev/zero: larger than 64 MiB"):
        load_weights("/dev/zero")


@pytest.mark.parametrize("data", [b"\x80", b"\x80\x03", b"\x80\x03.", b"\x80\xff", b"P", b"PK"])
def test_a_file_of_a_few_bytes_is_refused(data: bytes) -> None:
    """The first bytes of a weight file alone are refused as well."""
    refusal(data)


@functools.cache
def sound_files() -> dict[str, bytes]:
    """Small sound files in every form that is read."""
    arrays = book_arrays(3, 2, 2)
    files = {f"protocol {i}": pickle.dumps(arrays, i) for i in PROTOCOLS}
    files["stored"] = saved(arrays, compressed=False)
    files["compressed"] = saved(arrays, compressed=True)
    return files


SOUND = pytest.mark.parametrize("name", sorted(sound_files()))


@SOUND
def test_a_file_cut_short_anywhere_is_refused(name: str) -> None:
    """Wherever a download broke off, the file is refused and never raises anything else."""
    data = sound_files()[name]
    for length in range(len(data)):
        with pytest.raises(WeightsError, match=r"\Apart: [^\n]+\Z"):
            read_weights(data[:length], "part")


@SOUND
def test_a_damaged_file_is_refused_or_read(name: str) -> None:
    """Whatever bytes are changed, the file still makes a network or is refused in one line."""
    rng = random.Random(11)  # noqa: S311
    data = sound_files()[name]
    refused = 0
    for position in range(len(data)):
        for byte in {rng.randrange(256), data[position] ^ 0x80, 0, 0xFF} - {data[position]}:
            damaged = bytearray(data)
            damaged[position] = byte
            message = outcome(bytes(damaged))
            assert message is None or message.isprintable()
            refused += message is not None
    assert refused > len(data)


@pytest.mark.parametrize("extra", [b"\0", b".", b"\n", b"\x80\x03}.", b"garbage" * 100])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_bytes_after_a_pickle_are_refused(protocol: int, extra: bytes) -> None:
    """A pickle followed by anything is refused, and the message says by how many bytes."""
    message = refusal(sound_files()[f"protocol {protocol}"] + extra)
    assert f"followed by {len(extra)} bytes" in message


# ---------------------------------------------------------------------------- hostile pickles


class Evil:
    """Unpickling it makes the folder named, and with it the proof that code was run."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        """What the pickle says to call."""
        return __import__("os").mkdir, (str(self.marker),)


def text(value: str) -> bytes:
    """The opcode that pushes a text."""
    encoded = value.encode()
    return pickle.BINUNICODE + struct.pack("<I", len(encoded)) + encoded


def raw(value: bytes) -> bytes:
    """The opcode that pushes bytes."""
    return pickle.BINBYTES + struct.pack("<I", len(value)) + value


def number(value: int) -> bytes:
    """The opcode that pushes an integer of 32 bits."""
    return pickle.BININT + struct.pack("<i", value)


def imported(module: str, attribute: str) -> bytes:
    """The opcode that imports something."""
    return pickle.GLOBAL + f"{module}\n{attribute}\n".encode()


def sequence(*values: bytes) -> bytes:
    """The opcodes that push a tuple."""
    return pickle.MARK + b"".join(values) + pickle.TUPLE


def call(function: bytes, *args: bytes) -> bytes:
    """The opcodes that call something."""
    return function + sequence(*args) + pickle.REDUCE


RECONSTRUCT = imported(f"{CORE}.multiarray", "_reconstruct")
FROMBUFFER = imported(f"{CORE}.numeric", "_frombuffer")
NDARRAY = imported("numpy", "ndarray")
NONE, TRUE, FALSE = pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE
EMPTY = call(RECONSTRUCT, NDARRAY, sequence(number(0)), raw(b"b"))
RUN = call(imported("os", "mkdir"), text("MARKER"))


def dtype(code: str = "f4", align: bytes = FALSE, copy: bytes = TRUE, order: str = "<") -> bytes:
    """The opcodes that make a dtype."""
    details = sequence(number(3), text(order), NONE, NONE, NONE, number(-1), number(-1), number(0))
    return call(imported("numpy", "dtype"), text(code), align, copy) + details + pickle.BUILD


def state(
    *shape: int, body: bytes | None = None, kind: bytes | None = None, fortran: bytes = FALSE
) -> bytes:
    """The opcodes that fill an array; by default with ones, as many as its shape asks for."""
    if body is None:
        body = raw(np.ones(shape, "<f4").tobytes())
    sizes = sequence(*(number(n) for n in shape))
    return sequence(number(1), sizes, kind or dtype(), fortran, body) + pickle.BUILD


GOOD_W = EMPTY + state(2, 2)
GOOD_B = EMPTY + state(2)


def assembled(
    w: bytes = GOOD_W, b: bytes = GOOD_B, before: bytes = b"", more: bytes = b""
) -> bytes:
    """A pickle put together by hand: a dict with W1 and b1 from those opcodes."""
    items = text("W1") + w + text("b1") + b + more
    return pickle.PROTO + b"\x03" + before + pickle.EMPTY_DICT + pickle.MARK + items + b"u."


def nested(depth: int) -> bytes:
    """The opcodes that push tuples in tuples."""
    return pickle.EMPTY_TUPLE + pickle.TUPLE1 * depth


def laughs(depth: int) -> bytes:
    """The opcodes that push 2^depth tuples in a few bytes."""
    twice = b"".join(
        pickle.BINPUT + bytes((i,)) + (pickle.BINGET + bytes((i,))) + pickle.TUPLE2
        for i in range(depth)
    )
    return pickle.EMPTY_TUPLE + twice


def test_pickles_assembled_here_are_sound() -> None:
    """What the attacks below start from is a good file, for Python as for this program."""
    data = assembled()
    assert_holds(read_weights(data, "x"), pickle.loads(data))  # noqa: S301
    frombuffer = call(
        FROMBUFFER, raw(bytes(16)), dtype(), sequence(number(2), number(2)), text("F")
    )
    data = assembled(frombuffer)
    assert_holds(read_weights(data, "x"), pickle.loads(data))  # noqa: S301


# Each of these makes a folder MARKER when it is unpickled.
RUNNING = {
    "the file itself": pickle.PROTO + b"\x03" + RUN + pickle.STOP,
    "a value": assembled(RUN),
    "an unused value": assembled(more=text("x") + RUN),
    "before the dict, dropped": assembled(before=RUN + pickle.POP),
    "before the dict, kept": assembled(before=RUN),
    "a key": assembled(more=RUN + number(1)),
    "the subtype of an array": assembled(
        call(RECONSTRUCT, NDARRAY, sequence(number(0)), sequence(RUN) + pickle.POP + raw(b"b"))
        + state(2, 2)
    ),
    "a stack global": assembled(
        text("os") + text("mkdir") + pickle.STACK_GLOBAL + text("MARKER") + b"\x85" + pickle.REDUCE
    ),
    "inst": assembled(pickle.MARK + text("MARKER") + pickle.INST + b"os\nmkdir\n"),
    "obj": assembled(pickle.MARK + imported("os", "mkdir") + text("MARKER") + pickle.OBJ),
    "a dtype's align": assembled(EMPTY + state(2, 2, kind=dtype(align=RUN))),
    "a dtype's copy": assembled(EMPTY + state(2, 2, kind=dtype(copy=RUN))),
    "an array's state twice": assembled(GOOD_W + sequence(RUN) + pickle.BUILD),
    "the state of a buffer": assembled(
        call(FROMBUFFER, raw(bytes(16)), dtype(), sequence(number(2), number(2)), text("C"))
        + sequence(RUN)
        + pickle.BUILD
    ),
    "the arguments of an array": assembled(
        call(RECONSTRUCT, RUN, sequence(number(0)), raw(b"b")) + state(2, 2)
    ),
    "the shape of a new array": assembled(
        call(RECONSTRUCT, NDARRAY, sequence(number(0), RUN), raw(b"b")) + state(2, 2)
    ),
    "too many arguments": assembled(
        call(RECONSTRUCT, NDARRAY, sequence(number(0)), raw(b"b"), RUN) + state(2, 2)
    ),
    "the body of an array": assembled(EMPTY + state(2, 2, body=RUN)),
    "the order of an array": assembled(EMPTY + state(2, 2, fortran=RUN)),
}


def assert_runs_only_when_unpickled(data: bytes, marker: Path) -> None:
    """Reading refuses the file and makes no folder, which Python's own unpickling does make."""
    refusal(data)
    assert not marker.exists()
    with contextlib.suppress(Exception):
        pickle.loads(data)  # noqa: S301
    assert marker.exists(), "the attack itself is broken"


@pytest.mark.parametrize("attack", sorted(RUNNING))
def test_no_pickle_runs_code(attack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that would run code, wherever the call is hidden, is refused and runs nothing."""
    monkeypatch.chdir(tmp_path)
    assert_runs_only_when_unpickled(RUNNING[attack], tmp_path / "MARKER")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_object_runs_code(protocol: int, tmp_path: Path) -> None:
    """An object whose unpickling runs code is refused in an array's place and runs nothing."""
    marker = tmp_path / "MARKER"
    data = pickle.dumps({**book_arrays(2, 2), "b1": Evil(marker)}, protocol)
    assert_runs_only_when_unpickled(data, marker)


def test_no_registered_extension_runs_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that the pickle names by a number known to this process is refused as well."""
    monkeypatch.chdir(tmp_path)
    copyreg.add_extension("os", "mkdir", 240)
    try:
        data = assembled(call(pickle.EXT1 + bytes((240,)), text("MARKER")))
        assert_runs_only_when_unpickled(data, tmp_path / "MARKER")
    finally:
        copyreg.remove_extension("os", "mkdir", 240)
        copyreg.clear_extension_cache()


def test_no_pickle_rewrites_a_function() -> None:
    """A file that would set attributes of a function in this process is refused and sets none."""
    attributes = pickle.EMPTY_DICT + text("marked") + TRUE + pickle.SETITEM
    data = assembled(imported("textwrap", "dedent") + sequence(NONE, attributes) + pickle.BUILD)
    refusal(data)
    assert not hasattr(textwrap.dedent, "marked")
    pickle.loads(data)  # noqa: S301
    assert hasattr(textwrap.dedent, "marked"), "the attack itself is broken"
    del textwrap.dedent.marked


HOSTILE = {
    "EXT1": assembled(pickle.EXT1 + b"\x01"),
    "EXT2": assembled(pickle.EXT2 + b"\x01\0"),
    "EXT4": assembled(pickle.EXT4 + b"\x01\0\0\0"),
    "PERSID": assembled(pickle.PERSID + b"thing\n"),
    "BINPERSID": assembled(text("thing") + pickle.BINPERSID),
    "NEWOBJ": assembled(NDARRAY + sequence(sequence(number(2), number(2))) + pickle.NEWOBJ),
    "NEWOBJ_EX": assembled(
        NDARRAY + sequence(sequence(number(2))) + pickle.EMPTY_DICT + pickle.NEWOBJ_EX
    ),
    "NEXT_BUFFER": assembled(pickle.NEXT_BUFFER),
    "READONLY_BUFFER": assembled(GOOD_W + pickle.READONLY_BUFFER),
    "BUILD on a function": assembled(RECONSTRUCT + sequence(NONE, NONE) + pickle.BUILD),
    "BUILD on a module's name": assembled(
        before=imported("os", "environ") + pickle.EMPTY_DICT + pickle.BUILD
    ),
    "BUILD on a dict": assembled()[:-1] + pickle.EMPTY_DICT + pickle.BUILD + pickle.STOP,
    "a name instead of an array": assembled(imported("os", "environ")),
    "a name instead of a dict": b"\x80\x03" + imported("os", "environ") + b".",
    "a dotted name": assembled(
        text(f"{CORE}.multiarray") + text("_reconstruct.__globals__") + pickle.STACK_GLOBAL
    ),
    "a name of spaces": assembled(
        call(imported("numpy", "core.multiarray _reconstruct"), NDARRAY) + state(2, 2)
    ),
    "a name that is no text": assembled(number(1) + number(2) + pickle.STACK_GLOBAL),
    "LONG_BINPUT": assembled(GOOD_W + pickle.LONG_BINPUT + struct.pack("<I", 2**31 - 1))[:-1],
    "BINBYTES8": assembled(pickle.BINBYTES8 + struct.pack("<Q", 2**40)),
    "BINBYTES8 of 2^64": assembled(pickle.BINBYTES8 + struct.pack("<Q", 2**64 - 1)),
    "BINBYTES": assembled(pickle.BINBYTES + struct.pack("<I", 2**32 - 1)),
    "BYTEARRAY8": assembled(pickle.BYTEARRAY8 + struct.pack("<Q", 2**40)),
    "BINUNICODE8": assembled(pickle.BINUNICODE8 + struct.pack("<Q", 2**40)),
    "BINUNICODE": assembled(pickle.BINUNICODE + struct.pack("<I", 2**32 - 1)),
    "LONG4": assembled(pickle.LONG4 + struct.pack("<i", 2**31 - 1)),
    "LONG4 below zero": assembled(pickle.LONG4 + struct.pack("<i", -1)),
    "LONG of many digits": assembled(pickle.LONG + b"9" * 100_000 + b"L\n"),
    "INT of many digits": assembled(pickle.INT + b"9" * 100_000 + b"\n"),
    "FRAME": b"\x80\x04\x95" + struct.pack("<Q", 2**63 - 1) + assembled()[2:] + b".",
    "protocol 255": b"\x80\xff" + imported("os", "environ") + b".",
    "billion laughs": assembled(laughs(60)),
    "billion laughs as shape": assembled(
        EMPTY + sequence(number(1), laughs(60), dtype(), FALSE, raw(bytes(16))) + pickle.BUILD
    ),
    "billion laughs as dtype": assembled(EMPTY + state(2, 2, kind=laughs(60))),
    "billion laughs as body": assembled(EMPTY + state(2, 2, body=laughs(60))),
    "billion laughs as key": assembled(more=laughs(60) + number(1)),
    "deep nesting": assembled(nested(50_000)),
    "deep nesting as shape": assembled(
        EMPTY + sequence(number(1), nested(50_000), dtype(), FALSE, raw(bytes(16))) + pickle.BUILD
    ),
    "nesting without end": b"\x80\x03" + nested(300_000) + b".",
    "marks without end": b"\x80\x03" + pickle.MARK * 300_000 + b".",
    "numbers without end": b"\x80\x03" + b"K\0" * 300_000 + b".",
    "a dict in itself": b"\x80\x03}q\0" + text("W1") + b"h\0s.",
    "a key twice": assembled(more=text("W1") + GOOD_W),
    "a key without a value": assembled(more=text("x")),
    "an empty stack": b"\x80\x03.",
    "two objects": b"\x80\x03}}.",
    "POP from nothing": b"\x80\x030.",
    "a tuple of nothing": b"\x80\x03\x87.",
    "a mark that is missing": b"\x80\x03t.",
    "items over a mark": assembled(more=pickle.MARK),
    "a memo that is missing": assembled(pickle.BINGET + b"\x07"),
    "object dtype": assembled(EMPTY + state(2, 2, kind=dtype("O8"))),
    "object dtype with a list": assembled(
        EMPTY + state(1, 1, kind=dtype("O8", order="|"), body=sequence(NONE))
    ),
    "V1000000000": assembled(EMPTY + state(1, 1, kind=dtype("V1000000000"))),
    "f4000000000": assembled(EMPTY + state(1, 1, kind=dtype("f4000000000"))),
    "a dtype of fields": assembled(EMPTY + state(1, 1, kind=dtype("f4,f4"))),
    "a dtype by a call": assembled(EMPTY + state(1, 1, kind=call(imported("builtins", "eval")))),
    "a dtype without a state": assembled(
        EMPTY + state(2, 2, kind=call(imported("numpy", "dtype"), text("f4"), FALSE, TRUE))
    ),
    "zero strides": assembled(
        call(
            NDARRAY,
            sequence(number(16384), number(16384)),
            dtype(),
            raw(bytes(4)),
            number(0),
            sequence(number(0), number(0)),
        )
    ),
    "8 GiB by _reconstruct": assembled(
        call(RECONSTRUCT, NDARRAY, sequence(number(2**31 - 1)), raw(b"f"))
    ),
    "8 GiB by ndarray": assembled(call(NDARRAY, sequence(number(2**31 - 1)), text("f4"))),
    "8 GiB by state": assembled(EMPTY + state(2**31 - 1, 1, body=raw(bytes(4)))),
    "8 GiB by _frombuffer": assembled(
        call(FROMBUFFER, raw(bytes(4)), dtype(), sequence(number(2**31 - 1)), text("C"))
    ),
    "one byte short": assembled(EMPTY + state(2, 2, body=raw(bytes(15)))),
    "one byte more": assembled(EMPTY + state(2, 2, body=raw(bytes(17)))),
    "an axis below zero": assembled(EMPTY + state(-2, -2, body=raw(bytes(16)))),
    "an axis of -1": assembled(EMPTY + state(2, -1, body=raw(bytes(16)))),
    "axes that overflow": assembled(EMPTY + state(*[2**16] * 4, body=raw(b""))),
    "axes that overflow to four": assembled(EMPTY + state(2**31 - 1, 2, 2**30, 4, body=raw(b""))),
    "65 axes": assembled(EMPTY + state(*[1] * 65, body=raw(bytes(4)))),
    "1000 huge axes": assembled(EMPTY + state(*[2**31 - 1] * 1000, body=raw(b""))),
    "5000 huge axes": assembled(EMPTY + state(*[2**31 - 1] * 5_000, body=raw(b""))),
    "empty but huge": assembled(EMPTY + state(0, *[2**31 - 1] * 3, body=raw(b""))),
    "an empty array": assembled(EMPTY + state(0, 2, body=raw(b""))),
    "an axis that is True": assembled(
        EMPTY
        + sequence(number(1), sequence(TRUE, number(4)), dtype(), FALSE, raw(bytes(16)))
        + pickle.BUILD
    ),
    "a shape that is a number": assembled(
        EMPTY + sequence(number(1), number(4), dtype(), FALSE, raw(bytes(16))) + pickle.BUILD
    ),
    "no shape": assembled(EMPTY + state(body=raw(bytes(4)))),
    "a body that is no text in Latin-1": assembled(
        EMPTY
        + state(
            1, 1, body=call(imported("_codecs", "encode"), text("\u20ac\0\0\0"), text("latin1"))
        )
    ),
    "a body in another encoding": assembled(
        EMPTY + state(1, 1, body=call(imported("_codecs", "encode"), text("41"), text("hex")))
    ),
    "a body that is decoded": assembled(
        EMPTY + state(1, 1, body=call(imported("_codecs", "decode"), raw(b"x"), text("zip")))
    ),
    "text that is no UTF-8": assembled(more=pickle.BINUNICODE + b"\x01\0\0\0\xff" + NONE),
    "a name that is no UTF-8": assembled(pickle.GLOBAL + b"\xff\n\xff\n"),
    "a name with terminal codes": assembled(call(imported("os\x1b[31m", "system\x07"), text("x"))),
    "a name without end": assembled(call(imported("o" * 100_000, "s"), text("x"))),
}


@pytest.mark.parametrize("attack", sorted(HOSTILE))
def test_hostile_pickles_are_refused_at_once(attack: str) -> None:
    """Tricks that crash, bloat or stall an unpickler end in one line, within a second."""
    refusal(HOSTILE[attack])


def test_one_array_under_many_names_is_not_multiplied() -> None:
    """A small file that uses one array for hundreds of layers does not fill the memory."""
    W = np.asfortranarray(np.ones((256, 256)))  # noqa: N806
    b = np.ones(256)
    arrays = {f"{kind}{i}": W if kind == "W" else b for i in range(1, 201) for kind in "Wb"}
    data = pickle.dumps(arrays, 4)
    assert len(data) < 2**20
    tracemalloc.start()
    try:
        with contextlib.suppress(WeightsError):
            read_weights(data, "x")
        assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    finally:
        tracemalloc.stop()


def test_a_memo_far_out_costs_nothing() -> None:
    """A memo key of 2³¹-1, for which Python's reader asks for gigabytes, is just a key."""
    far = pickle.LONG_BINPUT + struct.pack("<I", 2**31 - 1)
    tracemalloc.start()
    try:
        read_weights(assembled(GOOD_W + far), "x")
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("value", "protocol", "reason"),
    [
        (OrderedDict(W1=1), 4, "this pickle fills something that is not a plain dict"),
        ([1], 4, "this pickle uses EMPTY_LIST (byte 11), a dict of arrays does not"),
        ({}, 1, "neither a .safetensors nor an .npz file nor a pickle of protocol 2 or later"),
        ({}, 0, "neither a .safetensors nor an .npz file nor a pickle of protocol 2 or later"),
    ],
)
def test_a_refusal_says_what_is_wrong(value: Any, protocol: int, reason: str) -> None:
    """A file that is nearly right gets a reason that tells what to change."""
    assert refusal(pickle.dumps(value, protocol)) == f"some file.pkl: {reason}"


def test_odd_escapes_are_no_warning() -> None:
    """An escape that Python would warn of, in an opcode that is refused anyway, is just refused."""
    assert "damaged or cut short" in refusal(b"\x80\x03S'\\ '\n.")


@pytest.mark.parametrize(
    ("function", "shown"),
    [(imported("os", "system"), "os.system"), (imported("builtins", "eval"), "builtins.eval")],
)
def test_a_refusal_names_what_would_be_called(function: bytes, shown: str) -> None:
    """The message says what the pickle would have called, so that one can judge it."""
    message = refusal(assembled(call(function, text("x"))))
    assert message == f"some file.pkl: this pickle is refused, it would call '{shown}'"


# ------------------------------------------------------------------------------- hostile .npz files


def claiming(size: int, data: bytes, compression: int) -> bytes:
    """An .npz with one member whose size in the archive's directory is a lie."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        archive.writestr("W1.npy", data)
        archive.getinfo("W1.npy").file_size = size
        archive.writestr(*B1)
    return stream.getvalue()


def zeros(size: int) -> bytes:
    """An .npz whose member unpacks to that many megabytes of zeros, made without packing them."""
    megabyte = bytes(2**20)
    packer = zlib.compressobj(9, wbits=-15)
    first = packer.compress(megabyte) + packer.flush(zlib.Z_FULL_FLUSH)
    body = first * size + packer.flush()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("W1.npy", body)
        info = archive.getinfo("W1.npy")
        info.compress_type = zipfile.ZIP_DEFLATED
        info.file_size = size * 2**20
        for _ in range(size):
            info.CRC = zlib.crc32(megabyte, info.CRC if _ else 0)
    # The local header still says "stored", and readers compare it with nothing but the name.
    return stream.getvalue()


def test_the_zeros_are_packed_well() -> None:
    """The bomb below is a sound archive: its member really unpacks to all those zeros."""
    with zipfile.ZipFile(io.BytesIO(zeros(3))) as archive:
        assert archive.read("W1.npy") == bytes(3 * 2**20)


def headed(header: str, body: bytes = b"") -> bytes:
    """An .npz whose W1 has that header."""
    return npz(("W1.npy", npy_of(header, body)), B1)


HOSTILE_NPZ = {
    "8 GiB": headed(npy_header((2**31, 1)), bytes(4)),
    "8 GiB of f2": headed(npy_header((65536, 65536), "'<f2'"), bytes(4)),
    "2^70": headed(npy_header((2**70, 1)), bytes(4)),
    "empty but huge": headed(npy_header((0, 2**62, 2**62))),
    "empty but 2^70": headed(npy_header((0, 2**70))),
    "an empty array": headed(npy_header((0, 2))),
    "65 axes": headed(npy_header((1,) * 65), bytes(4)),
    "600 huge axes": headed(npy_header((10**9,) * 600), bytes(4)),
    "an axis below zero": headed(npy_header((-2, -2)), bytes(16)),
    "an axis of -1": headed(npy_header((4, -1)), bytes(16)),
    "an axis that is no integer": headed(npy_header((2.0, 2)), bytes(16)),
    "a shape that is a list": headed(npy_header([2, 2]), bytes(16)),
    "one byte short": headed(npy_header((2, 2)), bytes(15)),
    "one byte more": headed(npy_header((2, 2)), bytes(17)),
    "object dtype": headed(npy_header((2, 2), "'|O'"), bytes(16)),
    "V1000000000": headed(npy_header((1, 1), "'|V1000000000'"), bytes(4)),
    "a dtype of fields": headed(npy_header((1, 1), "[('a', '<f4')]"), bytes(4)),
    "a dtype of an array": headed(npy_header((1, 1), "('<f4', (2**9,))"), bytes(4)),
    "a dtype that is an empty tuple": headed(npy_header((1, 1), "()"), bytes(4)),
    "a dtype that is None": headed(npy_header((1, 1), "None"), bytes(4)),
    "a dtype that is a number": headed(npy_header((1, 1), "4"), bytes(4)),
    "a dtype that NumPy warns of": headed(npy_header((1, 1), "'a'"), bytes(4)),
    "a dtype in tuples": headed(npy_header((1, 1), "(" * 90 + ")" * 90), bytes(4)),
    "a header that is code": headed("__import__('os').mkdir('MARKER')\n"),
    "a header that is no dict": headed("[1, 2]\n"),
    "a header without keys": headed("{}\n"),
    "a header with a list as key": headed("{[]: 1}\n"),
    "a header that is not closed": headed("{'descr': (\n"),
    "a header that is indented": headed("  1\n 2\n"),
    "a header with a null byte": headed("\0\n"),
    "a header of brackets": headed("(" * 5000 + "\n"),
    "a header of signs": headed("-" * 9000 + "1\n"),
    "a header with a bad escape": headed(npy_header((1, 1), r"'\z'"), bytes(4)),
    "a shape of digits": headed(npy_header("(" + "1" * 900)),
    "a shape of digits and blanks": headed(npy_header("(" + "1 " * 400)),
    "a header of 64 KiB": headed(npy_header((2, 2)) + " " * 60_000, bytes(16)),
    "no header": npz(("W1.npy", b"\x93NUMPY\x01\0"), B1),
    "an empty member": npz(("W1.npy", b""), B1),
    "a member of text": npz(("W1.npy", b"hello"), B1),
    "a version that does not exist": npz(
        ("W1.npy", npy_of(npy_header((1, 2)), bytes(8), (9, 9))), B1
    ),
    "a folder": npz(("W1/", b""), W1, B1),
    "the same name with and without .npy": npz(W1, B1, ("W1", W1[1])),
    "an empty archive": npz(),
    "300 MB of zeros": zeros(300),
    "a size that is too large": claiming(2**40, W1[1], zipfile.ZIP_STORED),
    "a size that is a byte short": claiming(len(W1[1]) - 1, W1[1], zipfile.ZIP_STORED),
    "a deflated size that is a byte short": claiming(len(W1[1]) - 1, W1[1], zipfile.ZIP_DEFLATED),
    "40 MB deflated, said to be 100 bytes": claiming(100, bytes(40 * 2**20), zipfile.ZIP_DEFLATED),
    "40 MB in bzip2, said to be 100 bytes": claiming(100, bytes(40 * 2**20), zipfile.ZIP_BZIP2),
    "40 MB in LZMA, said to be 100 bytes": claiming(100, bytes(40 * 2**20), zipfile.ZIP_LZMA),
    "many members": npz(*((f"x{i}.npy", B1[1]) for i in range(1000))),
}


@pytest.mark.parametrize("attack", sorted(HOSTILE_NPZ))
def test_hostile_npz_files_are_refused_at_once(
    attack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Archives that lie about their sizes or hold something else than arrays end in one line."""
    monkeypatch.chdir(tmp_path)
    refusal(HOSTILE_NPZ[attack])
    assert not (tmp_path / "MARKER").exists()


def test_two_members_of_one_name_are_refused() -> None:
    """An archive with two arrays of the same name does not leave it to chance which one counts."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = npz(W1, B1, W1)
    assert refusal(data) == "some file.pkl: this .npz holds two arrays of the same name"


def test_objects_in_an_npz_are_not_unpickled(tmp_path: Path) -> None:
    """An .npz that makes ``np.load(allow_pickle=True)`` run a command is refused, nothing run."""
    marker = tmp_path / "MARKER"
    data = npz(W1, ("b1.npy", npy(np.array([Evil(marker)], object))))
    assert "float" in refusal(data)
    assert not marker.exists()
    with np.load(io.BytesIO(data), allow_pickle=True) as archive:
        assert archive["b1"].shape == (1,)
    assert marker.exists(), "the attack itself is broken"


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_in_other_compressions_is_refused(compression: int) -> None:
    """Archives packed as NumPy never packs them are refused too where they are damaged."""
    data = npz(W1, B1, compression=compression)
    rng = random.Random(5)  # noqa: S311
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= rng.randrange(1, 256)
        message = outcome(bytes(damaged))
        assert message is None or message.isprintable()


@pytest.mark.parametrize("length", ["2L", "2"])
def test_archives_of_python_2_are_no_noise(length: str) -> None:
    """A file saved under Python 2, with its long integers, is read or refused without a warning."""
    member = npy_of(npy_header(f"({length}, {length})"), np.ones((2, 2), "<f4").tobytes())
    message = outcome(npz(("W1.npy", member), B1))
    assert message is None or (length == "2L" and message.isprintable())


# ----------------------------------------------------------------------------- what reading does


@functools.cache
def everything() -> dict[str, bytes]:
    """All files of this module that are quickly read: sound, running and hostile ones."""
    return {
        **sound_files(),
        **RUNNING,
        **HOSTILE,
        **HOSTILE_NPZ,
    }


@functools.cache
def warm_up() -> None:
    """Read good files once, for codecs and the like are imported on their first use."""
    for data in sound_files().values():
        read_weights(data, "x")


@pytest.mark.parametrize("key", sorted(everything()))
def test_reading_imports_opens_and_runs_nothing(key: str) -> None:
    """While a weight file is read, Python neither imports, opens, runs nor connects to anything."""
    data = everything()[key]
    warm_up()
    # What is raised where a file should be refused is another test's business.
    with listening() as events, contextlib.suppress(Exception):
        read_weights(data, "x")
    assert [event for event in events if FORBIDDEN.match(event)] == []


def test_the_proof_would_notice() -> None:
    """Unpickling in the usual way does raise such events, so their absence above counts."""
    with listening() as events:
        pickle.loads(sound_files()["protocol 4"])  # noqa: S301
    assert "pickle.find_class" in events
    assert all(
        FORBIDDEN.match(event)
        for event in ("import", "exec", "open", "socket.connect", "os.system", "pickle.find_class")
    )

"""Weight files that are damaged, hostile or something else: refused in one line, nothing run."""

import codecs
import contextlib
import functools
import io
import pickle
import random
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scratchnet_cli.errors import WeightsError
from tests.audit import FORBIDDEN, listening
from tests.weights.onnx_files import REFUSED_ONNX
from tests.weights.refused_npz import PACKED_NPZ, REFUSED_NPZ, RUNNING_NPZ, zeros
from tests.weights.refused_pickles import REFUSED_PICKLES, RUNNING, SAVE, buffer, pickled
from tests.weights.refused_safetensors import REFUSED_SAFETENSORS
from tests.weights.weight_files import (
    Refused,
    assert_holds,
    book_arrays,
    network_in,
    npz,
    ones,
    refusal,
    saved,
    sound_files,
)


def pickle_with(name: str) -> bytes:
    """Return the start of a pickle that imports something."""
    return b"\x80\x04\x95" + bytes(8) + b"\x8c" + bytes((len(name),)) + name.encode()


OLD_PICKLES = [
    *(pickle.dumps(x, 0) for x in ({"W1": ones(2, 2)}, [ones(2)], ones(2))),
    pickle.dumps({}, 1), pickle.dumps([ones(2)], 1),
    # As Python 2 writes protocol 2.
    b"\x80\x02}q\x00(U\x02W1q\x01cnumpy.core.multiarray\n_reconstruct\n",
]  # fmt: skip
OTHER_KINDS: Refused = {
    "the file is empty; save or copy it again": b"",
    "not a .pkl, .npz, .safetensors or .onnx file; save the arrays with np.savez": [
        b"\n", b"P", b"hello\nworld\n", b"\x89PNG\r\n\x1a\n",
        b"\x93NUMPY\x01\0", b"\0" * 1000, bytes(range(256)),
    ],
    "this is compressed by gzip; unpack it first, with gunzip": b"\x1f\x8b\x08\0",
    "this pickle is damaged or cut short after byte 0; download or copy it again": b"\x80",
    "this ZIP archive is damaged or cut short; download or copy it again": b"PK",
    "Keras' own format is not supported; use model.export('mine.onnx', format='onnx')": {
        "h5": b"\x89HDF\r\n\x1a\n" + bytes(100), "keras": npz(("metadata.json", b"{}")),
    },
    "PyTorch's own format is not supported; save the weights with safetensors.torch:\n"
    "save_file(model.state_dict(), 'mine.safetensors', metadata="
    "{'activations': 'relu,identity'})": {
        "pt": npz(("model/data.pkl", b"\x80\x02}q\0.")),
        "old pth": b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.",
        "pickled": pickle_with("torch._utils"),
    },
    f"scikit-learn and joblib files are not supported; load it in Python\n{SAVE}": {
        "model": pickle_with("sklearn.neural_network._multilayer_perceptron"),
        "joblib": pickle_with("joblib.numpy_pickle"), "packed": zlib.compress(b"x"),
    },
    "this is the book's mnist.pkl, a dataset, not a network; use --dataset mnist": (
        pickle.dumps({"train_img": ones(2).astype(np.uint8)}, 4)
    ),
    "the line ends of this pickle were converted to CRLF; copy the original as a binary file": (
        [
            pickle.dumps(book_arrays(20, 20), protocol).replace(b"\n", b"\r\n")
            for protocol in (0, 2, 3, 4)
        ]
    ),
    "an old pickle; if you trust its source, read it with "
    f"pickle.load(file, encoding='latin1')\n{SAVE}": OLD_PICKLES,
    "this is a Git LFS pointer, not the file itself; run git lfs pull": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 181853\n"
    ),
    "this is an HTML page, not the file itself; download the file (on GitHub: Raw)": [
        b"<!DOCTYPE html><html><body>404</body></html>", b"\n<html>", b"<?xml version='1.0'?>",
    ],
}  # fmt: skip
TABLES = {
    "pickle": REFUSED_PICKLES, "npz": REFUSED_NPZ,
    "safetensors": REFUSED_SAFETENSORS, "onnx": REFUSED_ONNX, "other": OTHER_KINDS,
}  # fmt: skip
REFUSED = {
    f"{kind}: {message}: {name}": (data, message)
    for kind, table in TABLES.items()
    for message, files in table.items()
    for name, data in (
        files if isinstance(files, dict)
        else dict(enumerate(files if isinstance(files, list) else [files]))
    ).items()
}  # fmt: skip


@pytest.mark.parametrize("key", REFUSED)
def test_weight_file_is_refused_with_the_reason(key: str) -> None:
    """Each refused file has its message, and is refused without much memory."""
    data, message = REFUSED[key]
    assert refusal(data) == message


EXPECTED = "expected the arrays W1, b1, W2, b2, …, or 0.weight, 0.bias, …\nFound: "
OTHER_NAMES = "b1", "W1 W3 b1 b3", "W1 b1 b2", "W0 b0", "b1 w1", "W1 b1 extra", "W01 b01"
MANY = [f"x{i}" for i in range(1000)]


@pytest.mark.parametrize("write", [pickle.dumps, saved])
@pytest.mark.parametrize(
    ("names", "found"),
    [
        *((names.split(), names.replace(" ", ", ")) for names in OTHER_NAMES),
        ([], "none"),
        (["b1", "line\nbreak"], "b1"),
        (["b1", "\x1b[31mred", "a" * 41, "\u202eleft", "W1\n", "\ud7ff"], "b1"),
        (["b1", "a" * 40], f"{'a' * 40}, b1"),
        (MANY, ", ".join(sorted(MANY)[:8])),
    ],
)
def test_weight_file_with_other_names_is_refused(write: Any, names: list[str], found: str) -> None:
    """The message lists up to eight names, but none that could garble the terminal."""
    assert refusal(write({name: ones(2, 2) for name in names})) == EXPECTED + found


@pytest.mark.parametrize("write", [pickle.dumps, saved])
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"W2": ones(4, 2)}, "layer 2 takes 4 values, expected the 3 of layer 1"),
        ({"b1": ones(2)}, "layer 1: W has 3 columns but b has 2 values; they must be equal"),
        ({"b2": ones(1)}, "layer 2: W has 2 columns but b has 1 values; they must be equal"),
        ({"b2": ones(2, 2)}, "layer 2: b has the shape (2, 2), expected 1 axis"),
        (
            {"W1": ones(3, 4), "W2": ones(2, 3), "b1": ones(4), "b2": ones(3)},
            "layer 2 takes 2 values, expected the 4 of layer 1; if the matrices are transposed, "
            "save W.T",
        ),
        (
            {"W1": ones(3, 4)},
            "layer 1: W has 4 columns but b has 3 values; W is transposed: save W.T",
        ),
        ({"W1": ones(12)}, "layer 1: W has the shape (12,), expected 2 axes"),
        ({"W1": ones(4, 3, 1)}, "an array has 3 axes, expected 1 or 2"),
        (
            {"W2": ones(3, 2) * np.nan},
            "layer 2: W contains infinity or NaN; use weights of an earlier training step",
        ),
        (
            {"b1": ones(3) * -np.inf},
            "layer 1: b contains infinity or NaN; use weights of an earlier training step",
        ),
    ],
)
def test_weight_file_of_arrays_that_do_not_fit_is_refused(
    write: Any, changed: dict[str, Any], message: str
) -> None:
    """The message contains the number of the layer."""
    assert refusal(write(book_arrays(4, 3, 2) | changed)) == message


@pytest.mark.parametrize("write", [pickle.dumps, saved])
@pytest.mark.parametrize("dtype", ["<i4", "<i8", "|u1", "|b1", "<c8", "<U3", "|S3", "<M8[s]"])
def test_weight_file_of_another_type_is_refused(write: Any, dtype: str) -> None:
    """Integers, booleans, complex numbers, text and dates are not weights."""
    assert "float" in refusal(write({"W1": ones(2, 2).astype(dtype), "b1": ones(2)}))


def test_arrays_that_share_bytes_are_refused_beyond_the_limit() -> None:
    """A small pickle that uses one array for hundreds of layers does not fill the memory."""
    W, b = np.asfortranarray(np.ones((256, 256))), np.ones(256)  # noqa: N806
    data = pickle.dumps({f"{k}{i}": {"W": W, "b": b}[k] for i in range(1, 201) for k in "Wb"}, 4)
    assert len(data) < 2**20
    assert refusal(data) == "the arrays take more than 64 MiB, the maximum; save fewer"


@pytest.mark.parametrize("data", [*sound_files().values(), *PACKED_NPZ])
def test_damaged_weight_file_is_refused_or_read(data: bytes) -> None:
    """Cut short anywhere it is refused in one line; with a byte changed it may also be read."""
    rng = random.Random(11)  # noqa: S311
    messages: list[str] = []
    for position in range(len(data)):
        with pytest.raises(WeightsError, match=r"\Ax: [^\n]+(\n[^\n]+)?\Z"):
            network_in(data[:position])
        for byte in {rng.randrange(256), data[position] ^ 0x80, 0, 0xFF} - {data[position]}:
            try:
                network_in(data[:position] + bytes((byte,)) + data[position + 1 :])
            except WeightsError as error:
                messages += error.args
    assert len(messages) > len(data)
    assert all(map(str.isprintable, messages))


ATTACKS = {**RUNNING, "an array of objects": RUNNING_NPZ}


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_weight_file_never_runs_code(attack: str) -> None:
    """A file that makes Python or NumPy run code, wherever it is hidden, is refused and runs none.

    The current folder is empty.
    """
    refusal(ATTACKS[attack])
    assert not Path("MARKER").exists()
    with contextlib.suppress(Exception):
        dict(np.load(io.BytesIO(ATTACKS[attack]), allow_pickle=True))
    assert Path("MARKER").exists(), "the attack itself is broken"


@functools.cache
def everything() -> dict[str, bytes]:
    """Return all weight files of these tests, after readers and codecs were used once."""
    codecs.lookup("raw-unicode-escape")
    for data in sound_files().values():
        network_in(data)
    refused = {key: data for key, (data, _) in REFUSED.items()}
    return {**sound_files(), **ATTACKS, **refused}


@pytest.mark.parametrize("key", sorted(everything()))
def test_reading_imports_opens_and_runs_nothing(key: str) -> None:
    """While a weight file is read, Python neither imports, opens, runs nor connects to anything."""
    data = everything()[key]
    with listening() as events, contextlib.suppress(WeightsError):
        network_in(data)
    assert [event for event in events if FORBIDDEN.match(event)] == []


def test_listening_notices_what_unpickling_does() -> None:
    """Python's own unpickling raises such events, so their absence above counts."""
    with listening() as events:
        pickle.loads(sound_files()["protocol 4"])  # noqa: S301
    assert "pickle.find_class" in events
    for event in ("import", "exec", "open", "socket.connect", "os.system", "pickle.find_class"):
        assert FORBIDDEN.match(event)


def test_refused_files_start_from_sound_ones() -> None:
    """The pickles and the archive of zeros above are sound but for what they attack."""
    for data in (pickled(), pickled(buffer(2, 2, body=bytes(16), order="F"))):
        assert_holds(network_in(data), pickle.loads(data))  # noqa: S301
    with zipfile.ZipFile(io.BytesIO(zeros(3))) as archive:
        assert archive.read("W1.npy") == bytes(3 * 2**20)

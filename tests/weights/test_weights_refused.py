"""Weight files that hold no network, or are damaged: refused in one line."""

import os
import pickle
import random
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scratchnet_cli.catalog import load_weights
from scratchnet_cli.errors import WeightsError
from scratchnet_cli.weights.load import read_weight_file
from tests.weights.weight_files import (
    PROTOCOLS,
    Arrays,
    as_npz,
    as_pickle,
    assert_holds,
    book_arrays,
    ones,
    outcome,
    refusal,
    sound_files,
)

EXPECTED = "expected the arrays W1, b1, W2, b2, …, or 0.weight, 0.bias, …, found: "
WRITERS = pytest.mark.parametrize("write", [as_pickle, as_npz])
Writer = Callable[[Mapping[str, Any]], bytes]


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


SOUND = pytest.mark.parametrize("name", sorted(sound_files()))


@SOUND
def test_a_file_cut_short_anywhere_is_refused(name: str) -> None:
    """Wherever a download broke off, the file is refused and never raises anything else."""
    data = sound_files()[name]
    for length in range(len(data)):
        with pytest.raises(WeightsError, match=r"\Apart: [^\n]+\Z"):
            read_weight_file(data[:length], "part")


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

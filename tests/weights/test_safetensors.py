"""The .safetensors format: sound files to the last bit, all others refused in one line, at once."""

import json
import random
from typing import Any

import numpy as np
import pytest

from scratchnet_cli.errors import WeightsError
from scratchnet_cli.weights.load import read_weight_file
from scratchnet_cli.weights.safetensors import MAX_HEADER_BYTES
from tests.weights.weight_files import network_in, outcome, refusal

W = np.arange(6, dtype="<f4").reshape(3, 2)
B = np.array([1, 2], "<f4")
BODY = W.T.tobytes() + B.tobytes()
ENTRIES: dict[str, Any] = {
    "0.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
    "0.bias": {"dtype": "F32", "shape": [2], "data_offsets": [24, 32]},
}


def framed(header: bytes, body: bytes = BODY, length: int | None = None) -> bytes:
    """A file of that header and body; the length may lie."""
    return (len(header) if length is None else length).to_bytes(8, "little") + header + body


def file(header: dict[str, Any] | None = None, body: bytes = BODY, weight: Any = None) -> bytes:
    """A file of that header, or the sound one; ``weight`` replaces fields of its weight."""
    entries = dict(ENTRIES if header is None else header)
    if weight is not None:
        entries["0.weight"] = {**entries["0.weight"], **weight}
    return framed(json.dumps(entries).encode(), body)


def altered(entries: dict[str, Any], body: bytes = BODY) -> bytes:
    """The sound file with more entries, or other ones."""
    return file({**ENTRIES, **entries}, body)


def test_a_sound_file_is_read() -> None:
    """What the attacks below start from is a good file: its weight transposed, its bias as is."""
    for data in (
        file(),
        altered({"__metadata__": {"format": "pt"}}),
        framed(json.dumps(ENTRIES).encode() + b"   "),
    ):
        (layer,) = network_in(data).layers
        np.testing.assert_array_equal(layer.W, W, strict=True)
        np.testing.assert_array_equal(layer.b, B, strict=True)


def test_the_book_s_names_are_read_as_well() -> None:
    """Arrays named as in the book are taken as the book stores them, not transposed."""
    header = {"W1": {**ENTRIES["0.weight"], "shape": [3, 2]}, "b1": ENTRIES["0.bias"]}
    (layer,) = network_in(file(header, W.tobytes() + B.tobytes())).layers
    np.testing.assert_array_equal(layer.W, W)


@pytest.mark.parametrize("padding", [0x80, 0x180, 0x4B50])
def test_no_length_makes_it_another_format(padding: int) -> None:
    """A header whose length begins like a pickle or a zip is a header all the same."""
    header = json.dumps(ENTRIES).encode()
    header += b" " * (-len(header) % 256 + padding % 256)
    header += b" " * (padding - len(header) if padding > len(header) else 0)
    assert framed(header)[:1] in (b"\x80", b"P")
    assert len(network_in(framed(header)).layers) == 1


HEADER = json.dumps(ENTRIES).encode()
DEEP = b'{"a":' * 30_000 + b"1" + b"}" * 30_000
SOUND_BIAS = b'"0.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]}'
WEIGHT = b'"0.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}'

HOSTILE = {
    "a header longer than the file": framed(HEADER, length=len(HEADER) + len(BODY) + 1),
    "a header of half a terabyte": framed(HEADER, length=2**39),
    "a header without end": framed(b"{" + b" " * (MAX_HEADER_BYTES + 1) + HEADER[1:]),
    "a header a byte short": framed(HEADER, length=len(HEADER) - 1),
    "a header a byte long": framed(HEADER, length=len(HEADER) + 1),
    "no end": framed(b"{"),
    "no text": framed(b"{\xff\xfe}"),
    "a list": framed(b"{}[]"),
    "empty": framed(b"{}", b""),
    "empty with bytes": framed(b"{}"),
    "deep objects": framed(DEEP),
    "deep lists": framed(b'{"a":' + b"[" * 90_000 + b"]" * 90_000 + b"}"),
    "a number of many digits": framed(b'{"a":' + b"9" * 100_000 + b"}"),
    "a name twice": framed(b"{" + WEIGHT + b"," + SOUND_BIAS + b"," + SOUND_BIAS + b"}"),
    "a field twice": framed(b"{" + WEIGHT[:-1] + b',"shape":[3,2]},' + SOUND_BIAS + b"}"),
    "a name without end": altered({"a" * 100_000: ENTRIES["0.bias"]}),
    "a name with terminal codes": altered({"\x1b[31m.bias": ENTRIES["0.bias"]}),
    "a gap": file(weight={"data_offsets": [4, 28]}, body=BODY + bytes(4)),
    "an overlap": altered(
        {"0.bias": {**ENTRIES["0.bias"], "data_offsets": [16, 24]}}, body=BODY[:24]
    ),
    "the same bytes twice": altered({"1.bias": ENTRIES["0.bias"], "1.weight": ENTRIES["0.weight"]}),
    "bytes left over": file(body=BODY + b"\0"),
    "bytes missing": file(body=BODY[:-1]),
    "no bytes": file(body=b""),
    "offsets backwards": file(weight={"data_offsets": [24, 0]}),
    "offsets below zero": file(weight={"data_offsets": [-24, 0]}),
    "offsets that overflow": file(weight={"data_offsets": [0, 2**64]}),
    "offsets of true": file(weight={"data_offsets": [False, 24]}),
    "offsets of fractions": file(weight={"data_offsets": [0.0, 24.0]}),
    "offsets of text": file(weight={"data_offsets": ["0", "24"]}),
    "three offsets": file(weight={"data_offsets": [0, 24, 24]}),
    "one offset": file(weight={"data_offsets": [0]}),
    "a shape too large": file(weight={"shape": [2**31, 2**31]}),
    "a shape that overflows": file(weight={"shape": [2**63, 2]}),
    "a shape below zero": file(weight={"shape": [-2, -3]}),
    "a shape of fractions": file(weight={"shape": [2.0, 3.0]}),
    "a shape of true": file(weight={"shape": [True, 6]}),
    "a shape of 50,000 axes": file(weight={"shape": [1] * 50_000}),
    "a shape of text": file(weight={"shape": "23"}),
    "another shape": file(weight={"shape": [2, 2]}),
    "an empty array": file(
        {
            "0.weight": {**ENTRIES["0.weight"], "shape": [0, 3], "data_offsets": [0, 0]},
            "0.bias": {**ENTRIES["0.bias"], "shape": [0], "data_offsets": [0, 0]},
        },
        b"",
    ),
    "integers": file(weight={"dtype": "I32"}),
    "bfloat16": file(weight={"dtype": "BF16"}),
    "a type without end": file(weight={"dtype": "F" * 100_000}),
    "a type with terminal codes": file(weight={"dtype": "\x1b[31m"}),
    "a type that is a list": file(weight={"dtype": ["F32"]}),
    "a field too many": file(weight={"more": 1}),
    "a field missing": framed(b'{"0.weight":{"dtype":"F32","shape":[2,3]},' + SOUND_BIAS + b"}"),
    "an entry that is a number": altered({"0.weight": 1}),
    "an entry that is null": altered({"0.weight": None}),
    "metadata that are a list": altered({"__metadata__": ["activations"]}),
    "metadata that are null": altered({"__metadata__": None}),
    "metadata that are numbers": altered({"__metadata__": {"activations": 1}}),
    "metadata in metadata": altered({"__metadata__": {"activations": {"a": "b"}}}),
    "activations without end": altered({"__metadata__": {"activations": "a" * 100_000}}),
    "many activations": altered({"__metadata__": {"activations": "relu," * 20_000}}),
    "many blanks": altered({"__metadata__": {"activations": "a" + " " * 100_000 + "b"}}),
    "many arrays": file({f"{i}.bias": ENTRIES["0.bias"] for i in range(2_000)}),
    "a weight without a bias": file({"0.weight": ENTRIES["0.weight"]}, BODY[:24]),
    "other arrays": file({"running_mean": ENTRIES["0.bias"] | {"data_offsets": [0, 8]}}, BODY[:8]),
    "not a number": file(body=np.array([np.nan] * 8, "<f4").tobytes()),
}


@pytest.mark.parametrize("attack", sorted(HOSTILE))
def test_hostile_files_are_refused_at_once(attack: str) -> None:
    """Headers that lie, repeat, nest or never end are refused in one line, within a second."""
    refusal(HOSTILE[attack])


@pytest.mark.parametrize(
    ("attack", "message"),
    [
        ("bfloat16", "an array is of the type BF16, known: F16, F32, F64"),
        ("a gap", "there is a gap or an overlap between two of its arrays"),
        ("bytes left over", "its arrays end after 32 bytes, but there are 33"),
        ("bytes missing", "an array of 8 bytes comes with 7 bytes"),
        ("a name twice", "its header names something twice"),
        ("a weight without a bias", "expected a weight and a bias for each layer, found: 0.weight"),
    ],
)
def test_a_refusal_says_what_is_wrong(attack: str, message: str) -> None:
    """The message is about this file, not just that it is bad."""
    assert refusal(HOSTILE[attack]) == f"some file.pkl: {message}"


def test_a_file_cut_short_anywhere_is_refused() -> None:
    """Wherever a download broke off, the file is refused and never raises anything else."""
    data = altered({"__metadata__": {"activations": "identity"}})
    for length in range(len(data)):
        with pytest.raises(WeightsError, match=r"\Apart: [^\n]+\Z"):
            read_weight_file(data[:length], "part")


def test_a_damaged_file_is_refused_or_read() -> None:
    """Whatever byte is changed, the file still makes a network or is refused in one line."""
    rng = random.Random(3)  # noqa: S311
    data = altered({"__metadata__": {"activations": "identity"}})
    refused = 0
    for position in range(len(data)):
        for byte in {rng.randrange(256), data[position] ^ 0x80, 0, 0xFF} - {data[position]}:
            damaged = bytearray(data)
            damaged[position] = byte
            message = outcome(bytes(damaged))
            assert message is None or message.isprintable()
            refused += message is not None
    assert refused > len(data)

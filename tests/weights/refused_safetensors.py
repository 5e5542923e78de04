""".safetensors files whose headers lie, repeat, nest or never end."""

import json
from typing import Any

import numpy as np

from scratchnet_cli.weights.safetensors import MAX_HEADER_BYTES
from tests.weights.weight_files import Refused

W = np.arange(6, dtype="<f4").reshape(3, 2)
B = np.array([1, 2], "<f4")
BODY = W.T.tobytes() + B.tobytes()
BIAS: dict[str, Any] = {"dtype": "F32", "shape": [2], "data_offsets": [24, 32]}
FIRST = BIAS | {"data_offsets": [0, 8]}
ENTRIES: dict[str, Any] = {
    "0.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
    "0.bias": BIAS,
}
HEADER = json.dumps(ENTRIES).encode()


def framed(header: bytes, body: bytes = BODY, length: int | None = None) -> bytes:
    """Return a file of this header and body; the length may lie."""
    return (len(header) if length is None else length).to_bytes(8, "little") + header + body


def file(entries: dict[str, Any], body: bytes = BODY) -> bytes:
    """Return a file with these entries."""
    return framed(json.dumps(entries).encode(), body)


def sound(more: dict[str, Any] | None = None, body: bytes = BODY) -> bytes:
    """Return a sound file, or one with more entries, or other ones."""
    return file(ENTRIES | (more or {}), body)


def weight(body: bytes = BODY, **fields: Any) -> bytes:
    """Return a file with other fields in the entry of its weight."""
    return sound({"0.weight": ENTRIES["0.weight"] | fields}, body)


def metadata(**texts: Any) -> bytes:
    """Return a sound file with these metadata."""
    return sound({"__metadata__": texts})


def _each(field: str, *values: Any) -> list[bytes]:
    return [weight(**{field: value}) for value in values]


_WEIGHT, _BIAS = HEADER[1:-1].split(b', "0.bias"')
_BIAS = b'"0.bias"' + _BIAS
_EXPECTED = "expected the arrays W1, b1, W2, b2, …, or 0.weight, 0.bias, …\nFound: "
_COUNT = "; give one for each layer, as in --activations identity"
REFUSED_SAFETENSORS: Refused = {
    "the file is damaged or cut short; download or copy it again": framed(HEADER, length=999),
    f"the header states {8 + 2**39} bytes, expected at most 200000": framed(HEADER, length=2**39),
    "the header states 200001 bytes, expected at most 200000": (
        framed(b"{" + b" " * (MAX_HEADER_BYTES - 8 - len(HEADER)) + HEADER)
    ),
    "the header is not valid JSON; save the file again": [
        framed(HEADER, length=len(HEADER) - 1), framed(HEADER, length=len(HEADER) + 1),
        framed(b"{"), framed(b"{\xff\xfe}"), framed(b"{}[]"),
        framed(b'{"a":' * 30_000 + b"1" + b"}" * 30_000),
        framed(b'{"a":' + b"[" * 90_000 + b"]" * 90_000 + b"}"),
        framed(b'{"a":' + b"9" * 100_000 + b"}"),
    ],
    "the header contains a name twice; save the file again": [
        framed(b"{" + b", ".join((_WEIGHT, _BIAS, _BIAS)) + b"}"),
        framed(b"{" + _WEIGHT[:-1] + b', "shape": [3, 2]}, ' + _BIAS + b"}"),
    ],
    "the header does not describe arrays; save the file again": [
        *_each("data_offsets", [24, 0], [-24, 0], [False, 24], [0.0, 24.0], ["0", "24"]),
        *_each("data_offsets", [0, 24, 24], [0]),
        *_each("dtype", "F" * 100_000, "\x1b[31m", ["F32"]), *_each("shape", "23"),
        weight(more=1), sound({"0.weight": {"dtype": "F32", "shape": [2, 3]}}),
        sound({"0.weight": 1}), sound({"0.weight": None}),
    ],
    "the arrays overlap or have gaps; save the file again": [
        weight(data_offsets=[4, 28], body=BODY + bytes(4)),
        sound({"0.bias": BIAS | {"data_offsets": [16, 24]}}, BODY[:24]),
        *(sound({name: BIAS}) for name in ("1.bias", "a" * 100_000, "\x1b[31m.bias")),
    ],
    "the arrays have 33 bytes, expected 32; copy the file again": sound(body=BODY + b"\0"),
    "the arrays have 32 bytes, expected 0; copy the file again": framed(b"{}"),
    "an array has 7 bytes, expected 8": sound(body=BODY[:-1]),
    "an array has 0 bytes, expected 24": sound(body=b""),
    "an array has 32 bytes, expected 24": _each("data_offsets", [0, 2**64]),
    "an array has 24 bytes, expected 16": _each("shape", [2, 2]),
    "an array has an invalid shape; save the file again": _each(
        "shape", [2**31, 2**31], [2**63, 2], [-2, -3], [2.0, 3.0], [True, 6]
    ),
    "an array has 50000 axes, expected 1 or 2": _each("shape", [1] * 50_000),
    "an array has the type I32, expected one of F16, F32, F64": _each("dtype", "I32"),
    "an array has the type BF16, expected one of F16, F32, F64": _each("dtype", "BF16"),
    "layer 1: W contains infinity or NaN; use weights of an earlier training step": sound(
        body=b"\xff" * 32
    ),
    "the metadata are not texts; save the file again": [
        *(sound({"__metadata__": value}) for value in (["activations"], None)),
        *(metadata(activations=value) for value in (1, {"a": "b"})),
    ],
    "layer 1: unknown activation, expected one of sigmoid, relu, tanh, identity": [
        metadata(activations=names) for names in ("", "a" * 100_000, "a" + " " * 100_000 + "b")
    ],
    f"activations: found 2, layers: 1{_COUNT}": metadata(activations="relu,relu"),
    f"activations: found 20001, layers: 1{_COUNT}": metadata(activations="relu," * 20_000),
    "names of classes: expected 2, one for each output, found 3": metadata(classes="a,b,c"),
    "names of classes: expected 2, one for each output, found 1": metadata(classes="a"),
    "the name of a class is longer than 99 letters; shorten it": metadata(classes="a," + "b" * 100),
    f"{_EXPECTED}0.bias": file({"0.bias": FIRST}, BODY[:8]),
    f"{_EXPECTED}none": framed(b"{}", b""),
    f"{_EXPECTED}mean": file({"mean": FIRST}, BODY[:8]),
}  # fmt: skip


def state_dict(*names: str) -> bytes:
    """Return a file with layers 4-3-3-… of these names, in alphabetical order."""
    entries: dict[str, Any] = {}
    body = b""
    rng = np.random.default_rng(1)
    for name in sorted(names):
        for kind, shape in (("bias", [3]), ("weight", [3, 4 if name == names[0] else 3])):
            array = rng.normal(size=shape).astype("<f4").tobytes()
            offsets = [len(body), len(body) + len(array)]
            entry = {"dtype": "F32", "shape": shape, "data_offsets": offsets}
            entries[f"{name}.{kind}".lstrip(".")] = entry
            body += array
    return file(entries, body)


for _names in (("fc", "out"), ("fc1", "fc2", "out"), ("a1", "b2"), ("1", "01")):
    _found = ", ".join(f"{name}.{kind}" for name in sorted(_names) for kind in ("bias", "weight"))
    REFUSED_SAFETENSORS[
        "the layers have no order, expected numbers in their names, as fc1.weight, fc2.weight\n"
        f"Found: {_found}"
    ] = state_dict(*_names)

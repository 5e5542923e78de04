"""The .safetensors format: the length of the header, the header in JSON, the bytes of all arrays.

See github.com/huggingface/safetensors, "Format". It is simple, so no dependency is needed.
"""

import json
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import OutputError, WeightsError
from scratchnet_cli.weights.arrays import LISTS, Contents, view_array

# A thousand layers need less.
MAX_HEADER_BYTES = 200_000
METADATA = "__metadata__"
CODES = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}
_TYPES = {code: name for name, code in CODES.items()}
_ALIGNMENT = 8


def read_safetensors(data: bytes) -> Contents:
    """Return the contents of a .safetensors file."""
    start = 8 + int.from_bytes(data[:8], "little")
    if start > MAX_HEADER_BYTES:
        raise WeightsError(f"the header states {start} bytes, expected at most {MAX_HEADER_BYTES}")
    if start > len(data):
        raise WeightsError("the file is damaged or cut short; download or copy it again")
    header = _header(data[8:start])
    metadata = header.pop(METADATA, {})
    body = memoryview(data)[start:]
    arrays: dict[str, NDArray[np.floating]] = {}
    end = 0
    entries = [(*_entry(entry), name) for name, entry in header.items()]
    for first, last, code, shape, name in sorted(entries, key=lambda entry: entry[:2]):
        if first != end:
            raise WeightsError("the arrays overlap or have gaps; save the file again")
        arrays[name] = view_array(body[first:last], code, shape, fortran=False)
        end = last
    if end != len(body):
        raise WeightsError(
            f"the arrays have {len(body)} bytes, expected {end}; copy the file again"
        )
    return Contents(arrays, _lists(metadata))


def write_safetensors(contents: Contents) -> bytes:
    """Return a .safetensors file for ``read_safetensors``, PyTorch and others."""
    if any("," in name for name in contents.lists.get("classes", ())):
        raise OutputError(".safetensors cannot store the name of a class with a comma; use .npz")
    # Some readers need the name of a framework; pt is PyTorch.
    metadata = {"format": "pt"}
    metadata |= {key: ",".join(names) for key, names in contents.lists.items()}
    header: dict[str, Any] = {METADATA: metadata}
    body = bytearray()
    for name, array in contents.arrays.items():
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        header[name] = {
            "dtype": _TYPES[f"<{little.dtype.str[1:]}"],
            "shape": list(little.shape),
            "data_offsets": [len(body), len(body) + little.nbytes],
        }
        body += little.tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return len(text).to_bytes(8, "little") + text + body


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        header = None
    if type(header) is not dict:
        raise WeightsError("the header is not valid JSON; save the file again")
    return header


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WeightsError("the header contains a name twice; save the file again")
    return found


def _entry(entry: Any) -> tuple[int, int, str, tuple[Any, ...]]:
    """Return where an array begins and ends, its code, and its unchecked shape."""
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [first, last], **rest}:
            if not rest and type(first) is type(last) is int and 0 <= first <= last:
                if dtype in CODES:
                    return first, last, CODES[dtype], tuple(shape)
                if re.fullmatch(r"\w{1,10}", dtype, re.ASCII):
                    known = ", ".join(CODES)
                    raise WeightsError(f"an array has the type {dtype}, expected one of {known}")
    raise WeightsError("the header does not describe arrays; save the file again")


def _lists(metadata: Any) -> dict[str, tuple[str, ...]]:
    """Return the lists in metadata such as ``{"activations": "relu,relu,identity"}``."""
    if type(metadata) is not dict or not all(type(text) is str for text in metadata.values()):
        raise WeightsError("the metadata are not texts; save the file again")
    lists = {key: metadata[key].split(",") for key in LISTS if key in metadata}
    return {key: tuple(map(str.strip, names)) for key, names in lists.items()}

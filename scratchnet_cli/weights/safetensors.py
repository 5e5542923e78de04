"""The .safetensors format: the length of a header, the header in JSON, the bytes of all arrays.

The format: github.com/huggingface/safetensors, "Format". It is so small that reading it here, with
this program's own limits, takes less trust than a dependency.
"""

import json
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import WeightsError
from scratchnet_cli.weights.arrays import ACTIVATIONS, CLASSES, Contents, view_floats

# A thousand layers need less.
MAX_HEADER = 200_000
METADATA = "__metadata__"
DTYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}
_CODES = {code: name for name, code in DTYPES.items()}
_ALIGNMENT = 8


def read_safetensors(data: bytes) -> Contents:
    """The arrays in a .safetensors file, as views into ``data``, every byte of which is used.

    Raises:
        WeightsError: the header is not sound, promises what is not there, leaves a gap or an
            overlap between arrays, or describes anything but float arrays.
    """
    start = 8 + int.from_bytes(data[:8], "little")
    if start > MAX_HEADER:
        raise WeightsError(f"its header is said to be longer than {MAX_HEADER} bytes")
    if start > len(data):
        raise WeightsError("this .safetensors file is cut short within its header")
    header = _header(data[8:start])
    metadata = header.pop(METADATA, {})
    body = memoryview(data)[start:]
    arrays: dict[str, NDArray[np.floating]] = {}
    end = 0
    for name, (first, last, dtype, shape) in sorted(
        ((name, _entry(entry)) for name, entry in header.items()), key=lambda item: item[1][:2]
    ):
        if first != end:
            raise WeightsError("there is a gap or an overlap between two of its arrays")
        arrays[name] = view_floats(body[first:last], DTYPES[dtype], shape, fortran=False)
        end = last
    if end != len(body):
        raise WeightsError(f"its arrays end after {end} bytes, but there are {len(body)}")
    return Contents(arrays, _listed(metadata, ACTIVATIONS), _listed(metadata, CLASSES))


def write_safetensors(contents: Contents) -> bytes:
    """A .safetensors file that this module, PyTorch and the others read."""
    # Some readers ask which framework's layout it is.
    metadata = {"format": "pt"}
    metadata |= {name: ",".join(texts) for name, texts in contents.texts().items()}
    header: dict[str, Any] = {METADATA: metadata}
    body = bytearray()
    for name, array in contents.arrays.items():
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        header[name] = {
            "dtype": _CODES[f"<{little.dtype.str[1:]}"],
            "shape": list(little.shape),
            "data_offsets": [len(body), len(body) + little.nbytes],
        }
        body += little.tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return len(text).to_bytes(8, "little") + text + body


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text.decode(), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise WeightsError("its header is not sound JSON") from error
    if type(header) is not dict:
        raise WeightsError("its header is not sound JSON")
    return header


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WeightsError("its header names something twice")
    return found


def _entry(entry: Any) -> tuple[int, int, str, tuple[Any, ...]]:
    """Where an array begins and ends, its type and its shape, which is not yet believed."""
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [first, last], **rest}:
            if not rest and type(first) is type(last) is int and 0 <= first <= last:
                if dtype in DTYPES:
                    return first, last, dtype, tuple(shape)
                if re.fullmatch(r"\w{1,10}", dtype, re.ASCII):
                    raise WeightsError(
                        f"an array is of the type {dtype}, known: {', '.join(DTYPES)}"
                    )
    raise WeightsError("its header does not describe arrays")


def _listed(metadata: Any, name: str) -> tuple[str, ...] | None:
    """``{"activations": "relu,relu,identity"}``, among whatever else is noted there."""
    if type(metadata) is not dict or not all(type(text) is str for text in metadata.values()):
        raise WeightsError("its metadata are not names and texts")
    names = metadata.get(name)
    return None if names is None else tuple(map(str.strip, names.split(",")))

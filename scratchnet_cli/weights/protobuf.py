"""Messages of Protocol Buffers, in which .onnx files are written (protobuf.dev, "Encoding")."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from scratchnet_cli.errors import WeightsError

# Messages with more fields would take long to read.
MAX_FIELDS = 1000
DAMAGED = "this .onnx file is damaged or cut short; download or copy it again"
# The wire types of a field: how its value is stored.
_VARINT, _8_BYTES, _LENGTH, _4_BYTES = 0, 1, 2, 5

Fields = dict[int, list[Any]]
"""The values of each field by its number: integers, or the bytes of floats, texts and messages."""


def read_fields(message: memoryview) -> Fields:
    """Return the fields of a message; a field that is missing is an empty list."""
    fields: Fields = defaultdict(list)
    position = 0
    for _ in range(MAX_FIELDS):
        if position == len(message):
            return fields
        key, position = _varint(message, position)
        kind = key & 7
        value: int | memoryview
        if kind == _VARINT:
            value, position = _varint(message, position)
        else:
            size = {_8_BYTES: 8, _4_BYTES: 4}.get(kind)
            if kind == _LENGTH:
                size, position = _varint(message, position)
            if size is None or position + size > len(message):
                raise WeightsError(DAMAGED)
            value = message[position : position + size]
            position += size
        fields[key >> 3].append(value)
    raise WeightsError(f"a part of the graph has more than {MAX_FIELDS} fields; use onnxruntime")


def text_in(values: list[memoryview]) -> str:
    """Return the text in a field, the last one if it is repeated, or an empty text."""
    return str(values[-1], "utf-8") if values else ""


def integers_in(packed: memoryview) -> Iterator[int]:
    """Yield integers that are packed one after another."""
    position = 0
    while position < len(packed):
        value, position = _varint(packed, position)
        yield value


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """Return an integer, stored in 7 bits a byte, lowest first, and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
    return value, position

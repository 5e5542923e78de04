"""Pickles put together by hand, opcode by opcode."""

import pickle
import struct

import numpy as np

from tests.weights.weight_files import CORE


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

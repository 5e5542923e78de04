"""Pickles that would run code, crash, bloat or stall whatever unpickles them, by opcodes."""

import pickle
import pickletools
import struct
from collections import OrderedDict
from typing import Any

import numpy as np

from tests.weights.weight_files import CORE, Refused


def push(value: int | str | bytes) -> bytes:
    """Return the opcode that pushes an integer of 32 bits, a text or bytes."""
    if isinstance(value, int):
        return pickle.BININT + struct.pack("<i", value)
    opcode = pickle.BINUNICODE if isinstance(value, str) else pickle.BINBYTES
    data = value.encode() if isinstance(value, str) else value
    return opcode + struct.pack("<I", len(data)) + data


def imported(module: str, attribute: str) -> bytes:
    """Return the opcode that imports something."""
    return pickle.GLOBAL + f"{module}\n{attribute}\n".encode()


def sequence(*values: bytes | int) -> bytes:
    """Return the opcodes that push a tuple of integers, or of what opcodes push."""
    items = (push(value) if isinstance(value, int) else value for value in values)
    return pickle.MARK + b"".join(items) + pickle.TUPLE


def call(function: bytes, *args: bytes) -> bytes:
    """Return the opcodes that call something."""
    return function + sequence(*args) + pickle.REDUCE


RECONSTRUCT = imported(f"{CORE}.multiarray", "_reconstruct")
FROMBUFFER = imported(f"{CORE}.numeric", "_frombuffer")
NDARRAY = imported("numpy", "ndarray")
NONE, TRUE, FALSE = pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE
EMPTY = call(RECONSTRUCT, NDARRAY, sequence(0), push(b"b"))
RUN = call(imported("os", "mkdir"), push("MARKER"))


def dtype(code: str = "f4", align: bytes = FALSE, copy: bytes = TRUE, order: str = "<") -> bytes:
    """Return the opcodes that make a dtype."""
    details = sequence(3, push(order), NONE, NONE, NONE, -1, -1, 0)
    return call(imported("numpy", "dtype"), push(code), align, copy) + details + pickle.BUILD


def state(
    *shape: int, sizes: bytes = b"", kind: bytes = b"", fortran: bytes = FALSE, body: bytes = b""
) -> bytes:
    """Return the opcodes that fill an array; by default with ones, as many as its shape needs."""
    body = body or push(np.ones(shape, "<f4").tobytes())
    fields = (1, sizes or sequence(*shape), kind or dtype(), fortran, body)
    return sequence(*fields) + pickle.BUILD


def buffer(*shape: int, body: bytes, order: str = "C") -> bytes:
    """Return the opcodes that make an array as protocol 5 does."""
    return call(FROMBUFFER, push(body), dtype(), sequence(*shape), push(order))


GOOD_W, GOOD_B = EMPTY + state(2, 2), EMPTY + state(2)


def pickled(w: bytes = GOOD_W, before: bytes = b"", more: bytes = b"", end: bytes = b".") -> bytes:
    """Return a pickle put together by hand: a dict with W1 from these opcodes, and a sound b1."""
    items = push("W1") + w + push("b1") + GOOD_B + more
    return b"\x80\x03" + before + pickle.EMPTY_DICT + pickle.MARK + items + pickle.SETITEMS + end


def with_state(*shape: int, empty: bytes = EMPTY, **fields: bytes) -> bytes:
    """Return a pickle whose W1 has this state."""
    return pickled(empty + state(*shape, **fields))


def made_by(*args: bytes) -> bytes:
    """Return a pickle whose W1 is an empty array made by these arguments, and then filled."""
    return with_state(2, 2, empty=call(RECONSTRUCT, *args))


# 2^60 tuples in a few bytes.
LAUGHS = b")" + b"".join(b"q" + bytes((i,)) + (b"h" + bytes((i,))) + b"\x86" for i in range(60))
# A tuple in a tuple, and so on.
NESTED = b")" + b"\x85" * 50_000

# Each of these makes a folder MARKER when it is unpickled.
RUNNING = {
    "the file itself": pickle.PROTO + b"\x03" + RUN + pickle.STOP,
    "a value": pickled(RUN),
    "an unused value": pickled(more=push("x") + RUN),
    "before the dict, dropped": pickled(before=RUN + pickle.POP),
    "before the dict, kept": pickled(before=RUN),
    "a key": pickled(more=RUN + push(1)),
    "a stack global": pickled(
        push("os") + push("mkdir") + pickle.STACK_GLOBAL + push("MARKER") + b"\x85" + pickle.REDUCE
    ),
    "inst": pickled(pickle.MARK + push("MARKER") + pickle.INST + b"os\nmkdir\n"),
    "obj": pickled(pickle.MARK + imported("os", "mkdir") + push("MARKER") + pickle.OBJ),
    "a dtype's align": with_state(2, 2, kind=dtype(align=RUN)),
    "a dtype's copy": with_state(2, 2, kind=dtype(copy=RUN)),
    "an array's body": with_state(2, 2, body=RUN),
    "an array's order": with_state(2, 2, fortran=RUN),
    "an array's state twice": pickled(GOOD_W + sequence(RUN) + pickle.BUILD),
    "an array's arguments": made_by(RUN, sequence(0), push(b"b")),
    "an array's shape": made_by(NDARRAY, sequence(push(0), RUN), push(b"b")),
    "an array's type": made_by(NDARRAY, sequence(0), sequence(RUN) + pickle.POP + push(b"b")),
    "too many arguments": made_by(NDARRAY, sequence(0), push(b"b"), RUN),
    "the state of a buffer": pickled(buffer(2, 2, body=bytes(16)) + sequence(RUN) + pickle.BUILD),
}

NEEDED = """
    PROTO FRAME STOP BININT BININT1 BININT2 BINUNICODE SHORT_BINUNICODE BINBYTES SHORT_BINBYTES
    BYTEARRAY8 NONE NEWTRUE NEWFALSE EMPTY_TUPLE EMPTY_DICT TUPLE1 TUPLE2 TUPLE3 MARK TUPLE SETITEM
    SETITEMS BINPUT LONG_BINPUT MEMOIZE BINGET LONG_BINGET GLOBAL STACK_GLOBAL REDUCE BUILD
""".split()  # noqa: SIM905
# The arguments of opcodes for which eight bytes of zeros are not valid.
_ARGUMENTS = {
    "stringnl": b"'1'\n", "stringnl_noescape": b"1\n", "stringnl_noescape_pair": b"1\n1\n",
    "unicodestringnl": b"1\n", "decimalnl_short": b"1\n", "decimalnl_long": b"1L\n",
    "floatnl": b"1\n",
}  # fmt: skip
_HUGE = 2**31 - 1
_OTHER: tuple[Any, ...] = (1, None, "text", b"bytes", ())
_LENGTHS = {
    **dict.fromkeys(("BINBYTES", "BINUNICODE"), struct.pack("<I", 2**32 - 1)),
    **dict.fromkeys(("BINBYTES8", "BINUNICODE8"), struct.pack("<Q", 2**40)),
    "BYTEARRAY8": struct.pack("<Q", 2**64 - 1),
    "LONG4": struct.pack("<i", -1),
    "LONG": b"9" * 100_000 + b"L\n",
}
_DAMAGED = "this pickle is damaged or cut short after byte"
_AGAIN = "; download or copy it again"
_CALL = "this pickle is refused because it would call"
SAVE = (
    "Save the arrays: "
    "np.savez('mine.npz', W1=…, b1=…, W2=…, b2=…, activations=['relu', 'identity'])"
)
_OTHER_OBJECTS = f"this pickle is not a dict of arrays alone\n{SAVE}"
_ENCODE = imported("_codecs", "encode")
_UNUSED_OPCODES = {
    code.name: b"\x80\x03"
    + code.code.encode("latin1")
    + _ARGUMENTS.get(code.arg.name if code.arg else "", bytes(8))
    for code in pickletools.opcodes
    if code.name not in (*NEEDED, "EMPTY_LIST", "LIST")
}
REFUSED_PICKLES: Refused = {
    # An escape that Python warns of, and a missing mark.
    f"{_DAMAGED} 1{_AGAIN}": b"\x80\x03S'\\ '\n.",
    f"{_DAMAGED} 3{_AGAIN}": b"\x80\x03t.",
    f"{_DAMAGED} 5{_AGAIN}": {
        **{name: pickled(getattr(pickle, name) + length) for name, length in _LENGTHS.items()},
        "a name that is not UTF-8": pickled(pickle.GLOBAL + b"\xff\n\xff\n"),
    },
    # A missing memo, and text that is not UTF-8.
    f"{_DAMAGED} 12{_AGAIN}": pickled(pickle.BINGET + b"\x07"),
    f"{_DAMAGED} 339{_AGAIN}": pickled(more=pickle.BINUNICODE + b"\x01\0\0\0\xff" + NONE),
    f"this pickle is followed by 1 bytes\n{SAVE}": (
        b"\x80\x04\x95" + struct.pack("<Q", 2**63 - 1) + pickled()[2:] + b"."
    ),
    f"this pickle is followed by 700 bytes\n{SAVE}": pickled() + b"garbage" * 100,
    f"this pickle does not end with one object\n{SAVE}": [b"\x80\x03.", b"\x80\x03}}."],
    _OTHER_OBJECTS: {
        **_UNUSED_OPCODES,
        "a name": b"\x80\xff" + imported("os", "environ") + b".",
        **{repr(x): pickle.dumps(x, 4) for x in (*_OTHER, {1, 2})},
        **{f"{x!r} in a dict": pickle.dumps({"W1": x}, 4) for x in _OTHER},
        "a text in the place of a dict": pickled(more=push("x")),
        "a mark in the place of a dict": pickled(more=pickle.MARK),
        "an ordered dict": pickle.dumps(OrderedDict(W1=1), 4),
        "a name in a dict": pickled(imported("os", "environ")),
        "a dotted name": pickled(push("numpy") + push("a.__globals__") + pickle.STACK_GLOBAL),
        "billion laughs": pickled(LAUGHS),
        "deep nesting": pickled(NESTED),
        "a dict in itself": b"\x80\x03}q\0" + push("W1") + b"h\0s.",
    },
    f"this pickle contains a list, expected a dict of arrays\n{SAVE}": [
        pickle.dumps([np.ones(2)], 4), pickle.dumps({"W1": [[1.0]]}, 2), b"\x80\x03(K\0l.",
    ],
    **{
        f"this pickle contains an object of {name!r}\nSave its params: np.savez('mine.npz', "
        "**network.params, activations=['relu', 'identity'])": [
            b"\x80\x04" + imported(*name.split(".")) + b")\x81}b.",
            pickled(imported(*name.split(".")) + b")\x81"),
        ]
        for name in ("__main__.TwoLayerNet", "two_layer_net.\x1b[31m")
    },
    f"this pickle takes more from its stack than there is\n{SAVE}": [
        b"\x80\x03\x87.", b"\x80\x03K\0K\0(\x86.",
    ],
    f"this pickle has more than 100000 steps\n{SAVE}": [
        b"\x80\x03" + opcodes + b"." for opcodes in (NESTED * 2, b"(" * 300_000, NONE * 100_000)
    ],
    f"this pickle has a dict key that is not text, or is repeated\n{SAVE}": [
        pickled(more=key + GOOD_W) for key in (push("W1"), push(1), LAUGHS)
    ],
    f"this pickle names an import by something that is not text\n{SAVE}": [
        pickled(push(1) + push("x") + pickle.STACK_GLOBAL),
        pickled(push("os") + push(2) + pickle.STACK_GLOBAL),
    ],
    f"this pickle calls something that it does not name\n{SAVE}": pickled(call(push("x"))),
    f"this pickle sets the state of something that is not a new array\n{SAVE}": [
        pickled(RECONSTRUCT + sequence(NONE, NONE) + pickle.BUILD),
        pickled(before=imported("os", "x") + pickle.EMPTY_DICT + pickle.BUILD),
        pickled(end=pickle.EMPTY_DICT + pickle.BUILD + pickle.STOP),
    ],
    f"{_CALL} 'os.system'\n{SAVE}": pickled(call(imported("os", "system"), push("x"))),
    rf"{_CALL} 'os\x1b[31m.system\x07'" f"\n{SAVE}": (
        pickled(call(imported("os\x1b[31m", "system\x07")))
    ),
    f"{_CALL} '{'o' * 80}'\n{SAVE}": pickled(call(imported("o" * 100_000, "s"))),
    f"{_CALL} 'numpy.core.multiarray._reconstruct'\n{SAVE}": with_state(
        2, 2, empty=call(imported("numpy", "core.multiarray _reconstruct"), NDARRAY)
    ),
    f"{_CALL} 'numpy.ndarray'\n{SAVE}": {
        "zero strides": pickled(
            call(NDARRAY, sequence(16384, 16384), dtype(), push(bytes(4)), push(0), sequence(0, 0))
        ),
        "8 GiB": pickled(call(NDARRAY, sequence(_HUGE), push("f4"))),
    },
    f"{_CALL} '{CORE}.multiarray._reconstruct'\n{SAVE}": {
        "8 GiB": pickled(call(RECONSTRUCT, NDARRAY, sequence(_HUGE), push(b"f"))),
        "a shape that is a number": with_state(4, sizes=push(4)),
        "no state": pickled(EMPTY),
    },
    f"this pickle contains an array that is not of floating-point numbers\n{SAVE}": {
        "billion laughs": with_state(2, 2, kind=LAUGHS),
        "a call": with_state(2, 2, kind=call(imported("builtins", "eval"))),
        "no state": with_state(2, kind=call(imported("numpy", "dtype"), push("f4"), FALSE, TRUE)),
    },
    "an array does not contain floating-point numbers; save it as float32": {
        **{code: with_state(1, 1, kind=dtype(code)) for code in ("O8", "V9999999", "f4,f4", "i4")},
        "another order": with_state(1, 1, kind=dtype(order="|")),
    },
    f"this pickle contains an array whose content is not bytes\n{SAVE}": {
        "billion laughs": with_state(2, 2, body=LAUGHS),
        "a list": with_state(1, 1, kind=dtype("O8", order="|"), body=sequence(NONE)),
        "not Latin-1": with_state(1, 1, body=call(_ENCODE, push("\u20ac\0\0\0"), push("latin1"))),
        "another encoding": with_state(1, 1, body=call(_ENCODE, push("41"), push("hex"))),
        "decoded": with_state(1, 1, body=call(imported("_codecs", "decode"), push(b"x"))),
    },
    "an array has an invalid shape; save the file again": {
        "billion laughs": with_state(2, sizes=sequence(LAUGHS)),
        "deep nesting": with_state(2, sizes=sequence(NESTED)),
        "below zero": with_state(-2, -2, body=push(bytes(16))),
        "-1": with_state(2, -1, body=push(bytes(16))),
        "True": with_state(4, sizes=sequence(TRUE, push(4))),
    },
    "an array has 4 axes, expected 1 or 2; convolutional layers are not supported": [
        with_state(*shape, body=push(b""))
        for shape in ([2**16] * 4, (_HUGE, 2, 2**30, 4), (0, *[_HUGE] * 3))
    ],
    "an array has 5000 axes, expected 1 or 2": with_state(*[_HUGE] * 5000, body=push(b"")),
    "an array has 4 bytes, expected 8589934588": [
        with_state(_HUGE, 1, body=push(bytes(4))), pickled(buffer(_HUGE, body=bytes(4))),
    ],
    "an array has 15 bytes, expected 16": with_state(2, 2, body=push(bytes(15))),
    "an array has 17 bytes, expected 16": with_state(2, 2, body=push(bytes(17))),
    "layer 1: W has the shape (0, 2), expected a value or more": with_state(0, 2, body=push(b"")),
    "layer 1: W has the shape (1,), expected 2 axes": with_state(body=push(bytes(4))),
}  # fmt: skip

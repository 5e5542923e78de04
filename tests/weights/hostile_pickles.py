"""Pickles that would run code, crash, bloat or stall whoever unpickles them."""

import pickle
import struct
from collections.abc import Callable
from pathlib import Path

from tests.weights.opcodes import (
    EMPTY,
    FALSE,
    FROMBUFFER,
    GOOD_W,
    NDARRAY,
    NONE,
    RECONSTRUCT,
    RUN,
    TRUE,
    assembled,
    call,
    dtype,
    imported,
    laughs,
    nested,
    number,
    raw,
    sequence,
    state,
    text,
)
from tests.weights.weight_files import CORE


class Evil:
    """Unpickling it makes the folder named, and with it the proof that code was run."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        """What the pickle says to call."""
        return __import__("os").mkdir, (str(self.marker),)


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

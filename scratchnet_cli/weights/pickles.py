"""What a pickle describes, found without running it: nothing is imported, nothing is called.

A pickle is a program for a small stack machine, and unpickling runs it. Here the opcodes are only
read (``pickletools.genops``), and of the machine there is just enough to follow how a dict of
arrays is written: what the program would import or call is only noted, as ``Global`` or ``Call``.
"""

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import WeightsError
from scratchnet_cli.weights.arrays import view_floats

# The book's file has 160; a million would only serve to keep the reader busy.
MAX_OPCODES = 100_000


@dataclass(frozen=True)
class Global:
    """The name of something the pickle would import: "module attribute"."""

    name: str


@dataclass(eq=False, repr=False)
class Call:
    """A call the pickle would make, and the state it would then set; both only noted."""

    function: str
    args: Any
    state: Any = None


class _Machine:
    """The stack, marks and memo of a pickle, and the few things that happen to them."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def ignore(self, _: Any) -> None:
        """Framing tells nothing about the objects."""

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def push_global(self, name: str) -> None:
        self.push(Global(name))

    def push_stack_global(self, _: Any) -> None:
        module, attribute = self.pop(2)
        if type(module) is not str or type(attribute) is not str:
            raise WeightsError("this pickle names an import by something that is not text")
        self.push(Global(f"{module} {attribute}"))

    def mark(self, _: Any) -> None:
        self.marks.append(len(self.stack))

    def memoize(self, key: int | None) -> None:
        self.memo[len(self.memo) if key is None else key] = self.stack[-1]

    def recall(self, key: int) -> None:
        self.push(self.memo[key])

    def pop(self, count: int) -> list[Any]:
        """Take the last ``count`` values off the stack, but none from below the last mark."""
        floor = self.marks[-1] if self.marks else 0
        if len(self.stack) - count < floor:
            raise WeightsError("this pickle takes more from its stack than there is")
        values = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return values

    def pop_to_mark(self) -> list[Any]:
        values = self.stack[self.marks[-1] :]
        del self.stack[self.marks.pop() :]
        return values

    def tuple_to_mark(self, _: Any) -> None:
        self.push(tuple(self.pop_to_mark()))

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict or len(items) % 2:
            raise WeightsError("this pickle fills something that is not a plain dict")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if type(key) is not str or key in target:
                raise WeightsError("a dict key of this pickle is not text, or is repeated")
            target[key] = value

    def reduce(self, _: Any) -> None:
        function, args = self.pop(2)
        if type(function) is not Global:
            raise WeightsError("this pickle calls something that it does not name")
        self.push(Call(function.name, args))

    def build(self, _: Any) -> None:
        (state,) = self.pop(1)
        target = self.stack[-1]
        if type(target) is not Call or target.state is not None:
            raise WeightsError("this pickle sets the state of something that is not a new array")
        target.state = state


def _constant(value: Any) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.push(value)


def _tuple(count: int) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.push(tuple(machine.pop(count)))


# An opcode that is not here (INST, OBJ, EXT1, PERSID, NEWOBJ, DUP …) has no place in such a file.
_OPCODES: Mapping[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME"), _Machine.ignore),
    **dict.fromkeys(("BININT", "BININT1", "BININT2"), _Machine.push),
    **dict.fromkeys(("BINUNICODE", "SHORT_BINUNICODE"), _Machine.push),
    **dict.fromkeys(("BINBYTES", "SHORT_BINBYTES", "BYTEARRAY8"), _Machine.push),
    "NONE": _constant(None),
    "NEWTRUE": _constant(True),
    "NEWFALSE": _constant(False),
    "EMPTY_TUPLE": _constant(()),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "GLOBAL": _Machine.push_global,
    "STACK_GLOBAL": _Machine.push_stack_global,
    "MARK": _Machine.mark,
    "TUPLE": _Machine.tuple_to_mark,
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
    "SETITEM": lambda machine, _: machine.set_items(machine.pop(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.pop_to_mark()),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.memoize),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _Machine.recall),
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
}


def follow(data: bytes) -> Any:
    """What the pickle describes, with a ``Call`` wherever it would call something.

    Raises:
        WeightsError: it is damaged, or uses an opcode that a dict of arrays does not need.
    """
    machine = _Machine()
    end = 0
    try:
        for count, (opcode, arg, position) in enumerate(pickletools.genops(data)):
            end = (position or 0) + 1
            if opcode.name == "STOP":
                break
            if opcode.name not in _OPCODES:
                raise WeightsError(
                    f"this pickle uses {opcode.name} (byte {position}), a dict of arrays does not"
                )
            if count == MAX_OPCODES:
                raise WeightsError(f"this pickle has more than {MAX_OPCODES} opcodes")
            _OPCODES[opcode.name](machine, arg)
    except (ValueError, IndexError, KeyError, AttributeError, Warning) as error:
        # Text with odd escapes is worth a warning to Python, which -W turns into an error.
        raise WeightsError(f"this pickle is damaged or cut short after byte {end}") from error
    if end != len(data):
        raise WeightsError(f"this pickle is followed by {len(data) - end} bytes")
    if len(machine.stack) != 1:
        raise WeightsError("this pickle does not end with one object")
    return machine.stack[0]


_RECONSTRUCT = {"numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct"}
_FROMBUFFER = {"numpy.core.numeric _frombuffer", "numpy._core.numeric _frombuffer"}


def read_pickle(data: bytes) -> dict[str, NDArray[np.floating]]:
    """The arrays in a pickled dict of name to float array; read-only views into ``data``.

    Raises:
        WeightsError: it is not such a pickle, or it would do anything else.
    """
    root = follow(data)
    if type(root) is not dict:
        raise WeightsError("this pickle does not hold a dict of arrays")
    return {name: _array(note) for name, note in root.items()}


def _array(note: Any) -> NDArray[np.floating]:
    """The array whose making was noted, in one of the two ways in which NumPy writes it."""
    match note:
        case Call(
            function=function,
            args=(Global("numpy ndarray"), (0,), placeholder),
            state=(1, tuple(shape), dtype, bool(fortran), body),
        ) if function in _RECONSTRUCT and _bytes(placeholder) == b"b":
            return view_floats(_bytes(body), _dtype(dtype), shape, fortran)
        case Call(
            function=function, args=(body, dtype, tuple(shape), "C" | "F" as order), state=None
        ) if function in _FROMBUFFER:
            return view_floats(_bytes(body), _dtype(dtype), shape, order == "F")
        case Call(function=function):
            name = function[:80].replace(" ", ".")
            raise WeightsError(f"this pickle is refused, it would call {name!r}")
    raise WeightsError("this pickle holds something that is not an array of numbers")


def _dtype(note: Any) -> str:
    """The code of a noted dtype, such as "<f4"; whether it can be used is not yet known."""
    match note:
        case Call(
            function="numpy dtype",
            args=(str(code), False | 0, True | 1),
            state=(3, str(order), None, None, None, -1, -1, 0),
        ):
            return order + code
    raise WeightsError("this pickle holds an array that is not of floating-point numbers")


def _bytes(note: Any) -> bytes | bytearray:
    """Bytes as they stand, or as protocol 2 spells them: text that Latin-1 turns into bytes."""
    match note:
        case bytes() | bytearray():
            return note
        case Call(function="_codecs encode", args=(str(text), "latin1"), state=None):
            try:
                return text.encode("latin1")
            except UnicodeEncodeError:
                pass
    raise WeightsError("this pickle holds an array whose content is not bytes")

"""Read pickles of float arrays without running them.

A pickle is a program for a small stack machine, and unpickling runs it. Here ``pickletools.genops``
only reads its opcodes. Those of a dict of arrays are followed; an import or a call is not made, but
recorded as ``Global`` or ``Call``.
"""

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import WeightsError
from scratchnet_cli.weights.arrays import SAVE_NPZ, Contents, view_array

# The book's file has 160. A file with a million would take long to read.
MAX_OPCODES = 100_000
# Longer function names are cut in messages.
MAX_NAME_CHARACTERS = 80
_OTHER_OBJECTS = "is not a dict of arrays alone"
_SAVE_PARAMS = (
    "Save its params: np.savez('mine.npz', **network.params, activations=['relu', 'identity'])"
)
_RECONSTRUCT = {"numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct"}
_FROMBUFFER = {"numpy.core.numeric _frombuffer", "numpy._core.numeric _frombuffer"}


@dataclass(frozen=True)
class Global:
    """A recorded import. name: "module attribute"."""

    name: str


@dataclass(eq=False, repr=False)
class Call:
    """A recorded call, and the state that the pickle would set on the result."""

    function: str
    args: Any
    state: Any = None


class _Machine:
    """The stack, the marks and the memo of a pickle, and its opcodes that are not one-liners."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self, count: int) -> list[Any]:
        """Remove and return the last ``count`` values, but none below the last mark."""
        start = len(self.stack) - count
        if start < (self.marks[-1] if self.marks else 0):
            raise _refusal("takes more from its stack than there is")
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def pop_to_mark(self) -> list[Any]:
        values = self.stack[self.marks[-1] :]
        del self.stack[self.marks.pop() :]
        return values

    def memoize(self, key: int | None) -> None:
        self.memo[len(self.memo) if key is None else key] = self.stack[-1]

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict or len(items) % 2:
            raise _refusal(_OTHER_OBJECTS)
        for key, value in zip(items[::2], items[1::2], strict=True):
            if type(key) is not str or key in target:
                raise _refusal("has a dict key that is not text, or is repeated")
            target[key] = value

    def push_stack_global(self, _: Any) -> None:
        module, attribute = self.pop(2)
        if type(module) is not str or type(attribute) is not str:
            raise _refusal("names an import by something that is not text")
        self.push(Global(f"{module} {attribute}"))

    def call(self, _: Any) -> None:
        function, args = self.pop(2)
        if type(function) is not Global:
            raise _refusal("calls something that it does not name")
        self.push(Call(function.name, args))

    def set_state(self, _: Any) -> None:
        (state,) = self.pop(1)
        target = self.stack[-1]
        if type(target) is not Call or target.state is not None:
            raise _refusal("sets the state of something that is not a new array")
        target.state = state


# Files with any other opcode (INST, OBJ, EXT1, PERSID, NEWOBJ, DUP …) are refused.
_OPCODES: Mapping[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME"), lambda _machine, _: None),
    **dict.fromkeys(("BININT", "BININT1", "BININT2"), _Machine.push),
    **dict.fromkeys(("BINUNICODE", "SHORT_BINUNICODE"), _Machine.push),
    **dict.fromkeys(("BINBYTES", "SHORT_BINBYTES", "BYTEARRAY8"), _Machine.push),
    "NONE": lambda machine, _: machine.push(None),
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "TUPLE1": lambda machine, _: machine.push(tuple(machine.pop(1))),
    "TUPLE2": lambda machine, _: machine.push(tuple(machine.pop(2))),
    "TUPLE3": lambda machine, _: machine.push(tuple(machine.pop(3))),
    "MARK": lambda machine, _: machine.marks.append(len(machine.stack)),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.pop_to_mark())),
    "SETITEM": lambda machine, _: machine.set_items(machine.pop(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.pop_to_mark()),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.memoize),
    **dict.fromkeys(
        ("BINGET", "LONG_BINGET"), lambda machine, key: machine.push(machine.memo[key])
    ),
    "GLOBAL": lambda machine, name: machine.push(Global(name)),
    "STACK_GLOBAL": _Machine.push_stack_global,
    "REDUCE": _Machine.call,
    "BUILD": _Machine.set_state,
}


def read_pickle(data: bytes) -> Contents:
    """Return the arrays in a pickled dict of name to float array; refuse other pickles."""
    root = _follow(data)
    if type(root) is not dict:
        raise _refusal(_OTHER_OBJECTS)
    return Contents({name: _array(value) for name, value in root.items()})


def _follow(data: bytes) -> Any:
    """Return the pickled object, with a ``Call`` in place of each object that is not plain."""
    machine = _Machine()
    end = 0
    try:
        for count, (opcode, arg, position) in enumerate(pickletools.genops(data)):
            end = (position or 0) + 1
            if opcode.name == "STOP":
                break
            if opcode.name not in _OPCODES:
                raise _unknown(opcode.name, machine.stack)
            if count == MAX_OPCODES:
                raise _refusal(f"has more than {MAX_OPCODES} steps")
            _OPCODES[opcode.name](machine, arg)
    except (ValueError, IndexError, KeyError, AttributeError, Warning) as error:
        # Warning: Python warns about unknown escapes in text, and -W turns warnings into errors.
        raise WeightsError(
            f"this pickle is damaged or cut short after byte {end}; download or copy it again"
        ) from error
    if end != len(data):
        raise _refusal(f"is followed by {len(data) - end} bytes")
    if len(machine.stack) != 1:
        raise _refusal("does not end with one object")
    return machine.stack[0]


def _refusal(reason: str, advice: str = SAVE_NPZ) -> WeightsError:
    return WeightsError(f"this pickle {reason}", advice)


def _unknown(opcode: str, stack: list[Any]) -> WeightsError:
    """Return the refusal of a pickle with an opcode that a dict of arrays does not have."""
    if opcode in ("EMPTY_LIST", "LIST"):
        return _refusal("contains a list, expected a dict of arrays")
    match stack:
        case [*_, Global(name), tuple()] if opcode == "NEWOBJ":
            return _refusal(f"contains an object of {_shown(name)!r}", _SAVE_PARAMS)
    return _refusal(_OTHER_OBJECTS)


def _shown(name: str) -> str:
    return name[:MAX_NAME_CHARACTERS].replace(" ", ".")


def _array(value: Any) -> NDArray[np.floating]:
    """Return the array of a recorded call, in one of the two forms that NumPy writes."""
    match value:
        case Call(
            function=function,
            args=(Global("numpy ndarray"), (0,), placeholder),
            state=(1, tuple(shape), dtype, bool(fortran), body),
        ) if function in _RECONSTRUCT and _bytes(placeholder) == b"b":
            return view_array(_bytes(body), _code(dtype), shape, fortran)
        case Call(
            function=function, args=(body, dtype, tuple(shape), "C" | "F" as order), state=None
        ) if function in _FROMBUFFER:
            return view_array(_bytes(body), _code(dtype), shape, order == "F")
        case Call(function=function):
            raise _refusal(f"is refused because it would call {_shown(function)!r}")
    raise _refusal(_OTHER_OBJECTS)


def _code(dtype: Any) -> str:
    """Return the unchecked code of a recorded dtype, such as "<f4"."""
    match dtype:
        case Call(
            function="numpy dtype",
            args=(str(code), False | 0, True | 1),
            state=(3, str(order), None, None, None, -1, -1, 0),
        ):
            return order + code
    raise _refusal("contains an array that is not of floating-point numbers")


def _bytes(value: Any) -> bytes | bytearray:
    """Return bytes. Protocol 2 writes them as text, which is encoded as Latin-1 here."""
    match value:
        case bytes() | bytearray():
            return value
        case Call(function="_codecs encode", args=(str(text), "latin1"), state=None):
            try:
                return text.encode("latin1")
            except UnicodeEncodeError:
                pass
    raise _refusal("contains an array whose content is not bytes")

"""What Python itself raises as audit events, to prove what code does not do."""

import contextlib
import re
import sys
from collections.abc import Iterator

# What reading a file must never do, by the names of the events.
FORBIDDEN = re.compile(
    r"(import|exec|open|pickle|socket|os|subprocess|shutil|ctypes|marshal|mmap|tempfile|urllib)\b"
)

_listening = False
_heard: list[str] = []


def _hook(event: str, _: tuple[object, ...]) -> None:
    """Note an audit event; hooks cannot be taken away again, so this one is mostly deaf."""
    if _listening:
        _heard.append(event)


sys.addaudithook(_hook)


@contextlib.contextmanager
def listening() -> Iterator[list[str]]:
    """The audit events raised inside, in their order."""
    global _listening
    _heard.clear()
    _listening = True
    try:
        yield _heard
    finally:
        _listening = False

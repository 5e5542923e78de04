"""Python's audit events, to prove what code does not do."""

import contextlib
import re
import sys
from collections.abc import Iterator

# What reading a file must never do, by the names of the events.
FORBIDDEN = re.compile(
    r"(import|exec|open|pickle|socket|os|subprocess|shutil|ctypes|marshal|mmap|tempfile|urllib)\b"
)
# A hook cannot be removed, so there is one, which adds each event to these lists.
_listeners: list[list[str]] = []


def _hook(event: str, _: tuple[object, ...]) -> None:
    for events in _listeners:
        events.append(event)


sys.addaudithook(_hook)


@contextlib.contextmanager
def listening() -> Iterator[list[str]]:
    """Yield a list to which the events inside are added."""
    _listeners.append([])
    try:
        yield _listeners[-1]
    finally:
        _listeners.pop()

"""stdout and stderr as this program needs them: an answer that is lost is an error, a note is not.

What is said aside, on stderr, must not change the outcome, whatever became of stderr. A failure of
stdout is raised once, as an error of its own kind.
"""

import io
import os
import sys
from typing import Any, TextIO

from scratchnet_cli.errors import OutputError, ReaderGoneError

# What stands for standard input where a file could be named.
STDIN = "-"


class _Stream(io.TextIOWrapper):
    """Writes to where another stream writes; a failure is ``failed``'s to judge."""

    def __init__(self, below: Any, line_buffering: bool) -> None:
        # A file name need not be text, and no terminal knows every letter.
        super().__init__(below.buffer, below.encoding, "backslashreplace", None, line_buffering)

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self.failed(error)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self.failed(error)

    def close(self) -> None:
        """Leave the other stream open, it is Python's."""

    def failed(self, error: OSError) -> None:
        """Lead all further output nowhere, the buffered too, which Python flushes at exit."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())


class _Answer(_Stream):
    """stdout."""

    def failed(self, error: OSError) -> None:
        super().failed(error)
        if isinstance(error, BrokenPipeError):
            raise ReaderGoneError from error
        raise OutputError(f"the answer cannot be written: {error.strerror}") from error


def set_up_streams() -> None:
    """Put these streams in the place of Python's.

    Raises:
        OutputError: there is no stdout.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
    else:
        sys.stderr = _Stream(sys.stderr, line_buffering=True)
    if sys.stdout is None:
        raise OutputError("the answer cannot be written: stdout is closed")
    sys.stdout = _Answer(sys.stdout, line_buffering=sys.stdout.isatty())


def has_colour(stream: TextIO) -> bool:
    """Whether this is a terminal that can, and whose user did not ask for none (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

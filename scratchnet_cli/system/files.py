"""Reading and writing whole files: bounded reads, atomic writes, no accidental overwriting."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from scratchnet_cli.errors import OutputError, ScratchnetError

Overwrite = Literal["never", "own", "always"]
"""Which existing file may be replaced: none, one that scratchnet wrote, or any."""

# One of these is among the first bytes of every page and picture that scratchnet writes.
PAGE_MARKER = b'<meta name="generator" content="scratchnet">'
PNG_MARKER = b"tEXtSoftware\0scratchnet"
MARKER_BYTES = 200
PART_SUFFIX = ".scratchnet-part"


def read_bounded(path: Path, max_bytes: int, error: type[ScratchnetError], hint: str = "") -> bytes:
    """Return the content of a file. hint: follows the system's reason in the message."""
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except (OSError, ValueError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) else "not a valid file name"
        raise error(f"{path}: {reason}{hint}") from cause
    if len(data) > max_bytes:
        raise error(f"{path}: larger than {max_bytes >> 20} MiB, the maximum; use a smaller file")
    return data


def check_writable(path: Path, overwrite: Overwrite, option: str = "") -> None:
    """Raise now what ``write_atomic`` would raise. option: what named the path, for messages."""
    with _write_errors(path, option):
        _check_existing(path, overwrite, option)
        with _part_of(path):
            pass


def write_atomic(path: Path, data: bytes, overwrite: Overwrite, option: str = "") -> None:
    """Write a whole file: first beside its place, then moved there in one step.

    A symbolic link is never followed, only replaced if any file may be. A replaced file passes
    on its mode.
    """
    with _write_errors(path, option), _part_of(path) as part:
        mode = _check_existing(path, overwrite, option)
        if mode is not None:
            # Before the content is there: a private file stays private.
            part.chmod(mode | stat.S_IWUSR)
        part.write_bytes(data)
        if mode is not None:
            part.chmod(mode)
        part.replace(path)


@contextmanager
def _part_of(path: Path) -> Iterator[Path]:
    """Create an empty file beside ``path`` for the caller to fill and move; delete what is left."""
    part = path.with_name(f".{os.urandom(6).hex()}{PART_SUFFIX}")
    try:
        part.touch(exist_ok=False)
        yield part
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _check_existing(path: Path, overwrite: Overwrite, option: str) -> int | None:
    """Return the mode of the file that will be replaced, or None if there is none."""
    name = f"{option} {path}".lstrip()
    if overwrite == "never" and os.path.lexists(path):
        raise OutputError(f"{name}: already exists; use --force to overwrite it")
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    mode = status.st_mode
    if overwrite == "always" and stat.S_ISLNK(mode):
        return None
    # A device or a link such as /dev/stdout must not be replaced by a file.
    if not stat.S_ISREG(mode):
        raise OutputError(f"{name}: is not a regular file; choose another name")
    # Without a standard input there is nothing to compare.
    with suppress(OSError):
        if os.path.samestat(status, os.fstat(0)):
            raise OutputError(f"{name}: is the file on standard input; choose another name")
    if overwrite == "own":
        with path.open("rb") as file:
            start = file.read(MARKER_BYTES)
        if start and PAGE_MARKER not in start and PNG_MARKER not in start:
            raise OutputError(
                f"{name}: already exists and was not written by scratchnet; choose another name"
            )
    return stat.S_IMODE(mode)


@contextmanager
def _write_errors(path: Path, option: str) -> Iterator[None]:
    """Turn the system's refusal to write into a message."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a valid file name"
        name = f"{option} {path}".lstrip()
        raise OutputError(f"{name}: cannot be written ({reason})") from error

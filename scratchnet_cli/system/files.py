"""Reading and writing whole files: bounded reads, atomic writes, no accidental overwriting."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from scratchnet_cli.errors import OutputError, ScratchnetError, reason_of

Overwrite = Literal["never", "own", "always"]
"""Which existing file may be replaced: none, one that scratchnet wrote, or any file."""

# Each page and picture that scratchnet writes has one of these in its first MARKER_BYTES.
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
        raise error(f"{path}: {reason_of(cause)}{hint}") from cause
    if len(data) > max_bytes:
        raise error(f"{path}: larger than {max_bytes >> 20} MiB, the maximum; use a smaller file")
    return data


def check_writable(path: Path, overwrite: Overwrite, option: str = "") -> None:
    """Raise now what ``write_atomic`` would raise. option: what named the path, for messages."""
    with _part_of(path, overwrite, option):
        pass


def write_atomic(path: Path, data: bytes, overwrite: Overwrite, option: str = "") -> None:
    """Write a file beside its place, then move it there in one step.

    A symbolic link is never followed, only replaced if any file may be. The new file gets the
    mode of the file that it replaces.
    """
    with _part_of(path, overwrite, option) as (part, mode):
        if mode is not None:
            # Before the content is there: a private file stays private.
            part.chmod(mode | stat.S_IWUSR)
        part.write_bytes(data)
        if mode is not None:
            part.chmod(mode)
        part.replace(path)


@contextmanager
def _part_of(path: Path, overwrite: Overwrite, option: str) -> Iterator[tuple[Path, int | None]]:
    """Yield an empty file beside ``path``, and the mode of the file that it may replace.

    The file is deleted if it was not moved. Errors of the system become an OutputError.
    """
    name = f"{option} {path}".lstrip()
    try:
        mode = _check_existing(path, overwrite, name)
        part = path.with_name(f".{os.urandom(6).hex()}{PART_SUFFIX}")
        try:
            part.touch(exist_ok=False)
            yield part, mode
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise OutputError(f"{name}: cannot be written ({reason_of(error)})") from error


def _check_existing(path: Path, overwrite: Overwrite, name: str) -> int | None:
    """Return the mode of the file that will be replaced, or None if there is none."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    if overwrite == "never":
        raise OutputError(f"{name}: already exists; use --force to overwrite it")
    if overwrite == "always" and stat.S_ISLNK(status.st_mode):
        return None
    # A device or a link such as /dev/stdout must not be replaced by a file.
    if not stat.S_ISREG(status.st_mode):
        raise OutputError(f"{name}: is not a regular file; choose another name")
    # os.fstat fails if standard input is closed.
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
    return stat.S_IMODE(status.st_mode)

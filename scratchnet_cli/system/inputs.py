"""The pictures that a command line names: files, folders, lists of paths, standard input."""

import os
import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from io import BufferedReader
from typing import cast

from scratchnet_cli.errors import ImageError
from scratchnet_cli.system.streams import STDIN

SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff",
    ".pbm", ".pgm", ".ppm", ".pnm",
)  # fmt: skip
MAX_BYTES = 256 * 2**20
# read(n) allocates n bytes first: each read asks for no more than the file has shown to hold.
USUAL_BYTES = 2**16
LIST_BYTES = 2**16
# No system has longer paths.
MAX_LINE = 2**16


def expand(names: Iterable[str]) -> list[str]:
    """Each name in turn, a folder replaced by the pictures in it, sorted by name."""
    expanded: list[str] = []
    for name in names:
        # Unlike Path.is_dir, this takes a name that the system refuses for no folder.
        if name != STDIN and os.path.isdir(name):  # noqa: PTH112
            expanded += _pictures_in(name) or [name]
        else:
            expanded.append(name)
    return expanded


def read_list(name: str) -> Iterator[list[str]]:
    """The paths in a file, one a line, or on standard input for ``-``; empty lines are passed over.

    They come in bursts: what a pipe holds at the moment, and parts of a file.

    Raises:
        ImageError: the file cannot be read.
    """
    rest = b""
    try:
        with _open(name) as file:
            while data := file.read1(LIST_BYTES):
                if b"\0" in data:
                    raise ImageError(f"--files-from {name}: no list of paths, one a line")
                *lines, rest = (rest + data).split(b"\n")
                if max(map(len, (*lines, rest))) > MAX_LINE:
                    raise ImageError(
                        f"--files-from {name}: a line of more than {MAX_LINE} bytes is no path; "
                        "expected a list of paths, one a line"
                    )
                yield _paths(lines)
            yield _paths([rest])
    except OSError as error:
        raise ImageError(f"--files-from {name}: {error.strerror}") from error


def read_bytes(name: str) -> bytes:
    """The content of a file, or of standard input for ``-``.

    Raises:
        ImageError: it cannot be read, or is too large to be a picture of a digit.
    """
    if name == STDIN and sys.stdin is not None and sys.stdin.isatty():
        raise ImageError("standard input is a terminal; a picture can come from a pipe or < FILE")
    try:
        with _open(name) as file:
            data = file.read(USUAL_BYTES)
            wanted = USUAL_BYTES
            while len(data) == wanted <= MAX_BYTES:
                # Doubled each time: all that is copied is no more than the file once again.
                wanted = min(2 * wanted, MAX_BYTES + 1)
                data += file.read(wanted - len(data))
    except IsADirectoryError as error:
        raise ImageError("this folder holds no pictures") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise ImageError(reason or "no file can have this name") from error
    check_size(len(data))
    return data


def check_size(size: int) -> None:
    """Refuse a file of so many bytes, if that is too large to be a picture of a digit.

    Raises:
        ImageError: it is.
    """
    if size > MAX_BYTES:
        raise ImageError(f"larger than {MAX_BYTES >> 20} MiB, the most that is read")


def _open(name: str) -> AbstractContextManager[BufferedReader]:
    if name != STDIN:
        return open(name, "rb")  # noqa: PTH123
    if sys.stdin is None:
        raise ImageError("standard input is closed")
    # Not ours to close.
    return nullcontext(cast(BufferedReader, sys.stdin.buffer))


def _paths(lines: list[bytes]) -> list[str]:
    # Some editors begin a text with a mark, and a list may be several of theirs put together.
    paths = (line.removeprefix(BOM_UTF8).rstrip(b"\r") for line in lines)
    return [os.fsdecode(path) for path in paths if path]


def _pictures_in(folder: str) -> list[str]:
    """Its picture files, sorted; none where the folder cannot be listed, and no hidden ones."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.path
                for entry in entries
                if entry.name.lower().endswith(SUFFIXES)
                and not entry.name.startswith(".")
                and _is_file(entry)
            )
    except OSError:
        return []


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file, or a link to one, or a link that leads nowhere: reading it says why."""
    if not entry.is_symlink():
        return entry.is_file()
    return os.path.isfile(entry.path) or not os.path.exists(entry.path)  # noqa: PTH110, PTH113

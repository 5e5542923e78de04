"""The files that a command line names: pictures, folders, lists of paths, standard input."""

import os
import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from io import BufferedReader
from typing import cast

from scratchnet_cli.errors import ImageError

# Stands for standard input in place of a path.
STDIN = "-"
PICTURE_SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff",
    ".pbm", ".pgm", ".ppm", ".pnm",
)  # fmt: skip
MAX_PICTURE_BYTES = 256 * 2**20
# read(n) allocates n bytes first, so each read asks for no more than was already received.
FIRST_READ_BYTES = 2**16
LIST_CHUNK_BYTES = 2**16
# No system has longer paths.
MAX_PATH_BYTES = 2**16


def expand(names: Iterable[str]) -> list[str]:
    """Return the names, each folder replaced by its pictures, sorted, if it has any."""
    expanded: list[str] = []
    for name in names:
        # Unlike Path.is_dir, this returns False for a name that the system refuses.
        if name != STDIN and os.path.isdir(name):  # noqa: PTH112
            expanded += _pictures_in(name) or [name]
        else:
            expanded.append(name)
    return expanded


def read_list(name: str) -> Iterator[list[str]]:
    """Yield the paths in a file, one a line, in groups: what a pipe has, or a part of a file."""
    rest = b""
    try:
        with _open(name) as file:
            while data := file.read1(LIST_CHUNK_BYTES):
                if b"\0" in data:
                    raise ImageError(f"--files-from {name}: no list of paths, one a line")
                *lines, rest = (rest + data).split(b"\n")
                if max(map(len, (*lines, rest))) > MAX_PATH_BYTES:
                    raise ImageError(
                        f"--files-from {name}: a line of more than {MAX_PATH_BYTES} bytes is no "
                        "path; expected a list of paths, one a line"
                    )
                yield _paths(lines)
            yield _paths([rest])
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
        raise ImageError(f"--files-from {name}: {reason}") from error


def read_bytes(name: str) -> bytes:
    """Return the content of a picture file, or of standard input for ``-``."""
    if name == STDIN and sys.stdin is not None and sys.stdin.isatty():
        raise ImageError("standard input is a terminal; a picture can come from a pipe or < FILE")
    try:
        with _open(name) as file:
            wanted = FIRST_READ_BYTES
            data = file.read(wanted)
            while len(data) == wanted <= MAX_PICTURE_BYTES:
                wanted = min(2 * wanted, MAX_PICTURE_BYTES + 1)
                data += file.read(wanted - len(data))
    except IsADirectoryError as error:
        raise ImageError("this folder holds no pictures") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise ImageError(reason or "no file can have this name") from error
    check_file_size(len(data))
    return data


def check_file_size(size: int) -> None:
    """Raise ImageError if a file of this many bytes is too large to be read."""
    if size > MAX_PICTURE_BYTES:
        raise ImageError(f"larger than {MAX_PICTURE_BYTES >> 20} MiB, the most that is read")


def _open(name: str) -> AbstractContextManager[BufferedReader]:
    if name != STDIN:
        return open(name, "rb")  # noqa: PTH123
    if sys.stdin is None:
        raise ImageError("standard input is closed")
    # Leave it open: it belongs to Python.
    return nullcontext(cast(BufferedReader, sys.stdin.buffer))


def _paths(lines: list[bytes]) -> list[str]:
    # Some editors start a text with a byte order mark; a list may be several such texts.
    paths = (line.removeprefix(BOM_UTF8).rstrip(b"\r") for line in lines)
    return [os.fsdecode(path) for path in paths if path]


def _pictures_in(folder: str) -> list[str]:
    """Return the folder's picture files, sorted, without hidden ones; none if it is unreadable."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.path
                for entry in entries
                if entry.name.lower().endswith(PICTURE_SUFFIXES)
                and not entry.name.startswith(".")
                and _is_file(entry)
            )
    except OSError:
        return []


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Return whether this is a file, a link to one, or a broken link: reading that explains it."""
    if not entry.is_symlink():
        return entry.is_file()
    return os.path.isfile(entry.path) or not os.path.exists(entry.path)  # noqa: PTH110, PTH113

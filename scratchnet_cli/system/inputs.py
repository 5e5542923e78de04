"""The files that a command line names: pictures, folders, lists of paths, standard input."""

import os
import stat
import sys
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import lru_cache
from io import BufferedReader
from itertools import chain
from typing import cast

from scratchnet_cli.errors import ImageError, about, reason_of

# The name of standard input.
STDIN = "-"
# Addresses that people give in place of a file.
URLS = {"data:": "a data URL", "http://": "a web address", "https://": "a web address"}
MAX_PICTURE_BYTES = 256 * 2**20
# read(n) allocates n bytes first, so each read asks for no more than was already received.
FIRST_READ_BYTES = 2**16
LIST_CHUNK_BYTES = 2**16
# No system has longer paths.
MAX_PATH_BYTES = 2**16
_LIST_FORMS = (
    "one per line",
    "with a zero byte after each; if each path is on its own line, leave out --null",
)


class SpecialPath(str):
    """The path of a pipe or device in a list. It is not read, because that may wait forever."""


def file_groups(
    names: Sequence[str],
    files_from: str | None = None,
    null: bool = False,
    recursive: bool = False,
    note: Callable[[str], object] | None = None,
) -> Iterator[list[str]]:
    """Yield the names as one group, then each group of a list, as soon as it is known.

    files_from, null: as for ``read_list``; recursive, note: as for ``expand``.
    """
    listed = read_list(files_from, null) if files_from is not None else ()
    return (expand(group, recursive, note) for group in chain([names], listed))


def expand(
    names: Iterable[str], recursive: bool = False, note: Callable[[str], object] | None = None
) -> list[str]:
    """Return the names; a folder with pictures is replaced by them, sorted.

    recursive: also those in subfolders; note: receives a sentence on what else is in a folder.
    """
    expanded: list[str] = []
    for name in names:
        # Unlike Path.is_dir, os.path.isdir returns False for a name that the system refuses.
        if name != STDIN and os.path.isdir(name):  # noqa: PTH112
            from scratchnet_cli.system.folders import pictures_in

            expanded += pictures_in(name, recursive, note) or [name]
        else:
            expanded.append(name)
    return expanded


def read_list(name: str, null: bool = False) -> Iterator[list[str]]:
    """Yield the paths in a file, a group for each read: those of a slow pipe are used at once.

    There is one path per line. With ``null``, a zero byte ends each path.
    """
    rest = b""
    blank_bytes = 0
    try:
        with _open(name) as file, about(f"--files-from {name}"):
            while data := file.read1(LIST_CHUNK_BYTES):
                # In UTF-16, every second byte of Latin letters is 0.
                is_latin = not null and not (any(data[:20:2]) and any(data[1:20:2]))
                if b"\0" in data and (is_latin or data.startswith((BOM_UTF16_BE, BOM_UTF16_LE))):
                    raise ImageError("the text is in UTF-16; save it as UTF-8")
                if b"\0" in data and not null:
                    raise ImageError("contains zero bytes; use --null for a list of find -print0")
                *lines, rest = (rest + data).split(b"\0" if null else b"\n")
                paths = _paths(lines, null)
                blank_bytes = 0 if paths else blank_bytes + len(data)
                if max(*map(len, (*lines, rest)), blank_bytes) > MAX_PATH_BYTES:
                    raise ImageError(
                        f"{MAX_PATH_BYTES} bytes without a path; "
                        f"expected paths, {_LIST_FORMS[null]}"
                    )
                yield paths
            if null and b"\n" in rest:
                raise ImageError(f"expected paths, {_LIST_FORMS[null]}")
            yield _paths([rest], null)
    except (OSError, ValueError) as error:
        raise ImageError(f"--files-from {name}: {reason_of(error)}") from error


def read_bytes(name: str) -> bytes:
    """Return the content of a picture file, or of standard input for ``-``."""
    if name == STDIN and sys.stdin is not None and sys.stdin.isatty():
        raise ImageError("standard input is a terminal, expected a picture from a pipe or < FILE")
    if isinstance(name, SpecialPath):
        raise ImageError("a pipe or device in a list is not read; give it as an argument")
    try:
        with _open(name) as file:
            data = _read_once(file) if name == STDIN else _read(file)
    except IsADirectoryError as error:
        raise ImageError(
            "the folder contains no pictures; choose another folder, or use --recursive"
        ) from error
    except (OSError, ValueError) as error:
        reason = reason_of(error)
        for start, kind in URLS.items():
            if name.lower().startswith(start):
                reason = f"{kind}, not a file; save the picture to a file first"
        raise ImageError(reason) from error
    if not data and name == STDIN:
        raise ImageError("standard input is empty; check the command before the pipe")
    check_file_size(len(data))
    return data


def check_file_size(size: int) -> None:
    """Raise ImageError if a file of this many bytes is too large to be read."""
    if size > MAX_PICTURE_BYTES:
        raise ImageError(f"larger than {MAX_PICTURE_BYTES >> 20} MiB, the maximum; save it smaller")


def _read(file: BufferedReader) -> bytes:
    wanted = FIRST_READ_BYTES
    data = file.read(wanted)
    while len(data) == wanted <= MAX_PICTURE_BYTES:
        wanted = min(2 * wanted, MAX_PICTURE_BYTES + 1)
        data += file.read(wanted - len(data))
    return data


# A page that lies on its side is read again, but standard input can be read only once.
_read_once = lru_cache(1)(_read)


def _open(name: str) -> AbstractContextManager[BufferedReader]:
    if name != STDIN:
        return open(name, "rb")  # noqa: PTH123
    if sys.stdin is None:
        raise ImageError("standard input is closed; name a file")
    # Not closed here, because it belongs to Python.
    return nullcontext(cast(BufferedReader, sys.stdin.buffer))


def _paths(lines: list[bytes], null: bool) -> list[str]:
    if not null:
        # Some editors start a text with a byte order mark; a list may be several such texts.
        lines = [line.removeprefix(BOM_UTF8).rstrip(b"\r") for line in lines]
    paths = [os.fsdecode(line) for line in lines if line]
    for i, path in enumerate(paths):
        with suppress(OSError, ValueError):
            mode = os.stat(path).st_mode  # noqa: PTH116
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                paths[i] = SpecialPath(path)
    return paths

"""The pictures that a command line names: files, folders, lists of paths, standard input."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from scratchnet_cli.errors import ImageError

STDIN = "-"
SUFFIXES = {
    ".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff",
    ".pbm", ".pgm", ".ppm", ".pnm",
}  # fmt: skip
MAX_BYTES = 256 * 2**20


def expand(names: Iterable[str]) -> Iterator[str]:
    """Each name in turn, a folder replaced by the pictures in it, sorted by name."""
    for name in names:
        # Unlike Path.is_dir, this takes a name that the system refuses for no folder.
        if name != STDIN and os.path.isdir(name):  # noqa: PTH112
            yield from _pictures_in(Path(name)) or [name]
        else:
            yield name


def read_list(name: str) -> Iterator[str]:
    """The paths in a file, one a line, or on standard input for ``-``; empty lines are passed over.

    Raises:
        ImageError: the file cannot be read.
    """
    try:
        with _open(name) as file:
            for line in file:
                if path := line.rstrip(b"\r\n"):
                    yield os.fsdecode(path)
    except OSError as error:
        raise ImageError(f"--files-from {name}: {error.strerror}") from error


def read_bytes(name: str) -> bytes:
    """The content of a file, or of standard input for ``-``.

    Raises:
        ImageError: it cannot be read, or is too large to be a picture of a digit.
    """
    try:
        with _open(name) as file:
            data = file.read(MAX_BYTES + 1)
    except IsADirectoryError as error:
        raise ImageError("this folder holds no pictures") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise ImageError(reason or "no file can have this name") from error
    if len(data) > MAX_BYTES:
        raise ImageError(f"larger than {MAX_BYTES} bytes")
    return data


def _open(name: str) -> AbstractContextManager[BinaryIO]:
    if name != STDIN:
        return Path(name).open("rb")
    if sys.stdin is None:
        raise ImageError("standard input is closed")
    # Not ours to close.
    return nullcontext(sys.stdin.buffer)


def _pictures_in(folder: Path) -> list[str]:
    """Its picture files, sorted; none where the folder cannot be listed, and no hidden ones."""
    try:
        entries = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
    except OSError:
        return []
    return sorted(str(path) for path in entries if path.is_file() and not path.name.startswith("."))

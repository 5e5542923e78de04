"""Files that are written whole, and never over another by accident."""

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scratchnet_cli.errors import InputError, OutputError
from scratchnet_cli.system.files import (
    PAGE_MARKER,
    PNG_MARKER,
    Overwrite,
    check_writable,
    read_bounded,
    write_atomic,
)
from tests.downloads.fetching import files

unix = pytest.mark.skipif(sys.platform == "win32", reason="Unix files")
PAGE = b"<!DOCTYPE html>" + PAGE_MARKER
PNG = b"\x89PNG\r\n\x1a\n" + PNG_MARKER
EXISTS = "--report x: exists already; --force overwrites it"
FOREIGN = (
    "--report x: exists and was not written by scratchnet; choose another name, or delete it first"
)


def check(path: Path, overwrite: Overwrite) -> str:
    """Check and then write a file, which must agree; return the message, or nothing."""
    messages = []
    for attempt in range(2):
        try:
            if attempt == 0:
                check_writable(path, overwrite, "--report")
            else:
                write_atomic(path, b"new", overwrite, "--report")
            messages.append("")
        except OutputError as error:
            messages.append(str(error))
    assert messages[0] == messages[1]
    return messages[0]


@pytest.mark.parametrize(
    ("content", "overwrite", "message"),
    [
        (None, "never", ""),
        (None, "own", ""),
        (None, "always", ""),
        (b"", "never", EXISTS),
        (PAGE, "never", EXISTS),
        (b"", "own", ""),
        (PAGE, "own", ""),
        (PNG, "own", ""),
        (b"x" * (200 - len(PAGE_MARKER)) + PAGE_MARKER, "own", ""),
        (b"x" * (201 - len(PAGE_MARKER)) + PAGE_MARKER, "own", FOREIGN),
        (b"<!DOCTYPE html><title>mine</title>", "own", FOREIGN),
        (b"\x89PNG\r\n\x1a\nmine", "own", FOREIGN),
        (b"x", "own", FOREIGN),
        (b"x", "always", ""),
    ],
)
def test_write_replaces_only_what_it_may(
    content: bytes | None, overwrite: Overwrite, message: str
) -> None:
    """Pages and pictures are recognised by their marker in the first 200 bytes."""
    path = Path("x")
    if content is not None:
        path.write_bytes(content)
    before = {} if content is None else {"x": content}
    assert files(Path()) == before
    assert check(path, overwrite) == message
    assert files(Path()) == (before if message else {"x": b"new"})


@unix
@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (Path.mkdir, "is not a file; choose another name"),
        (os.mkfifo, "is not a file; choose another name"),
        (lambda path: path.symlink_to("/dev/null"), "is not a file; choose another name"),
        (
            lambda path: path.symlink_to(path),
            "cannot be written (Too many levels of symbolic links)",
        ),
    ],
    ids=["folder", "pipe", "device", "link loop"],
)
@pytest.mark.parametrize("overwrite", ["own", "always"])
def test_write_replaces_only_files(
    prepare: Callable[[Path], None], message: str, overwrite: Overwrite
) -> None:
    """A folder, pipe or device is an error, and stays."""
    path = Path("x")
    prepare(path)
    before = path.lstat()
    assert check(path, overwrite) == f"--report x: {message}"
    assert path.lstat() == before
    assert os.listdir() == ["x"]  # noqa: PTH208


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing/x", "No such file or directory"),
        ("file/x", "Not a directory"),
        ("\0", "no file can have this name"),
    ],
)
@pytest.mark.parametrize("overwrite", ["never", "own", "always"])
def test_write_names_the_reason(name: str, reason: str, overwrite: Overwrite) -> None:
    """A place that cannot be written is an error before the work and after it."""
    Path("file").write_bytes(b"")
    assert check(Path(name), overwrite) == f"--report {name}: cannot be written ({reason})"


@unix
@pytest.mark.parametrize("mode", [0o600, 0o444, 0o640])
@pytest.mark.parametrize("overwrite", ["own", "always"])
def test_write_keeps_links_and_modes(mode: int, overwrite: Overwrite) -> None:
    """The target of a link is written, even if it is missing; a mode stays."""
    link, target = Path("link"), Path("target")
    link.symlink_to(target)
    with pytest.raises(OutputError, match="exists already"):
        write_atomic(link, b"new", "never")
    write_atomic(link, PAGE, overwrite)
    assert target.read_bytes() == PAGE
    target.chmod(mode)
    write_atomic(link, b"new", overwrite)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert sorted(os.listdir()) == ["link", "target"]  # noqa: PTH208


@unix
def test_write_that_fails_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk the old file stays whole, and nothing is beside it."""

    def refuse(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[:1])
        raise OSError(28, "No space left on device")

    Path("x").write_bytes(b"old")
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(OutputError, match=r"x: cannot be written \(No space left on device\)"):
        write_atomic(Path("x"), b"new", "always")
    assert files(Path()) == {"x": b"old"}


def test_read_bounded_reads_up_to_the_limit() -> None:
    """A file of more bytes, or one that cannot be read, is an error of the given kind."""
    path = Path("x")
    path.write_bytes(bytes(2**20))
    assert read_bounded(path, 2**20, InputError) == bytes(2**20)
    path.write_bytes(bytes(2**20 + 1))
    with pytest.raises(InputError, match=r"^x: larger than 1 MiB, the most that is read$"):
        read_bounded(path, 2**20, InputError)
    with pytest.raises(InputError, match=r"^y: No such file or directory, or so$"):
        read_bounded(Path("y"), 1, InputError, ", or so")

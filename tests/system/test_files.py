"""Files that are written whole, and never over another by accident."""

import os
import stat
import sys
from functools import partial
from pathlib import Path
from typing import cast

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
EXISTS = "--report x: already exists; use --force to overwrite it"
FOREIGN = "--report x: already exists and was not written by scratchnet; choose another name"


def check(path: Path, overwrite: Overwrite) -> str:
    """Check and then write a file, which must agree; return the message, or nothing."""
    messages = set()
    for call in (partial(check_writable, path), partial(write_atomic, path, b"new")):
        try:
            call(overwrite, "--report")
            messages.add("")
        except OutputError as error:
            messages.add(str(error))
    (message,) = messages
    return message


@pytest.mark.parametrize(
    ("content", "overwrite", "message"),
    [
        (None, "never", ""),
        (None, "own", ""),
        (None, "always", ""),
        (PAGE, "never", EXISTS),
        (b"", "own", ""),
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
    before = {} if content is None else {"x": content}
    for name, data in before.items():
        Path(name).write_bytes(data)
    assert check(Path("x"), overwrite) == message
    assert files(Path()) == (before if message else {"x": b"new"})


@unix
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("folder", "is not a regular file; choose another name"),
        ("pipe", "is not a regular file; choose another name"),
        ("missing/x", "cannot be written (No such file or directory)"),
        ("file/x", "cannot be written (Not a directory)"),
        ("\0", "cannot be written (not a valid file name)"),
    ],
)
@pytest.mark.parametrize("overwrite", ["own", "always"])
def test_write_replaces_only_files(name: str, message: str, overwrite: Overwrite) -> None:
    """A place that cannot be written is an error before the work and after it, and stays."""
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("file").touch()
    before = {path: path.lstat() for path in Path().iterdir()}
    assert check(Path(name), overwrite) == f"--report {name}: {message}"
    assert {path: path.lstat() for path in Path().iterdir()} == before


@unix
@pytest.mark.parametrize("overwrite", ["own", "always"])
@pytest.mark.parametrize("mode", [0o600, 0o444, 0o640])
def test_write_keeps_the_mode(mode: int, overwrite: Overwrite) -> None:
    """The new file has the old one's mode."""
    path = Path("page")
    path.write_bytes(PAGE)
    path.chmod(mode)
    write_atomic(path, b"new", overwrite)
    assert files(Path()) == {"page": b"new"}
    assert stat.S_IMODE(path.stat().st_mode) == mode


@unix
@pytest.mark.parametrize("target", ["page", "missing", "link", "folder", os.devnull])
def test_write_never_follows_a_link(target: str) -> None:
    """A link is replaced if any file may be, else it stays; its target stays in any case."""
    Path("folder").mkdir()
    Path("page").write_bytes(PAGE)
    link = Path("link")
    link.symlink_to(target)
    for overwrite, message in (("never", "already exists"), ("own", "is not a regular file")):
        with pytest.raises(OutputError, match=f"link: {message}"):
            write_atomic(link, b"new", cast(Overwrite, overwrite))
        assert link.readlink() == Path(target)
    write_atomic(link, b"new", "always")
    assert not link.is_symlink()
    assert [path.read_bytes() for path in (link, Path("page"))] == [b"new", PAGE]
    assert len(list(Path().iterdir())) == 3


@unix
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_write_that_fails_leaves_the_old_file(
    monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    """On a full disk or Ctrl-C the old file stays whole, and nothing is beside it."""

    def refuse(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[:1])
        raise failure

    Path("x").write_bytes(b"old")
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises((OutputError, KeyboardInterrupt)):
        write_atomic(Path("x"), b"new", "always")
    assert files(Path()) == {"x": b"old"}


def test_read_bounded_reads_up_to_the_limit() -> None:
    """A file of more bytes, or one that cannot be read, is an error of the given kind."""
    path = Path("x")
    path.write_bytes(bytes(2**20 + 1))
    assert read_bounded(path, 2**20 + 1, InputError) == bytes(2**20 + 1)
    with pytest.raises(
        InputError, match=r"^x: larger than 1 MiB, the maximum; use a smaller file$"
    ):
        read_bounded(path, 2**20, InputError)
    with pytest.raises(InputError, match=r"^y: No such file or directory, or so$"):
        read_bounded(Path("y"), 1, InputError, ", or so")

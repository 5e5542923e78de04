"""The cache: filled by downloads, damaged, unusable, full, or filled by many at once."""

import gzip
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import pytest

from scratchnet_cli.downloads.cache import Fetched, fetch, unpack, unpack_ahead
from scratchnet_cli.errors import DownloadError
from scratchnet_cli.system.files import PART_SUFFIX
from tests.downloads.fetching import DATA, Recorder, asset, files
from tests.downloads.server import Server

unix = pytest.mark.skipif(sys.platform == "win32", reason="Unix files")


@pytest.mark.parametrize(
    ("damaged", "defect"),
    [
        (DATA[:9] + bytes([DATA[9] ^ 1]) + DATA[10:], "sha256"),
        (DATA[:-1], f"{len(DATA)} bytes, found {len(DATA) - 1}"),
        (DATA + b"\0", f"{len(DATA)} bytes, found more"),
        (b"", f"{len(DATA)} bytes, found 0"),
    ],
    ids=["one bit", "truncated", "longer", "empty"],
)
def test_fetch_replaces_a_damaged_file(
    server: Server, cache: Path, damaged: bytes, defect: str
) -> None:
    """A file with a wrong checksum is never used: it is downloaded again, with a note."""
    cache.mkdir()
    (cache / "digits.gz").write_bytes(damaged)
    for force in (False, True):
        with pytest.raises(DownloadError):
            fetch(asset(), Recorder(), force=force)
    assert files(cache) == {"digits.gz": damaged}
    progress = Recorder()
    fetched = fetch(asset(server.url("/good")), progress)
    assert fetched == Fetched(DATA, str(cache / "digits.gz"), cached=True)
    assert files(cache) == {"digits.gz": DATA}
    (note,) = progress.notes
    assert note.startswith(f"{cache / 'digits.gz'}: damaged, or another file (expected {defect}")
    assert note.endswith("); downloading it again")


UNREADABLE = "{}: cannot be read (not a file); downloading it again"
NOT_CACHED = "downloaded, but not cached: {}: "


@unix
@pytest.mark.parametrize(
    ("prepare", "notes"),
    [
        ("mkdir cache cache/digits.gz", [UNREADABLE, f"{NOT_CACHED}is not a regular file; "]),
        ("mkdir cache; mkfifo cache/digits.gz", [UNREADABLE, f"{NOT_CACHED}is not a regular file"]),
        ("ln -s nowhere cache", [f"{NOT_CACHED}cannot be written (File exists); "]),
    ],
)
def test_fetch_works_without_a_cache(
    server: Server, cache: Path, prepare: str, notes: list[str]
) -> None:
    """If the file cannot be cached, a note says why, and the bytes are used all the same."""
    subprocess.run(prepare, shell=True, check=True)  # noqa: S602
    before = sorted(cache.parent.rglob("*"))
    progress = Recorder()
    fetched = fetch(asset(server.url("/good")), progress)
    assert fetched == Fetched(DATA, "http://127.0.0.1", cached=False)
    for note, start in zip(progress.notes, notes, strict=True):
        assert note.startswith(start.format(cache / "digits.gz"))
    assert progress.notes[-1].endswith("; set SCRATCHNET_CACHE_DIR to another folder")
    assert sorted(cache.parent.rglob("*")) == before


def test_fetch_deletes_what_killed_processes_left(server: Server, cache: Path) -> None:
    """A temporary file that is older than an hour is deleted; a younger one stays."""
    cache.mkdir()
    old, young = (cache / f".{name}{PART_SUFFIX}" for name in ("old", "young"))
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (time.time() - 3700,) * 2)
    os.utime(young, (time.time() - 3500,) * 2)
    fetch(asset(server.url("/good")), Recorder())
    assert files(cache) == {"digits.gz": DATA, young.name: b"half"}


def test_fetch_fills_a_cold_cache_from_many_threads(server: Server, cache: Path) -> None:
    """Two versions that pin different files under one name each get their own, again and again."""
    server.paths["/other"] = b"other"
    versions = {
        DATA: asset(server.url("/good")),
        b"other": asset(server.url("/other"), data=b"other"),
    }
    with ThreadPoolExecutor(8) as threads:
        fetched = threads.map(lambda data: fetch(versions[data], Recorder()), [*versions] * 20)
    assert [each.data for each in fetched] == [*versions] * 20
    assert list(files(cache)) == ["digits.gz"]


@pytest.mark.parametrize("state", ["cached", "missing", "damaged", "no threads"])
def test_unpack_ahead_changes_nothing(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """What was unpacked ahead is what ``unpack`` returns; problems are left to ``fetch``."""
    wanted = asset(server.url("/good"))
    if state != "missing":
        cache.mkdir()
        (cache / "digits.gz").write_bytes(b"damaged" if state == "damaged" else DATA)
    if state == "no threads":
        refuse = Mock(side_effect=RuntimeError("can't start new thread"))
        monkeypatch.setattr(threading.Thread, "start", refuse)
    unpack_ahead(wanted)
    if state == "cached":
        assert unpack(b"", wanted.name) == gzip.decompress(DATA)
    assert unpack(fetch(wanted, Recorder()).data, wanted.name) == gzip.decompress(DATA)
    assert server.requests == ({"/good": 1} if state in ("missing", "damaged") else {})

"""The cache: filled by downloads, damaged, unusable, full, or filled by many at once."""

import gzip
import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from scratchnet_cli.downloads.assets import Asset
from scratchnet_cli.downloads.cache import Fetched, fetch, unpack, unpack_ahead
from scratchnet_cli.errors import DownloadError
from scratchnet_cli.system.files import PART_SUFFIX
from tests.conftest import Run
from tests.downloads.fetching import DATA, PAGE, Recorder, asset, fetch_command, files
from tests.downloads.server import Server

unix = pytest.mark.skipif(sys.platform == "win32", reason="Unix files")


def fetch_quietly(wanted: Asset, force: bool = False) -> Fetched:
    """Fetch without a note."""
    progress = Recorder()
    fetched = fetch(wanted, progress, force=force)
    assert progress.notes == []
    return fetched


def test_fetch_downloads_once(server: Server, cache: Path) -> None:
    """The first fetch downloads into the cache, the second requests nothing, force downloads."""
    wanted = asset(server.url("/good"))
    expected = Fetched(DATA, str(cache / "digits.gz"), cached=True)
    assert [fetch_quietly(wanted), fetch_quietly(wanted)] == [expected] * 2
    assert server.requests == {"/good": 1}
    assert fetch_quietly(wanted, force=True) == expected
    assert server.requests == {"/good": 2}
    assert files(cache) == {"digits.gz": DATA}


@pytest.mark.parametrize(
    ("damaged", "defect"),
    [
        pytest.param(DATA[:9] + bytes([DATA[9] ^ 1]) + DATA[10:], "expected sha256", id="one bit"),
        pytest.param(DATA[:-1], f"found {len(DATA) - 1}", id="truncated"),
        pytest.param(DATA + b"\0", "found more", id="longer"),
        pytest.param(b"", "found 0", id="empty"),
        pytest.param(PAGE, f"found {len(PAGE)}", id="page"),
    ],
)
def test_fetch_replaces_a_damaged_file(
    server: Server, cache: Path, damaged: bytes, defect: str
) -> None:
    """A file with a wrong checksum is never used: it is downloaded again, with a note."""
    cache.mkdir()
    (cache / "digits.gz").write_bytes(damaged)
    with pytest.raises(DownloadError):
        fetch(asset(), Recorder())
    assert files(cache) == {"digits.gz": damaged}
    progress = Recorder()
    fetched = fetch(asset(server.url("/good")), progress)
    assert fetched == Fetched(DATA, str(cache / "digits.gz"), cached=True)
    assert files(cache) == {"digits.gz": DATA}
    (note,) = progress.notes
    assert note.startswith(f"{cache / 'digits.gz'}: damaged or not ours (expected ")
    assert defect in note
    assert note.endswith("): downloading it again")


def put_folder(cache: Path) -> None:
    """Put a folder in the file's place."""
    (cache / "digits.gz").mkdir(parents=True)


def put_pipe(cache: Path) -> None:
    """Put a pipe in the file's place; reading it would never end."""
    cache.mkdir()
    os.mkfifo(cache / "digits.gz")


def put_file(cache: Path) -> None:
    """Put a file in the place of the cache folder."""
    cache.write_bytes(b"mine")


def put_dangling_link(cache: Path) -> None:
    """Put a link that leads nowhere in the place of the cache folder."""
    cache.symlink_to(cache.with_name("nowhere"))


@unix
@pytest.mark.parametrize(
    ("prepare", "notes"),
    [
        (put_folder, ["cannot be read (not a file; ", "is not a file; "]),
        (put_pipe, ["cannot be read (not a file; ", "is not a file; "]),
        (put_file, ["cannot be written (File exists); "]),
        (put_dangling_link, ["cannot be written (File exists); "]),
    ],
)
def test_fetch_works_without_a_cache(
    server: Server, cache: Path, prepare: Callable[[Path], None], notes: list[str]
) -> None:
    """If the file cannot be cached, a note says why, and the bytes are used all the same."""
    prepare(cache)
    before = sorted(cache.parent.rglob("*"))
    progress = Recorder()
    fetched = fetch(asset(server.url("/good")), progress)
    assert fetched == Fetched(DATA, "http://127.0.0.1", cached=False)
    assert [note.startswith(f"{cache / 'digits.gz'}: {start}") for note, start in
            zip(progress.notes, notes, strict=True)] == [True] * len(notes)  # fmt: skip
    assert progress.notes[-1].endswith(
        "; SCRATCHNET_CACHE_DIR can name another folder: downloaded, but not cached"
    )
    assert sorted(cache.parent.rglob("*")) == before


def test_eval_works_without_a_cache(
    run: Run, server: Server, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    """Without a usable cache folder the run still answers, with one note."""
    stream = io.BytesIO()
    np.savez(stream, W1=np.zeros((784, 10), np.float32), b1=np.zeros(10, np.float32))
    weights = asset(server.url("/weights"), name="sample_weight.pkl", data=stream.getvalue())
    server.paths["/weights"] = stream.getvalue()
    monkeypatch.setattr("scratchnet_cli.weights.load.BOOK_WEIGHTS", weights)
    cache.write_bytes(b"mine")
    result = run("eval", "--weights", "book", "--dataset", "sample", "--progress", "none")
    assert (result.exit_code, result.stdout) == (0, "Accuracy: 0.1000\n")
    assert result.stderr.endswith(": downloaded, but not cached\n")
    assert result.stderr.count("\n") == 1
    assert cache.read_bytes() == b"mine"


@unix
def test_fetch_survives_a_full_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path
) -> None:
    """If the file cannot be written to its end, nothing of it stays, and the bytes are used."""
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "digits.gz").write_bytes(DATA)
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(tmp_path / "mirror"))
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
    done = subprocess.run(
        fetch_command(asset(), limit), capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "False\nFalse\n"
    assert files(cache) == {}


def test_fetch_deletes_what_killed_processes_left(server: Server, cache: Path) -> None:
    """A temporary file that is older than an hour is deleted; a younger one stays."""
    cache.mkdir()
    old, young = (cache / f".{name}{PART_SUFFIX}" for name in ("old", "young"))
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (time.time() - 3700,) * 2)
    os.utime(young, (time.time() - 3500,) * 2)
    fetch_quietly(asset(server.url("/good")))
    assert files(cache) == {"digits.gz": DATA, young.name: b"half"}


def test_fetch_fills_a_cold_cache_from_many_threads(server: Server, cache: Path) -> None:
    """Two versions that pin different files under one name each get their own, again and again."""
    server.paths["/other"] = b"other"
    versions = [
        (asset(server.url("/good")), DATA),
        (asset(server.url("/other"), data=b"other"), b"other"),
    ]
    right: list[bool] = []

    def work(wanted: Asset, data: bytes) -> None:
        right.extend(fetch(wanted, Recorder()).data == data for _ in range(5))

    threads = [threading.Thread(target=work, args=version) for version in versions * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 40
    assert list(files(cache)) == ["digits.gz"]


def test_fetch_fills_a_cold_cache_from_many_processes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path
) -> None:
    """Eight processes that start together share one cold cache without a message."""
    wanted = asset(data=DATA * 20)
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / wanted.name).write_bytes(DATA * 20)
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(mirror))
    racing = [
        subprocess.Popen(
            fetch_command(wanted), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(8)
    ]
    assert [process.communicate()[0] for process in racing] == ["True\nTrue\n"] * 8
    assert files(cache) == {wanted.name: DATA * 20}


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

        def refuse(_: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", refuse)
    unpack_ahead(wanted)
    if state == "cached":
        # The bytes are not needed any more.
        assert unpack(b"", wanted.name) == gzip.decompress(DATA)
    assert unpack(fetch(wanted, Recorder()).data, wanted.name) == gzip.decompress(DATA)
    assert server.requests == ({"/good": 1} if state in ("missing", "damaged") else {})


def test_eval_from_the_cache_has_the_same_origin(
    run: Run, real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run that fills the cache and the one that unpacks ahead print the same."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(real_data))
    answers = []
    for _ in range(2):
        answer = json.loads(run("eval", "--weights", "bundled", "--format", "json").stdout)
        answers.append({key: answer[key] for key in ("dataset", "accuracy", "total")})
        monkeypatch.setenv("SCRATCHNET_OFFLINE", "1")
        monkeypatch.delenv("SCRATCHNET_MIRROR", raising=False)
    assert answers[0] == answers[1]
    assert answers[0]["total"] == 10_000

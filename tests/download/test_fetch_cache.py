"""The cache: damaged, unusable, full, or filled by many at once."""

import io
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from scratchnet_cli.downloads import assets
from scratchnet_cli.downloads.cache import Asset
from scratchnet_cli.downloads.fetch import Fetcher
from scratchnet_cli.errors import DownloadError
from scratchnet_cli.system.files import PART_SUFFIX
from tests.conftest import Run
from tests.download.fetching import DATA, PAGE, SPY, Ear, asset, files, spy
from tests.download.server import Server


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(DATA[:1000] + bytes([DATA[1000] ^ 1]) + DATA[1001:], id="one bit"),
        pytest.param(DATA[:-1], id="truncated"),
        pytest.param(DATA + b"\0", id="longer"),
        pytest.param(b"", id="empty"),
        pytest.param(PAGE, id="page"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1\n", id="LFS pointer"),
    ],
)
def test_a_file_that_is_not_the_pinned_one_is_left_alone(
    server: Server, cache: Path, damaged: bytes
) -> None:
    """It may be the user's own: it is neither used nor replaced, the data come without a cache."""
    cache.mkdir()
    (cache / "digits.gz").write_bytes(damaged)
    ear = Ear()
    fetched = Fetcher(ear).fetch(asset(server.url("/good")))
    assert (fetched.data, fetched.cached, fetched.source) == (DATA, False, server.url("/good"))
    assert files(cache) == {"digits.gz": damaged}
    assert len(ear.notes) == 1
    assert ear.notes[0].startswith(f"{cache / 'digits.gz'}: damaged or not ours (expected ")
    assert ear.notes[0].endswith("scratchnet download --force replaces a file")
    assert Fetcher().fetch(asset(server.url("/good")), force=True).cached
    assert files(cache) == {"digits.gz": DATA}


def test_a_damaged_file_is_not_used_for_want_of_better(cache: Path) -> None:
    """If a damaged file cannot be fetched again, the fetch fails."""
    cache.mkdir()
    (cache / "digits.gz").write_bytes(DATA[:-1])
    with pytest.raises(DownloadError):
        Fetcher().fetch(asset())


def test_something_else_in_the_files_place(server: Server, cache: Path) -> None:
    """A folder under the file's name is told of and left alone, and the data are used uncached."""
    (cache / "digits.gz").mkdir(parents=True)
    ear = Ear()
    fetched = Fetcher(ear).fetch(asset(server.url("/good")))
    assert (fetched.data, fetched.cached, fetched.source) == (DATA, False, server.url("/good"))
    assert len(ear.notes) == 1
    assert "cannot be read" in ear.notes[0]
    assert [path.name for path in cache.iterdir()] == ["digits.gz"]


def test_a_cache_that_cannot_be_written_costs_only_time(
    run: Run, server: Server, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    """Without a usable cache folder the run still answers, and says what is wrong with it."""
    stream = io.BytesIO()
    np.savez(stream, W1=np.zeros((784, 10), np.float32), b1=np.zeros(10, np.float32))
    weights = asset(server.url("/weights"), name="sample_weight.pkl", data=stream.getvalue())
    server.paths["/weights"] = stream.getvalue()
    monkeypatch.setattr(assets, "BOOK_WEIGHTS", weights)
    cache.write_bytes(b"a file, not a folder")
    result = run("eval", "--weights", "book", "--dataset", "sample", "--progress", "none")
    assert result.exit_code == 0
    assert result.stdout == "Accuracy: 0.1000\n"
    assert str(cache) in result.stderr
    assert "SCRATCHNET_CACHE_DIR" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert cache.read_bytes() == b"a file, not a folder"


@pytest.mark.usefixtures("small_assets")
def test_download_into_a_cache_that_cannot_be_written_fails(
    run: Run, server: Server, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    """``download`` is there to fill the cache, so it does not pretend to have done it."""
    server.paths["/sample_weight.pkl"] = b"weights"
    monkeypatch.setenv("SCRATCHNET_MIRROR", server.url(""))
    cache.write_bytes(b"a file, not a folder")
    result = run("download")
    assert result.exit_code == 3
    assert result.stdout == ""
    (line,) = (line for line in result.stderr.splitlines() if not line.startswith("downloading"))
    assert str(cache) in line
    assert line.endswith(": downloaded, but not cached")


@pytest.mark.skipif(sys.platform == "win32", reason="Unix files")
@pytest.mark.parametrize("place", ["folder", "file"])
def test_a_link_that_leads_nowhere(server: Server, cache: Path, tmp_path: Path, place: str) -> None:
    """A dangling link in the place of the cache, or of a file, costs the cache and stays."""
    link = cache if place == "folder" else cache / "digits.gz"
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path / "nowhere")
    ear = Ear()
    fetched = Fetcher(ear).fetch(asset(server.url("/good")))
    assert fetched.data == DATA
    assert not fetched.cached
    assert ["cannot be written (File exists)" in note for note in ear.notes] == [True]
    assert link.is_symlink()
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Unix files")
def test_a_file_system_without_links(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There too a file is cached whole, and another under its name stays."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert Fetcher().fetch(asset(server.url("/good"))).cached
    assert files(cache) == {"digits.gz": DATA}
    (cache / "digits.gz").unlink()
    (cache / "digits.gz").symlink_to(cache / "nowhere")
    assert not Fetcher().fetch(asset(server.url("/good"))).cached
    assert (cache / "digits.gz").is_symlink()


@pytest.mark.skipif(sys.platform == "win32", reason="Unix files")
def test_a_pipe_in_the_files_place_is_not_waited_for(server: Server, cache: Path) -> None:
    """What would never end when read is told of like a folder."""
    cache.mkdir()
    os.mkfifo(cache / "digits.gz")
    ear = Ear()
    assert Fetcher(ear).fetch(asset(server.url("/good"))).data == DATA
    assert "not a file" in ear.notes[0]


@pytest.mark.skipif(sys.platform == "win32", reason="a limit that Windows has not")
def test_a_full_disk_costs_only_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path
) -> None:
    """Where the file cannot be written to its end, nothing of it stays, and the data are used."""
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "digits.gz").write_bytes(DATA)
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(tmp_path / "mirror"))
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
    assert spy(asset(), limit + SPY)[0] == ["not cached", "not cached"]
    assert files(cache) == {}


def test_what_killed_processes_left_is_swept(server: Server, cache: Path) -> None:
    """A part of a file that is older than an hour goes with the next download; a younger stays."""
    cache.mkdir()
    old, young = (cache / f".{name}{PART_SUFFIX}" for name in ("old", "young"))
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    Fetcher().fetch(asset(server.url("/good")))
    assert files(cache) == {"digits.gz": DATA, young.name: b"half"}


def test_two_versions_share_a_cache(server: Server) -> None:
    """Two programs that pin different files under one name each get their own, again and again."""
    server.paths["/other"] = b"other"
    versions = [
        (asset(server.url("/good")), DATA),
        (asset(server.url("/other"), data=b"other"), b"other"),
    ]
    right: list[bool] = []

    def work(wanted: Asset, data: bytes) -> None:
        right.extend(Fetcher().fetch(wanted).data == data for _ in range(20))

    threads = [threading.Thread(target=work, args=version) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 40


def test_threads_fill_a_cold_cache_at_once(server: Server, cache: Path) -> None:
    """Sixteen fetches at once, each with a network of its own, all succeed and leave one file."""
    wanted = asset(server.url("/good"))
    together = threading.Barrier(16)
    results: list[object] = []

    def work() -> None:
        together.wait()
        try:
            results.append(Fetcher().fetch(wanted).data == DATA)
        except DownloadError as error:
            results.append(error)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 16
    assert files(cache) == {"digits.gz": DATA}


def test_processes_fill_a_cold_cache_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path
) -> None:
    """Sixteen processes that start together share one cold cache without a word."""
    wanted = asset(data=DATA * 20)
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / wanted.name).write_bytes(DATA * 20)
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(mirror))
    command = [sys.executable, "-c", SPY, wanted.name, str(wanted.size), wanted.sha256]
    racing = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(16)
    ]
    assert [process.communicate()[0] for process in racing] == ["cached\ncached\n\n"] * 16
    assert files(cache) == {wanted.name: DATA * 20}

"""Reading ahead: the cache is read while NumPy is imported, and nothing else is different."""

import gzip
import json
from pathlib import Path

import pytest

from scratchnet_cli.downloads.fetch import Fetcher
from tests.conftest import Run
from tests.download.fetching import DATA, Ear, asset, files
from tests.download.server import Server


def test_reading_ahead_gives_what_fetching_gives(server: Server) -> None:
    """A file that was read ahead comes from the cache, unpacked already, and is the same."""
    wanted = asset(server.url("/good"))
    plain = Fetcher().fetch(wanted)
    fetcher = Fetcher()
    fetcher.read_ahead(wanted)
    ahead = fetcher.fetch(wanted)
    assert ahead == plain
    assert "unpacked" in vars(ahead)
    assert ahead.unpacked == gzip.decompress(DATA)


def test_a_file_that_is_not_cached_cannot_be_read_ahead(server: Server, cache: Path) -> None:
    """Reading ahead asks nobody; the fetch that follows downloads."""
    wanted = asset(server.url("/good"))
    fetcher = Fetcher()
    fetcher.read_ahead(wanted)
    assert fetcher.fetch(wanted).data == DATA
    assert server.requests == {"/good": 1}
    assert files(cache) == {"digits.gz": DATA}


def test_damage_is_noticed_when_reading_ahead(server: Server, cache: Path) -> None:
    """A damaged cached file is told of once and left alone, read ahead or not."""
    cache.mkdir()
    (cache / "digits.gz").write_bytes(DATA[:-1] + b"x")
    ear = Ear()
    fetcher = Fetcher(ear)
    wanted = asset(server.url("/good"))
    fetcher.read_ahead(wanted)
    assert fetcher.fetch(wanted).data == DATA
    assert files(cache) == {"digits.gz": DATA[:-1] + b"x"}
    (note,) = ear.notes
    assert note.startswith(f"{cache / 'digits.gz'}: damaged or not ours (expected sha256 ")


def test_a_cache_that_cannot_be_read_ahead_is_passed_over(server: Server, cache: Path) -> None:
    """What cannot be read in the cache is told of by the fetch, which downloads."""
    (cache / "digits.gz").mkdir(parents=True)
    ear = Ear()
    fetcher = Fetcher(ear)
    wanted = asset(server.url("/good"))
    fetcher.read_ahead(wanted)
    assert fetcher.fetch(wanted).data == DATA
    assert [note.split(": ")[1] for note in ear.notes] == [
        "cannot be read (not a file; delete what is there)",
    ]


def test_a_warm_evaluation_tells_the_same_origin(
    run: Run, real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run that fills the cache and the one that reads it ahead answer alike."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(real_data))
    answers = []
    for _ in range(2):
        answer = json.loads(run("eval", "--weights", "bundled", "--format", "json").stdout)
        answers.append({key: answer[key] for key in ("dataset", "accuracy", "total")})
        monkeypatch.setenv("SCRATCHNET_OFFLINE", "1")
        monkeypatch.delenv("SCRATCHNET_MIRROR", raising=False)
    assert answers[0] == answers[1]
    assert answers[0]["total"] == 10_000

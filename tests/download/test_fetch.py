"""Fetching from a source that works, now or at the second try."""

import time
from pathlib import Path

import pytest

from scratchnet_cli.downloads import http
from scratchnet_cli.downloads.fetch import Fetcher
from tests.download import server as behave
from tests.download.fetching import DATA, Ear, asset, files
from tests.download.server import Behaviour, Server


def test_a_download_is_cached_for_the_next_time(server: Server, cache: Path) -> None:
    """The first fetch downloads into the cache, the second one asks nobody."""
    wanted = asset(server.url("/good"))
    first = Fetcher().fetch(wanted)
    assert (first.data, first.cached, first.source) == (DATA, True, str(cache / "digits.gz"))
    assert files(cache) == {"digits.gz": DATA}
    second = Fetcher().fetch(wanted)
    assert second == first
    assert server.requests == {"/good": 1}


def test_force_downloads_what_is_cached(server: Server) -> None:
    """``force`` asks the source again."""
    wanted = asset(server.url("/good"))
    Fetcher().fetch(wanted)
    assert Fetcher().fetch(wanted, force=True).data == DATA
    assert server.requests == {"/good": 2}


def test_progress_hears_of_the_bytes_as_they_come(server: Server) -> None:
    """The count of received bytes rises to the size of the file."""
    ear = Ear()
    Fetcher(ear).fetch(asset(server.url("/good")))
    counts = ear.transfers[server.url("/good")]
    assert counts == sorted(counts)
    assert len(counts) > 1
    assert counts[-1] == len(DATA)
    assert ear.notes == []


def chunked(handler: behave.Handler) -> None:
    """The right body in HTTP's chunks, without a length in advance."""
    handler.head(200, Transfer_Encoding="chunked")
    for start in range(0, len(DATA), 50_000):
        piece = DATA[start : start + 50_000]
        handler.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    handler.write(b"0\r\n\r\n")


def without_length(handler: behave.Handler) -> None:
    """The right body, whose end is the end of the connection."""
    handler.head(200)
    handler.write(DATA)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(behave.body(DATA, Content_Encoding="gzip"), id="called gzip-encoded"),
        pytest.param(behave.body(DATA, Content_Type="text/html"), id="called a page"),
        pytest.param(behave.redirect("/good"), id="redirected"),
        pytest.param(behave.status(308, Location="/good"), id="redirected for ever"),
        pytest.param(chunked, id="chunked"),
        pytest.param(without_length, id="no length"),
        pytest.param(behave.in_turn(behave.status(500), DATA), id="500 then fine"),
        pytest.param(behave.in_turn(behave.status(503), behave.status(408), DATA), id="third try"),
        pytest.param(behave.in_turn(behave.hang_up, DATA), id="hung up then fine"),
    ],
)
def test_the_file_arrives_byte_for_byte(server: Server, cache: Path, behaviour: Behaviour) -> None:
    """However HTTP wraps the file, and if the server stumbles once or twice, the file comes."""
    server.paths["/file"] = behaviour
    assert Fetcher().fetch(asset(server.url("/file"))).data == DATA
    assert files(cache) == {"digits.gz": DATA}


def test_a_stumble_behind_a_redirect_is_forgiven_too(server: Server) -> None:
    """A server that a redirect leads to gets a second try like the first one."""
    server.paths |= {
        "/file": behave.redirect("/storage"),
        "/storage": behave.in_turn(behave.status(503), DATA),
    }
    assert Fetcher().fetch(asset(server.url("/file"))).data == DATA


def test_a_server_that_asks_for_a_pause_gets_it(server: Server) -> None:
    """429 with Retry-After: 1 is tried again, and not sooner than after a second."""
    server.paths["/file"] = behave.in_turn(behave.status(429, Retry_After=1), DATA)
    start = time.monotonic()
    assert Fetcher().fetch(asset(server.url("/file"))).data == DATA
    assert time.monotonic() - start >= 1


def test_a_server_that_asks_for_an_hour_does_not_get_it(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retry-After: 3600 is cut down to a few seconds, and then it is the next source's turn."""
    monkeypatch.setattr(http, "MAX_PAUSE_S", 0.1)
    server.paths["/file"] = behave.status(429, Retry_After=3600)
    start = time.monotonic()
    assert Fetcher().fetch(asset(server.url("/file"), server.url("/good"))).data == DATA
    assert time.monotonic() - start < 3

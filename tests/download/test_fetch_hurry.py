"""In a hurry: nobody waits long to learn that there is no network."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scratchnet_cli.downloads import fetch, http
from scratchnet_cli.downloads.fetch import Fetcher
from scratchnet_cli.errors import DownloadError
from tests.conftest import Run
from tests.download import server as behave
from tests.download.fetching import DATA, asset, files
from tests.download.server import Behaviour, Server


@pytest.fixture
def mute() -> Iterator[str]:
    """The address of a host that lets everyone in and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def test_a_hurry_waits_only_once_for_no_network(
    monkeypatch: pytest.MonkeyPatch, mute: str, cache: Path
) -> None:
    """If nobody answers, the first fetch gives up after the patience, all others at once."""
    monkeypatch.setattr(fetch, "NETWORK_PATIENCE_S", 0.5)
    fetcher = Fetcher()
    start = time.monotonic()
    for name in ("one", "two", "three"):
        with pytest.raises(DownloadError, match="no source answers"):
            fetcher.fetch(asset(mute + name, mute + "other/" + name), hurry=True)
    assert 0.5 <= time.monotonic() - start < 0.9
    assert files(cache) == {}


def test_silent_hosts_say_nothing_of_others(
    monkeypatch: pytest.MonkeyPatch, mute: str, server: Server
) -> None:
    """Where the hosts of one file do not answer, another file still comes from one that does."""
    monkeypatch.setattr(fetch, "NETWORK_PATIENCE_S", 0.5)
    server.paths["/two"] = DATA
    fetcher = Fetcher()
    with pytest.raises(DownloadError, match="no source answers"):
        fetcher.fetch(asset(mute + "one"), hurry=True)
    # The silent one is asked last: to be tried it has fifteen seconds.
    assert fetcher.fetch(asset(server.url("/two"), mute + "two"), hurry=True).data == DATA


def test_a_default_run_without_network_is_soon_under_way(
    run: Run, monkeypatch: pytest.MonkeyPatch, mute: str
) -> None:
    """Behind a network that swallows everything, the bundled files step in within seconds."""
    monkeypatch.setattr(fetch, "NETWORK_PATIENCE_S", 0.5)
    monkeypatch.setenv("SCRATCHNET_MIRROR", mute)
    start = time.monotonic()
    result = run("eval", "--limit", "10", "--progress", "none")
    assert time.monotonic() - start < 2
    assert result.exit_code == 0
    assert len(result.stderr.splitlines()) == 2


def test_a_name_look_up_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking up a name obeys no timeout of a socket, but it does not hold up a hurry either."""
    released = threading.Event()

    def hang(*_: object, **__: object) -> None:
        released.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setattr(fetch, "NETWORK_PATIENCE_S", 0.2)
    before = set(threading.enumerate())
    start = time.monotonic()
    with pytest.raises(DownloadError, match="no source answers"):
        Fetcher().fetch(asset("http://example.invalid/file"), hurry=True)
    assert time.monotonic() - start < 1
    released.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)


@pytest.mark.parametrize(
    "knock",
    [
        pytest.param(behave.body(DATA), id="fine"),
        pytest.param(behave.status(404), id="404"),
        pytest.param(behave.status(405), id="405"),
        pytest.param(behave.status(500), id="500"),
        pytest.param(behave.status(503, Retry_After=4), id="503, asks for a pause"),
    ],
)
def test_any_answer_shows_that_there_is_a_network(
    server: Server, monkeypatch: pytest.MonkeyPatch, knock: Behaviour
) -> None:
    """A host that answers a first question with an error is there, so its file is asked for."""

    def answer(handler: behave.Handler) -> None:
        (knock if handler.command == "HEAD" else behave.body(DATA))(handler)

    monkeypatch.setattr(fetch, "NETWORK_PATIENCE_S", 0.5)
    server.paths["/file"] = answer
    assert Fetcher().fetch(asset(server.url("/file")), hurry=True).data == DATA


def test_a_fallback_tells_the_cause(run: Run) -> None:
    """Who has no network learns from the first run why, not only that nobody answered."""
    result = run("eval", "--limit", "10", "--progress", "none")
    assert result.exit_code == 0
    cause = "no source answers: the proxy cannot be used (HTTPS_PROXY names it)"
    assert [cause in line for line in result.stderr.splitlines()] == [True, True]


def test_one_host_that_answers_is_enough(
    server: Server, monkeypatch: pytest.MonkeyPatch, mute: str
) -> None:
    """A mute first source does not keep a hurry from the second one."""
    monkeypatch.setattr(fetch, "NETWORK_PATIENCE_S", 0.5)
    monkeypatch.setattr(http, "READ_TIMEOUT_S", 0.1)
    assert Fetcher().fetch(asset(mute, server.url("/good")), hurry=True).data == DATA

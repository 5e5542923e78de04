"""Sources that fail: what a bad server may do, and what never follows of it."""

import socket
import threading
import time
from pathlib import Path

import pytest

from scratchnet_cli.downloads import http
from scratchnet_cli.downloads.fetch import Fetcher
from scratchnet_cli.errors import DownloadError
from tests.download import server as behave
from tests.download.fetching import DATA, PAGE, asset, files
from tests.download.server import Behaviour, Server

SHORT_S = 2.0


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cuts a transfer off after SHORT_S, so that a test of something quicker fails soon."""
    monkeypatch.setattr(http, "GRACE_S", SHORT_S)
    monkeypatch.setattr(http, "SLOWEST_BYTES_PER_S", 10**9)


def cut_chunk(handler: behave.Handler) -> None:
    """A body in chunks that ends within the first of them."""
    handler.head(200, Transfer_Encoding="chunked")
    handler.write(b"ffff\r\n" + DATA[:9_000])


def always_about_to_continue(handler: behave.Handler) -> None:
    """HTTP's "100 Continue", and again, and again."""
    while True:
        handler.head(100)
        handler.pause(0.05)


BAD_SOURCES: list[tuple[str, Behaviour, str]] = [
    ("404", behave.status(404), "HTTP 404"),
    ("403", behave.status(403), "HTTP 403"),
    ("500", behave.status(500), "HTTP 500"),
    ("429", behave.status(429), "HTTP 429"),
    ("hung up", behave.hang_up, "the connection"),
    ("reset", behave.reset_after(DATA[:90_000], len(DATA)), "the connection broke off"),
    ("cut short", behave.body(DATA[:90_000], len(DATA)), "the connection broke off"),
    ("cut chunk", cut_chunk, "the connection broke off"),
    ("not HTTP", behave.babble, "the connection"),
    ("longer", behave.body(DATA + b"x"), f"longer than the expected {len(DATA)} bytes"),
    ("shorter", behave.body(DATA[:-1]), f"expected {len(DATA)} bytes, found {len(DATA) - 1}"),
    ("empty", behave.body(b""), f"expected {len(DATA)} bytes, found 0"),
    ("length too small", behave.body(DATA, 100), f"expected {len(DATA)} bytes, found 100"),
    ("length too large", behave.body(DATA, len(DATA) + 1), "the connection broke off"),
    ("endless", behave.endless(), f"longer than the expected {len(DATA)} bytes"),
    ("wrong hash", behave.body(DATA[:-1] + b"x"), "sha256"),
    ("page", behave.body(PAGE, Content_Type="text/html"), f"found {len(PAGE)}"),
    ("redirect loop", behave.redirect("/bad"), "redirected without end"),
    ("redirect to a file", behave.redirect(Path(__file__).as_uri()), "redirected to an address"),
    ("redirect to nonsense", behave.redirect("http://[nowhere/"), "the one it redirects to"),
]


@pytest.mark.usefixtures("short_patience")
@pytest.mark.parametrize(
    ("behaviour", "cause"), [pytest.param(*case, id=name) for name, *case in BAD_SOURCES]
)
def test_the_next_source_steps_in(
    server: Server, cache: Path, behaviour: Behaviour, cause: str
) -> None:
    """Whatever is wrong with a source, the next one delivers; if none does, each cause is told."""
    server.paths["/bad"] = behaviour
    with pytest.raises(DownloadError) as failure:
        Fetcher().fetch(asset(server.url("/bad"), server.url("/missing")))
    lines = str(failure.value).splitlines()
    assert "digits.gz" in lines[0]
    assert lines[1].startswith(f"  {server.url('/bad')}: ")
    assert lines[2] == f"  {server.url('/missing')}: HTTP 404"
    assert "SCRATCHNET_MIRROR" in lines[-1]
    assert files(cache) == {}
    start = time.monotonic()
    assert Fetcher().fetch(asset(server.url("/bad"), server.url("/good"))).data == DATA
    assert time.monotonic() - start < SHORT_S
    assert files(cache) == {"digits.gz": DATA}
    assert server.requests["/good"] == 1
    assert cause in lines[1]
    assert "not finished" not in lines[1]


def test_a_server_error_is_tried_three_times(server: Server) -> None:
    """A 500 may pass, so it gets two more tries; a 404 does not."""
    server.paths["/bad"] = behave.status(500)
    with pytest.raises(DownloadError):
        Fetcher().fetch(asset(server.url("/bad"), server.url("/missing")))
    assert server.requests == {"/bad": 3, "/missing": 1}


def test_nobody_listens(server: Server) -> None:
    """A refused connection leads to the next source, and is called that."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/file"
    assert Fetcher().fetch(asset(url, server.url("/good"))).data == DATA
    with pytest.raises(DownloadError, match=f"{url}: the connection was refused"):
        Fetcher().fetch(asset(url), force=True)


def test_a_host_with_ipv6_alone(cache: Path) -> None:
    """Where a host has no IPv4 address, the file comes all the same."""
    try:
        running = Server(host="::1")
    except OSError:
        pytest.skip("no IPv6 on this system")
    with running as server:
        server.paths["/file"] = DATA
        assert Fetcher().fetch(asset(server.url("/file", "[::1]"))).data == DATA
    assert files(cache) == {"digits.gz": DATA}


def test_a_name_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where names cannot be looked up, the message says so."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(DownloadError, match="the host's name cannot be found"):
        Fetcher().fetch(asset("http://nowhere.invalid/file"))


@pytest.mark.usefixtures("short_patience")
@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(behave.endless(), id="file"),
        pytest.param(behave.endless(404), id="404"),
        pytest.param(behave.endless(503), id="503"),
        pytest.param(behave.endless(302, Location="/good"), id="redirect"),
    ],
)
def test_an_endless_answer_is_left_soon(server: Server, behaviour: Behaviour) -> None:
    """Of an answer without end no more is read than the file is long, and a bit."""
    server.paths["/bad"] = behaviour
    start = time.monotonic()
    assert Fetcher().fetch(asset(server.url("/bad"), server.url("/good"))).data == DATA
    assert time.monotonic() - start < SHORT_S
    # What the buffers of three connections hold is sent though nobody reads it.
    assert server.sent < behave.ENDLESS_LIMIT / 2


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(behave.slow(DATA, 0.05), id="byte by byte"),
        pytest.param(behave.silent, id="silent"),
        pytest.param(always_about_to_continue, id="always about to continue"),
    ],
)
def test_a_transfer_ends_in_time(
    server: Server, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour
) -> None:
    """A server that keeps the connection alive but does not get on is left for the next source."""
    monkeypatch.setattr(http, "GRACE_S", 0.3)
    monkeypatch.setattr(http, "SLOWEST_BYTES_PER_S", 10**6)
    server.paths["/bad"] = behaviour
    start = time.monotonic()
    assert Fetcher().fetch(asset(server.url("/bad"), server.url("/good"))).data == DATA
    assert 0.3 < time.monotonic() - start < 2
    with pytest.raises(DownloadError, match="not finished after"):
        Fetcher().fetch(asset(server.url("/bad")), force=True)


def test_a_transfer_that_was_left_asks_no_more(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that asks for a pause is not bothered again once nobody waits for its answer."""
    monkeypatch.setattr(http, "GRACE_S", 0.3)
    monkeypatch.setattr(http, "SLOWEST_BYTES_PER_S", 10**6)
    before = set(threading.enumerate())
    server.paths["/bad"] = behave.status(503, Retry_After=60)
    with pytest.raises(DownloadError, match="not finished after"):
        Fetcher().fetch(asset(server.url("/bad")))
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert server.requests == {"/bad": 1}


def test_a_large_file_has_time_in_proportion(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that is slow, but no slower than the slowest bearable one, gets its file."""
    monkeypatch.setattr(http, "GRACE_S", 0.2)
    monkeypatch.setattr(http, "SLOWEST_BYTES_PER_S", 10)
    data = b"fifteen bytes.."
    server.paths["/file"] = behave.slow(data, 0.04)
    assert Fetcher().fetch(asset(server.url("/file"), data=data)).data == data

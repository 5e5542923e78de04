"""Fetching: what a bad network, a bad server or a bad disk may do, and what never follows of it."""

import gzip
import hashlib
import io
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from scratchnet_cli import assets, catalog, fetch, http
from scratchnet_cli.cache import PART_SUFFIX, Asset
from scratchnet_cli.errors import DownloadError
from scratchnet_cli.fetch import Fetcher, Listener
from tests import server as behave
from tests.conftest import Run
from tests.server import Behaviour, Server

# Long enough to be read in several pieces, and a .gz file like the real ones.
DATA = gzip.compress(bytes(range(256)) * 600, compresslevel=0, mtime=0)
SHORT_S = 2.0
PAGE = b"<!DOCTYPE html><html><body>Please log in to this network.</body></html>"


def asset(*urls: str, name: str = "digits.gz", data: bytes = DATA) -> Asset:
    """A test's own asset."""
    return Asset(name, len(data), hashlib.sha256(data).hexdigest(), urls)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that has the right file at /good and does as it is told elsewhere."""
    before = set(threading.enumerate())
    with Server() as running:
        running.paths["/good"] = DATA
        yield running
    # What a fetch gave up on ends with the server, and must not reach into the next test.
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The folder that the environment of each test names as the cache; it does not exist yet."""
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once; the waits that a server asks for stay."""
    monkeypatch.setattr(http, "PAUSES_S", (0.0, 0.0))


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cuts a transfer off after SHORT_S, so that a test of something quicker fails soon."""
    monkeypatch.setattr(http, "GRACE_S", SHORT_S)
    monkeypatch.setattr(http, "SLOWEST_BYTES_PER_S", 10**9)


class Ear(Listener):
    """Keeps what a fetch tells."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.transfers: dict[str, list[int]] = {}

    def note(self, message: str) -> None:
        """Keep a note."""
        self.notes.append(message)

    @contextmanager
    def transfer(self, asset: Asset, url: str) -> Iterator[Callable[[int], None]]:
        """Keep how many bytes a source had sent each time."""
        yield self.transfers.setdefault(url, []).append


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder, hidden files too."""
    return {path.name: path.read_bytes() for path in folder.glob("*")} if folder.is_dir() else {}


# --- one source that works ---


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


# --- sources that fail ---


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


# --- TLS and proxies ---


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    (folder / "config").write_text(
        "[req]\ndistinguished_name=name\nx509_extensions=extensions\nprompt=no\n"
        "[name]\nCN=127.0.0.1\n"
        "[extensions]\nsubjectAltName=IP:127.0.0.1\nbasicConstraints=critical,CA:TRUE\n"
        "keyUsage=critical,digitalSignature,keyCertSign\nsubjectKeyIdentifier=hash\n"
    )
    arguments = (
        "req -x509 -nodes -days 2 -config config -newkey rsa:2048 -keyout key -out certificate"
    )
    subprocess.run([openssl, *arguments.split()], cwd=folder, capture_output=True, check=True)
    both = folder / "both.pem"
    both.write_text((folder / "key").read_text() + (folder / "certificate").read_text())
    return both


@pytest.fixture
def tls_server(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that speaks https, reached without the proxy that keeps tests on this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with Server(certificate) as running:
        running.paths["/good"] = DATA
        yield running


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes REQUESTS_CA_BUNDLE name the test's certificate."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))


@pytest.mark.usefixtures("trusted")
def test_https_with_a_certificate_of_ones_own(tls_server: Server, cache: Path) -> None:
    """REQUESTS_CA_BUNDLE makes a private certificate good, also behind a redirect."""
    tls_server.paths["/moved"] = behave.redirect("/good")
    assert Fetcher().fetch(asset(tls_server.url("/moved"))).data == DATA
    assert files(cache) == {"digits.gz": DATA}


@pytest.mark.usefixtures("trusted")
def test_https_is_never_left_for_http(tls_server: Server, server: Server) -> None:
    """A redirect from https to http is not followed: the http server hears nothing at all."""
    tls_server.paths["/moved"] = behave.redirect(server.url("/good"))
    with pytest.raises(DownloadError, match="redirected to an address that is not https"):
        Fetcher().fetch(asset(tls_server.url("/moved")))
    assert tls_server.requests == {"/moved": 1}
    assert server.requests == {}


@pytest.mark.usefixtures("trusted")
def test_a_mirror_in_capitals_is_https_too(
    tls_server: Server, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``HTTPS://`` is an address like ``https://``, and not left for http either."""
    tls_server.paths["/digits.gz"] = behave.redirect(server.url("/good"))
    monkeypatch.setenv("SCRATCHNET_MIRROR", tls_server.url("").replace("https", "HTTPS"))
    with pytest.raises(DownloadError, match="redirected to an address that is not https"):
        Fetcher().fetch(asset())
    assert tls_server.requests == {"/digits.gz": 1}
    assert server.requests == {}


@pytest.mark.usefixtures("trusted")
def test_http_may_move_to_https(tls_server: Server, server: Server) -> None:
    """A redirect the other way is followed."""
    server.paths["/moved"] = behave.redirect(tls_server.url("/good"))
    assert Fetcher().fetch(asset(server.url("/moved"))).data == DATA


def test_a_certificate_that_nobody_vouches_for(tls_server: Server, server: Server) -> None:
    """An unknown certificate ends the conversation before anything is asked; the next source is."""
    url = tls_server.url("/good")
    assert Fetcher().fetch(asset(url, server.url("/good"))).data == DATA
    with pytest.raises(DownloadError, match=r"certificate is not trusted.*REQUESTS_CA_BUNDLE"):
        Fetcher().fetch(asset(url), force=True)
    assert tls_server.requests == {}


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_host(tls_server: Server) -> None:
    """A good certificate that names another host is no better than none."""
    with pytest.raises(DownloadError, match="certificate"):
        Fetcher().fetch(asset(tls_server.url("/good", host="localhost")))
    assert tls_server.requests == {}


def test_a_dead_proxy_is_named(cache: Path) -> None:
    """Where HTTPS_PROXY leads nowhere, that variable is what the message points at."""
    with pytest.raises(DownloadError) as failure:
        Fetcher().fetch(asset("https://example.invalid/file"))
    line = str(failure.value).splitlines()[1]
    assert "proxy" in line
    assert "HTTPS_PROXY" in line
    assert files(cache) == {}


def test_a_proxy_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a proxy in the environment, the request for another host goes to the proxy."""
    url = "http://example.invalid/file"
    server.paths[url] = DATA
    monkeypatch.setenv("HTTP_PROXY", server.url(""))
    monkeypatch.setenv("http_proxy", server.url(""))
    assert Fetcher().fetch(asset(url)).data == DATA


# --- the user's mirror ---


@pytest.mark.parametrize("slash", ["", "/"], ids=["bare", "trailing slash"])
def test_a_mirror_address_is_tried_first(
    server: Server, monkeypatch: pytest.MonkeyPatch, slash: str
) -> None:
    """SCRATCHNET_MIRROR is a base address, with or without a slash at its end."""
    server.paths["/mirror/digits.gz"] = DATA
    monkeypatch.setenv("SCRATCHNET_MIRROR", server.url("/mirror" + slash))
    assert Fetcher().fetch(asset(server.url("/good"))).data == DATA
    assert server.requests == {"/mirror/digits.gz": 1}


def test_a_mirror_folder_is_tried_first(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path
) -> None:
    """SCRATCHNET_MIRROR can be a folder; what is in it is cached like a download."""
    (tmp_path / "digits.gz").write_bytes(DATA)
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(tmp_path))
    assert Fetcher().fetch(asset(server.url("/good"))).data == DATA
    assert server.requests == {}
    assert files(cache) == {"digits.gz": DATA}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"", id="empty"),
        pytest.param(DATA[:-1] + b"x", id="wrong hash"),
        pytest.param(DATA * 2, id="longer"),
    ],
)
@pytest.mark.parametrize("kind", ["folder", "address"])
def test_the_sources_follow_a_mirror_that_fails(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    cache: Path,
    kind: str,
    content: bytes | None,
) -> None:
    """A mirror without the file, or with another one, is passed over and its cause listed."""
    mirror = str(tmp_path) if kind == "folder" else server.url("")
    if content is not None:
        (tmp_path / "digits.gz").write_bytes(content)
        server.paths["/digits.gz"] = content
    monkeypatch.setenv("SCRATCHNET_MIRROR", mirror)
    assert Fetcher().fetch(asset(server.url("/good"))).data == DATA
    assert files(cache) == {"digits.gz": DATA}
    with pytest.raises(DownloadError) as failure:
        Fetcher().fetch(asset(), force=True)
    assert str(failure.value).splitlines()[1].startswith(f"  {mirror}")


@pytest.mark.usefixtures("small_assets")
@pytest.mark.parametrize(
    "mirror", ["http://[nowhere/", "http://.nowhere/", "http://127.0.0.1:99999/", "http://"]
)
def test_a_mirror_address_that_is_none(
    run: Run, monkeypatch: pytest.MonkeyPatch, mirror: str
) -> None:
    """A mistyped address is one cause among others, not a bug with a traceback."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", mirror)
    result = run("download")
    assert result.exit_code == 4
    assert result.stdout == ""
    assert mirror in result.stderr


@pytest.mark.parametrize("scheme", ["http", "HTTP"])
def test_a_password_in_the_mirrors_address_stays_private(
    run: Run,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    small_assets: tuple[Asset, Asset],
    scheme: str,
) -> None:
    """A name and password in the address are sent to the mirror, and shown in no log."""
    mirror = server.url("").replace("http://", f"{scheme}://user:tellnobody@")
    monkeypatch.setenv("SCRATCHNET_MIRROR", mirror)
    server.paths[f"/{small_assets[0].name}"] = b"weights"
    result = run("download")
    assert server.headers[0]["Authorization"].startswith("Basic ")
    assert result.exit_code == 4
    assert f"  {scheme}://127.0.0.1:{server.port}/" in result.stderr
    assert "tellnobody" not in result.stdout + result.stderr


@pytest.mark.usefixtures("small_assets")
@pytest.mark.parametrize(
    "mirror",
    [
        "ftp://user:tellnobody@127.0.0.1",
        "s3+https://user:tellnobody@127.0.0.1",
        "http://user:tell@nobody@127.0.0.1:9",
    ],
)
def test_a_password_in_an_address_that_is_of_no_use_stays_private(
    run: Run, monkeypatch: pytest.MonkeyPatch, mirror: str
) -> None:
    """Of an address that cannot be used, or is mistyped, only the host is shown."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", mirror)
    result = run("download")
    assert result.exit_code == 4
    assert "://127.0.0.1" in result.stderr
    assert "nobody" not in result.stderr


# --- the command line ---


@pytest.fixture
def small_assets(monkeypatch: pytest.MonkeyPatch) -> tuple[Asset, Asset]:
    """Two small assets in the place of the real ones, without sources of their own."""
    weights = asset(name="sample_weight.pkl", data=b"weights")
    images = asset(name="t10k-images-idx3-ubyte.gz", data=b"images")
    monkeypatch.setattr(assets, "BOOK_WEIGHTS", weights)
    monkeypatch.setattr(assets, "MNIST", {"test": (images,)})
    return weights, images


def test_download_prints_where_the_files_are(
    run: Run,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    small_assets: tuple[Asset, Asset],
    cache: Path,
) -> None:
    """``scratchnet download`` prints the paths alone; from where is told on stderr."""
    server.paths |= {"/sample_weight.pkl": b"weights", "/t10k-images-idx3-ubyte.gz": b"images"}
    monkeypatch.setenv("SCRATCHNET_MIRROR", server.url("/"))
    result = run("download")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [str(cache / each.name) for each in small_assets]
    assert [line.split(" ")[:2] for line in result.stderr.splitlines()] == [
        ["downloading", server.url(f"/{each.name}")] for each in small_assets
    ]
    assert run("download").stderr == ""
    assert server.requests == {f"/{each.name}": 1 for each in small_assets}


@pytest.mark.usefixtures("small_assets")
def test_download_fails_with_4_and_the_causes(
    run: Run,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    cache: Path,
) -> None:
    """What cannot be had ends ``download`` with 4; what came before it stays cached."""
    server.paths["/sample_weight.pkl"] = b"weights"
    monkeypatch.setenv("SCRATCHNET_MIRROR", server.url("/"))
    result = run("download")
    assert result.exit_code == 4
    assert result.stdout.splitlines() == [str(cache / "sample_weight.pkl")]
    assert f"{server.url('/t10k-images-idx3-ubyte.gz')}: HTTP 404" in result.stderr
    assert "Traceback" not in result.stderr
    assert files(cache) == {"sample_weight.pkl": b"weights"}


@pytest.mark.usefixtures("small_assets")
def test_a_mirror_of_another_kind_is_told_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with SCRATCHNET_MIRROR itself is said once, not for every file."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", "ftp://mirror.example")
    for command in (("download",), ("eval", "--weights", "book")):
        result = run(*command)
        assert result.exit_code == 4
        assert result.stderr == (
            "scratchnet: SCRATCHNET_MIRROR is 'ftp://mirror.example', "
            "expected a folder or an http:// or https:// address\n"
        )


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        (("eval", "--weights", "book"), "`scratchnet download`"),
        (("eval", "--weights", "bundled", "--dataset", "mnist"), "`scratchnet download`"),
        (("eval", "--split", "train"), "`scratchnet download --split train`"),
    ],
)
def test_the_advice_is_a_command_that_fetches_the_file(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], advice: str
) -> None:
    """What is missing offline is what the advised command downloads."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", "1")
    result = run(*command)
    assert result.exit_code == 4
    assert result.stderr.splitlines()[-1] == f"With a network, {advice} fetches it."


@pytest.mark.usefixtures("small_assets")
def test_download_does_not_advise_itself(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ``download`` fails, no line sends the user to ``download``."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", "1")
    result = run("download")
    assert result.exit_code == 4
    assert "SCRATCHNET_MIRROR can name" in result.stderr
    assert "`scratchnet download" not in result.stderr


@pytest.mark.usefixtures("small_assets")
def test_a_failed_force_keeps_the_cached_file(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    cache: Path,
    tmp_path: Path,
) -> None:
    """If ``--force`` finds no source, the good file stays."""
    (tmp_path / "sample_weight.pkl").write_bytes(b"weights")
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(b"images")
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(tmp_path))
    assert run("download").exit_code == 0
    monkeypatch.delenv("SCRATCHNET_MIRROR")
    result = run("download", "--force")
    assert result.exit_code == 4
    assert len(files(cache)) == 2


# --- offline ---

# Prints the events of Python's socket module that a fetch raised; sees what any library does.
SPY = """
import sys
events = []
sys.addaudithook(lambda event, _: events.append(event) if event.startswith("socket.") else None)
from scratchnet_cli.cache import Asset
from scratchnet_cli.errors import DownloadError
from scratchnet_cli.fetch import Fetcher
name, size, sha256, *urls = sys.argv[1:]
for hurry in (False, True):
    try:
        fetched = Fetcher().fetch(Asset(name, int(size), sha256, tuple(urls)), hurry=hurry)
        print("cached" if fetched.cached else "not cached")
    except DownloadError as error:
        print("not tried" if "SCRATCHNET_OFFLINE" in str(error) else "failed")
print(*events)
"""


def spy(wanted: Asset, script: str = SPY) -> tuple[list[str], list[str]]:
    """What two fetches in a fresh process came to, patient and in a hurry, and their sockets."""
    command = [sys.executable, "-c", script, wanted.name, str(wanted.size), wanted.sha256]
    done = subprocess.run([*command, *wanted.urls], capture_output=True, text=True, check=True)
    *verdicts, events = done.stdout.split("\n")[:-1]
    return verdicts, events.split()


@pytest.mark.parametrize("switch", ["1", "true", "YES"])
def test_offline_opens_no_socket(
    monkeypatch: pytest.MonkeyPatch, server: Server, switch: str
) -> None:
    """With SCRATCHNET_OFFLINE set, no name is looked up and no socket made, mirror or not."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", switch)
    monkeypatch.setenv("SCRATCHNET_MIRROR", server.url("/"))
    assert spy(asset(server.url("/good"))) == (["not tried", "not tried"], [])
    assert server.requests == {}


def test_the_switch_is_named_with_its_value(
    run: Run, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    """Whatever is not a no keeps the program offline, and the message repeats what it found."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", "banana")
    result = run("eval", "--weights", "book", "--dataset", "sample")
    assert result.exit_code == 4
    assert "not tried, for SCRATCHNET_OFFLINE is 'banana'" in result.stderr
    assert not cache.exists()


@pytest.mark.parametrize("switch", ["", "0", "no"])
def test_a_switch_that_is_off(monkeypatch: pytest.MonkeyPatch, server: Server, switch: str) -> None:
    """SCRATCHNET_OFFLINE=0 means what it says."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", switch)
    verdicts, events = spy(asset(server.url("/good")))
    assert verdicts == ["cached", "cached"]
    assert "socket.connect" in events


@pytest.mark.parametrize("place", ["cache", "mirror"])
def test_offline_uses_what_is_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    """Offline, the cache and a mirror folder still serve."""
    (tmp_path / place).mkdir()
    (tmp_path / place / "digits.gz").write_bytes(DATA)
    monkeypatch.setenv("SCRATCHNET_OFFLINE", "1")
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(tmp_path / "mirror"))
    assert spy(asset("http://127.0.0.1:9/digits.gz")) == (["cached", "cached"], [])


# --- the cache ---


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
def test_a_damaged_cached_file_is_fetched_again(
    server: Server, cache: Path, damaged: bytes
) -> None:
    """A file is trusted only after it was hashed: damage is noticed, told and mended."""
    cache.mkdir()
    (cache / "digits.gz").write_bytes(damaged)
    ear = Ear()
    assert Fetcher(ear).fetch(asset(server.url("/good"))).data == DATA
    assert files(cache) == {"digits.gz": DATA}
    assert len(ear.notes) == 1
    assert ear.notes[0].startswith(f"{cache / 'digits.gz'}: damaged (expected ")
    assert ear.notes[0].endswith(": looking for a sound copy")


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
    assert "cannot be read" in ear.notes[0]
    assert "cannot be written" in ear.notes[1]
    assert [path.name for path in cache.iterdir()] == ["digits.gz"]


def test_a_cache_that_cannot_be_written_costs_only_time(
    run: Run, server: Server, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    """Without a usable cache folder the run still answers, and says what is wrong with it."""
    stream = io.BytesIO()
    np.savez(stream, W1=np.ones((784, 10), np.float32), b1=np.zeros(10, np.float32))
    weights = asset(server.url("/weights"), name="sample_weight.pkl", data=stream.getvalue())
    server.paths["/weights"] = stream.getvalue()
    monkeypatch.setattr(catalog, "BOOK_WEIGHTS", weights)
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
    """A dangling link in the place of the cache costs the cache, in that of a file nothing."""
    link = cache if place == "folder" else cache / "digits.gz"
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path / "nowhere")
    ear = Ear()
    fetched = Fetcher(ear).fetch(asset(server.url("/good")))
    assert fetched.data == DATA
    assert fetched.cached == (place == "file")
    assert ["cannot be written (File exists)" in note for note in ear.notes] == (
        [True] if place == "folder" else []
    )
    assert not (tmp_path / "nowhere").exists()


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


# --- in a hurry ---


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

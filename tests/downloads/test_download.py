"""Sources that work, at once or at another attempt, and sources that fail in every way."""

import socket
import threading
import time
from collections.abc import Iterator
from unittest.mock import Mock
from urllib.parse import urlsplit

import pytest

from scratchnet_cli.downloads import assets, http
from scratchnet_cli.downloads.assets import Asset
from scratchnet_cli.downloads.download import download
from scratchnet_cli.errors import DownloadError
from tests.conftest import Run
from tests.downloads import server as behave
from tests.downloads.fetching import DATA, PAGE, Recorder, asset
from tests.downloads.server import Behaviour, Server

RIGHT = behave.body(DATA)


def failures(wanted: Asset, is_default: bool = False) -> list[str]:
    """Return the lines about the sources of a download that fails, or the reason of all."""
    with pytest.raises(DownloadError) as failure:
        download(wanted, Recorder(), is_default)
    first, *sources, advice = failure.value.args
    start, _, reason = first.partition("downloaded:")
    assert start == f"{wanted.name}: cannot be "
    assert advice == (
        "Try again later, or set SCRATCHNET_MIRROR to a folder with the file, or HTTPS_PROXY."
    )
    assert bool(reason) != bool(sources)
    return sources or [reason]


def test_download_returns_bytes_and_host(server: Server) -> None:
    """A source is named by its scheme and host; the count of bytes rises to the file's size."""
    progress = Recorder()
    assert download(asset(server.url("/good")), progress) == (DATA, "http://127.0.0.1")
    ((host, counts),) = progress.transfers
    assert (host, counts[-1], progress.notes) == ("http://127.0.0.1", len(DATA), [])
    assert counts == sorted(set(counts))
    assert len(counts) > 1
    assert server.headers[0]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(behave.body(DATA, Content_Encoding="gzip"), id="called gzip-encoded"),
        pytest.param(behave.body(DATA, Content_Type="text/html"), id="called a page"),
        pytest.param(behave.redirect("/good"), id="redirected"),
        pytest.param(behave.chunked(DATA[: 10**5], DATA[10**5 :], b""), id="chunked"),
        pytest.param(behave.body(DATA, Content_Length=""), id="no length"),
        pytest.param(behave.in_turn(behave.status(503), behave.status(408), RIGHT), id="third"),
        pytest.param(behave.in_turn(behave.hang_up, behave.hang_up, RIGHT), id="hung up"),
        pytest.param(behave.redirect("/unsteady"), id="second attempt behind a redirect"),
        pytest.param(behave.endless(302, Location="/good"), id="endless redirect"),
    ],
)
def test_download_accepts_every_form_of_the_file(server: Server, behaviour: Behaviour) -> None:
    """The file arrives byte for byte, however HTTP wraps it, and if the first attempts fail."""
    server.paths |= {"/file": behaviour, "/unsteady": behave.in_turn(behave.status(503), RIGHT)}
    assert download(asset(server.url("/file")), Recorder())[0] == DATA
    assert server.sent < behave.ENDLESS_LIMIT / 2


@pytest.mark.parametrize(
    ("behaviour", "attempts"),
    [(behave.status(code), 3) for code in http.RETRY_STATUS]
    + [(behave.hang_up, 3), (behave.status(404), 1), (behave.status(501), 1)],
)
def test_download_makes_three_attempts(server: Server, behaviour: Behaviour, attempts: int) -> None:
    """What may pass is requested three times in all, what stays is requested once."""
    server.paths["/bad"] = behaviour
    failures(asset(server.url("/bad")))
    assert server.requests == {"/bad": attempts}


@pytest.mark.parametrize(
    ("retry_after", "timeout_s", "is_default", "delays"),
    [
        ("", 30, False, [0.5, 1.0]),
        (2, 30, False, [2.0, 2.0]),
        (3600, 30, False, [5.0, 5.0]),
        (3600, 30, True, [1.6, 1.6]),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 30, False, [0.5, 1.0]),
        (2, -100, False, [0.0, 0.0]),
    ],
)
def test_download_waits_as_the_server_asks(
    server: Server, monkeypatch: pytest.MonkeyPatch,
    retry_after: str | int, timeout_s: float, is_default: bool, delays: list[float],
) -> None:  # fmt: skip
    """Retry-After is honoured up to 5 s, or 1.6 for defaults, and to the transfer's end."""
    slept: list[float] = []
    monkeypatch.setattr(http, "RETRY_DELAYS_S", (0.5, 1.0))
    monkeypatch.setattr(http, "TRANSFER_TIMEOUT_S", timeout_s)
    monkeypatch.setattr(time, "sleep", slept.append)
    server.paths["/bad"] = behave.status(429, Retry_After=retry_after)
    assert failures(asset(server.url("/bad")), is_default) == [" HTTP 429, 3 times"]
    assert slept == delays


BROKEN = "the connection broke off"
WRONG = "not the right file: expected"
TOO_LONG = f"longer than the expected {len(DATA)} bytes"
INVALID = "the address, or a redirect, is not valid"
BAD_SOURCES: dict[str, tuple[Behaviour, str]] = {
    "404": (behave.status(404), "HTTP 404"),
    "endless 404": (behave.endless(404), "HTTP 404"),
    "endless 503": (behave.endless(503), "HTTP 503, 3 times"),
    "hung up": (behave.hang_up, BROKEN),
    "reset": (behave.reset_after(DATA[:90_000], len(DATA)), BROKEN),
    "cut short": (behave.body(DATA[:90_000], Content_Length=len(DATA)), BROKEN),
    "cut chunk": (behave.chunked(DATA[:9_000], last_size=2**16), BROKEN),
    "not HTTP": (lambda handler: handler.write(b"220 mail.example ESMTP\r\n\r\n"), BROKEN),
    "shorter": (behave.body(DATA[:-1]), f"{WRONG} {len(DATA)} bytes, found {len(DATA) - 1}"),
    "empty": (behave.body(b""), f"{WRONG} {len(DATA)} bytes, found 0"),
    "length too small": (
        behave.body(DATA, Content_Length=9),
        f"{WRONG} {len(DATA)} bytes, found 9",
    ),
    "longer": (behave.body(DATA + b"x"), f"{WRONG} {len(DATA)} bytes, found {len(DATA) + 1}"),
    "announced": (
        behave.body(b"", Content_Length=9 * len(DATA)),
        f"{WRONG} {len(DATA)} bytes, found {9 * len(DATA)}",
    ),
    "endless": (behave.endless(), TOO_LONG),
    "wrong hash": (behave.body(DATA[:-1] + b"x"), f"{WRONG} sha256 {asset().sha256[:12]}…, found "),
    "page": (behave.body(PAGE), f"{WRONG} {len(DATA)} bytes, found {len(PAGE)}"),
    "endless redirect loop": (behave.endless(302, Location="/bad"), "too many redirects"),
    "redirect to a file": (
        behave.redirect("file:///x"),
        "redirected to an address that is not https",
    ),
    "redirect to nonsense": (behave.redirect("http://[nowhere/"), INVALID),
}


@pytest.mark.parametrize(("behaviour", "cause"), BAD_SOURCES.values(), ids=BAD_SOURCES)
def test_download_uses_the_next_source(server: Server, behaviour: Behaviour, cause: str) -> None:
    """A source may fail in any way: the next one delivers, and if none does, each is listed."""
    server.paths |= {"/bad": behaviour, "/gone": behave.status(410)}
    first, second = failures(asset(server.url("/bad"), *2 * [server.url("/gone")]))
    assert first.startswith(f"  http://127.0.0.1: {cause}")
    assert second == "  http://127.0.0.1: HTTP 410"
    assert download(asset(server.url("/bad"), server.url("/good")), Recorder())[0] == DATA
    assert server.requests["/good"] == 1
    # The buffers of the connections are filled although nobody reads them.
    assert server.sent < behave.ENDLESS_LIMIT / 2


@pytest.mark.parametrize(
    ("behaviour", "setting", "cause"),
    [
        (behave.body(DATA, pause_s=0.05), {"TRANSFER_TIMEOUT_S": 0.3}, "not finished after 0 s"),
        (behave.body(DATA, pause_s=0.05), {"USELESS_AFTER_S": 0.3}, "not finished after 0 s"),
        (behave.body(DATA, pause_s=60), {"TIMEOUT_S": (2, 0.2)}, "no answer in time"),
        (behave.silent, {"TIMEOUT_S": (2, 0.2)}, "no answer in time"),
        (behave.silent, {"ANSWER_TIMEOUT_S": 0.3}, "no answer in time"),
        (behave.continue_forever, {"ANSWER_TIMEOUT_S": 0.3}, "no answer in time"),
    ],
    ids=["byte by byte", "drips", "stops", "never begins", "silent", "always to be continued"],
)
def test_download_ends_in_time(
    server: Server, monkeypatch: pytest.MonkeyPatch,
    behaviour: Behaviour, setting: dict[str, object], cause: str,
) -> None:  # fmt: skip
    """A server that keeps the connection alive without progress is given up."""
    monkeypatch.setattr(http, "MIN_BYTES_PER_S", 10**9)
    for name, value in setting.items():
        monkeypatch.setattr(http, name, value)
    server.paths["/bad"] = behaviour
    assert failures(asset(server.url("/bad"))) == [f" {cause}"]
    assert server.requests == {"/bad": 1}


def test_download_gives_large_files_more_time(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time limit grows with the size of the file."""
    monkeypatch.setattr(http, "TRANSFER_TIMEOUT_S", 0.2)
    monkeypatch.setattr(http, "MIN_BYTES_PER_S", 1)
    server.paths["/file"] = behave.body(b"fifteen bytes..", pause_s=0.04)
    assert download(asset(server.url("/file"), data=b"fifteen bytes.."), Recorder())


def test_download_names_an_unknown_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """If names cannot be looked up, the message says so."""
    unknown = Mock(side_effect=socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert failures(asset("http://nowhere.invalid")) == [" the host's name cannot be found"]


@pytest.fixture
def slow_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Make the look-up of names hang, as without internet; return the names."""
    names: list[str] = []
    released = threading.Event()
    before = set(threading.enumerate())

    def hang(host: str, *_: object, **__: object) -> None:
        names.append(host)
        released.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.delenv("HTTPS_PROXY")
    monkeypatch.delenv("https_proxy")
    yield names
    released.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)


@pytest.mark.parametrize("is_default", [True, False])
def test_download_gives_up_a_name_that_is_not_found(
    monkeypatch: pytest.MonkeyPatch, slow_names: list[str], is_default: bool
) -> None:
    """The look-up of a name obeys no timeout of a socket; defaults wait for a host only once."""
    names = ["ANSWER_TIMEOUT_S", "DEFAULT_ANSWER_TIMEOUT_S"]
    monkeypatch.setattr(http, names[is_default], 0.1)
    monkeypatch.setattr(http, names[not is_default], 100)
    wanted = asset("http://one.invalid/a", "http://one.invalid/b", "http://two.invalid")
    hosts = ["one.invalid", "two.invalid"] if is_default else ["one.invalid"] * 2 + ["two.invalid"]
    assert failures(wanted, is_default) == [" no answer in time"]
    assert slow_names == hosts


def test_eval_without_internet_uses_bundled_files(
    run: Run, monkeypatch: pytest.MonkeyPatch, slow_names: list[str]
) -> None:
    """If every packet is dropped, the default run waits once a host and falls back."""
    monkeypatch.setattr(http, "DEFAULT_ANSWER_TIMEOUT_S", 0.1)
    result = run("eval", "--limit", "10", "--progress", "none")
    assert result.exit_code == 0
    assert result.stderr == (
        "warning: not MNIST: bundled weights on the 1,000-digit sample (no internet connection)\n"
    )
    assert len(slow_names) == 4


def test_eval_without_internet_starts_in_time() -> None:
    """All hosts that a default run may wait for leave 1.5 of the promised eight seconds."""
    hosts = [
        {urlsplit(folder).hostname for folder in wanted.folders}
        for wanted in (assets.BOOK_WEIGHTS, assets.MNIST["test"][0])
    ]
    assert sum(map(len, hosts)) * http.DEFAULT_ANSWER_TIMEOUT_S <= 6.5
    assert http.DEFAULT_ANSWER_TIMEOUT_S < http.TIMEOUT_S[0] < http.ANSWER_TIMEOUT_S


def test_download_of_a_default_survives_one_silent_host(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A default is taken from the next host, or from a host whose first answer is an error."""
    monkeypatch.setattr(http, "DEFAULT_ANSWER_TIMEOUT_S", 0.3)
    server.paths["/silent"] = behave.silent
    server.paths["/unsteady"] = behave.in_turn(behave.status(500), RIGHT)
    for path in ("/good", "/unsteady"):
        wanted = asset(server.url("/silent"), server.url(path, "localhost"))
        assert download(wanted, Recorder(), is_default=True)[0] == DATA

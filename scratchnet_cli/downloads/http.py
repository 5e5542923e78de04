"""One file over HTTP: bounded in size and time, never downgraded, each failure a short phrase."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import requests
import urllib3

from scratchnet_cli.errors import TransferError

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 15
# The whole transfer, retries included, may take this long and a slow line's time for its bytes.
GRACE_S = 30
SLOWEST_BYTES_PER_S = 20_000
CHUNK = 2**16
# What may pass if one waits: the server says so, or has too much to do.
PASSING = (408, 429, 500, 502, 503, 504)
PAUSES_S = (0.5, 1.0)
MAX_PAUSE_S = 5.0
MAX_REDIRECTS = 5


def get(url: str, max_bytes: int, received: Callable[[int], None]) -> bytes:
    """The body behind ``url``, of at most ``max_bytes`` bytes; ``received`` hears how many so far.

    Raises:
        TransferError: it did not come, or not in time, or is longer.
    """
    stop = threading.Event()
    patience_s = GRACE_S + max_bytes / SLOWEST_BYTES_PER_S
    body = bytearray()
    try:
        for chunk in _incoming(url, stop, time.monotonic() + patience_s):
            if isinstance(chunk, FAILURES):
                raise TransferError(explain(chunk)) from chunk
            if isinstance(chunk, Exception):
                raise chunk
            body += chunk
            if len(body) > max_bytes:
                raise TransferError(f"longer than the expected {max_bytes} bytes")
            received(len(body))
    except queue.Empty:
        raise TransferError(f"not finished after {patience_s:.0f} s") from None
    finally:
        stop.set()
    return bytes(body)


def _incoming(url: str, stop: threading.Event, deadline: float) -> Iterator[bytes | Exception]:
    """The body in pieces, or the exception that ended it.

    Raises:
        queue.Empty: the deadline has passed.
    """
    # The network is left to a thread of its own: no timeout of a socket bounds a name look-up or
    # a server that sends one byte a second, but waiting for a queue is always bounded.
    chunks: queue.SimpleQueue[bytes | Exception | None] = queue.SimpleQueue()

    def work() -> None:
        for chunk in _pieces(url, stop):
            chunks.put(chunk)
        chunks.put(None)

    if _started(work):
        while (chunk := chunks.get(timeout=max(0.0, deadline - time.monotonic()))) is not None:
            yield chunk
        return
    for piece in _pieces(url, stop):
        if time.monotonic() > deadline:
            raise queue.Empty
        yield piece


def _started(work: Callable[[], None]) -> bool:
    """Whether this system lets a thread do the work; it has begun then."""
    try:
        threading.Thread(target=work, daemon=True).start()
    except RuntimeError:
        return False
    return True


def why_silent(urls: list[str], within_s: float) -> str:
    """Why none of these hosts answers within that time; empty if one does, be it with an error."""
    answers: queue.SimpleQueue[str | Exception] = queue.SimpleQueue()

    def knock(url: str) -> None:
        try:
            with _session(url) as session:
                session.head(url, timeout=within_s, allow_redirects=False)
        except FAILURES as error:
            answers.put(explain(error))
        except Exception as error:
            answers.put(error)
        else:
            answers.put("")

    one_a_host = {url.split("/")[2]: url for url in urls}
    for url in one_a_host.values():
        if not _started(partial(knock, url)):
            knock(url)
    return _first_silence(answers, len(one_a_host), time.monotonic() + within_s)


def _first_silence(
    answers: "queue.SimpleQueue[str | Exception]", count: int, deadline: float
) -> str:
    """Empty as soon as one of so many answers is; else why the last one is not."""
    cause = "no answer in time"
    with suppress(queue.Empty):
        for _ in range(count):
            answer = answers.get(timeout=max(0.0, deadline - time.monotonic()))
            if isinstance(answer, Exception):
                raise answer
            if not (cause := answer):
                break
    return cause


def _pieces(url: str, stop: threading.Event) -> Iterator[bytes | Exception]:
    """The body in pieces; what goes wrong is the last of them, for a thread cannot raise it."""
    try:
        with _session(url) as session, _answer(session, url, stop) as response:
            response.raise_for_status()
            # Undecoded: what was pinned is the file itself, and servers call .gz files "encoded".
            for chunk in response.raw.stream(CHUNK, decode_content=False):
                yield chunk
                if stop.is_set():
                    return
    except Exception as error:  # ``get`` tells the expected from the others
        yield error


def _answer(session: requests.Session, url: str, stop: threading.Event) -> requests.Response:
    """The server's answer, asked for again after a pause while it fails in a way that may pass."""
    for pause_s in PAUSES_S:
        try:
            response = _get(session, url)
        except requests.ConnectionError as error:
            if "aborted" not in str(error):
                raise
        else:
            if response.status_code not in PASSING:
                return response
            response.close()
            asked_for = response.headers.get("Retry-After", "")
            if asked_for.isdecimal():
                pause_s = min(float(asked_for), MAX_PAUSE_S)
        if stop.wait(pause_s):
            raise TimeoutError
    return _get(session, url)


def _get(session: requests.Session, url: str) -> requests.Response:
    return session.get(url, stream=True, timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S))


def _session(url: str) -> requests.Session:
    session = requests.Session()
    session.headers["Accept-Encoding"] = "identity"
    session.max_redirects = MAX_REDIRECTS
    session.hooks["response"].append(_drop_body_of_redirect)
    if url.lower().startswith("https:"):
        # So a redirect to plain http fails before anything is sent.
        del session.adapters["http://"]
    return session


def _drop_body_of_redirect(response: requests.Response, **_: Any) -> None:
    """Keep requests from reading the body of a redirect to its end, for it may have none."""
    if response.is_redirect:
        response.raw.close()


# ValueError: an address, ours or one that we were redirected to, is none.
FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)

# What went wrong, by the class of the error and a part of its text; the first that fits counts.
_CAUSES: tuple[tuple[type[Exception], str, str], ...] = (
    (requests.exceptions.InvalidSchema, "SOCKS", "a SOCKS proxy needs requests[socks]"),
    (requests.exceptions.InvalidSchema, "", "redirected to an address that is not https"),
    (requests.TooManyRedirects, "", "redirected without end"),
    (requests.exceptions.ProxyError, "", "the proxy cannot be used (HTTPS_PROXY names it)"),
    (
        requests.exceptions.SSLError,
        "",
        "the certificate is not trusted (REQUESTS_CA_BUNDLE can name one that is)",
    ),
    (requests.Timeout, "", "no answer in time"),
    (urllib3.exceptions.TimeoutError, "", "no answer in time"),
    (requests.ConnectionError, "NameResolution", "the host's name cannot be found"),
    (requests.ConnectionError, "refused", "the connection was refused"),
    (requests.ConnectionError, "aborted", "the connection broke off"),
    (urllib3.exceptions.ProtocolError, "", "the connection broke off"),
    (OSError, "CA certificate", "no certificates where REQUESTS_CA_BUNDLE says"),
    (ValueError, "", "the address, or the one it redirects to, is not valid"),
)


def explain(error: Exception) -> str:
    """A few words for a list of sources; no address, for that may hold a password."""
    if isinstance(error, requests.HTTPError):
        return f"HTTP {error.response.status_code}"
    text = str(error)
    for kind, part, cause in _CAUSES:
        if isinstance(error, kind) and part in text:
            return cause
    return f"the connection failed ({type(error).__name__})"

"""One file over HTTP: bounded in size and time, never downgraded, each failure a short phrase."""

import queue
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import requests
import urllib3

from scratchnet_cli.errors import TransferError

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 15
# The whole transfer, retries included, may take this long and a slow line's time for its bytes.
GRACE_S = 30
SLOWEST_BYTES_PER_S = 20_000
CHUNK = 2**16
_RETRY_AFTER_MAX_S = 5


class _Retry(urllib3.Retry):
    """Retries that wait as the server asks, but not for so long that the next source is better."""

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        seconds = super().get_retry_after(response)
        return None if seconds is None else min(seconds, _RETRY_AFTER_MAX_S)


def get(url: str, max_bytes: int, received: Callable[[int], None]) -> bytes:
    """The body behind ``url``, of at most ``max_bytes`` bytes; ``received`` hears how many so far.

    Raises:
        TransferError: it did not come, or not in time, or is longer.
    """
    # The network is left to a thread of its own: no timeout of a socket bounds a name look-up or
    # a server that sends one byte a second, but waiting for a queue is always bounded.
    chunks: queue.SimpleQueue[bytes | Exception | None] = queue.SimpleQueue()
    stop = threading.Event()
    threading.Thread(target=_transfer, args=(url, chunks, stop), daemon=True).start()
    patience_s = GRACE_S + max_bytes / SLOWEST_BYTES_PER_S
    deadline = time.monotonic() + patience_s
    body = bytearray()
    try:
        while (chunk := chunks.get(timeout=max(0.0, deadline - time.monotonic()))) is not None:
            if isinstance(chunk, Exception):
                raise TransferError(_explain(chunk)) from chunk
            body += chunk
            if len(body) > max_bytes:
                raise TransferError(f"longer than the expected {max_bytes} bytes")
            received(len(body))
    except queue.Empty:
        raise TransferError(f"not finished after {patience_s:.0f} s") from None
    finally:
        stop.set()
    return bytes(body)


def any_answers(urls: list[str], within_s: float) -> bool:
    """Whether any of these hosts answers at all, be it with an error, within that time."""
    answers: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def knock(url: str) -> None:
        try:
            with _session(url) as session:
                session.head(url, timeout=within_s, allow_redirects=False)
        except requests.RequestException:
            answers.put(False)
        else:
            answers.put(True)

    one_a_host = {urlsplit(url).netloc: url for url in urls}
    for url in one_a_host.values():
        threading.Thread(target=knock, args=(url,), daemon=True).start()
    deadline = time.monotonic() + within_s
    try:
        return any(answers.get(timeout=max(0.0, deadline - time.monotonic())) for _ in one_a_host)
    except queue.Empty:
        return False


def _transfer(
    url: str, chunks: "queue.SimpleQueue[bytes | Exception | None]", stop: threading.Event
) -> None:
    timeout = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
    try:
        with _session(url) as session, session.get(url, stream=True, timeout=timeout) as response:
            response.raise_for_status()
            # Undecoded: what was pinned is the file itself, and a server may call a .gz file
            # "encoded".
            for chunk in response.raw.stream(CHUNK, decode_content=False):
                chunks.put(chunk)
                if stop.is_set():
                    return
        chunks.put(None)
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        chunks.put(error)


def _session(url: str) -> requests.Session:
    session = requests.Session()
    session.headers["Accept-Encoding"] = "identity"
    session.max_redirects = 5
    retry = _Retry(
        total=2,
        connect=0,
        backoff_factor=0.5,
        status_forcelist=(408, 429, 500, 502, 503, 504),
        raise_on_status=False,
        redirect=0,
    )
    session.mount(url, requests.adapters.HTTPAdapter(max_retries=retry))
    if url.startswith("https:"):
        # So a redirect to plain http fails before anything is sent.
        del session.adapters["http://"]
    return session


def _explain(error: Exception) -> str:
    text = str(error)
    match error:
        case requests.HTTPError(response=requests.Response(status_code=code)):
            return f"HTTP {code}"
        case requests.exceptions.InvalidSchema():
            return "redirected to an address that is not https"
        case requests.TooManyRedirects():
            return "redirected without end"
        case requests.exceptions.ProxyError():
            return "the proxy cannot be used (HTTPS_PROXY names it)"
        case requests.exceptions.SSLError():
            return "the certificate is not trusted (REQUESTS_CA_BUNDLE can name one that is)"
        case requests.Timeout() | urllib3.exceptions.TimeoutError():
            return "no answer in time"
        case requests.ConnectionError() if "NameResolution" in text:
            return "the host's name cannot be found"
        case requests.ConnectionError() if "refused" in text:
            return "the connection was refused"
        case urllib3.exceptions.IncompleteRead():
            return "the connection broke off"
    return f"the connection failed ({type(error).__name__})"

"""The download of an asset: its sources in order, each bounded in size and time.

``requests`` and ``urllib3`` are imported here, so this module is imported only for a download.
"""

import os
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
import urllib3

from scratchnet_cli.downloads.assets import Asset
from scratchnet_cli.errors import DownloadError, MirrorError, TransferError
from scratchnet_cli.system.progress import Progress

TIMEOUT_S = (2.0, 15.0)  # to connect, between two packets
# The answer must begin within this time, whatever its address needs: a look-up of the host's
# name, several IP addresses. The shorter time is for defaults that have a replacement.
ANSWER_TIMEOUT_S, DEFAULT_ANSWER_TIMEOUT_S = 20.0, 1.8
# A transfer may take this long, and the time that a slow line needs for its bytes.
TRANSFER_TIMEOUT_S = 30.0
MIN_BYTES_PER_S = 20_000
CHUNK_BYTES = 2**16
RETRY_STATUS = (408, 429, 500, 502, 503, 504)
RETRY_DELAYS_S = (0.5, 1.0)
MAX_RETRY_DELAY_S = 5.0
MAX_REDIRECTS = 5
_FALSE = ("", "0", "false", "no", "off", "n", "f")

# ValueError: a URL, or one that it redirects to, is not valid.
_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)
# The first row whose class and part of the message match is the cause.
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


def download(asset: Asset, progress: Progress, is_default: bool = False) -> tuple[bytes, str]:
    """Return the bytes from the first source with a matching checksum, and that source.

    Raises:
        DownloadError: no source delivered it.
        MirrorError: SCRATCHNET_MIRROR is neither a folder nor a URL.
    """
    failures: list[tuple[str, str]] = []
    unreachable: set[str] = set()
    for source in _sources(asset):
        shown = _shown(source)
        try:
            data = _read(source, asset, progress, is_default, unreachable)
            if defect := asset.defect(data):
                raise TransferError(f"not the right file: {defect}")
            return data, shown
        except TransferError as error:
            failures.append((shown, str(error)))
    raise DownloadError(
        f"{asset.name} could not be downloaded:",
        *(f"  {shown}: {cause}" for shown, cause in failures),
        "SCRATCHNET_MIRROR can name a folder or an address that holds the file, "
        "HTTPS_PROXY a proxy.",
        cause=failures[0][1],
    )


def _sources(asset: Asset) -> list[str]:
    """Return URLs and paths in the order in which they are tried, the user's mirror first."""
    urls = [f"{folder}/{asset.name}" for folder in asset.folders]
    mirror = os.environ.get("SCRATCHNET_MIRROR", "")
    if not mirror:
        return urls
    if _is_url(mirror):
        return [f"{mirror.rstrip('/')}/{asset.name}", *urls]
    if "://" in mirror or "@" in mirror or re.match("https?:", mirror, re.IGNORECASE):
        # It may contain a password.
        raise MirrorError("SCRATCHNET_MIRROR is neither a folder nor an http:// or https:// URL")
    return [str(Path(os.path.expanduser(mirror), asset.name)), *urls]  # noqa: PTH111


def _is_url(source: str) -> bool:
    return re.match("https?://[^/]", source, re.IGNORECASE) is not None


def _shown(source: str) -> str:
    """Return a path, or scheme and host of a URL: the rest may contain a password."""
    if not _is_url(source):
        return source
    with suppress(ValueError):
        return f"{urlsplit(source).scheme}://{urlsplit(source).hostname}"
    return "SCRATCHNET_MIRROR"


def _read(
    source: str, asset: Asset, progress: Progress, is_default: bool, unreachable: set[str]
) -> bytes:
    """Return what a source delivers, of at most one byte more than the asset has.

    Raises:
        TransferError: it delivers nothing.
    """
    if not _is_url(source):
        try:
            # Opening a pipe would wait for ever.
            if not Path(source).is_file():
                Path(source).stat()
                raise TransferError("not a file")
            with Path(source).open("rb") as file:
                return file.read(asset.size + 1)
        except OSError as error:
            raise TransferError(error.strerror or "cannot be read") from error
    if (offline := os.environ.get("SCRATCHNET_OFFLINE", "")).lower() not in _FALSE:
        raise TransferError(f"not tried, for SCRATCHNET_OFFLINE is {offline!r}")
    host = _shown(source)
    if is_default and host in unreachable:
        raise TransferError("no answer in time")
    timeout_s = DEFAULT_ANSWER_TIMEOUT_S if is_default else ANSWER_TIMEOUT_S
    try:
        with progress.transfer(asset.name, asset.size, host) as received:
            return _get(source, asset.size, timeout_s, received)
    except _NoAnswerError:
        unreachable.add(host)
        raise


class _NoAnswerError(TransferError):
    """The host did not answer in time."""


def _get(url: str, size: int, timeout_s: float, received: Callable[[int], None]) -> bytes:
    """Return the body behind ``url``, of at most ``size`` bytes.

    Raises:
        TransferError: it did not arrive in time, or is longer.
    """
    limit_s = TRANSFER_TIMEOUT_S + size / MIN_BYTES_PER_S
    deadline = time.monotonic() + limit_s
    body = bytearray()
    try:
        with requests.Session() as session, _answer(session, url, timeout_s, deadline) as response:
            response.raise_for_status()
            # Undecoded: servers call .gz files "encoded", but the checksum is that of the file.
            # read1 returns what has arrived, so that a slow server cannot outlast the deadline.
            while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
                body += chunk
                if len(body) > size:
                    raise TransferError(f"longer than the expected {size} bytes")
                if time.monotonic() > deadline:
                    raise TransferError(f"not finished after {limit_s:.0f} s")
                received(len(body))
    except _FAILURES as error:
        raise TransferError(_cause(error)) from error
    return bytes(body)


def _answer(
    session: requests.Session, url: str, timeout_s: float, deadline: float
) -> requests.Response:
    """Return the server's answer, requested again while it fails in a way that may pass."""
    url, session.auth = _without_credentials(url)
    session.headers["Accept-Encoding"] = "identity"
    session.max_redirects = MAX_REDIRECTS
    session.hooks["response"].append(_drop_body_of_redirect)
    if url.lower().startswith("https:"):
        # A redirect to plain http fails before anything is sent.
        del session.adapters["http://"]
    for delay_s in (*RETRY_DELAYS_S, None):
        try:
            response = _within(timeout_s, lambda: session.get(url, stream=True, timeout=TIMEOUT_S))
        except requests.ConnectionError as error:
            if delay_s is None or "aborted" not in str(error):
                raise
        else:
            if delay_s is None or response.status_code not in RETRY_STATUS:
                return response
            response.close()
            requested = response.headers.get("Retry-After", "")
            if requested.isdecimal():
                delay_s = min(float(requested), MAX_RETRY_DELAY_S)
        time.sleep(max(0.0, min(delay_s, deadline - time.monotonic())))
    raise AssertionError("the last attempt returns or raises")


def _within(timeout_s: float, work: Callable[[], requests.Response]) -> requests.Response:
    """Return the result of ``work``, which no timeout of a socket bounds: it looks up names.

    Raises:
        _NoAnswerError: there is none in time.
    """
    outcome: list[requests.Response | Exception] = []

    def run() -> None:
        try:
            outcome.append(work())
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(timeout_s)
    if not outcome:
        raise _NoAnswerError("no answer in time")
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


def _without_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """Return the URL and its user and password apart, so that no message can contain them."""
    parts = urlsplit(url)
    if not parts.username:
        return url, None
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host)), (
        unquote(parts.username),
        unquote(parts.password or ""),
    )


def _drop_body_of_redirect(response: requests.Response, **_: Any) -> None:
    """Keep requests from reading the body of a redirect, which may be endless."""
    if response.is_redirect:
        response.raw.close()


def _cause(error: Exception) -> str:
    if isinstance(error, requests.HTTPError):
        return f"HTTP {error.response.status_code}"
    message = str(error)
    for kind, part, cause in _CAUSES:
        if isinstance(error, kind) and part in message:
            return cause
    return f"the connection failed ({type(error).__name__})"

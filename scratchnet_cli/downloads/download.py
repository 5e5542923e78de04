"""The download of an asset: its sources in order, each bounded in size and time.

``requests`` and ``urllib3`` are imported here, so this module is imported only for a download.
"""

import os
import re
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
import urllib3
from requests import exceptions

from scratchnet_cli.downloads.assets import Asset, download_command
from scratchnet_cli.errors import DownloadError, MirrorError, TransferError
from scratchnet_cli.system.progress import Progress

TIMEOUT_S = (2.0, 15.0)  # to connect, between two packets
# The answer must begin within this time, whatever it needs: a look-up of the host's name, several
# IP addresses, redirects. The shorter time is for defaults that have a replacement.
ANSWER_TIMEOUT_S, DEFAULT_ANSWER_TIMEOUT_S = 20.0, 1.7
# A transfer may take this long, and the time that a slow line needs for its bytes.
TRANSFER_TIMEOUT_S = 30.0
MIN_BYTES_PER_S = 20_000
CHUNK_BYTES = 2**16
RETRY_STATUS = (408, 429, 500, 502, 503, 504)
RETRY_DELAYS_S = (0.5, 1.0)
MAX_RETRY_DELAY_S = 5.0
MAX_REDIRECTS = 5
_FALSE = ("", "0", "false", "no", "off", "n", "f")

NO_ANSWER = "no answer in time"
# ValueError: a URL, or one that it redirects to, is not valid; AssertionError: http.client's, for
# a host with a per cent sign.
_INVALID = (ValueError, AssertionError)
_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, *_INVALID)
# The first row whose class and part of the message match is the cause.
_CAUSES: tuple[tuple[Any, str, str], ...] = (
    (exceptions.InvalidSchema, "SOCKS", "a SOCKS proxy needs requests[socks]"),
    (exceptions.InvalidSchema, "", "redirected to an address that is not https"),
    (exceptions.TooManyRedirects, "", "redirected without end"),
    (exceptions.ProxyError, "", "the proxy cannot be used (HTTPS_PROXY names it)"),
    (
        exceptions.SSLError,
        "",
        "the certificate is not trusted (REQUESTS_CA_BUNDLE can name one that is)",
    ),
    ((exceptions.Timeout, urllib3.exceptions.TimeoutError), "", NO_ANSWER),
    (exceptions.ConnectionError, "NameResolution", "the host's name cannot be found"),
    (exceptions.ConnectionError, "refused", "the connection was refused"),
    (exceptions.ConnectionError, "aborted", "the connection broke off"),
    (urllib3.exceptions.ProtocolError, "", "the connection broke off"),
    (OSError, "CA certificate", "no certificates where REQUESTS_CA_BUNDLE says"),
    (_INVALID, "", "the address, or the one it redirects to, is not valid"),
)


def download(
    asset: Asset, progress: Progress, is_default: bool = False, destination: str = ""
) -> tuple[bytes, str]:
    """Return the bytes from the first source with a matching checksum, and that source.

    is_default: give up early, and on each host only once; destination: completes a message.

    Raises:
        DownloadError: no source delivered it.
        MirrorError: SCRATCHNET_MIRROR is neither a folder nor a URL.
    """
    failures: list[tuple[str, str]] = []
    for source in _sources(asset):
        shown = _shown(source)
        if is_default and (shown, NO_ANSWER) in failures:
            continue
        try:
            if _is_url(source):
                data = _from_url(source, shown, asset, progress, is_default)
            else:
                data = _from_folder(Path(source), asset.size)
            if defect := asset.defect(data):
                raise TransferError(f"not the right file: {defect}")
            return data, shown
        except TransferError as error:
            failures.append((shown, str(error)))
    raise DownloadError(
        f"{asset.name} could not be downloaded{destination}:",
        *(f"  {shown}: {cause}" for shown, cause in failures),
        "SCRATCHNET_MIRROR can name a folder or an address that holds the file, "
        "HTTPS_PROXY a proxy.",
        f"With a network, `{download_command(asset)}` fetches it.",
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
    folder = Path(os.path.expanduser(mirror))  # noqa: PTH111
    if re.search("://|^https?:", mirror, re.IGNORECASE) or ("@" in mirror and not folder.is_dir()):
        # It may contain a password.
        raise MirrorError("SCRATCHNET_MIRROR is neither a folder nor an http:// or https:// URL")
    return [str(folder / asset.name), *urls]


def _is_url(source: str) -> bool:
    return re.match("https?://[^/]", source, re.IGNORECASE) is not None


def _shown(source: str) -> str:
    """Return a path, or scheme and host of a URL: the rest may contain a password."""
    if not _is_url(source):
        return source
    with suppress(ValueError):
        parts = urlsplit(source)
        host, rest = parts.hostname or "", parts._replace(netloc="").geturl()
        # A password may contain a slash, and what looks like the host is a part of it then.
        if re.fullmatch(r"[\w.:-]+", host) and "@" not in rest:
            return f"{parts.scheme}://{host}"
    return "SCRATCHNET_MIRROR"


def _from_folder(path: Path, size: int) -> bytes:
    """Return the bytes of a file, at most one more than ``size``."""
    try:
        # Opening a pipe would wait for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise TransferError("not a file")
        with path.open("rb") as file:
            return file.read(size + 1)
    except OSError as error:
        raise TransferError(error.strerror or "cannot be read") from error


def _from_url(url: str, shown: str, asset: Asset, progress: Progress, is_default: bool) -> bytes:
    """Return the body behind ``url``, at most as long as the asset."""
    if (offline := os.environ.get("SCRATCHNET_OFFLINE", "")).lower() not in _FALSE:
        raise TransferError(f"not tried, for SCRATCHNET_OFFLINE is {offline!r}")
    timeout_s = DEFAULT_ANSWER_TIMEOUT_S if is_default else ANSWER_TIMEOUT_S
    limit_s = TRANSFER_TIMEOUT_S + asset.size / MIN_BYTES_PER_S
    deadline = time.monotonic() + limit_s
    body = bytearray()
    try:
        with (
            progress.transfer(asset.name, asset.size, shown) as received,
            requests.Session() as session,
            _answer(session, url, timeout_s, deadline) as response,
        ):
            response.raise_for_status()
            # Undecoded: servers call .gz files "encoded", but the checksum is that of the file.
            # read1 returns what has arrived, so that a slow server cannot outlast the deadline.
            while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
                body += chunk
                if len(body) > asset.size:
                    raise TransferError(f"longer than the expected {asset.size} bytes")
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
    parts = urlsplit(url)
    credentials, at, host = parts.netloc.rpartition("@")
    if at:
        # Apart from the URL, no message of a library can contain them.
        user, _, password = credentials.partition(":")
        session.auth = (unquote(user), unquote(password))
        url = parts._replace(netloc=host).geturl()
    session.headers["Accept-Encoding"] = "identity"
    session.max_redirects = MAX_REDIRECTS
    session.hooks["response"].append(_drop_body_of_redirect)
    if parts.scheme == "https":
        # A redirect to plain http fails before anything is sent.
        del session.adapters["http://"]

    for delay_s in RETRY_DELAYS_S:
        try:
            response = _get(session, url, timeout_s)
        except requests.ConnectionError as error:
            if "aborted" not in str(error):
                raise
        else:
            if response.status_code not in RETRY_STATUS:
                return response
            response.close()
            requested = response.headers.get("Retry-After", "")
            if requested.isdecimal():
                delay_s = min(float(requested), MAX_RETRY_DELAY_S)
        time.sleep(max(0.0, min(delay_s, deadline - time.monotonic())))
    return _get(session, url, timeout_s)


def _get(session: requests.Session, url: str, timeout_s: float) -> requests.Response:
    """Return the answer; no timeout of a socket bounds a slow look-up of the host's name.

    Raises:
        requests.Timeout: there is none in time.
    """
    outcome: list[requests.Response | Exception] = []

    def run() -> None:
        try:
            outcome.append(session.get(url, stream=True, timeout=TIMEOUT_S))
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        # The system grants no thread.
        run()
    else:
        thread.join(timeout_s)
    if not outcome:
        raise requests.Timeout
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


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

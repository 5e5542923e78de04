"""One HTTP request, bounded in size and time.

``requests`` and ``urllib3`` are imported here, so this module is imported only for a download.
"""

import threading
import time
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
import urllib3
from requests import exceptions

from scratchnet_cli.downloads.assets import Asset
from scratchnet_cli.errors import NO_ANSWER, NO_HOST, TransferError
from scratchnet_cli.system.progress import Progress

TIMEOUT_S = (2.0, 15.0)  # to connect, between two packets
# The answer must begin within this time. It includes the look-up of the host's name, several IP
# addresses and redirects. The shorter time is for defaults, which have a fallback.
ANSWER_TIMEOUT_S, DEFAULT_ANSWER_TIMEOUT_S = 20.0, 1.6
# A transfer may take this long, plus its size divided by this rate.
TRANSFER_TIMEOUT_S = 30.0
MIN_BYTES_PER_S = 20_000
# If a transfer is slower than this rate after this time, it stops early.
USELESS_AFTER_S, USELESS_BYTES_PER_S = 10.0, 1000
CHUNK_BYTES = 2**16
RETRY_STATUS = (408, 429, 500, 502, 503, 504)
RETRY_DELAYS_S = (0.5, 1.0)
MAX_RETRY_DELAY_S = 5.0
MAX_REDIRECTS = 5

# ValueError: a URL, or a redirect, is not valid. AssertionError: http.client raises it if a host
# contains a per cent sign.
_INVALID = (ValueError, AssertionError)
_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, *_INVALID)
_NO_SOCKS = 'a SOCKS proxy needs python -m pip install "requests[socks]"'
_NOT_TRUSTED = "the certificate is not trusted; set REQUESTS_CA_BUNDLE to one that is"
# Class of the error, part of its message, cause. The first row that matches is used.
_CAUSES: tuple[tuple[Any, str, str], ...] = (
    (exceptions.InvalidSchema, "SOCKS", _NO_SOCKS),
    (exceptions.InvalidSchema, "", "redirected to an address that is not https"),
    (exceptions.TooManyRedirects, "", "too many redirects"),
    (exceptions.ProxyError, "", "the proxy does not work; check HTTPS_PROXY"),
    (exceptions.SSLError, "", _NOT_TRUSTED),
    ((exceptions.Timeout, urllib3.exceptions.TimeoutError), "", NO_ANSWER),
    (exceptions.ConnectionError, "NameResolution", NO_HOST),
    (exceptions.ConnectionError, "refused", "the connection was refused"),
    (exceptions.ConnectionError, "aborted", "the connection broke off"),
    (urllib3.exceptions.ProtocolError, "", "the connection broke off"),
    (OSError, "CA certificate", "no certificates found; check REQUESTS_CA_BUNDLE"),
    (_INVALID, "", "the address, or a redirect, is not valid"),
)


def get(asset: Asset, url: str, shown: str, progress: Progress, is_default: bool) -> bytes:
    """Return the body behind ``url``, at most as long as the asset. shown: the URL for messages."""
    max_bytes = asset.size
    timeout_s = DEFAULT_ANSWER_TIMEOUT_S if is_default else ANSWER_TIMEOUT_S
    limit_s = TRANSFER_TIMEOUT_S + max_bytes / MIN_BYTES_PER_S
    deadline = time.monotonic() + limit_s
    body = bytearray()
    try:
        with requests.Session() as session, _answer(session, url, timeout_s, deadline) as response:
            response.raise_for_status()
            length = response.headers.get("Content-Length", "")
            if length.isdecimal() and length != str(max_bytes):
                raise TransferError(
                    f"not the right file: expected {max_bytes} bytes, found {length}"
                )
            with progress.transfer(asset.name, max_bytes, shown) as received:
                # Not decoded: servers call .gz files "encoded", but the checksum is for the file.
                # read1 returns what has arrived, so the time is checked even if little arrives.
                while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
                    body += chunk
                    if len(body) > max_bytes:
                        raise TransferError(f"longer than the expected {max_bytes} bytes")
                    elapsed_s = time.monotonic() - deadline + limit_s
                    is_slow = len(body) < USELESS_BYTES_PER_S * (elapsed_s - USELESS_AFTER_S)
                    if is_slow or elapsed_s > limit_s:
                        raise TransferError(f"not finished after {elapsed_s:.0f} s")
                    received(len(body))
    except _FAILURES as error:
        raise TransferError(_cause(error)) from error
    return bytes(body)


def _answer(
    session: requests.Session, url: str, timeout_s: float, deadline: float
) -> requests.Response:
    """Return the server's answer; repeat the request after errors that may be temporary."""
    parts = urlsplit(url)
    credentials, at, host = parts.netloc.rpartition("@")
    if at:
        # Removed from the URL, so that no message of a library contains them.
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
                delay_s = min(float(requested), MAX_RETRY_DELAY_S, timeout_s)
        time.sleep(max(0.0, min(delay_s, deadline - time.monotonic())))
    return _get(session, url, timeout_s)


def _get(session: requests.Session, url: str, timeout_s: float) -> requests.Response:
    """Return the answer, or raise Timeout. A socket's timeout does not limit a host look-up."""
    outcome: list[requests.Response | Exception] = []

    def run() -> None:
        try:
            outcome.append(session.get(url, stream=True, timeout=TIMEOUT_S))
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
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
        code = error.response.status_code
        tries = f", {len(RETRY_DELAYS_S) + 1} times" if code in RETRY_STATUS else ""
        return f"HTTP {code}{tries}"
    message = str(error)
    for kind, part, cause in _CAUSES:
        if isinstance(error, kind) and part in message:
            return cause
    return f"the connection failed ({type(error).__name__})"

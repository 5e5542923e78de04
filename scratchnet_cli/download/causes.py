"""Why a download failed, in a few words."""

import requests
import urllib3

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

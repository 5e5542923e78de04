"""Downloads over TLS and through proxies."""

import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from scratchnet_cli.downloads.download import download
from scratchnet_cli.errors import DownloadError
from tests.downloads import server as behave
from tests.downloads.fetching import DATA, Recorder, asset
from tests.downloads.server import Server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create a self-signed certificate for 127.0.0.1, with its key; return the file."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this system")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    command = (
        f"openssl req -x509 -nodes -days 2 -newkey rsa:2048 -keyout {file} -out {file} -subj /CN=x "
        "-addext subjectAltName=IP:127.0.0.1 -addext keyUsage=digitalSignature,keyCertSign"
    )
    subprocess.run(command.split(), capture_output=True, check=True)
    return file


@pytest.fixture
def tls_server(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Run a server that speaks https, reached without the proxy of the other tests."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with Server(certificate) as running:
        running.paths["/good"] = DATA
        yield running


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the certificate by REQUESTS_CA_BUNDLE."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))


def cause(url: str) -> str:
    """Return why a download fails."""
    with pytest.raises(DownloadError) as failure:
        download(asset(url), Recorder())
    *lines, _ = failure.value.args
    return str(lines[:2][-1].rpartition(": ")[2])


@pytest.mark.usefixtures("trusted")
def test_https_accepts_the_trusted_certificate_of_a_host(
    tls_server: Server, server: Server
) -> None:
    """REQUESTS_CA_BUNDLE makes a private certificate good for its host, also behind a redirect."""
    assert cause(tls_server.url("/good", host="localhost")).startswith("the certificate")
    assert tls_server.requests == {}
    tls_server.paths["/moved"] = behave.redirect("/good")
    server.paths["/moved"] = behave.redirect(tls_server.url("/good"))
    assert download(asset(tls_server.url("/moved")), Recorder()) == (DATA, "https://127.0.0.1")
    assert download(asset(server.url("/moved")), Recorder())[0] == DATA


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("scheme", ["https", "HTTPS"])
def test_https_is_never_left_for_http(
    tls_server: Server, server: Server, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """A redirect from https to http is not followed: the http server receives nothing."""
    tls_server.paths["/digits.gz"] = behave.redirect(server.url("/good"))
    monkeypatch.setenv("SCRATCHNET_MIRROR", tls_server.url("").replace("https", scheme))
    assert cause(server.url("/missing")) == "redirected to an address that is not https"
    assert tls_server.requests == {"/digits.gz": 1}
    assert server.requests == {"/missing": 1}


def test_https_rejects_an_unknown_certificate(tls_server: Server, server: Server) -> None:
    """An unknown certificate ends the connection before a request; the next source is used."""
    url = tls_server.url("/good")
    assert download(asset(url, server.url("/good")), Recorder())[0] == DATA
    assert cause(url) == "the certificate is not trusted; set REQUESTS_CA_BUNDLE to one that is"
    assert tls_server.requests == {}


def test_https_names_a_missing_bundle(tls_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """If REQUESTS_CA_BUNDLE names no file, the message names that variable."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "missing")
    assert cause(tls_server.url("/good")) == "no certificates found; check REQUESTS_CA_BUNDLE"


@pytest.mark.parametrize(
    ("proxy", "expected"),
    [
        ("http://127.0.0.1:9", "the proxy does not work; check HTTPS_PROXY"),
        ("socks5://127.0.0.1:9", 'a SOCKS proxy needs python -m pip install "requests[socks]"'),
    ],
)
def test_proxy_that_fails_is_named(
    monkeypatch: pytest.MonkeyPatch, proxy: str, expected: str
) -> None:
    """If HTTPS_PROXY leads nowhere, the message names that variable, and so does the advice."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("https_proxy", proxy)
    if proxy.startswith("socks") and find_spec("socks"):
        pytest.skip("SOCKS is installed")
    with pytest.raises(DownloadError) as failure:
        download(asset("https://example.invalid/file"), Recorder())
    first, advice = failure.value.args
    assert first.endswith(f": {expected}")
    assert advice.startswith("Correct HTTPS_PROXY" if "HTTPS_PROXY" in expected else "Try again")


def test_proxy_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a proxy in the environment, it receives the request for another host."""
    server.paths["http://example.invalid/file"] = DATA
    monkeypatch.setenv("HTTP_PROXY", server.url(""))
    monkeypatch.setenv("http_proxy", server.url(""))
    assert download(asset("http://example.invalid/file"), Recorder())[0] == DATA

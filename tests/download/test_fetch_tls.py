"""Fetching over TLS and by way of proxies."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scratchnet_cli.downloads.fetch import Fetcher
from scratchnet_cli.errors import DownloadError
from tests.download import server as behave
from tests.download.fetching import DATA, asset, files
from tests.download.server import Server


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

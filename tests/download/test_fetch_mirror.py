"""The user's mirror: tried first, passed over where it fails, its password kept."""

import os
import sys
from pathlib import Path

import pytest

from scratchnet_cli.downloads.cache import Asset
from scratchnet_cli.downloads.fetch import Fetcher, shown
from scratchnet_cli.errors import DownloadError
from tests.conftest import Run
from tests.download.fetching import DATA, asset, files
from tests.download.server import Server


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


def test_a_mirror_that_cannot_be_one_is_no_missing_network(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The defaults are not replaced where the mirror only has to be set right."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", "ftp://mirror.example")
    result = run("eval", "--limit", "10")
    assert result.exit_code == 4
    assert "expected a folder or an http:// or https:// address" in result.stderr


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
        "http://user:tell/nobody@127.0.0.1:9",
        "http:///user:tellnobody@127.0.0.1",
        "http:/user:tellnobody@127.0.0.1",
        "user:tellnobody@127.0.0.1:/x",
        "user:tell/nobody@127.0.0.1:/x",
        "//user:tellnobody@127.0.0.1/x",
        "http//user:tellnobody@127.0.0.1/x",
        '"http://user:tellnobody@127.0.0.1"',
    ],
)
def test_a_password_in_an_address_that_is_of_no_use_stays_private(
    run: Run, monkeypatch: pytest.MonkeyPatch, mirror: str
) -> None:
    """Of an address that cannot be used, or is mistyped, only the host is shown."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", mirror)
    result = run("download")
    assert result.exit_code == 4
    assert "127.0.0.1" in result.stderr
    assert "nobody" not in result.stderr


def test_a_folder_s_name_is_shown_as_it_is() -> None:
    """Only an address is shown without what stands before its @."""
    for path in ("/home/me@work/a:b@c", "mirror/me@work", "me@work", "./a:b@c"):
        assert shown(path) == path


@pytest.mark.parametrize(
    "mirror", ["http://user:tellnobody%40h", "http://user:tellnobody＠h", "http://u@h:tellnobody"]
)
def test_what_is_neither_host_nor_port_is_not_shown(mirror: str) -> None:
    """A password that stands where a port belongs is left out."""
    assert shown(f"{mirror}/digits.gz") == "http://…/digits.gz"
    assert shown("http://127.0.0.1:8000/x") == "http://127.0.0.1:8000/x"


@pytest.mark.skipif(sys.platform == "win32", reason="Unix files")
def test_a_pipe_in_a_mirror_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is no file in the place of the mirror's file is refused."""
    os.mkfifo(tmp_path / "digits.gz")
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(tmp_path))
    with pytest.raises(DownloadError, match="not a file"):
        Fetcher().fetch(asset())

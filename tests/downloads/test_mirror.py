"""The user's mirror: tried first, passed over if it fails, its password printed nowhere."""

import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from scratchnet_cli.downloads.download import download
from scratchnet_cli.errors import DownloadError
from tests.conftest import Run
from tests.downloads import server as behave
from tests.downloads.fetching import CLOSED_URL, DATA, Recorder, asset
from tests.downloads.server import Server

WRONG = "not the right file: expected"
NOT_PRINTED = "  SCRATCHNET_MIRROR: the address, or a redirect, is not valid"
# Of the mirror and of the other source.
REFUSED = ": the connection was refused"
NEITHER = "SCRATCHNET_MIRROR: expected a folder, or a URL with http:// or https://"


@pytest.mark.parametrize("slash", ["", "/"])
def test_mirror_url_is_tried_first(
    server: Server, monkeypatch: pytest.MonkeyPatch, slash: str
) -> None:
    """SCRATCHNET_MIRROR is a base address, with or without a slash at its end."""
    server.paths["/mirror/digits.gz"] = DATA
    monkeypatch.setenv("SCRATCHNET_MIRROR", server.url("/mirror" + slash))
    assert download(asset(server.url("/good")), Recorder()) == (DATA, "http://127.0.0.1")
    assert server.requests == {"/mirror/digits.gz": 1}


@pytest.mark.parametrize("name", ["{}", "~", "{}/b@c", "{}/a:b@c"])
def test_mirror_folder_is_tried_first(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """SCRATCHNET_MIRROR can be a folder, whose name is printed as it is."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    folder = Path(name.format(tmp_path)).expanduser()
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        pytest.skip("no such names on this system")
    (folder / "digits.gz").write_bytes(DATA)
    monkeypatch.setenv("SCRATCHNET_MIRROR", name.format(tmp_path))
    assert download(asset(server.url("/good")), Recorder()) == (DATA, str(folder / "digits.gz"))
    assert server.requests == {}


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (None, "No such file or directory"),
        (b"", f"{WRONG} {len(DATA)} bytes, found 0"),
        (DATA[:-1] + b"x", f"{WRONG} sha256"),
        (DATA + b"x", f"{WRONG} {len(DATA)} bytes, found more"),
    ],
    ids=["missing", "empty", "wrong hash", "longer"],
)
def test_mirror_folder_that_fails_is_passed_over(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    content: bytes | None,
    cause: str,
) -> None:
    """A folder without the file, or with another one, is listed and the sources follow."""
    if content is not None:
        (tmp_path / "digits.gz").write_bytes(content)
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(tmp_path))
    assert download(asset(server.url("/good")), Recorder())[0] == DATA
    with pytest.raises(DownloadError) as failure:
        download(asset(), Recorder())
    assert failure.value.args[1].startswith(f"  {tmp_path / 'digits.gz'}: {cause}")


@pytest.mark.skipif(sys.platform == "win32", reason="Unix files")
def test_mirror_does_not_wait_for_a_pipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only a file is read in a mirror folder."""
    os.mkfifo(tmp_path / "digits.gz")
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(tmp_path))
    with pytest.raises(DownloadError, match=r"digits\.gz: not a file"):
        download(asset(), Recorder())


@pytest.mark.usefixtures("small_assets")
@pytest.mark.parametrize(
    ("mirror", "line"),
    [
        ("http://user:secret@127.0.0.1:9", REFUSED),
        ("HTTP://user:secret@127.0.0.1:9/", REFUSED),
        ("http://secret@127.0.0.1:9/", REFUSED),
        ("http://user:sec@ret@127.0.0.1:9", REFUSED),
        ("http://user:sec/ret@127.0.0.1:9", NOT_PRINTED),
        ("http://sec/ret@127.0.0.1:9", "  SCRATCHNET_MIRROR: the proxy does not work"),
        ("http://sec?ret@127.0.0.1:9", "  SCRATCHNET_MIRROR: the proxy does not work"),
        ("http://user:secret%40h", "  http://user: the address, or a redirect"),
        ("http://secret%40h", NOT_PRINTED),
        ("http://user:secret＠h", NOT_PRINTED),
        ("http://u@h:secret", "  http://h: the address, or a redirect, is not valid"),
        ("http://127.0.0.1:99999/", "  http://127.0.0.1: the address, or a redirect"),
        ("http://.nowhere/", "  http://.nowhere: the address, or a redirect"),
        ("http://[nowhere/", NOT_PRINTED),
        ("http://", NEITHER),
        ("http:///user:secret@127.0.0.1", NEITHER),
        ("http:/user:secret@127.0.0.1", NEITHER),
        ("./http://user:secret@127.0.0.1", NEITHER),
        ("/https:/127.0.0.1/secret", NEITHER),
        ("user:secret/x", NEITHER),
        ("mirror?token=secret", NEITHER),
        (f"{'secret@' * 2000}h", NEITHER),
        ("ftp://user:secret@127.0.0.1", NEITHER),
        ("user:secret@127.0.0.1:/x", NEITHER),
        ('"http://user:secret@127.0.0.1"', NEITHER),
        ("a-b (1)", f"  a-b (1){os.sep}sample_weight.pkl: No such file or directory"),
    ],
)
def test_mirror_that_cannot_be_used_is_one_message(
    run: Run, monkeypatch: pytest.MonkeyPatch, mirror: str, line: str
) -> None:
    """A mirror that is wrong or mistyped fails with 4; no part of a password is printed."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", mirror)
    # No name is looked up.
    monkeypatch.setenv("HTTP_PROXY", CLOSED_URL)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    result = run("download")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "sec" not in result.stderr
    assert "ret" not in result.stderr
    if line == NEITHER:
        # Once, not for every file.
        assert result.stderr == f"error: {NEITHER}\n"
        # The defaults are not replaced: the mirror has to be corrected.
        result = run("eval", "--limit", "10")
        assert (result.exit_code, result.stderr) == (4, f"error: {NEITHER}\n")
    else:
        assert any(line in shown for shown in result.stderr.splitlines())


@pytest.mark.parametrize(
    ("credentials", "sent"),
    [
        ("user:secret", b"user:secret"),
        ("us%40er:sec%2Fret:%25", b"us@er:sec/ret:%"),
        ("token", b"token:"),
        (":secret", b":secret"),
    ],
)
def test_mirror_receives_its_password(
    server: Server, monkeypatch: pytest.MonkeyPatch, credentials: str, sent: bytes
) -> None:
    """User and password in the address are sent as basic authentication to that host alone."""
    server.paths["/digits.gz"] = behave.redirect(server.url("/moved", "localhost"))
    server.paths["/moved"] = DATA
    monkeypatch.setenv("SCRATCHNET_MIRROR", server.url("").replace("//", f"//{credentials}@"))
    assert download(asset(), Recorder()) == (DATA, "http://127.0.0.1")
    first, second = server.headers
    assert first["Authorization"] == f"Basic {b64encode(sent).decode()}"
    assert "Authorization" not in second


# A bug that shows the URL of the request in a traceback.
BUG = """
import requests
requests.Session.get = lambda session, url, **_: {}[url]
from scratchnet_cli.__main__ import main
main()
"""


def test_traceback_does_not_show_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is apart from the address before a library gets it."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", "http://user:secret@127.0.0.1:9/")
    command = [sys.executable, "-c", BUG, "download"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 70
    assert "KeyError: 'http://127.0.0.1:9/sample_weight.pkl" in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize("switch", ["1", "true", "YES", "banana"])
def test_offline_requests_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, switch: str
) -> None:
    """Any value but a "no" keeps the program offline; a mirror folder still serves."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", switch)
    monkeypatch.setenv("SCRATCHNET_MIRROR", server.url("/good"))
    with pytest.raises(DownloadError) as failure:
        download(asset(server.url("/good")), Recorder())
    cause = f"SCRATCHNET_OFFLINE is {switch}"
    assert failure.value.args[0] == f"digits.gz: cannot be downloaded: {cause}"
    assert failure.value.args[-1].startswith("Unset SCRATCHNET_OFFLINE, or set SCRATCHNET_MIRROR")
    assert server.requests == {}
    (tmp_path / "digits.gz").write_bytes(DATA)
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(tmp_path))
    assert download(asset(), Recorder())[0] == DATA


@pytest.mark.parametrize("switch", ["", "0", "no", "False", "off", "n", "f"])
def test_offline_can_be_switched_off(
    server: Server, monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    """SCRATCHNET_OFFLINE=0 and the like allow downloads."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", switch)
    assert download(asset(server.url("/good")), Recorder())[0] == DATA

"""Whom the program talks to, and what it starts: proved with Python's own audit events."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scratchnet_cli.download import assets
from tests.fuzz.targets import pictures

# Runs command lines, each after a "+", and prints the sockets and processes that they asked for;
# nothing of it happens.
WATCHED = """
import sys
events = set()
def watch(event, args):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.spawn", "os.posix")):
        events.add(f"{event} {args[0]}" if event == "socket.getaddrinfo" else event)
        if event in ("socket.getaddrinfo", "socket.connect"):
            raise OSError("watched")
sys.addaudithook(watch)
from scratchnet_cli.cli import main
for line in " ".join(sys.argv[1:]).split("+")[1:]:
    try:
        main(line.split())
    except SystemExit as leaving:
        print("exit", leaving.code, file=sys.__stderr__)
print(*sorted(events), sep="\\n", file=sys.__stderr__)
"""


def watched(*lines: str, folder: Path) -> tuple[list[str], list[str]]:
    """The exit codes of command lines run in a fresh process, and the events they raised."""
    arguments = [word for line in lines for word in ("+", *line.split())]
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told = done.stderr.splitlines()
    codes = [line.removeprefix("exit ") for line in told if line.startswith("exit ")]
    events = [line for line in told if line.startswith(("socket.", "subprocess.", "os."))]
    return codes, events


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a picture in it."""
    (tmp_path / "stroke.png").write_bytes(pictures()["png"])
    return tmp_path


def test_offline_no_command_opens_a_socket(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With SCRATCHNET_OFFLINE=1 nobody is asked for anything, whatever is missing."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", "1")
    lines = (
        "eval --limit 10", "eval --weights book --dataset mnist", "predict stroke.png",
        "download --split all", "download --force", "cache verify", "cache clear",
    )  # fmt: skip
    codes, events = watched(*lines, folder=folder)
    assert codes == ["0", "4", "0", "4", "4", "0", "0"]
    assert events == []


def test_what_is_here_needs_no_socket(folder: Path) -> None:
    """Without being told to be offline, a run that needs no download talks to nobody either."""
    lines = (
        "eval --weights bundled --dataset sample --limit 10",
        "predict --weights bundled --show stroke.png", "cache list", "cache verify", "--version",
    )  # fmt: skip
    codes, events = watched(*lines, folder=folder)
    assert codes == ["0"] * len(lines)
    assert events == []


def test_only_the_listed_hosts_are_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A download looks up the hosts of the table of assets, and no other: there is no telemetry."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name)
    codes, events = watched("download --split all", folder=folder)
    hosts = {urlsplit(url).hostname for asset in assets.ALL for url in asset.urls}
    assert codes == ["4"]
    assert {event for event in events if "getaddrinfo" in event} == {
        f"socket.getaddrinfo {host}" for host in hosts
    }
    assert not any(event.startswith(("subprocess", "os")) for event in events)


def test_the_watch_would_notice(folder: Path) -> None:
    """Where the network is wanted the events are there, so their absence above counts."""
    codes, events = watched("eval --limit 10", folder=folder)
    assert codes == ["0"]
    assert "socket.getaddrinfo 127.0.0.1" in events

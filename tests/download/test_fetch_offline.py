"""Offline: no socket is opened, and what is here serves."""

from pathlib import Path

import pytest

from tests.conftest import Run
from tests.download.fetching import DATA, asset, spy
from tests.download.server import Server


@pytest.mark.parametrize("switch", ["1", "true", "YES"])
def test_offline_opens_no_socket(
    monkeypatch: pytest.MonkeyPatch, server: Server, switch: str
) -> None:
    """With SCRATCHNET_OFFLINE set, no name is looked up and no socket made, mirror or not."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", switch)
    monkeypatch.setenv("SCRATCHNET_MIRROR", server.url("/"))
    assert spy(asset(server.url("/good"))) == (["not tried", "not tried"], [])
    assert server.requests == {}


def test_the_switch_is_named_with_its_value(
    run: Run, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    """Whatever is not a no keeps the program offline, and the message repeats what it found."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", "banana")
    result = run("eval", "--weights", "book", "--dataset", "sample")
    assert result.exit_code == 4
    assert "not tried, for SCRATCHNET_OFFLINE is 'banana'" in result.stderr
    assert not cache.exists()


@pytest.mark.parametrize("switch", ["", "0", "no"])
def test_a_switch_that_is_off(monkeypatch: pytest.MonkeyPatch, server: Server, switch: str) -> None:
    """SCRATCHNET_OFFLINE=0 means what it says."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", switch)
    verdicts, events = spy(asset(server.url("/good")))
    assert verdicts == ["cached", "cached"]
    assert "socket.connect" in events


@pytest.mark.parametrize("place", ["cache", "mirror"])
def test_offline_uses_what_is_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    """Offline, the cache and a mirror folder still serve."""
    (tmp_path / place).mkdir()
    (tmp_path / place / "digits.gz").write_bytes(DATA)
    monkeypatch.setenv("SCRATCHNET_OFFLINE", "1")
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(tmp_path / "mirror"))
    assert spy(asset("http://127.0.0.1:9/digits.gz")) == (["cached", "cached"], [])

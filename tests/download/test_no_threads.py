"""A system that grants no more threads and processes: everything is done, one thing at a time."""

import os
import threading
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.downloads import http
from scratchnet_cli.downloads.fetch import Fetcher
from scratchnet_cli.errors import DownloadError
from tests.conftest import Run
from tests.download.fetching import DATA, asset, files
from tests.download.server import Server


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    """As under ``ulimit -u 1``, once the test's own server runs."""
    assert not server.requests
    # It answers each request in a thread, so those are still to be had.
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if "process_request" in thread.name:
            start(thread)
            return
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)


def test_a_download_needs_no_thread(server: Server, cache: Path) -> None:
    """The file comes and is cached, in a hurry too; reading ahead waits for the fetch."""
    wanted = asset(server.url("/good"))
    fetcher = Fetcher()
    fetcher.read_ahead(wanted)
    assert fetcher.fetch(wanted, hurry=True).data == DATA
    assert files(cache) == {"digits.gz": DATA}
    fetcher = Fetcher()
    fetcher.read_ahead(wanted)
    assert fetcher.fetch(wanted).cached


def test_a_failure_is_told_without_a_thread(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a server refuses, or sends too late, is a cause in the list of sources."""
    with pytest.raises(DownloadError, match="HTTP 404"):
        Fetcher().fetch(asset(server.url("/missing")))
    monkeypatch.setattr(http, "GRACE_S", -100)
    with pytest.raises(DownloadError, match="not finished after"):
        Fetcher().fetch(asset(server.url("/good")))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks")
@pytest.mark.parametrize("forks", [False, True], ids=["no process", "no thread"])
def test_many_pictures_are_read_without(
    run: Run,
    tmp_path: Path,
    digits: NDArray[np.uint8],
    monkeypatch: pytest.MonkeyPatch,
    forks: bool,
) -> None:
    """Pictures that are worth several processes are read here; no process is left behind."""

    def refuse() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    for number in range(300):
        Image.fromarray(digits[number]).save(tmp_path / f"{number:03}.png")
    if not forks:
        monkeypatch.setattr(os, "fork", refuse)
    result = run("predict", "--weights", "bundled", tmp_path)
    assert (result.exit_code, result.stderr.count("Traceback")) == (0, 0)
    assert len(result.stdout.splitlines()) == 300
    for child in active_children():
        child.join(5)
    assert active_children() == []

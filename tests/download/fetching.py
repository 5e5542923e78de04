"""A file to fetch, and what tests see of a fetch: its notes, its transfers, its sockets."""

import gzip
import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scratchnet_cli.downloads.cache import Asset

# Long enough to be read in several pieces, and a .gz file like the real ones.
DATA = gzip.compress(bytes(range(256)) * 600, compresslevel=0, mtime=0)
PAGE = b"<!DOCTYPE html><html><body>Please log in to this network.</body></html>"


def asset(*urls: str, name: str = "digits.gz", data: bytes = DATA) -> Asset:
    """A test's own asset."""
    return Asset(name, len(data), hashlib.sha256(data).hexdigest(), urls)


class Ear:
    """Keeps what a fetch tells."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.transfers: dict[str, list[int]] = {}

    def note(self, message: str) -> None:
        """Keep a note."""
        self.notes.append(message)

    @contextmanager
    def transfer(self, name: str, size: int, url: str) -> Iterator[Callable[[int], None]]:
        """Keep how many bytes a source had sent each time."""
        yield self.transfers.setdefault(url, []).append


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder, hidden files too."""
    return {path.name: path.read_bytes() for path in folder.glob("*")} if folder.is_dir() else {}


# Prints the events of Python's socket module that a fetch raised; sees what any library does.
SPY = """
import sys
events = []
sys.addaudithook(lambda event, _: events.append(event) if event.startswith("socket.") else None)
from scratchnet_cli.download import Asset, Fetcher
from scratchnet_cli.errors import DownloadError
name, size, sha256, *urls = sys.argv[1:]
for hurry in (False, True):
    try:
        fetched = Fetcher().fetch(Asset(name, int(size), sha256, tuple(urls)), hurry=hurry)
        print("cached" if fetched.cached else "not cached")
    except DownloadError as error:
        print("not tried" if "SCRATCHNET_OFFLINE" in str(error) else "failed")
print(*events)
"""


def spy(wanted: Asset, script: str = SPY) -> tuple[list[str], list[str]]:
    """What two fetches in a fresh process came to, patient and in a hurry, and their sockets."""
    command = [sys.executable, "-c", script, wanted.name, str(wanted.size), wanted.sha256]
    done = subprocess.run([*command, *wanted.urls], capture_output=True, text=True, check=True)
    *verdicts, events = done.stdout.split("\n")[:-1]
    return verdicts, events.split()

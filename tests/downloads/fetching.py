"""A file to download, and a progress that records what it is given."""

import gzip
import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scratchnet_cli.downloads import assets
from scratchnet_cli.downloads.assets import Asset
from scratchnet_cli.system.progress import Progress

# Long enough for several chunks, and gzipped like the real files.
DATA = gzip.compress(bytes(range(256)) * 600, compresslevel=0, mtime=0)
PAGE = b"<!DOCTYPE html><html><body>Please log in to this network.</body></html>"
# Nothing listens there.
CLOSED_URL = "http://127.0.0.1:9"


def asset(*folders: str, name: str = "digits.gz", data: bytes = DATA) -> Asset:
    """Return an asset of the tests; by default its source refuses connections."""
    return Asset(name, len(data), hashlib.sha256(data).hexdigest(), folders or (CLOSED_URL,))


def replace_assets(monkeypatch: pytest.MonkeyPatch, contents: dict[str, bytes]) -> None:
    """Replace the assets: the weights, two files of the test split, the rest in the training."""
    weights, *others = (asset(name=name, data=data) for name, data in contents.items())
    monkeypatch.setattr(assets, "BOOK_WEIGHTS", weights)
    monkeypatch.setattr(assets, "MNIST", {"test": tuple(others[:2]), "train": tuple(others[2:])})


class Recorder(Progress):
    """Records notes and warnings, and for each source how many bytes were received each time."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.notes: list[str] = []
        self.transfers: list[tuple[str, list[int]]] = []

    def note(self, message: str) -> None:
        """Record a note."""
        self.notes.append(message)

    def warning(self, message: str, traceback: str = "") -> None:
        """Record a warning."""
        self.notes.append(message)

    @contextmanager
    def transfer(self, name: str, size: int, url: str) -> Iterator[Callable[[int], None]]:
        """Record a transfer."""
        counts: list[int] = []
        self.transfers.append((url, counts))
        yield counts.append


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of each file in a folder, also of hidden ones."""
    return {path.name: path.read_bytes() for path in folder.glob("*")} if folder.is_dir() else {}


# Fetches an asset twice, in a process of its own, and prints whether it is cached.
FETCH = """
import sys
from scratchnet_cli.downloads.assets import Asset
from scratchnet_cli.downloads.cache import fetch
from scratchnet_cli.system.progress import Progress
name, size, sha256, *folders = sys.argv[1:]
for _ in range(2):
    print(fetch(Asset(name, int(size), sha256, tuple(folders)), Progress(quiet=True)).cached)
"""


def fetch_command(wanted: Asset) -> list[str]:
    """Return the command that runs ``FETCH``."""
    arguments = [wanted.name, str(wanted.size), wanted.sha256, *wanted.folders]
    return [sys.executable, "-c", FETCH, *arguments]

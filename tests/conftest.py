"""Fixtures of all tests: an empty cache, no internet, and a way to run the program."""

import io
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.cli import main
from scratchnet_cli.datasets.load import load_dataset
from scratchnet_cli.downloads import assets
from scratchnet_cli.downloads.assets import Asset
from tests.downloads.fetching import CLOSED_URL, DATA, asset
from tests.downloads.server import Server

# No test depends on the clock.
settings.register_profile("default", deadline=None)
settings.load_profile("default")

# The command line of tests that need a process of their own.
SCRATCHNET = [sys.executable, "-m", "scratchnet_cli"]
# Files of the package itself.
BUNDLED_WEIGHTS = ("--weights", "bundled")
BUNDLED = (*BUNDLED_WEIGHTS, "--dataset", "sample")
# As printed for the bundled network on the sample; new weights change it.
ACCURACY = "0.9870"

# ``_isolated`` deletes the variable, and a test may ask for the fixture while it runs.
REAL_DATA = os.environ.get("SCRATCHNET_REAL_DATA")
WINDOWS = sys.platform == "win32"
any_file_name = pytest.mark.skipif(WINDOWS, reason="Windows does not allow every file name")
# The background jobs of a shell ignore Ctrl-C, and so would all processes that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Variables that change what the program prints.
SETTINGS = (
    "SCRATCHNET_", "_SCRATCHNET_", "GITHUB_", "NO_COLOR", "PYTHONIOENCODING", "PYTHONUNBUFFERED",
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """The exit code and the output of a run."""

    exit_code: int
    stdout: str
    stderr: str


Run = Callable[..., Result]
Uint8 = NDArray[np.uint8]


def idx(array: Uint8, shape: Sequence[int] | None = None) -> bytes:
    """Return an IDX file of the array; its header may state another shape."""
    sizes = array.shape if shape is None else shape
    return struct.pack(f">4B{len(sizes)}I", 0, 0, 8, len(sizes), *sizes) + array.tobytes()


def write_dataset(folder: Path, images: Uint8, labels: Uint8) -> Path:
    """Create a folder with these images and labels as MNIST's test split; return it."""
    folder.mkdir()
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx(images))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(labels))
    return folder


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Return the picture as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give each test an empty cache, no internet, and nothing of the developer's environment."""
    # Not the checkout, because ``python -m`` looks for packages there first.
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(SETTINGS) or name.lower() in ("http_proxy", "no_proxy", "all_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SCRATCHNET_CACHE_DIR", str(tmp_path / "cache"))
    fixed = {"HTTPS_PROXY": CLOSED_URL, "https_proxy": CLOSED_URL, "COLUMNS": "80", "TERM": "xterm"}
    for name, value in fixed.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command line in this process: ``run("eval", "--limit", "10", stdin=b"…")``."""

    def run_main(*args: str | int | Path, stdin: bytes = b"") -> Result:
        streams = {name: io.TextIOWrapper(io.BytesIO(), "utf-8") for name in ("stdout", "stderr")}
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
            for name, stream in streams.items():
                patch.setattr(sys, name, stream)
            with pytest.raises(SystemExit) as leaving:
                main([str(arg) for arg in args])
        for stream in streams.values():
            stream.flush()
            stream.seek(0)
        texts = {name: stream.read() for name, stream in streams.items()}
        assert isinstance(leaving.value.code, int)
        return Result(leaving.value.code, **texts)

    return run_main


def run_python(*args: object, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run Python with these arguments; return its exit code and its output as text."""
    options = {"capture_output": True, "encoding": "utf-8", "check": False, **options}
    return subprocess.run([sys.executable, *map(str, args)], **options)


@pytest.fixture
def run_process() -> Run:
    """Run the command line as a process of its own, with pipes for its streams."""

    def run_program(*args: str | Path, stdin: bytes = b"") -> Result:
        command = [*SCRATCHNET, *map(str, args)]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False)
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run_program


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of the real MNIST test set and the book's weights, or skip."""
    if REAL_DATA:
        return Path(REAL_DATA)
    pytest.skip("SCRATCHNET_REAL_DATA does not name a folder with the real MNIST test set")


@pytest.fixture(scope="session")
def digits() -> Uint8:
    """Return the bundled sample, real digits to make pictures of: (1000, 28, 28) uint8."""
    return load_dataset("sample").images


@pytest.fixture(scope="session")
def labels() -> Uint8:
    """Return the labels of ``digits``: (1000,) uint8."""
    return load_dataset("sample").labels


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Run a server with the right file in the folder /good; failed requests are retried at once."""
    monkeypatch.setattr("scratchnet_cli.downloads.http.RETRY_DELAYS_S", (0.0, 0.0))
    before = set(threading.enumerate())
    with Server() as running:
        running.paths["/good"] = DATA
        yield running
    # Downloads that were given up end with the server, and must not reach into the next test.
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Return the cache folder of this test; it does not exist yet."""
    return tmp_path / "cache"


@pytest.fixture
def small_assets(monkeypatch: pytest.MonkeyPatch) -> tuple[Asset, Asset]:
    """Replace all assets by two small ones, whose own source refuses connections."""
    weights = asset(name="sample_weight.pkl", data=b"weights")
    images = asset(name="t10k-images-idx3-ubyte.gz", data=b"images")
    monkeypatch.setattr(assets, "BOOK_WEIGHTS", weights)
    monkeypatch.setattr(assets, "MNIST", {"test": (images,), "train": ()})
    return weights, images

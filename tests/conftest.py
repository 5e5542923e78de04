"""What every test starts from: an empty cache, no network, and a way to run the program."""

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

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.cli import main
from scratchnet_cli.datasets.load import load_dataset
from scratchnet_cli.downloads import assets
from scratchnet_cli.downloads.cache import Asset
from tests.download.fetching import DATA, asset
from tests.download.server import Server

# How each of the tests that need a process of its own starts the program.
SCRATCHNET = [sys.executable, "-m", "scratchnet_cli"]
# What ships with the program.
BUNDLED_WEIGHTS = ("--weights", "bundled")
BUNDLED = (*BUNDLED_WEIGHTS, "--dataset", "sample")
# The bundled network's on the sample, as it is printed; new weights change it.
ACCURACY = "0.9860"

any_file_name = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows does not take every letter into a file's name"
)
# A shell that runs the tests in its background lets all that they start ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Nobody listens there, so whoever tries to leave this machine is refused at once.
CLOSED_PROXY = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Result:
    """What a run of the program left behind."""

    exit_code: int
    stdout: str
    stderr: str


Run = Callable[..., Result]


def idx(array: NDArray[np.uint8], shape: Sequence[int] | None = None) -> bytes:
    """An IDX file of that array, or one whose header lies about its shape."""
    sizes = array.shape if shape is None else shape
    return struct.pack(f">4B{len(sizes)}I", 0, 0, 8, len(sizes), *sizes) + array.tobytes()


def write_dataset(folder: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Path:
    """A new folder with these images and labels as a test split, named as MNIST's."""
    folder.mkdir()
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx(images))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(labels))
    return folder


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The picture as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give each test an empty cache and keep it from the network and the developer's settings.

    And from the checkout: what a test starts with ``python -m`` would be looked for there first.
    """
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("SCRATCHNET_", "GITHUB_")) or name.lower() in (
            "http_proxy",
            "no_proxy",
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SCRATCHNET_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HTTPS_PROXY", CLOSED_PROXY)
    monkeypatch.setenv("https_proxy", CLOSED_PROXY)
    monkeypatch.setenv("COLUMNS", "80")


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
        texts = {}
        for name, stream in streams.items():
            stream.flush()
            stream.seek(0)
            texts[name] = stream.read()
        assert isinstance(leaving.value.code, int)
        return Result(leaving.value.code, **texts)

    return run_main


@pytest.fixture
def run_process() -> Run:
    """Run the command line as a process of its own, with pipes for its streams."""

    def run_python(*args: str | Path, stdin: bytes = b"") -> Result:
        command = [*SCRATCHNET, *map(str, args)]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False)
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run_python


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real MNIST test set and the book's weights; skips where there is none."""
    folder = os.environ.get("SCRATCHNET_REAL_DATA")
    if not folder:
        pytest.skip("SCRATCHNET_REAL_DATA names no folder with the real MNIST test set")
    return Path(folder)


@pytest.fixture(scope="session")
def digits() -> NDArray[np.uint8]:
    """Real digits to make pictures of: the bundled sample, (1000, 28, 28) uint8."""
    return load_dataset("sample").images


@pytest.fixture(scope="session")
def labels() -> NDArray[np.uint8]:
    """What ``digits`` show: (1000,) uint8."""
    return load_dataset("sample").labels


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that has the right file at /good and does as it is told elsewhere.

    It is tried again at once; the waits that it asks for stay.
    """
    from scratchnet_cli.downloads import http

    monkeypatch.setattr(http, "PAUSES_S", (0.0, 0.0))
    before = set(threading.enumerate())
    with Server() as running:
        running.paths["/good"] = DATA
        yield running
    # What a fetch gave up on ends with the server, and must not reach into the next test.
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The folder that the environment of each test names as the cache; it does not exist yet."""
    return tmp_path / "cache"


@pytest.fixture
def small_assets(monkeypatch: pytest.MonkeyPatch) -> tuple[Asset, Asset]:
    """Two small assets in the place of the real ones, without sources of their own."""
    weights = asset(name="sample_weight.pkl", data=b"weights")
    images = asset(name="t10k-images-idx3-ubyte.gz", data=b"images")
    monkeypatch.setattr(assets, "BOOK_WEIGHTS", weights)
    monkeypatch.setattr(assets, "MNIST", {"test": (images,)})
    return weights, images

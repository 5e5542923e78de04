"""``make faults``: kill, starve and crowd the program many times; too slow for the default suite.

Each test is about chance, so it is repeated, and what must hold after each time is what counts:
the cache is sound, no traceback is seen, and the next run works.
"""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.system.files import PART_SUFFIX
from tests.conftest import Run
from tests.downloads.fetching import DATA, SPY, asset, files
from tests.downloads.server import Server
from tests.images.hostile_pictures import FORMATS, png, png_header, resized, tiff, zeros
from tests.memory import run_measured
from tests.weights.test_refused import everything

EVAL = ["eval", "--weights", "bundled", "--dataset", "sample"]
KILLS = 200
SIGNALS = 100
COLD_STARTS = 32
RNG = random.Random(6)  # noqa: S311
# Large enough that a good part of a run is spent in writing it.
WANTED = asset(data=DATA * 60)


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A mirror folder that holds one large file."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / WANTED.name).write_bytes(DATA * 60)
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(folder))
    return folder


def fetching() -> "subprocess.Popen[str]":
    """A process that fetches the large file twice and tells how it went."""
    command = [sys.executable, "-c", SPY, WANTED.name, str(WANTED.size), WANTED.sha256]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def check_sound(cache: Path) -> int:
    """Assert that the cache holds the whole file or none; the number of left-over parts."""
    found = files(cache)
    if WANTED.name in found:
        assert WANTED.defect(found.pop(WANTED.name)) is None
    assert all(name.endswith(PART_SUFFIX) for name in found)
    return len(found)


@pytest.mark.usefixtures("mirror")
def test_killed_at_any_moment_the_cache_is_sound(run: Run, tmp_path: Path) -> None:
    """After SIGKILL at 200 random moments no file is half, and the next run needs no care."""
    cache = tmp_path / "cache"
    start = time.monotonic()
    assert fetching().communicate()[0].startswith("cached")
    whole_s = time.monotonic() - start
    states: Counter[str] = Counter()
    for _ in range(KILLS):
        (cache / WANTED.name).unlink(missing_ok=True)
        parts = check_sound(cache)
        process = fetching()
        deadline = time.monotonic() + whole_s * RNG.random()
        if RNG.random() < 0.5:
            # A write is short: half of the kills wait for it.
            while process.poll() is None and len(list(cache.iterdir())) == parts:
                pass
            deadline = time.monotonic() + RNG.random() * 0.01
        time.sleep(max(0.0, deadline - time.monotonic()))
        process.kill()
        process.communicate()
        states["a part is left" if check_sound(cache) > parts else "no part is left"] += 1
    assert min(states.values()) > KILLS / 20, states
    assert fetching().communicate()[0].splitlines()[:2] == ["cached", "cached"]
    assert run("cache", "clear").exit_code == 0
    assert check_sound(cache) == 0


@pytest.mark.usefixtures("mirror")
def test_many_cold_starts_at_once(tmp_path: Path) -> None:
    """32 processes that start together on an empty cache all succeed and leave one file."""
    racing = [fetching() for _ in range(COLD_STARTS)]
    assert [process.communicate()[0] for process in racing] == ["cached\ncached\n\n"] * COLD_STARTS
    assert list(files(tmp_path / "cache")) == [WANTED.name]


@pytest.fixture
def many_pictures(tmp_path: Path, digits: NDArray[np.uint8]) -> Path:
    """A folder that is worth several processes."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(600):
        Image.fromarray(digits[number]).save(folder / f"{number}.png")
    return folder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["eval", "predict", "download"])
def test_signals_at_any_moment_end_quietly(
    command: str, number: signal.Signals, many_pictures: Path, server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Ctrl-C and SIGTERM leave with 130 and 143, or the run was over; never with a traceback."""
    server.paths["/sample_weight.pkl"] = DATA
    monkeypatch.setenv("SCRATCHNET_MIRROR", server.url(""))
    args = {
        "eval": [*EVAL, "--batch-size", "1"],
        "predict": ["predict", "--weights", "bundled", str(many_pictures)],
        "download": ["download"],
    }[command]
    codes: Counter[int] = Counter()
    # Until then Python itself starts, and what it says of a Ctrl-C is not ours to say.
    script = "from scratchnet_cli.__main__ import main, os; os.write(1, b'\\n'); main()"
    whole_s = 0.0
    for i in range(SIGNALS + 1):
        with subprocess.Popen(
            [sys.executable, "-c", script, *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            start = time.monotonic()
            if i > 0:
                time.sleep(0.01 + RNG.random() * whole_s)
                os.killpg(process.pid, number)
            _, stderr = process.communicate(timeout=60)
        # The first run is left in peace: it tells how long one takes.
        whole_s = whole_s or time.monotonic() - start
        codes[process.returncode] += 1
        assert b"Traceback" not in stderr, stderr.decode()
        assert b"Exception ignored" not in stderr, stderr.decode()
    assert set(codes) <= {0, 4, 128 + number}, codes
    assert codes[128 + number] > SIGNALS / 4, codes


@pytest.mark.usefixtures("mirror")
def test_a_full_disk(tmp_path: Path) -> None:
    """On a disk that is smaller than the file nothing is lost but the cache, and nothing stays."""
    cache = tmp_path / "cache"
    cache.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(cache)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        assert fetching().communicate()[0].splitlines()[:2] == ["not cached", "not cached"]
        assert files(cache) == {}
    finally:
        subprocess.run(["umount", str(cache)], check=True)  # noqa: S607


@pytest.mark.parametrize("name", sorted(everything()))
def test_hostile_weights_on_the_command_line(name: str, tmp_path: Path) -> None:
    """As processes too: exit 3, one line, and a peak of 200 MiB, in a second of the processor."""
    path = tmp_path / "weights"
    path.write_bytes(everything()[name])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    exit_code, stderr, peak_mib, _ = run_measured("eval", "--weights", path, "--dataset", "sample")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert exit_code == 3
    assert stderr.startswith(f"scratchnet: {path}")
    assert stderr.count("\n") == 1
    assert peak_mib < 200
    assert after.ru_utime - before.ru_utime < 2


def large_pictures() -> dict[str, bytes]:
    """Pictures just within the limit that come as small files; and without their pixels."""
    bombs = {f"{name} without its pixels": resized(name, 9999, 9999) for name in FORMATS}
    packed = zeros(10_000 * 10_001)
    bombs["png"] = png(png_header(10_000, 10_000), (b"IDAT", packed), (b"IEND", b""))
    bombs["tiff"] = tiff(10_000, 10_000, packed)
    return bombs


@pytest.mark.parametrize("name", sorted(large_pictures()))
def test_the_largest_pictures_have_a_ceiling(name: str, tmp_path: Path) -> None:
    """A small file that is 100 million pixels is read or refused within 1.5 GiB and 20 seconds."""
    path = tmp_path / "picture"
    path.write_bytes(large_pictures()[name])
    start = time.monotonic()
    exit_code, stderr, peak_mib, _ = run_measured("predict", "--weights", "bundled", path)
    assert exit_code in (0, 3)
    assert stderr.count("\n") <= 1
    assert peak_mib < 1536
    assert time.monotonic() - start < 20

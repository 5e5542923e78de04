"""``make faults``: kill, starve and crowd the program many times; too slow for the default suite.

Each test is about chance, so it is repeated: each time the cache is sound, there is no traceback,
and the next run works.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from scratchnet_cli.system.files import PART_SUFFIX
from tests.conftest import BUNDLED, Run, Uint8
from tests.downloads.fetching import DATA, asset, fetch_command, files
from tests.downloads.server import Server
from tests.images.hostile_pictures import FORMATS, png, png_header, resized, tiff, zeros
from tests.memory import run_measured
from tests.weights.test_refused import everything

KILLS = 200
SIGNALS = 100
COLD_STARTS = 32
RNG = random.Random(6)  # noqa: S311
# Large enough that writing it takes a good part of a run.
WANTED = asset(data=DATA * 60)


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return a mirror folder that contains one large file."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / WANTED.name).write_bytes(DATA * 60)
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(folder))
    return folder


def fetching() -> "subprocess.Popen[str]":
    """Start a process that fetches the large file twice and prints whether it is cached."""
    return subprocess.Popen(
        fetch_command(WANTED), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def check_sound(cache: Path) -> int:
    """Assert that the cache contains the whole file or none; return how many parts are left."""
    found = files(cache)
    if WANTED.name in found:
        assert WANTED.defect(found.pop(WANTED.name)) is None
    assert all(name.endswith(PART_SUFFIX) for name in found)
    return len(found)


@pytest.mark.usefixtures("mirror")
def test_cache_is_sound_after_a_kill_at_any_moment(run: Run, cache: Path) -> None:
    """After SIGKILL at 200 random moments no file is half, and the next run needs no care."""
    start = time.monotonic()
    assert fetching().communicate()[0] == "True\nTrue\n"
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
    assert fetching().communicate()[0] == "True\nTrue\n"
    assert run("cache", "clear").exit_code == 0
    assert check_sound(cache) == 0


@pytest.mark.usefixtures("mirror")
def test_cache_is_filled_by_many_cold_starts(cache: Path) -> None:
    """32 processes that start together on an empty cache all succeed and leave one file."""
    racing = [fetching() for _ in range(COLD_STARTS)]
    assert [process.communicate()[0] for process in racing] == ["True\nTrue\n"] * COLD_STARTS
    assert list(files(cache)) == [WANTED.name]


@pytest.fixture
def many_pictures(tmp_path: Path, digits: Uint8) -> Path:
    """Return a folder with enough pictures for several processes."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(600):
        Image.fromarray(digits[number]).save(folder / f"{number}.png")
    return folder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["eval", "predict", "download"])
def test_signal_at_any_moment_ends_quietly(
    command: str, number: signal.Signals, many_pictures: Path, server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Ctrl-C and SIGTERM exit with 130 and 143, or the run was over; never with a traceback."""
    server.paths["/sample_weight.pkl"] = DATA
    monkeypatch.setenv("SCRATCHNET_MIRROR", server.url(""))
    args = {
        "eval": ["eval", *BUNDLED, "--batch-size", "1"],
        "predict": ["predict", "--weights", "bundled", str(many_pictures)],
        "download": ["download"],
    }[command]
    codes: Counter[int] = Counter()
    # Until then Python itself starts, and prints a traceback for Ctrl-C.
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
        # The first run is not interrupted: it shows how long one takes.
        whole_s = whole_s or time.monotonic() - start
        codes[process.returncode] += 1
        assert b"Traceback" not in stderr, stderr.decode()
        assert b"Exception ignored" not in stderr, stderr.decode()
    assert set(codes) <= {0, 4, 128 + number}, codes
    assert codes[128 + number] > SIGNALS / 4, codes


@pytest.mark.parametrize("name", sorted(everything()))
def test_weights_that_are_hostile_are_one_message(name: str, tmp_path: Path) -> None:
    """As a process too: exit 3, one line, and a peak of 200 MiB."""
    path = tmp_path / "weights"
    path.write_bytes(everything()[name])
    measured = run_measured("eval", "--weights", path, "--dataset", "sample")
    assert measured.exit_code == 3
    assert measured.stderr.startswith(f"scratchnet: {path}")
    assert measured.stderr.count("\n") == 1
    assert measured.peak_mib < 200


def large_pictures() -> dict[str, bytes]:
    """Return small files of pictures just within the limit; also without their pixels."""
    bombs = {f"{name} without its pixels": resized(name, 9999, 9999) for name in FORMATS}
    packed = zeros(10_000 * 10_001)
    bombs["png"] = png(png_header(10_000, 10_000), (b"IDAT", packed), (b"IEND", b""))
    bombs["tiff"] = tiff(10_000, 10_000, packed)
    return bombs


@pytest.mark.parametrize("name", sorted(large_pictures()))
def test_picture_of_the_largest_size_has_a_ceiling(name: str, tmp_path: Path) -> None:
    """A small file of 100 million pixels is read or refused within 1.5 GiB and a minute."""
    path = tmp_path / "picture"
    path.write_bytes(large_pictures()[name])
    measured = run_measured("predict", "--weights", "bundled", path, timeout=60)
    assert measured.exit_code in (0, 3)
    assert measured.stderr.count("\n") <= 1
    assert measured.peak_mib < 1536

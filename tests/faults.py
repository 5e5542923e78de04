"""``make faults``: kill, starve and crowd the program many times; it takes minutes."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from scratchnet_cli.system.files import PART_SUFFIX
from tests.conftest import Run, Uint8
from tests.downloads.fetching import DATA, asset, fetch_command, files
from tests.downloads.server import Server
from tests.images.hostile_pictures import FORMATS, png, png_header, resized, tiff, zeros
from tests.memory import run_measured
from tests.weights.test_refused import everything

KILLS, SIGNALS, COLD_STARTS = 200, 100, 32
RNG = random.Random(6)  # noqa: S311
# Large enough that writing it takes a good part of a run.
WANTED = asset(data=DATA * 60)


@pytest.fixture
def _mirror(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Make the current folder a mirror that contains one large file."""
    (tmp_path / WANTED.name).write_bytes(DATA * 60)
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(tmp_path))


def fetching() -> "subprocess.Popen[bytes]":
    """Start a process that fetches the large file twice and prints whether it is cached."""
    command = fetch_command(WANTED)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def check_sound(cache: Path) -> int:
    """Assert that the cache contains the whole file or none; return how many parts are left."""
    found = files(cache)
    if WANTED.name in found:
        assert WANTED.defect(found.pop(WANTED.name)) is None
    assert all(name.endswith(PART_SUFFIX) for name in found)
    return len(found)


@pytest.mark.usefixtures("_mirror")
def test_cache_is_sound_after_a_kill_at_any_moment(run: Run, cache: Path) -> None:
    """After SIGKILL at 200 random moments no file is half, and the next run needs no care."""
    start = time.monotonic()
    assert fetching().communicate()[0].split() == [b"True"] * 2
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
    assert fetching().communicate()[0].split() == [b"True"] * 2
    assert run("cache", "clear").exit_code == 0
    assert check_sound(cache) == 0


@pytest.mark.usefixtures("_mirror")
def test_cache_is_filled_by_many_cold_starts(cache: Path) -> None:
    """32 processes that start together on an empty cache all succeed and leave one file."""
    racing = [fetching() for _ in range(COLD_STARTS)]
    assert all(process.communicate()[0].split() == [b"True"] * 2 for process in racing)
    assert list(files(cache)) == [WANTED.name]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "command", ["eval --batch-size 1 --dataset sample", "predict .", "download"]
)
def test_signal_at_any_moment_ends_quietly(
    command: str, number: signal.Signals, tmp_path: Path, digits: Uint8, server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Ctrl-C and SIGTERM exit with 130 and 143, or the run was over; never with a traceback."""
    server.paths["/sample_weight.pkl"] = DATA
    monkeypatch.setenv("SCRATCHNET_MIRROR", server.url(""))
    # Enough pictures for several processes.
    for i in range(600 if command.startswith("predict") else 0):
        Image.fromarray(digits[i]).save(tmp_path / f"{i}.png")
    codes: Counter[int] = Counter()
    # Until then Python itself starts, and prints a traceback for Ctrl-C.
    script = "from scratchnet_cli.__main__ import main, os; os.write(1, b'\\n'); main()"
    whole_s = 0.0
    for i in range(SIGNALS + 1):
        with subprocess.Popen(
            [sys.executable, "-c", script, *command.split()],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        ) as process:  # fmt: skip
            assert process.stdout
            process.stdout.readline()
            start = time.monotonic()
            if i > 0:
                time.sleep(0.01 + RNG.random() * whole_s)
                os.killpg(process.pid, number)
            _, stderr = process.communicate(timeout=60)
        # The first run is not interrupted: it shows how long one takes.
        whole_s = whole_s or time.monotonic() - start
        codes[process.returncode] += 1
        assert not re.search(b"Traceback|Exception ignored", stderr), stderr.decode()
    assert set(codes) <= {0, 4, 128 + number}, codes
    assert codes[128 + number] > SIGNALS / 4, codes


@pytest.mark.parametrize("name", sorted(everything()))
def test_weights_that_are_hostile_are_one_message(name: str) -> None:
    """As a process too: exit 3, one line, and a peak of 200 MiB."""
    Path("weights").write_bytes(everything()[name])
    measured = run_measured("eval", "--weights", "weights", "--dataset", "sample")
    assert measured.exit_code == 3
    assert re.fullmatch("error: weights.*\n", measured.stderr)
    assert measured.peak_mib < 200


@pytest.mark.parametrize("name", [*FORMATS, "whole png", "whole tiff"])
def test_picture_of_the_largest_size_has_a_ceiling(name: str) -> None:
    """A small file of 100 million pixels is read or refused within 1.5 GiB and a minute."""
    if name == "whole png":
        packed = (b"IDAT", zeros(10_000 * 10_001))
        data = png(png_header(10_000, 10_000), packed, (b"IEND", b""))
    elif name == "whole tiff":
        data = tiff(10_000, 10_000, zeros(10_000 * 10_001))
    else:
        data = resized(name, 9999, 9999)
    Path("picture").write_bytes(data)
    measured = run_measured("predict", "picture", timeout=60)
    assert measured.exit_code in (0, 3)
    assert measured.stderr.count("\n") <= 1
    assert measured.peak_mib < 1536

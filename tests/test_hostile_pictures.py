"""Pictures from strangers: each is read or refused in a sentence, soon and without much memory."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.audit import FORBIDDEN, listening
from tests.fuzz.targets import TARGETS, pictures
from tests.hostile_pictures import hostile

HOSTILE = hostile()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_is_read_or_refused(name: str) -> None:
    """Lying sizes, bombs, odd EXIF, cut and broken files end in an answer or one sentence."""
    start = time.process_time()
    TARGETS["picture"].check(HOSTILE[name])
    assert time.process_time() - start < 1


def test_reading_pictures_opens_and_runs_nothing() -> None:
    """While they are read, Python neither imports, opens, runs nor connects to anything."""
    for data in pictures().values():
        TARGETS["picture"].check(data)
    with listening() as events:
        for data in HOSTILE.values():
            TARGETS["picture"].check(data)
    assert [event for event in events if FORBIDDEN.match(event)] == []


@pytest.mark.skipif(sys.platform == "win32", reason="the peak of memory is told on Unix")
def test_they_are_a_line_each_on_the_command_line(tmp_path: Path) -> None:
    """Of each picture stderr has one line at most, ours, and none of them takes much memory."""
    for number, data in enumerate(HOSTILE.values()):
        (tmp_path / f"{number}.png").write_bytes(data)
    command = [sys.executable, "-m", "scratchnet_cli", "predict", "--weights", "bundled", "."]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines = process.stderr.read().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 3
    assert all(line.startswith("scratchnet: ./") for line in lines), lines
    assert len(lines) == len({line.split(".png: ")[0] for line in lines})
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    assert peak < 250 * 2**20

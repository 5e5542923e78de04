"""Pictures from strangers: each is read or refused in a sentence, soon and without much memory."""

import time
from pathlib import Path

import pytest

from tests.audit import FORBIDDEN, listening
from tests.fuzz.targets import TARGETS, pictures
from tests.images.hostile_pictures import hostile, resized
from tests.memory import run_measured

HOSTILE = hostile()


def check(data: bytes) -> None:
    """Read a picture as it is, the digit in it, and make it small for a page."""
    for name in ("picture", "digit", "thumbnail"):
        TARGETS[name].check(data)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_is_read_or_refused(name: str) -> None:
    """Lying sizes, bombs, odd EXIF, cut and broken files end in an answer or one sentence."""
    start = time.process_time()
    check(HOSTILE[name])
    assert time.process_time() - start < 1


@pytest.mark.slow
def test_reading_pictures_opens_and_runs_nothing() -> None:
    """While they are read, Python neither imports, opens, runs nor connects to anything."""
    for data in pictures().values():
        check(data)
    with listening() as events:
        for data in HOSTILE.values():
            check(data)
    assert [event for event in events if FORBIDDEN.match(event)] == []


def test_refused_pictures_do_not_add_up(tmp_path: Path) -> None:
    """What a refused picture took is given back before the next one is read."""
    for number in range(8):
        (tmp_path / f"{number}.png").write_bytes(resized("webp", 5000, 5000))
    exit_code, _, peak_mib, _ = run_measured("predict", "--weights", "bundled", ".", cwd=tmp_path)
    assert exit_code == 3
    assert peak_mib < 300


def test_they_are_a_line_each_on_the_command_line(tmp_path: Path) -> None:
    """Of each picture stderr has one line at most, ours, and none of them takes much memory."""
    for number, data in enumerate(HOSTILE.values()):
        (tmp_path / f"{number}.png").write_bytes(data)
    exit_code, stderr, peak_mib, _ = run_measured(
        "predict", "--weights", "bundled", ".", cwd=tmp_path
    )
    lines = stderr.splitlines()
    assert exit_code == 3
    assert all(line.startswith("scratchnet: ./") for line in lines), lines
    assert len(lines) == len({line.split(".png: ")[0] for line in lines})
    assert peak_mib < 200

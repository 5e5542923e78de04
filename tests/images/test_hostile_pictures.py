"""Pictures from strangers: each is read or refused in a sentence, without much memory."""

from pathlib import Path

import pytest

from tests.audit import FORBIDDEN, listening
from tests.fuzz.targets import TARGETS, pictures
from tests.images.hostile_pictures import hostile, resized
from tests.memory import run_measured

HOSTILE = hostile()


def check(data: bytes) -> None:
    """Read a picture raw, read its digit, and make a thumbnail of it."""
    for name in ("picture", "digit", "thumbnail"):
        TARGETS[name].check(data)


@pytest.fixture(scope="module")
def _imported() -> None:
    for data in (*pictures().values(), b"not a picture"):
        check(data)


@pytest.mark.usefixtures("_imported")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_picture_is_read_or_refused(name: str) -> None:
    """It ends in an answer or one sentence; Python imports, opens, runs and connects to nothing."""
    with listening() as events:
        check(HOSTILE[name])
    assert [event for event in events if FORBIDDEN.match(event)] == []


def test_refused_pictures_free_their_memory(tmp_path: Path) -> None:
    """The memory of a refused picture is freed before the next one is read."""
    for number in range(8):
        (tmp_path / f"{number}.png").write_bytes(resized("webp", 5000, 5000))
    measured = run_measured("predict", ".", cwd=tmp_path)
    assert measured.exit_code == 3
    assert measured.peak_mib < 300


def test_hostile_pictures_are_one_line_each_on_stderr(tmp_path: Path) -> None:
    """On the command line each picture has at most one line, and none takes much memory."""
    for number, data in enumerate(HOSTILE.values()):
        (tmp_path / f"{number}.png").write_bytes(data)
    measured = run_measured("predict", ".", "--progress", "none", cwd=tmp_path)
    lines = measured.stderr.splitlines()
    assert measured.exit_code == 3
    assert all(line.startswith(("error: ./", "warning: ./")) for line in lines), lines
    assert len(lines) == len({line.split(".png: ")[0] for line in lines})
    assert measured.peak_mib < 200

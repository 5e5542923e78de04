"""The files of reports and of the page to draw on: which are replaced, and when."""

import os
import stat
from pathlib import Path
from unittest.mock import patch

import pytest

from scratchnet_cli.system.files import MARKER_BYTES, PAGE_MARKER
from scratchnet_cli.weights import load
from tests.conftest import BUNDLED_WEIGHTS, Run

OWN = b"<!DOCTYPE html>\n" + PAGE_MARKER + b"old"
COMMANDS = ("eval --dataset sample --limit 5 --report", "predict missing --report", "draw --output")
pytestmark = pytest.mark.parametrize("command", [command.split() for command in COMMANDS])


@pytest.mark.parametrize(
    ("place", "content", "reason"),
    [
        ("missing/report.html", None, "cannot be written"),
        (".", None, "is not a regular file; choose another name"),
        ("mine", b"\x89PNG precious", "already exists and was not written by scratchnet"),
        (
            "mine",
            b"<!DOCTYPE html>\n<title>Thesis</title>",
            "already exists and was not written by",
        ),
        ("mine", OWN, "no such file: "),
    ],
)
def test_report_is_refused_before_the_work(
    run: Run, command: list[str], place: str, content: bytes | None, reason: str
) -> None:
    """Exit 3 and one message before the weights are read; a file there stays."""
    if content:
        Path(place).write_bytes(content)
    result = run(*command, place, "--weights", "no such file")
    assert (result.exit_code, result.stdout) == (3, "")
    named = "" if content == OWN else f"{command[-1]} {place}: "
    assert result.stderr.startswith(f"error: {named}{reason}")
    assert len(result.stderr.splitlines()) == 1
    if content:
        assert Path(place).read_bytes() == content


def test_report_replaces_its_predecessor(run: Run, command: list[str]) -> None:
    """It begins with the marker, so the next run replaces it; a note names it."""
    path = Path("out/report.html")
    path.parent.mkdir()
    for options in ([], ["--quiet"] * (command[0] != "draw")):
        stderr = run(*command, path, *BUNDLED_WEIGHTS, *options).stderr
        assert (f"note: report: {path}\n" in stderr) is (command[0] != "draw" and not options)
        page = path.read_bytes()
        assert page.startswith(b"<!DOCTYPE html>\n<html")
        assert PAGE_MARKER in page[:MARKER_BYTES]
        assert list(path.parent.iterdir()) == [path]
        path.write_bytes(page[:MARKER_BYTES])
    if os.name == "posix":
        umask = os.umask(0o022)
        os.umask(umask)
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_report_does_not_replace_a_new_file(run: Run, command: list[str]) -> None:
    """A name that was free before the work may be taken after it."""
    weights = load.load_weights("bundled")

    def load_slowly(*_: object, **__: object) -> load.Weights:
        Path("report.html").write_text("mine")
        return weights

    with patch.object(load, "load_weights", load_slowly):
        result = run(*command, "report.html")
    assert (result.exit_code, "was not written by scratchnet" in result.stderr) == (3, True)
    assert Path("report.html").read_text() == "mine"

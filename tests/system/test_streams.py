"""Streams and signals: a lost answer is an error, a lost note is not, and Ctrl-C ends quietly."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.conftest import ACCURACY, SCRATCHNET, Run

EVAL = ["eval", "--weights", "bundled", "--dataset", "sample", "--progress", "none"]
SHOWN = f"Accuracy: {ACCURACY}\n".encode()

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Unix devices and signals")


def run_with(
    redirection: str, *args: str, stderr: int = subprocess.PIPE, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the program as a shell does with that redirection."""
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    return subprocess.run(
        ["/bin/sh", "-c", f'{redirection} exec "$@"', "sh", *SCRATCHNET, *args],
        stdout=subprocess.PIPE,
        stderr=stderr,
        cwd=cwd,
        timeout=60,
        check=False,
    )


@pytest.fixture
def unread() -> Iterator[int]:
    """A pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2</dev/null", "2>&-", ""])
@pytest.mark.parametrize(
    ("args", "exit_code", "answer"),
    [
        pytest.param(EVAL[:-2], 0, SHOWN, id="an answer"),
        pytest.param([*EVAL, "--min-accuracy", "1"], 1, SHOWN, id="below"),
        pytest.param(["eval", "--nope"], 2, b"", id="wrong usage"),
        pytest.param(["predict", "nope.png", "--weights", "bundled"], 3, b"", id="no picture"),
    ],
)
def test_a_broken_stderr_changes_nothing(
    unread: int, redirection: str, args: list[str], exit_code: int, answer: bytes
) -> None:
    """What is said aside may be lost; answer and exit code are as always."""
    done = run_with(redirection, *args, stderr=unread)
    assert (done.returncode, done.stdout) == (exit_code, answer)


@pytest.mark.parametrize("args", [["--help"], ["cache", "path"], EVAL], ids=lambda args: args[0])
@pytest.mark.parametrize(
    "redirection", [">/dev/full", "1</dev/null", ">&-", "ulimit -f 0; >answer"]
)
def test_an_answer_that_cannot_be_written_is_an_error(
    redirection: str, args: list[str], tmp_path: Path
) -> None:
    """Whatever keeps the answer from being written, it is one line and exit 3."""
    done = run_with(redirection, *args, cwd=tmp_path)
    assert done.stderr.startswith(b"scratchnet: the answer cannot be written: ")
    assert done.stderr.count(b"\n") == 1
    assert (done.returncode, done.stdout) == (3, b"")


def test_usage_errors_do_not_reach_the_terminal_raw(run_process: Run) -> None:
    """A file name that is taken for an option is repeated without its escape sequences."""
    for word in ("--\x1b[31m.png", "\x1b[31m", "\x9b31m"):
        result = run_process("eval", word)
        assert result.exit_code == 2
        assert result.stderr.replace("\n", "").isprintable()


@pytest.mark.skipif(sys.platform == "darwin", reason="names are text on macOS")
def test_names_that_are_no_text(tmp_path: Path, digits: NDArray[np.uint8]) -> None:
    """Bytes that are no text, control characters and leading dashes are names like others."""
    names = [b"\xff\xfe.png", b"-1.png", b"--raw.png", b"\x1b]0;x\x07.png", b"a\r\nb.png"]
    for name in names:
        Image.fromarray(digits[0]).save(tmp_path / os.fsdecode(name), "png")
    done = subprocess.run(
        [*SCRATCHNET, "predict", "--weights", "bundled", "--", *names, b"no\x1b[2J\xff.png"],
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3
    assert [line.split(b"\t")[0] for line in done.stdout.splitlines()] == [
        rb"\udcff\udcfe.png", b"-1.png", b"--raw.png", rb"\x1b]0;x\x07.png", rb"a\r\nb.png",
    ]  # fmt: skip
    assert done.stderr == rb"scratchnet: no\x1b[2J\udcff.png: No such file or directory" + b"\n"


# Sends a signal to itself as soon as Python looks for a module of that name.
IMPORTING = """
import os, sys
_, module, number, *sys.argv[1:] = sys.argv
class Now:
    def find_spec(name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), int(number))
sys.meta_path.insert(0, Now)
from scratchnet_cli.__main__ import main
main()
"""


@pytest.mark.parametrize(
    "module", ["scratchnet_cli.cli", "click", "scratchnet_cli.commands.eval", "numpy", "zlib"]
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_an_import_ends_quietly(module: str, number: int) -> None:
    """However early it comes, Ctrl-C leaves with 130 and SIGTERM with 143, without a word."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTING, module, str(int(number)), *EVAL],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, b"", b"")


def test_a_signal_while_the_page_is_drawn_leaves_nothing_behind(tmp_path: Path) -> None:
    """Interrupted in a late import, a report is not there, and nothing else is beside it."""
    report = tmp_path / "report.html"
    module, number = "scratchnet_cli.reports.evaluation_report", str(int(signal.SIGINT))
    done = subprocess.run(
        [sys.executable, "-c", IMPORTING, module, number, *EVAL, "--report", str(report)],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 130
    assert list(tmp_path.iterdir()) == []


def test_an_ignored_signal_stays_ignored() -> None:
    """Started in the background of a script, where Ctrl-C is not meant for it, it goes on."""
    script = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + IMPORTING
    done = subprocess.run(
        [sys.executable, "-c", script, "numpy", str(int(signal.SIGINT)), *EVAL],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, SHOWN)


def test_sigterm_ends_with_143(tmp_path: Path) -> None:
    """Terminated in the middle of its work, it leaves without a word."""
    fifo = tmp_path / "list"
    os.mkfifo(fifo)
    with subprocess.Popen(
        [*SCRATCHNET, "predict", "--weights", "bundled", "--files-from", str(fifo)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        # The list stays open, so that the program waits for more.
        list_ = os.open(fifo, os.O_WRONLY)
        os.write(list_, b"nope.png\n")
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"scratchnet: nope.png: ")
        process.terminate()
        stdout, stderr = process.communicate(timeout=60)
        os.close(list_)
    assert (process.returncode, stdout, stderr) == (143, b"", b"")

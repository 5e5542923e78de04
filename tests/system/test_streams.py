"""Streams, signals and exit codes: a lost answer is an error, a lost message is not."""

import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.conftest import ACCURACY, BUNDLED, SCRATCHNET, write_dataset

EVAL = ["eval", *BUNDLED, "--progress", "none"]
PHOTO = Path(__file__).parents[2] / ".github" / "assets" / "photo.jpg"
HELP = ["eval", "--help"]
UNBUFFERED = "export PYTHONUNBUFFERED=1;"
ANSWER = f"Accuracy: {ACCURACY}\n".encode()
REPORT_MODULE = "scratchnet_cli.reports.evaluation_report"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Unix devices and signals")
Done = subprocess.CompletedProcess[bytes]


def run_with(
    redirection: str, *args: str, stdout: int = PIPE, stderr: int = PIPE, cwd: Path | None = None
) -> Done:
    """Run the program as a shell does with that redirection."""
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    command = ["/bin/sh", "-c", f'{redirection} exec "$@"', "sh", *SCRATCHNET, *args]
    return subprocess.run(command, stdout=stdout, stderr=stderr, cwd=cwd, timeout=60, check=False)


def run_script(script: str, *args: str) -> Done:
    """Run Python code that starts the program."""
    command = [sys.executable, "-c", script, *args]
    return subprocess.run(command, capture_output=True, timeout=60, check=False)


def run_on_terminal(*args: str, interrupt_after: bytes | None = None) -> tuple[int, bytes]:
    """Run the program on a terminal of its own; return its exit code and all that it wrote."""
    import fcntl
    import pty
    import termios

    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    with subprocess.Popen(
        [*SCRATCHNET, *args], stdin=terminal, stdout=terminal, stderr=terminal
    ) as process:
        os.close(terminal)
        written = b""
        try:
            while chunk := os.read(controller, 4096):
                written += chunk
                if interrupt_after is not None and interrupt_after in written:
                    process.send_signal(signal.SIGINT)
                    interrupt_after = None
        except OSError:
            pass  # Linux reports the end of a terminal's other side as an error.
        finally:
            os.close(controller)
    return process.returncode, written


@pytest.fixture
def unread() -> Iterator[int]:
    """Return a pipe whose reader is gone."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-", ""])
@pytest.mark.parametrize(
    ("args", "exit_code", "answer"),
    [
        ([*EVAL[:-1], "plain"], 0, ANSWER),
        ([*EVAL[:-1], "bar"], 0, ANSWER),
        ([*EVAL, "--min-accuracy", "1"], 1, ANSWER),
        (["eval", "--nope"], 2, b""),
        (["predict", "nope.png", "--show"], 3, b""),
    ],
    ids=["plain", "bar", "below", "wrong usage", "error"],
)
def test_stderr_that_is_broken_changes_nothing(
    unread: int, redirection: str, args: list[str], exit_code: int, answer: bytes
) -> None:
    """Messages and progress may be lost; answer and exit code are as always."""
    done = run_with(redirection, *args, stderr=unread)
    assert (done.returncode, done.stdout) == (exit_code, answer)


@pytest.mark.parametrize(
    ("redirection", "args"),
    [
        (redirection, args)
        for redirection in (">/dev/full", ">&-", f"{UNBUFFERED} >/dev/full")
        for args in (["--help"], HELP, EVAL)
    ]
    + [("1</dev/null", ["cache", "path"]), ("ulimit -f 0; >answer", EVAL)]
    + [(">&-", [*EVAL, "--report", "report.html"])],
)
def test_stdout_that_is_broken_is_an_error(
    redirection: str, args: list[str], tmp_path: Path
) -> None:
    """It is one line and exit 3; if stdout is closed, no work is done."""
    done = run_with(redirection, *args, cwd=tmp_path)
    assert done.stderr.startswith(b"error: stdout: the answer cannot be written (")
    assert done.stderr.count(b"\n") == 1
    assert (done.returncode, done.stdout) == (3, b"")
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("command", [EVAL, ["predict", str(PHOTO)]])
def test_report_on_a_full_disk_is_an_error(command: list[str], tmp_path: Path) -> None:
    """It is one line and exit 3 after the answer, and nothing is left of the page."""
    # Python would cut its compiled modules too.
    limit = "export PYTHONDONTWRITEBYTECODE=1; ulimit -f 1;"
    done = run_with(limit, *command, "--report", "report.html", cwd=tmp_path)
    assert done.stderr == b"error: --report report.html: cannot be written (File too large)\n"
    assert (done.returncode, done.stdout.count(b"\n")) == (3, 1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("args", [["--help"], HELP, EVAL], ids=" ".join)
@pytest.mark.parametrize("before", ["", UNBUFFERED])
def test_stdout_whose_reader_is_gone_ends_quietly(
    unread: int, before: str, args: list[str]
) -> None:
    """Like ``cat``, the program prints no error if the reader of a pipe has had enough."""
    done = run_with(before, *args, stdout=unread)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(sys.platform == "darwin", reason="names are text on macOS")
def test_stdout_shows_names_that_are_no_text(tmp_path: Path, digits: NDArray[np.uint8]) -> None:
    """Invalid bytes, control characters and leading dashes are accepted and printed escaped."""
    names = [b"\xff\xfe.png", b"-1.png", b"--raw.png", b"\x1b]0;x\x07.png", b"a\r\nb.png"]
    for name in names:
        Image.fromarray(digits[0]).save(tmp_path / os.fsdecode(name), "png")
    args = [*SCRATCHNET, "predict", "--"]
    command = [*map(os.fsencode, args), *names, b"no\x1b[2J\xff.png"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode == 3
    assert [line.split(b"\t")[0] for line in done.stdout.splitlines()] == [
        rb"\udcff\udcfe.png", b"-1.png", b"--raw.png", rb"\x1b]0;x\x07.png", rb"a\r\nb.png",
    ]  # fmt: skip
    error, summary = done.stderr.splitlines()
    assert error == rb"error: no\x1b[2J\udcff.png: No such file or directory"
    assert summary == b"bundled weights: 5 pictures read, 0 of them with warnings, 1 unreadable"


def test_terminal_shows_a_bar_before_the_answer() -> None:
    """On a terminal a bar moves to 100 %, and the accuracy has a line of its own."""
    exit_code, written = run_on_terminal("eval", *BUNDLED, "--batch-size", "10")
    assert exit_code == 0
    assert b"100%" in written
    assert written.splitlines()[-1] == ANSWER.strip()


def test_terminal_is_no_picture() -> None:
    """A picture on standard input is not awaited from a terminal."""
    exit_code, written = run_on_terminal("predict", "-")
    assert exit_code == 3
    assert written.startswith(b"error: -: standard input is a terminal")


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


@pytest.mark.parametrize("module", ["scratchnet_cli.cli", "numpy", REPORT_MODULE])
@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_during_an_import_ends_quietly(
    tmp_path: Path, module: str, number: int, exit_code: int
) -> None:
    """However early it comes, there is no message, no report and no temporary file."""
    args = [*EVAL, "--report", str(tmp_path / "report.html")]
    done = run_script(IMPORTING, module, str(int(number)), *args)
    answer = ANSWER if module == REPORT_MODULE else b""
    assert (done.returncode, done.stdout, done.stderr.strip()) == (exit_code, answer, b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_that_is_ignored_stays_ignored(number: int) -> None:
    """A parent that ignores a signal, as ``nohup`` does, keeps it from the program."""
    script = f"import signal; signal.signal({int(number)}, signal.SIG_IGN)\n{IMPORTING}"
    done = run_script(script, "numpy", str(int(number)), *EVAL)
    assert (done.returncode, done.stdout) == (0, ANSWER)


def test_ctrl_c_ends_with_130(
    tmp_path: Path, digits: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> None:
    """An interrupted evaluation shows no traceback, and the prompt gets a line of its own."""
    folder = write_dataset(tmp_path / "many", digits.repeat(60, axis=0), labels.repeat(60))
    args = ["eval", "--weights", "bundled", "--dataset", str(folder), "--batch-size", "1"]
    exit_code, written = run_on_terminal(*args, interrupt_after=b"accuracy")
    assert exit_code == 130
    assert b"Traceback" not in written
    assert written.endswith(b"\n")


# Raises an error where a command begins its work, or after it has printed its answer.
FAULTY = """
import scratchnet_cli.{module} as module
def fail(*_, **__):
    raise {error}
module.{function} = fail
from scratchnet_cli.__main__ import main
main()
"""


def run_faulty(error: str, module: str = "weights.load", function: str = "load_weights") -> Done:
    """Run an evaluation with a report in which that error is raised."""
    script = FAULTY.format(error=error, module=module, function=function)
    return run_script(script, *EVAL, "--report", "report.html")


@pytest.mark.parametrize(
    "error", ["ValueError('\\x1b[31m')", "EOFError()", "BrokenPipeError(32, 'x')", "OSError(28)"]
)
def test_bug_exits_with_70(error: str) -> None:
    """A bug is neither 1, which is a verdict, nor Click's 130; its traceback is escaped."""
    done = run_faulty(error)
    assert (done.returncode, done.stdout.strip()) == (70, b"")
    first, *_, name, last = done.stderr.decode().splitlines()
    assert first == "Traceback (most recent call last):"
    assert name.startswith(error.partition("(")[0])
    assert name.isprintable()
    assert last == (
        "error: internal error; please report it with the lines above, as the README says "
        "under Reporting"
    )


@pytest.mark.parametrize(
    "error",
    ["MemoryError", "OSError('Cannot allocate memory')", "ImportError('x: failed to map segment')"],
)
def test_out_of_memory_is_one_line(error: str) -> None:
    """However Python calls it: exit 3 and no traceback."""
    done = run_faulty(error)
    assert (done.returncode, done.stdout.strip()) == (3, b"")
    assert done.stderr.startswith(b"error: not enough memory; use a smaller input or ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        ("EOFError", 70),
        ("KeyboardInterrupt", 130),
        ("SystemExit(143)", 143),
        ("module.DatasetError('x')", 3),
    ],
)
def test_answer_before_a_failure_is_written(error: str, exit_code: int) -> None:
    """What was printed before the work failed is not lost."""
    done = run_faulty(error, "commands.eval", "write_atomic")
    assert (done.returncode, done.stdout) == (exit_code, ANSWER)

"""What nobody foresaw: never exit code 1, which scripts read as "below the threshold"."""

import subprocess
import sys
from pathlib import Path

import pytest

import scratchnet_cli

# Runs the program with something raised where a command begins to work.
FAULTY = """
import sys
import scratchnet_cli.catalog
def fail(*_):
    raise {error}
scratchnet_cli.catalog.load_weights = fail
from scratchnet_cli.__main__ import main
main()
"""


def run_faulty(error: str, *args: str) -> "subprocess.CompletedProcess[str]":
    """A process in which that is raised."""
    script = FAULTY.format(error=error)
    return subprocess.run(
        [sys.executable, "-c", script, *args],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize(
    "error", ["ZeroDivisionError('x')", "EOFError()", "BrokenPipeError(32, 'x')"]
)
def test_a_bug_leaves_with_70_its_traceback_and_where_to_report_it(error: str) -> None:
    """Neither 1, which is a verdict, nor 130, which Click makes of some; stdout stays empty."""
    done = run_faulty(error, "eval", "--dataset", "sample")
    assert (done.returncode, done.stdout) == (70, "")
    *lines, last = done.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert any(line.startswith(error.partition("(")[0]) for line in lines)
    assert last.startswith("scratchnet: this is a bug; please report it with the lines above")


def test_a_traceback_reaches_the_terminal_without_control_characters() -> None:
    """What a file's name may have brought into it is shown as escapes."""
    done = run_faulty("ValueError('\\x1b[31m')", "eval", "--dataset", "sample")
    assert done.returncode == 70
    assert "\x1b" not in done.stderr
    assert "\\x1b[31m" in done.stderr


def test_a_traceback_does_not_show_the_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address may hold a password, which an exception of a library may repeat."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", "http://user:tellnobody@127.0.0.1/")
    done = run_faulty(
        "ValueError('http://user:tellnobody@127.0.0.1/x')", "eval", "--dataset", "sample"
    )
    assert done.returncode == 70
    assert "ValueError: SCRATCHNET_MIRROR/x" in done.stderr
    assert "tellnobody" not in done.stderr


@pytest.mark.parametrize(
    "error",
    [
        "MemoryError",
        "OSError(12, 'Cannot allocate memory')",
        "ImportError('x.so: failed to map segment from shared object')",
    ],
)
def test_want_of_memory_is_a_sentence(error: str) -> None:
    """Wherever memory ends: exit 3, one line, no traceback."""
    done = run_faulty(error, "eval", "--dataset", "sample")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("scratchnet: there is not enough memory for this; ")
    assert done.stderr.count("\n") == 1


# Ctrl-C while the module of that name is being imported.
INTERRUPTED = """
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "signal":
            raise KeyboardInterrupt
sys.modules.pop("signal", None)
sys.meta_path.insert(0, Finder())
from scratchnet_cli.__main__ import main
"""


def test_ctrl_c_before_there_is_a_handler_shows_no_traceback(tmp_path: Path) -> None:
    """From the program's first own import on, Ctrl-C is 130 without a word."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "")


def test_what_comes_before_the_handler_is_brief() -> None:
    """Of the slow modules the package itself imports none: Ctrl-C there shows a traceback."""
    script = "import sys; import scratchnet_cli; print({'typing', 'enum', 're'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", script],
        cwd=Path(scratchnet_cli.__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("set()\n", "")

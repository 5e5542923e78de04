"""The program as a process: terminals, signals, pipes, and the wheel as it is installed."""

import json
import os
import signal
import struct
import subprocess
import sys
import sysconfig
import time
import venv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.cli import BLAS_THREADS
from tests.conftest import BUNDLED, SCRATCHNET, Run, write_dataset

ROOT = Path(__file__).parents[1]

needs_unix = pytest.mark.skipif(sys.platform == "win32", reason="Unix terminals and signals")


def run_on_terminal(args: list[str], interrupt_after: bytes | None = None) -> tuple[int, bytes]:
    """Run the program on a terminal of its own; exit code, and all it wrote there."""
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
            pass  # Linux tells the end of a terminal's other side by an error.
        finally:
            os.close(controller)
    return process.returncode, written


@needs_unix
def test_a_terminal_gets_a_bar_that_ends_before_the_answer() -> None:
    """On a terminal a bar moves to 100 %, and the accuracy stands on a line of its own."""
    exit_code, written = run_on_terminal(["eval", *BUNDLED, "--batch-size", "10"])
    assert exit_code == 0
    assert b"100%" in written
    assert written.splitlines()[-1].startswith(b"Accuracy: 0.")


@needs_unix
@pytest.mark.parametrize("name", [None, "OMP_NUM_THREADS"])
def test_blas_has_one_thread_unless_the_user_says_otherwise(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    """The program sets one thread, but nothing where a number of threads is set already."""
    for each in BLAS_THREADS:
        monkeypatch.delenv(each, raising=False)
    if name:
        monkeypatch.setenv(name, "2")
    # So that what the program sets is undone.
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "")
    del os.environ["OPENBLAS_NUM_THREADS"]
    run("--version")
    assert os.environ.get("OPENBLAS_NUM_THREADS") == (None if name else "1")


def test_a_terminal_is_no_picture() -> None:
    """Whoever asks for a picture on standard input, and has none there, does not wait for ever."""
    exit_code, written = run_on_terminal(["predict", "--weights", "bundled", "-"])
    assert exit_code == 3
    assert written.startswith(b"scratchnet: -: standard input is a terminal")


@needs_unix
def test_ctrl_c_ends_with_130_and_no_traceback(
    tmp_path: Path, digits: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> None:
    """An interrupted evaluation leaves with 130 and shows no traceback."""
    folder = write_dataset(tmp_path / "many", digits.repeat(60, axis=0), labels.repeat(60))
    exit_code, written = run_on_terminal(
        ["eval", "--weights", "bundled", "--dataset", str(folder), "--batch-size", "1"],
        interrupt_after=b"accuracy",
    )
    assert exit_code == 130
    assert b"Traceback" not in written
    assert written.endswith(b"\n")


@needs_unix
def test_a_closed_pipe_ends_quietly() -> None:
    """Like ``cat``, it prints no error when the reader of stdout has had enough."""
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run(
        [*SCRATCHNET, "eval", *BUNDLED, "--progress", "none"],
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert process.stderr == b""
    assert process.returncode == 141


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel in an environment of its own, with only its dependencies beside it."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    venv.create(environment, symlinks=sys.platform != "win32")
    scripts = environment / ("Scripts" if sys.platform == "win32" else "bin")
    install = [
        "-m",
        "pip",
        "--python",
        str(scripts / "python"),
        "install",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([sys.executable, *install, str(wheel)], check=True, capture_output=True)
    # The dependencies are lent by this environment; a path in a .pth file brings no editable
    # install along, so the package under test is the wheel's.
    (site_packages,) = environment.rglob("site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return scripts / "scratchnet"


def test_the_wheel_works_from_anywhere_without_network(installed: Path, tmp_path: Path) -> None:
    """Installed from the wheel, the bundled network and sample are there, within 3 seconds."""
    start = time.monotonic()
    process = subprocess.run(
        [installed, "eval", "--format", "json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert time.monotonic() - start < 3
    answer = json.loads(process.stdout)
    assert answer["weights"]["fallback"] is True
    assert answer["weights"]["source"].startswith(str(installed.parents[1]))


def test_the_wheel_writes_reports(installed: Path, tmp_path: Path) -> None:
    """The wheel brings the page's style along, and a report needs none of the developer's tools."""
    report = tmp_path / "report.html"
    command = [str(installed), "eval", *BUNDLED, "-q", "--report", str(report)]
    subprocess.run(command, cwd=tmp_path, timeout=60, check=True)
    assert "prefers-color-scheme" in report.read_text(encoding="utf-8")


def test_the_wheel_writes_a_page_to_draw_on(installed: Path, tmp_path: Path) -> None:
    """So are the template, the style and the script of the page to draw on."""
    command = [str(installed), "draw", "--weights", "bundled"]
    subprocess.run(command, cwd=tmp_path, timeout=60, check=True, capture_output=True)
    page = (tmp_path / "scratchnet-draw.html").read_text(encoding="utf-8")
    assert "prefers-color-scheme" in page
    assert "function softmax" in page


def test_the_wheel_brings_the_worked_example(installed: Path, tmp_path: Path) -> None:
    """The book's example network is in the wheel, and negative numbers reach it from a shell."""
    command = [str(installed), "forward", "three-layer", "-1.0", "0.5"]
    process = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert process.stdout == "0.30594585 0.67212002\n"

"""How much memory a run of the program took at most: its own, not that of whoever started it."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

# What wait4 tells of a process is at least what its parent had, so the process tells it itself.
TELLING = """
import os
leave, process = os._exit, os.getpid()
def tell(code):
    if os.getpid() == process:
        status = open("/proc/self/status").read()
        os.write(1, b"\\n" + status.partition("VmHWM:")[2].split()[0].encode())
    leave(code)
os._exit = tell
from scratchnet_cli.__main__ import main
main()
"""


class Measured(NamedTuple):
    """What a run left behind, and its peak in MiB."""

    exit_code: int
    stderr: str
    peak_mib: float


def run_measured(*args: str | Path, cwd: Path | None = None) -> Measured:
    """Run the command line as a process of its own."""
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not tell a process's peak")
    done = subprocess.run(
        [sys.executable, "-c", TELLING, *map(str, args)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Measured(done.returncode, done.stderr, int(done.stdout.split("\n")[-1]) / 1024)

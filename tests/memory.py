"""The peak memory of a run of the program."""

import resource
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

# What wait4 tells of a process is at least what its parent had, so the process prints it itself.
PRINT_PEAK = """
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
    """The result of a run, and its peak in MiB."""

    exit_code: int
    stderr: str
    peak_mib: float
    stdout: bytes


def run_measured(
    *args: str | Path, cwd: Path | None = None, address_space: int | None = None,
    stdin: bytes = b"", timeout: float = 60,
) -> Measured:  # fmt: skip
    """Run the command line as a process of its own, within so much address space in KiB."""
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not tell a process's peak")

    def limit() -> None:
        if address_space:
            resource.setrlimit(resource.RLIMIT_AS, (address_space * 1024,) * 2)

    done = subprocess.run(
        [sys.executable, "-c", PRINT_PEAK, *map(str, args)],
        cwd=cwd, input=stdin, timeout=timeout, preexec_fn=limit, capture_output=True, check=False,
    )  # fmt: skip
    stdout, _, peak = done.stdout.rpartition(b"\n")
    return Measured(done.returncode, done.stderr.decode(), int(peak) / 1024, stdout)

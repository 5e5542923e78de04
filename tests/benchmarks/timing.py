"""Medians of alternating runs, so that a busy moment affects all alike."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

RUNS = 15
SCRATCHNET = [str(Path(sys.executable).with_name("scratchnet"))]


def interleaved(*actions: Callable[[], None]) -> list[float]:
    """Return the median seconds of each action, run in turns after one warm-up."""
    seconds: list[list[float]] = [[] for _ in actions]
    for i in range(RUNS + 1):
        for action, measured in zip(actions, seconds, strict=True):
            start = time.perf_counter()
            action()
            if i:
                measured.append(time.perf_counter() - start)
    return [statistics.median(measured) for measured in seconds]


def run(command: list[str]) -> None:
    """Run a process to its end, without its output."""
    subprocess.run(command, check=True, capture_output=True)


def peak_memory(command: list[str]) -> float:
    """Return the peak memory of a process in MB."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    # Kilobytes on Linux, bytes on macOS.
    return usage.ru_maxrss / (1000 if sys.platform == "linux" else 1e6)

"""The time and memory of a hundred times as many images, and the gain of a second core."""

import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.timing import SCRATCHNET, interleaved, peak_memory, run

COUNTS = (10_000, 1_000_000)


def report(digits: NDArray[Any], weights: Path, folder: Path) -> None:
    """Print time and peak memory of ``eval`` on IDX files of COUNTS images."""
    print("\n| images | time | an image | peak memory |\n|---|---|---|---|")
    for count in COUNTS:
        dataset = folder / f"{count}"
        dataset.mkdir()
        write_dataset(digits, count, dataset)
        command = [*SCRATCHNET, "eval", f"--weights={weights}", f"--dataset={dataset}"]
        peak = peak_memory([*command, "--progress=none"])
        start = time.perf_counter()
        run([*command, "--progress=none"])
        seconds = time.perf_counter() - start
        cells = f"{seconds:.2f} s | {seconds / count * 1e6:.2f} µs | {peak:.0f} MB"
        print(f"| {count:,} | {cells} |")
    if hasattr(os, "sched_setaffinity"):
        _report_cores([*command, "--progress=none"])


def _report_cores(command: list[str]) -> None:
    """Print the times of a command on one core and on two, and their ratio."""
    one, two = interleaved(partial(_run_on, 1, command), partial(_run_on, 2, command))
    print(f"\n{COUNTS[-1]:,} images: {one:.2f} s on one core, {two:.2f} s on two: {one / two:.2f}")


def _run_on(cores: int, command: list[str]) -> None:
    with _affinity(cores):
        run(command)


@contextmanager
def _affinity(cores: int) -> Iterator[None]:
    """Let processes that are started meanwhile use this many cores, or all if there are fewer."""
    usable = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(usable)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, usable)


def write_dataset(digits: NDArray[Any], count: int, folder: Path) -> None:
    """Write IDX files of ``count`` images, the digits repeated, and of labels."""
    with (folder / "t10k-images-idx3-ubyte").open("wb") as file:
        file.write(struct.pack(">4B3I", 0, 0, 8, 3, count, 28, 28))
        for start in range(0, count, len(digits)):
            file.write(digits[: count - start].tobytes())
    labels = np.arange(count, dtype=np.uint8) % 10
    header = struct.pack(">4BI", 0, 0, 8, 1, count)
    (folder / "t10k-labels-idx1-ubyte").write_bytes(header + labels.tobytes())

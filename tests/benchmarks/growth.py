"""What a hundred times as many images cost, and what a second core is good for."""

import os
import time
from functools import partial
from pathlib import Path

import numpy as np

from tests.benchmarks.timing import SCRATCHNET, interleaved, peak_memory, run
from tests.conftest import Uint8, idx, write_dataset

COUNTS = (10_000, 1_000_000)


def report(digits: Uint8, weights: Path, folder: Path) -> None:
    """Print time and peak memory of ``eval`` on IDX files of COUNTS images."""
    print("\n| images | time | an image | peak memory |\n|---|---|---|---|")
    for count in COUNTS:
        labels = np.arange(count, dtype=np.uint8) % 10
        dataset = write_dataset(folder / f"{count}", digits[:0], labels)
        with (dataset / "t10k-images-idx3-ubyte").open("wb") as file:
            file.write(idx(digits[:0], (count, 28, 28)))
            for _ in range(0, count, len(digits)):
                file.write(digits.tobytes())
        options = (f"--weights={weights}", f"--dataset={dataset}", "--progress=none")
        command = [*SCRATCHNET, "eval", *options]
        peak = peak_memory(command)
        start = time.perf_counter()
        run(command)
        seconds = time.perf_counter() - start
        cells = f"{seconds:.2f} s | {seconds / count * 1e6:.2f} µs | {peak:.0f} MB"
        print(f"| {count:,} | {cells} |")
    if hasattr(os, "sched_setaffinity"):
        one, two = interleaved(partial(_run_on, 1, command), partial(_run_on, 2, command))
        times = f"{one:.2f} s on one core, {two:.2f} s on two: {one / two:.2f}"
        print(f"\n{COUNTS[-1]:,} images: {times}")


def _run_on(cores: int, command: list[str]) -> None:
    """Run a process on so many cores, if there are as many."""
    usable = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(usable)[:cores])
    try:
        run(command)
    finally:
        os.sched_setaffinity(0, usable)

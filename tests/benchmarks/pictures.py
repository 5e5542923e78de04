"""A folder of 10,000 small pictures, beside a process that only decodes them with Pillow."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PIL import Image

from tests.benchmarks.timing import SCRATCHNET, interleaved, peak_memory, run

DECODE_ONLY = """
import os, sys
from PIL import Image
for name in sorted(os.listdir(sys.argv[1])):
    with Image.open(os.path.join(sys.argv[1], name)) as image:
        image.load()
"""


def report(digits: NDArray[Any], folder: Path) -> None:
    """Print the times for 10,000 pictures, and the peak memory for 1,000 and 10,000."""
    peaks = []
    for count in (1_000, 10_000):
        pictures = folder / f"{count} pictures"
        pictures.mkdir()
        for i in range(count):
            Image.fromarray(digits[i % len(digits)]).save(pictures / f"{i:05}.png")
        ours = [*SCRATCHNET, "predict", "--weights=bundled", str(pictures)]
        peaks.append(peak_memory(ours))
    bare = [sys.executable, "-c", DECODE_ONLY, str(pictures)]
    seconds, decoding = interleaved(partial(run, ours), partial(run, bare))
    print("\n| 10,000 pictures of 28×28 | median | ratio |\n|---|---|---|")
    print(f"| `scratchnet predict FOLDER` | {seconds:.2f} s | {seconds / decoding:.2f} |")
    print(f"| one process that only decodes them | {decoding:.2f} s | 1 |")
    print(
        f"\nPeak memory of `predict`: {peaks[0]:.0f} MB for 1,000 pictures, {peaks[1]:.0f} MB for "
        f"10,000: {peaks[1] / peaks[0]:.2f} times as much."
    )

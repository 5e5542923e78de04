"""A folder of 10,000 small pictures, compared with a process that only decodes them."""

import sys
from functools import partial
from pathlib import Path

from PIL import Image

from tests.benchmarks.timing import SCRATCHNET, interleaved, peak_memory, run
from tests.conftest import Uint8

DECODE = """
import os, sys
import numpy as np
from PIL import Image
for name in sorted(name for name in os.listdir(sys.argv[1]) if name.endswith(".png")):
    with Image.open(os.path.join(sys.argv[1], name)) as image:
        {}
"""
# To an array, which any use needs, or only loaded.
TO_ARRAY, LOAD_ONLY = DECODE.format('np.asarray(image.convert("L"))'), DECODE.format("image.load()")


def report(digits: Uint8, folder: Path) -> None:
    """Print the times for 10,000 pictures, and the peak memory for 1,000 and 10,000."""
    predict, peaks = [*SCRATCHNET, "predict", "--quiet"], []
    for count in (1_000, 10_000):
        pictures = folder / f"{count} pictures"
        pictures.mkdir()
        for i in range(count):
            Image.fromarray(digits[i % len(digits)]).save(pictures / f"{i:05}.png")
        peaks.append(peak_memory([*predict, str(pictures)]))
    # The labels need not be right.
    lines = (f"{i:05}.png\t{i % 10}\n" for i in range(count))
    (pictures / "labels.tsv").write_text("".join(lines))
    evaluate = [*SCRATCHNET, "eval", "--quiet", "--weights=bundled", "--dataset"]
    commands = {
        "`scratchnet predict FOLDER`": predict,
        "`scratchnet eval --dataset FOLDER`": evaluate,
        "one process that decodes them to arrays with Pillow": [sys.executable, "-c", TO_ARRAY],
        "one process in which Pillow only loads them": [sys.executable, "-c", LOAD_ONLY],
    }
    times = interleaved(*(partial(run, [*each, str(pictures)]) for each in commands.values()))
    print("\n| 10,000 pictures of 28×28 | median | predict takes |\n|---|---|---|")
    for name, seconds in zip(commands, times, strict=True):
        print(f"| {name} | {seconds:.2f} s | {times[0] / seconds:.2f} of it |")
    few, many = peaks
    print(
        f"\nPeak memory of `predict`: {few:.0f} MB for 1,000 pictures, {many:.0f} MB for 10,000: "
        f"{many / few:.2f} times as much."
    )

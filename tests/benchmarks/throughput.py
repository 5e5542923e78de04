"""Images per second of the forward pass over the batch size, beside other ways to run it."""

from functools import partial
from pathlib import Path

import numpy as np

from scratchnet_cli.network.layers import Network
from tests.benchmarks.plot import plot
from tests.benchmarks.rivals import Classify, rivals
from tests.benchmarks.timing import interleaved
from tests.conftest import Uint8

BATCH_SIZES = (1, 10, 100, 1000, 10000)
# Enough images for a batch of one to be timed, and few enough for many rounds of all sizes.
IMAGES = 2000


def report(network: Network, digits: Uint8, picture: Path | None) -> None:
    """Print a table of rates, and draw them if there is a path; all must agree about each class."""
    pixels = np.resize(digits, (max(BATCH_SIZES), digits[0].size))
    runners = dict(rivals(network))
    expected, *others = (classify(pixels) for classify in runners.values())
    assert all(np.array_equal(expected, other) for other in others)
    print("\n| batch size | " + " | ".join(f"{name}, images/s" for name in runners) + " |")
    print("|---" * (len(runners) + 1) + "|")
    rates: dict[str, list[float]] = {name: [] for name in runners}
    for batch_size in BATCH_SIZES:
        part = pixels[: max(batch_size, min(IMAGES, batch_size * 500))]
        batches = [part[i : i + batch_size] for i in range(0, len(part), batch_size)]
        times = interleaved(*(partial(_all, classify, batches) for classify in runners.values()))
        cells: list[str] = []
        for name, seconds in zip(runners, times, strict=True):
            rates[name].append(len(part) / seconds)
            ratio = f" ({seconds / times[0]:.2f})" if cells else ""
            cells.append(f"{len(part) / seconds:,.0f}{ratio}")
        print(f"| {batch_size} | " + " | ".join(cells) + " |")
    print("\nOne thread each; in brackets how many times as fast scratchnet is.")
    if picture is not None:
        picture.write_text(plot(BATCH_SIZES, rates), encoding="utf-8")


def _all(classify: Classify, batches: list[Uint8]) -> None:
    for batch in batches:
        classify(batch)

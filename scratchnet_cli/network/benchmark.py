"""The speed of a network on this machine, for several batch sizes."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.network.fast import Forward
from scratchnet_cli.network.layers import Network

BATCH_SIZES = (1, 10, 100, 1000, 10000)
# Long enough for the clock, and short enough for many rounds: their median ignores busy moments.
ROUND_S = 0.02
ROUNDS = 15
# No batch is started that would probably end later than this: large networks get fewer rounds.
MAX_MEASUREMENT_S = 10.0


@dataclass(frozen=True)
class Rate:
    """The speed for one batch size. latency_s: the median time of a batch, in seconds."""

    batch_size: int
    latency_s: float

    @property
    def images_per_s(self) -> float:
        """Return the throughput of batch after batch."""
        return self.batch_size / self.latency_s


def measure_throughput(
    network: Network, images: NDArray[np.uint8], batch_sizes: Sequence[int] = BATCH_SIZES
) -> list[Rate]:
    """Return a rate for each batch size for which there is time. images: (n, rows, columns)."""
    forward = Forward(network)
    pixels = np.resize(images, (max(batch_sizes), images[0].size))
    latencies: dict[int, list[float]] = {}
    start, image_s = time.perf_counter(), 0.0
    for batch_size in (*batch_sizes,) * ROUNDS:
        if time.perf_counter() - start + batch_size * image_s < MAX_MEASUREMENT_S:
            latency_s = _mean_latency(forward, pixels[:batch_size])
            latencies.setdefault(batch_size, []).append(latency_s)
            image_s = latency_s / batch_size
    return [Rate(size, statistics.median(measured)) for size, measured in latencies.items()]


def _mean_latency(forward: Forward, batch: NDArray[np.uint8]) -> float:
    start = now = time.perf_counter()
    count = 0
    while now - start < ROUND_S:
        forward.classes(batch)
        count += 1
        now = time.perf_counter()
    return (now - start) / count

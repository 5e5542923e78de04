"""The digits of a page read five times: as they stand, and a pixel further to each side."""

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.network import Network

# Rows down and columns to the right. The network reads about a quarter fewer digits wrongly so
# (`python -m tests.benchmarks.numbers`): where a picture lies decides little about what it shows.
SHIFTS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))


def shifted_probabilities(network: Network, images: NDArray[np.floating]) -> NDArray[np.floating]:
    """(n, classes) the mean of what the network gives for each image in its five places.

    images: (n, rows, columns) float32 in [0, 1]; what is shifted over the edge is lost.
    """
    framed = np.pad(images, [(0, 0), (1, 1), (1, 1)])
    rows, columns = images.shape[1:]
    total = sum(
        network.probabilities(
            framed[:, 1 - down : 1 - down + rows, 1 - right : 1 - right + columns].reshape(
                len(images), -1
            )
        )
        for down, right in SHIFTS
    )
    return np.asarray(total / len(SHIFTS))

"""Networks for tests: reproducible ones, and strategies that draw any."""

import functools
import itertools
from collections.abc import Sequence

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some

from scratchnet_cli.network.layers import ACTIVATIONS, Layer, Network
from scratchnet_cli.weights.arrays import book_activations
from scratchnet_cli.weights.load import load_weights

# The same examples in each run.
reproducible = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def random_network(
    *sizes: int, activations: Sequence[str] = (), dtype: str = "<f4", seed: int = 7
) -> Network:
    """Return layers of these sizes with reproducible weights; the activations are the book's."""
    rng = np.random.default_rng(seed)
    pairs = list(itertools.pairwise(sizes))
    return Network(
        tuple(
            Layer(
                rng.normal(0, 2 / np.sqrt(inputs), (inputs, outputs)).astype(dtype),
                rng.normal(size=outputs).astype(dtype),
                activation,
            )
            for (inputs, outputs), activation in zip(
                pairs, activations or book_activations(len(pairs)), strict=True
            )
        )
    )


@some.composite
def networks(draw: some.DrawFn, dtypes: Sequence[str], stated: bool = True) -> Network:
    """Draw a network of one to five layers; with other activations than the book's if stated."""
    sizes = draw(some.lists(some.integers(1, 9), min_size=2, max_size=6))
    depth = len(sizes) - 1
    names = some.lists(some.sampled_from(list(ACTIVATIONS)), min_size=depth, max_size=depth)
    activations = draw(names) if stated else ()
    dtype = draw(some.sampled_from(dtypes))
    return random_network(
        *sizes, activations=activations, dtype=dtype, seed=draw(some.integers(0, 99))
    )


@functools.cache
def bundled() -> Network:
    """Return the network that ships with the program."""
    return load_weights("bundled").network

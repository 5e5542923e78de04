"""Networks for tests: reproducible ones, and strategies that draw any."""

import functools
from collections.abc import Sequence

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some

from scratchnet_cli.network.layers import ACTIVATIONS, Layer, Network
from scratchnet_cli.weights.arrays import book_activations
from scratchnet_cli.weights.load import load_weights

# The same examples in each run.
reproducible = settings(
    max_examples=60, derandomize=True, database=None, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


def random_network(
    *sizes: int, activations: Sequence[str] = (), dtype: str = "<f4", seed: int = 7
) -> Network:
    """Return layers of these sizes with reproducible weights; the activations are the book's."""
    rng = np.random.default_rng(seed)
    layers = []
    for i, name in enumerate(activations or book_activations(len(sizes) - 1)):
        W = rng.normal(0, 2 / np.sqrt(sizes[i]), sizes[i : i + 2])  # noqa: N806
        b = rng.normal(size=sizes[i + 1])
        layers.append(Layer(W.astype(dtype), b.astype(dtype), name))
    return Network(tuple(layers))


@some.composite
def networks(draw: some.DrawFn, dtypes: Sequence[str], stated: bool = True) -> Network:
    """Draw a network of one to five layers; with other activations than the book's if stated."""
    sizes = draw(some.lists(some.integers(1, 9), min_size=2, max_size=6))
    depth = len(sizes) - 1
    names = some.lists(some.sampled_from(list(ACTIVATIONS)), min_size=depth, max_size=depth)
    activations, dtype = draw(names) if stated else (), draw(some.sampled_from(dtypes))
    seed = draw(some.integers(0, 99))
    return random_network(*sizes, activations=activations, dtype=dtype, seed=seed)


@functools.cache
def bundled() -> Network:
    """Return the network that ships with the program."""
    return load_weights("bundled").network

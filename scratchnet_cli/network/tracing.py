"""A network's every step, kept: what ``Network.logits`` computes, with nothing thrown away."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from scratchnet_cli.errors import InputError, WeightsError
from scratchnet_cli.network.layers import ACTIVATIONS, Array, Layer, Network, identity, softmax
from scratchnet_cli.network.size import blocks, rows_at_once

# The book's two functions for the output layer.
OUTPUTS: Mapping[str, Callable[[Array], Array]] = {"identity": identity, "softmax": softmax}
_FUNCTIONS = {**ACTIVATIONS, **OUTPUTS}


@dataclass(frozen=True, eq=False)
class Step:
    """What one layer made of its input x: ``a = x·W + b``, then ``z``, the functions of ``a``.

    functions: names, the one that is applied first stands first.
    """

    layer: Layer
    x: Array
    a: Array
    functions: tuple[str, ...]
    z: Array


def trace(network: Network, x: Array, output: str = "identity") -> tuple[Step, ...]:
    """A step for each layer; the last z is ``Network.logits``, or ``probabilities`` for softmax.

    x: (inputs,) or (n, inputs) numbers, computed with in the precision of the weights, but in
    float32 at least; output: a name in ``OUTPUTS``, applied after the last layer's activation.

    Raises:
        ShapeError: x has another number of columns.
        InputError: a number is too large for that precision, or there are too many inputs to keep.
        WeightsError: a result is too large.
    """
    network.check_input(x)
    most = rows_at_once(sum(network.widths))
    if x.ndim == 2 and len(x) > most:
        raise InputError(
            f"the steps of {len(x)} inputs are too many to keep, the most is {most}; "
            "without --trace any number goes through"
        )
    dtype = np.result_type(np.float32, network.layers[0].W.dtype)
    with np.errstate(over="ignore"):
        x = x.astype(dtype)
    if not np.isfinite(x).all():
        raise InputError(f"a number is too large for {dtype}, in which this network computes")
    steps: list[Step] = []
    for i, layer in enumerate(network.layers, 1):
        functions = (layer.activation, *((output,) if i == len(network.layers) else ()))
        with np.errstate(over="ignore", invalid="ignore"):
            z = a = layer.affine(x)
            for name in functions:
                z = _FUNCTIONS[name](z)
        # Who shows a formula need not say that nothing is done.
        shown = tuple(name for name in functions if name != "identity") or ("identity",)
        steps.append(Step(layer, x, a, shown, z))
        x = z
    if not np.isfinite(x).all():
        raise WeightsError("the weights are so large that the network's output overflows")
    return tuple(steps)


def outputs(network: Network, x: Array, output: str = "identity") -> Iterator[Array]:
    """The last z of ``trace``, (n, outputs), of as many inputs at a time as can be kept."""
    if x.ndim == 2:
        for part in blocks(len(x), sum(network.widths)):
            yield trace(network, x[part], output)[-1].z
    else:
        yield trace(network, x, output)[-1].z[None]

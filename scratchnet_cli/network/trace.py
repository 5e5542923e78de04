"""A network's every step, kept: what ``Network.logits`` computes, with nothing thrown away."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scratchnet_cli.errors import InputError, WeightsError
from scratchnet_cli.network.layers import (
    ACTIVATIONS,
    Array,
    Layer,
    Network,
    blocks,
    identity,
    rows_at_once,
    softmax,
)

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


def trace_network(network: Network, x: Array, output: str = "identity") -> tuple[Step, ...]:
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
            yield trace_network(network, x[part], output)[-1].z
    else:
        yield trace_network(network, x, output)[-1].z[None]


# An array that is longer or wider is not shown in full.
MOST = 10
LARGEST = 3
WIDTH = 76
FORMULA_WIDTH = 22
_INDENT = "    "


def format_row(values: Array) -> str:
    """The numbers of one row in a line, as NumPy prints them: up to 8 decimals, no brackets."""
    text = np.array2string(
        values, max_line_width=10**9, threshold=values.size, precision=8, suppress_small=False
    )
    return text[1:-1].strip()


def formulas_of(steps: Sequence[Step], picture: tuple[int, int] | None = None) -> Iterator[str]:
    """Lines that show how each layer's a and z come about.

    Rows of up to ``MOST`` numbers are shown in full, of longer ones the largest, and of many rows
    the first ``MOST``. Weights are shown in full or not at all. picture: the rows and columns of
    the picture that the input is, row by row.
    """
    x = "X"
    yield _headed("X, the input", _shape(steps[0].x))
    yield from _values(x, steps[0].x, picture)
    for i, step in enumerate(steps, 1):
        last = i == len(steps)
        z = "Y" if last else f"Z{i}"
        yield ""
        yield (
            f"Layer {i} of {len(steps)}{', the output layer' if last else ''}: "
            f"{step.layer.inputs} values in, {step.layer.outputs} out"
        )
        yield from _parameters(i, step.layer)
        shapes = f"{_shape(step.x)}·{_shape(step.layer.W)} + {_shape(step.layer.b)}"
        yield _headed(f"  A{i} = {x}·W{i} + B{i}", f"{shapes} → {_shape(step.a)}")
        yield from _values(f"A{i}", step.a)
        formula = f"A{i}"
        for name in step.functions:
            formula = f"{name}({formula})"
        yield _headed(f"  {z} = {formula}", f"{_shape(step.a)} → {_shape(step.z)}")
        yield from _values(z, step.z)
        x = z


def _parameters(i: int, layer: Layer) -> Iterator[str]:
    """W and b, or how much is left out."""
    if max(layer.W.shape) > MOST:
        count = layer.W.size + layer.b.size
        shapes = f"{_shape(layer.W)} and {_shape(layer.b)}"
        yield _headed(f"  W{i}, B{i}", f"{shapes}: {count:,} numbers, not shown")
        return
    for name, array in ((f"W{i}", layer.W), (f"B{i}", layer.b)):
        yield _headed(f"  {name}", _shape(array))
        yield from _values(name, array)


def _headed(formula: str, shapes: str) -> str:
    return f"{formula:<{FORMULA_WIDTH}}  {shapes}"


def _values(name: str, array: Array, picture: tuple[int, int] | None = None) -> Iterator[str]:
    """The numbers themselves where a row has few, else the largest of each row."""
    if array.shape[-1] <= MOST:
        shown = array[:MOST]
        text = np.array2string(shown, max_line_width=WIDTH, threshold=shown.size, precision=8)
        yield from (_INDENT + line for line in text.split("\n"))
    elif array.ndim == 1:
        yield from _largest(name, "", array, picture)
    else:
        for i, x in enumerate(array[:MOST]):
            yield from _largest(name, f"{i}, ", x, picture)
    if array.ndim == 2 and (more := len(array) - MOST) > 0:
        yield f"{_INDENT}… and {more} more row{'' if more == 1 else 's'}"


def _largest(
    name: str, place: str, values: Array, picture: tuple[int, int] | None
) -> Iterator[str]:
    """``largest: Z1[7] = 0.9974, Z1[9] = 0.0012, …``, counted from 0 as NumPy does."""
    # What nothing is smaller than is not among the largest.
    order = [i for i in np.argsort(-values, kind="stable")[:LARGEST] if values[i] > values.min()]
    if not order:
        yield f"{_INDENT}all {len(values)} are {values[0]:.4f}"
        return
    largest = ", ".join(f"{name}[{place}{i}] = {values[i]:.4f}" for i in order)
    yield f"{_INDENT}largest: {largest}, …"
    if picture:
        places = (divmod(int(i), picture[1]) for i in order)
        yield f"{_INDENT}      at {'; '.join(f'row {y}, column {x}' for y, x in places)}"


def _shape(array: Array) -> str:
    return str(array.shape)

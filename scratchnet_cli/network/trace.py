"""The steps of ``Network.logits``, one for each layer, and their formulas as text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from scratchnet_cli.errors import InputError, WeightsError
from scratchnet_cli.network.layers import (
    ACTIVATIONS,
    OVERFLOW_MESSAGE,
    Array,
    Layer,
    Network,
    identity,
    max_rows,
    row_blocks,
    softmax,
)

# The book's two functions for the output layer.
OUTPUT_FUNCTIONS = {"identity": identity, "softmax": softmax}
_FUNCTIONS = {**ACTIVATIONS, **OUTPUT_FUNCTIONS}

# Longer rows show only their largest values, and only this many rows are shown.
MAX_SHOWN, LARGEST_COUNT = 10, 3
LINE_WIDTH = 76
FORMULA_WIDTH = 22
_INDENT = "    "


@dataclass(frozen=True, eq=False)
class Step:
    """One layer's input x, ``a = x·W + b``, and z, the named functions applied to a in order."""

    layer: Layer
    x: Array
    a: Array
    functions: tuple[str, ...]
    z: Array


def trace_network(network: Network, x: Array, output: str = "identity") -> tuple[Step, ...]:
    """Return a step for each layer; the last z are the logits. output: in ``OUTPUT_FUNCTIONS``."""
    network.check_input(x)
    most = max_rows(sum(network.widths))
    if x.ndim == 2 and len(x) > most:
        raise InputError(
            f"--trace keeps the steps of at most {most} inputs, found {len(x)}; leave out --trace"
        )
    dtype = np.result_type(np.float32, network.layers[0].W.dtype)
    with np.errstate(over="ignore"):
        x = x.astype(dtype)
    if not np.isfinite(x).all():
        raise InputError(
            f"an input is too large for {dtype}, the type of the network; use smaller numbers"
        )
    steps: list[Step] = []
    for i, layer in enumerate(network.layers, 1):
        is_last = i == len(network.layers)
        functions = (layer.activation, output) if is_last else (layer.activation,)
        with np.errstate(over="ignore", invalid="ignore"):
            z = a = layer.affine(x)
            for name in functions:
                z = _FUNCTIONS[name](z)
        # A formula shows the identity only if there is no other function.
        shown = tuple(name for name in functions if name != "identity") or ("identity",)
        steps.append(Step(layer, x, a, shown, z))
        x = z
    if not np.isfinite(x).all():
        raise WeightsError(OVERFLOW_MESSAGE)
    return tuple(steps)


def output_blocks(network: Network, x: Array, output: str = "identity") -> Iterator[Array]:
    """Yield the last z of ``trace_network``, (rows, outputs), of one block of inputs at a time."""
    if x.ndim == 1:
        yield trace_network(network, x, output)[-1].z[None]
        return
    for block in row_blocks(len(x), sum(network.widths)):
        yield trace_network(network, x[block], output)[-1].z


def format_row(values: Array) -> str:
    """Return one row, (n,), as NumPy prints it: in one line, up to 8 decimals, no brackets."""
    text = np.array2string(values, max_line_width=10**9, threshold=values.size, precision=8)
    return text[1:-1].strip()


def formulas_of(steps: Sequence[Step], image_shape: tuple[int, int] | None = None) -> Iterator[str]:
    """Yield lines that show how each layer's a and z are computed.

    image_shape: (rows, columns) of the image whose pixels are the input.
    """
    x_name = "X"
    yield _heading("X, the input", str(steps[0].x.shape))
    yield from _values(x_name, steps[0].x, image_shape)
    for i, step in enumerate(steps, 1):
        z_name, role = ("Y", ", the output layer") if i == len(steps) else (f"Z{i}", "")
        W, b = step.layer.W, step.layer.b  # noqa: N806
        yield ""
        yield f"Layer {i} of {len(steps)}{role}: {step.layer.inputs} values in, {len(b)} out"
        if max(W.shape) > MAX_SHOWN:
            shapes = f"{W.shape} and {b.shape}: {W.size + b.size:,} numbers, not shown"
            yield _heading(f"  W{i}, B{i}", shapes)
        else:
            for name, array in ((f"W{i}", W), (f"B{i}", b)):
                yield _heading(f"  {name}", str(array.shape))
                yield from _values(name, array)
        shapes = f"{step.x.shape}·{W.shape} + {b.shape} → {step.a.shape}"
        yield _heading(f"  A{i} = {x_name}·W{i} + B{i}", shapes)
        yield from _values(f"A{i}", step.a)
        formula = f"A{i}"
        for name in step.functions:
            formula = f"{name}({formula})"
        yield _heading(f"  {z_name} = {formula}", f"{step.a.shape} → {step.z.shape}")
        yield from _values(z_name, step.z)
        x_name = z_name


def _heading(formula: str, shapes: str) -> str:
    return f"{formula:<{FORMULA_WIDTH}}  {shapes}"


def _values(name: str, array: Array, image_shape: tuple[int, int] | None = None) -> Iterator[str]:
    shown = array[:MAX_SHOWN]
    if array.shape[-1] <= MAX_SHOWN:
        text = np.array2string(shown, max_line_width=LINE_WIDTH, threshold=shown.size, precision=8)
        yield from (_INDENT + line for line in text.split("\n"))
    elif array.ndim == 1:
        yield from _largest(name, "", array, image_shape)
    else:
        for i, row in enumerate(shown):
            yield from _largest(name, f"{i}, ", row, image_shape)
    if array.ndim == 2 and (more := len(array) - MAX_SHOWN) > 0:
        yield f"{_INDENT}… and {more} more row{'' if more == 1 else 's'}"


def _largest(
    name: str, prefix: str, values: Array, image_shape: tuple[int, int] | None
) -> Iterator[str]:
    """Yield ``largest: Z1[7] = 0.9974, Z1[9] = 0.0012, …``; indices count from 0."""
    order = np.argsort(-values, kind="stable")[:LARGEST_COUNT]
    # The smallest value is never among the largest.
    order = order[values[order] > values.min()]
    if not len(order):
        yield f"{_INDENT}all {len(values)} are {values[0]:.4f}"
        return
    largest = ", ".join(f"{name}[{prefix}{i}] = {values[i]:.4f}" for i in order)
    yield f"{_INDENT}largest: {largest}, …"
    if image_shape:
        places = (divmod(int(i), image_shape[1]) for i in order)
        yield f"{_INDENT}      at {'; '.join(f'row {y}, column {x}' for y, x in places)}"

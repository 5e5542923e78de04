"""The steps of a forward pass as the book's chapter 3 writes them: formula, shapes, values."""

from collections.abc import Iterator, Sequence

import numpy as np

from scratchnet_cli.network import Array
from scratchnet_cli.trace import Step

# Enough for all of a small network, too few for a picture.
MAX_NUMBERS = 60
LARGEST = 3
MAX_ROWS = 5
WIDTH = 76
FORMULA_WIDTH = 22
_INDENT = "    "


def row(values: Array) -> str:
    """The numbers of one row in a line, as NumPy prints them: up to 8 decimals, no brackets."""
    text = np.array2string(
        values, max_line_width=10**9, threshold=values.size, precision=8, suppress_small=False
    )
    return text[1:-1].strip()


def derive(steps: Sequence[Step], max_numbers: int = MAX_NUMBERS) -> Iterator[str]:
    """Lines that show how each layer's a and z come about.

    Of arrays with more than ``max_numbers`` only the largest values are shown, of weights none.
    """
    x = "X"
    yield _headed("X, the input", _shape(steps[0].x))
    yield from _values(x, steps[0].x, max_numbers)
    for i, step in enumerate(steps, 1):
        last = i == len(steps)
        z = "Y" if last else f"Z{i}"
        yield ""
        yield (
            f"Layer {i} of {len(steps)}{', the output layer' if last else ''}: "
            f"{step.layer.inputs} values in, {step.layer.outputs} out"
        )
        if step.layer.W.size <= max_numbers:
            for name, array in ((f"W{i}", step.layer.W), (f"B{i}", step.layer.b)):
                yield _headed(f"  {name}", _shape(array))
                yield from _values(name, array, max_numbers)
        shapes = f"{_shape(step.x)}·{_shape(step.layer.W)} + {_shape(step.layer.b)}"
        yield _headed(f"  A{i} = {x}·W{i} + B{i}", f"{shapes} → {_shape(step.a)}")
        yield from _values(f"A{i}", step.a, max_numbers)
        formula = f"A{i}"
        for name in step.functions:
            formula = f"{name}({formula})"
        yield _headed(f"  {z} = {formula}", f"{_shape(step.a)} → {_shape(step.z)}")
        yield from _values(z, step.z, max_numbers)
        x = z


def _headed(formula: str, shapes: str) -> str:
    return f"{formula:<{FORMULA_WIDTH}}  {shapes}"


def _values(name: str, array: Array, max_numbers: int) -> Iterator[str]:
    """The numbers themselves where they are few, else the largest of each row."""
    if array.size <= max_numbers:
        text = np.array2string(array, max_line_width=WIDTH, threshold=array.size, precision=8)
        yield from (_INDENT + line for line in text.split("\n"))
    elif array.ndim == 1:
        yield _largest(name, "", array)
    else:
        yield from (_largest(name, f"{i}, ", x) for i, x in enumerate(array[:MAX_ROWS]))
        if len(array) > MAX_ROWS:
            yield f"{_INDENT}… and {len(array) - MAX_ROWS} more rows"


def _largest(name: str, place: str, values: Array) -> str:
    """``largest: Y[7] = 0.9974, Y[9] = 0.0012, …``, counted from 0 as NumPy does."""
    order = np.argsort(-values, kind="stable")[:LARGEST]
    largest = ", ".join(f"{name}[{place}{i}] = {values[i]:.4f}" for i in order)
    return f"{_INDENT}largest: {largest}{', …' if len(values) > LARGEST else ''}"


def _shape(array: Array) -> str:
    return str(array.shape)

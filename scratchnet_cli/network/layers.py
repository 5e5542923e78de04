"""How large a network may be, and how many inputs go through it at once: for all commands alike.

A weight file of a few kilobytes can describe layers of millions of zeros. What is computed of each
input has the width of the layers, so these limits are what bounds the memory of every command.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scratchnet_cli.errors import ShapeError, WeightsError

# The values of an input and those that each layer gives, together; the book's network has 944.
MAX_VALUES = 2**17
# Ten are digits, 784 a whole picture.
MAX_CLASSES = 1000
# So many numbers are computed at once in one layer, or kept of all layers: 128 MiB as float64.
MAX_AT_ONCE = 2**24


def check_size(widths: Sequence[int]) -> None:
    """Refuse a network of such widths, that of its input first, if it is too large.

    Raises:
        WeightsError: it has too many classes, or layers too wide or too many.
    """
    if widths[-1] > MAX_CLASSES:
        raise WeightsError(f"the network has {widths[-1]} classes, the most is {MAX_CLASSES}")
    if sum(widths) > MAX_VALUES:
        raise WeightsError(
            f"the network computes {sum(widths)} values of each input, the most is {MAX_VALUES}"
        )


def blocks(count: int, width: int) -> Iterator[slice]:
    """``count`` inputs in parts that can be computed at once, each ``width`` numbers wide."""
    rows = rows_at_once(width)
    return (np.s_[start : start + rows] for start in range(0, count, rows))


def rows_at_once(width: int) -> int:
    """How many inputs can be computed at once, where each takes ``width`` numbers."""
    return max(1, MAX_AT_ONCE // width)


Array: TypeAlias = NDArray[Any]


def sigmoid(x: Array) -> Array:
    """σ(x) = 1 / (1 + e⁻ˣ), elementwise and for every x without overflow.

    Computed as (1 + tanh(x/2)) / 2, which is the same function: e⁻ˣ itself overflows float32
    from x = -89 down.
    """
    return 0.5 * (1 + np.tanh(0.5 * x))


def relu(x: Array) -> Array:
    """max(0, x), elementwise."""
    return np.maximum(0, x)


def tanh(x: Array) -> Array:
    """tanh(x), elementwise."""
    return np.tanh(x)


def identity(x: Array) -> Array:
    """The input x itself: the output layer of a network that gives logits."""
    return x


def softmax(x: Array) -> Array:
    """eˣᵢ / Σⱼ eˣⱼ along the last axis: probabilities that sum to 1, in the order of the logits.

    The maximum is subtracted first: that changes nothing in the quotient, and without it eˣ
    overflows at x = 1000.
    """
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    probabilities: Array = e / np.sum(e, axis=-1, keepdims=True)
    return probabilities


ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "sigmoid": sigmoid,
    "relu": relu,
    "tanh": tanh,
    "identity": identity,
}


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer, known to be sound: ``forward(x) = h(x·W + b)``.

    W: (inputs, outputs), b: (outputs,), both finite floats; activation: a name in ACTIVATIONS.

    Raises:
        WeightsError: shapes, dtype, values or the activation's name are not of that form.
    """

    W: Array
    b: Array
    activation: str = "sigmoid"

    def __post_init__(self) -> None:
        for name, array, ndim in (("W", self.W, 2), ("b", self.b, 1)):
            if array.dtype.kind != "f":
                raise WeightsError(f"{name} holds {array.dtype}, not floating-point numbers")
            if array.ndim != ndim:
                raise WeightsError(f"{name} has the shape {array.shape}, expected {ndim} axes")
            if array.size == 0:
                raise WeightsError(f"{name} has the shape {array.shape}: there are no values in it")
            if not np.isfinite(array).all():
                raise WeightsError(f"{name} holds a value that is infinite or not a number")
        if self.b.shape[0] != self.outputs:
            raise WeightsError(f"W has {self.outputs} columns, but b has {self.b.shape[0]} values")
        if self.activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise WeightsError(f"the activation {self.activation!r} is unknown (known: {known})")

    def __repr__(self) -> str:
        return f"Layer({self.inputs}-{self.outputs}, {self.activation})"

    @property
    def inputs(self) -> int:
        """Number of values that go in."""
        return int(self.W.shape[0])

    @property
    def outputs(self) -> int:
        """Number of values that come out."""
        return int(self.W.shape[1])

    def affine(self, x: Array) -> Array:
        """a = x·W + b. x: (inputs,) or (n, inputs); the result has ``outputs`` columns."""
        a: Array = x @ self.W + self.b
        return a

    def forward(self, x: Array) -> Array:
        """z = h(a), where a = x·W + b."""
        return ACTIVATIONS[self.activation](self.affine(x))


@dataclass(frozen=True, eq=False)
class Network:
    """Layers of which each takes what the one before it gives; any depth.

    Raises:
        WeightsError: there is no layer, two neighbours do not fit, or they are too large.
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not self.layers:
            raise WeightsError("a network needs at least one layer")
        for i, (before, after) in enumerate(zip(self.layers, self.layers[1:], strict=False), 1):
            if before.outputs != after.inputs:
                raise WeightsError(
                    f"layer {i} gives {before.outputs} values, layer {i + 1} takes {after.inputs}"
                )
        check_size(self.widths)

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.widths))
        return f"Network({sizes}, {' '.join(layer.activation for layer in self.layers)})"

    @property
    def widths(self) -> tuple[int, ...]:
        """Number of values in one input, and of those that each layer gives."""
        return (self.inputs, *(layer.outputs for layer in self.layers))

    @property
    def inputs(self) -> int:
        """Number of values in one input."""
        return self.layers[0].inputs

    @property
    def outputs(self) -> int:
        """Number of classes."""
        return self.layers[-1].outputs

    def check_input(self, x: Array, axes: tuple[int, ...] = (1, 2)) -> None:
        """Refuses x unless it is (inputs,) or (n, inputs), of as many axes as are allowed.

        Raises:
            ShapeError: x has another number of columns or axes.
        """
        if x.ndim not in axes or x.shape[-1] != self.inputs:
            raise ShapeError(
                f"the network takes {self.inputs} values for each input, "
                f"but these have the shape {x.shape}"
            )

    def logits(self, x: ArrayLike) -> Array:
        """The scores of the output layer. x: (inputs,) or (n, inputs) float; float32 stays float32.

        Raises:
            ShapeError: x has another number of columns.
            WeightsError: a result is too large for its type.
        """
        z = np.asarray(x)
        self.check_input(z)
        widest = max(self.widths)
        if z.ndim == 2 and len(z) > rows_at_once(widest):
            return np.concatenate([self.logits(z[part]) for part in blocks(len(z), widest)])
        with np.errstate(over="ignore", invalid="ignore"):
            for layer in self.layers:
                z = layer.forward(z)
        if not np.isfinite(z).all():
            raise WeightsError("the weights are so large that the network's output overflows")
        return z

    def probabilities(self, x: ArrayLike) -> Array:
        """softmax of the logits: for each input ``outputs`` probabilities that sum to 1."""
        return softmax(self.logits(x))

    def predict(self, x: ArrayLike) -> NDArray[np.intp]:
        """The class of each input: the argmax of the logits, for softmax keeps their order.

        x: (inputs,) or (n, inputs); the result: () or (n,).
        """
        return np.asarray(np.argmax(self.logits(x), axis=-1))

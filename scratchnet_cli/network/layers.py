"""The book's chapter 3 in NumPy: activation functions, softmax, a layer, the network."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scratchnet_cli.errors import ShapeError, WeightsError

Array: TypeAlias = NDArray[Any]

# These limit the memory of every command: a weight file of a few kilobytes can describe layers of
# millions of zeros. The book's network has 10 outputs and computes 944 values for each input.
MAX_OUTPUTS = 1000
MAX_VALUES_PER_INPUT = 2**17
# The most values that a layer computes at once, or that a trace keeps: 128 MiB as float64.
MAX_BLOCK_VALUES = 2**24
OVERFLOW_MESSAGE = "the weights are so large that the network's output overflows; train again"


def sigmoid(x: Array) -> Array:
    """Return σ(x) = 1 / (1 + e⁻ˣ), elementwise.

    Computed as (1 + tanh(x/2)) / 2, the same function: e⁻ˣ overflows float32 from x = -89 down.
    """
    return 0.5 * (1 + np.tanh(0.5 * x))


def relu(x: Array) -> Array:
    """Return the larger of 0 and x, elementwise."""
    return np.maximum(0, x)


def tanh(x: Array) -> Array:
    """Return tanh x, elementwise."""
    return np.tanh(x)


def identity(x: Array) -> Array:
    """Return x itself: the activation of an output layer that gives logits."""
    return x


def softmax(x: Array) -> Array:
    """Return eˣᵢ / Σⱼ eˣⱼ along the last axis: probabilities in the order of the logits.

    The maximum is subtracted first. The quotient stays the same, but e¹⁰⁰⁰ would overflow.
    """
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return np.asarray(e / np.sum(e, axis=-1, keepdims=True))


ACTIVATIONS = {"sigmoid": sigmoid, "relu": relu, "tanh": tanh, "identity": identity}


@dataclass(frozen=True, eq=False)
class Layer:
    """A validated layer, h(x·W + b).

    Args:
        W: (inputs, outputs), finite floats.
        b: (outputs,), finite floats.
        activation: The name of h, one of ``ACTIVATIONS``.
    """

    W: Array
    b: Array
    activation: str = "sigmoid"

    def __post_init__(self) -> None:
        for name, array, axes in (("W", self.W, 2), ("b", self.b, 1)):
            if array.dtype.kind != "f":
                raise WeightsError(f"{name} contains {array.dtype}; save it as float32")
            if array.ndim != axes:
                expected = "1 axis" if axes == 1 else f"{axes} axes"
                raise WeightsError(f"{name} has the shape {array.shape}, expected {expected}")
            if array.size == 0:
                raise WeightsError(f"{name} has the shape {array.shape}, expected a value or more")
            if not np.isfinite(array).all():
                raise WeightsError(
                    f"{name} contains infinity or NaN; use weights of an earlier training step"
                )
        if (biases := len(self.b)) != self.outputs:
            hint = "W is transposed: save W.T" if biases == self.inputs else "they must be equal"
            raise WeightsError(f"W has {self.outputs} columns but b has {biases} values; {hint}")
        if self.activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise WeightsError(f"unknown activation {self.activation!r}, expected one of {known}")

    def __repr__(self) -> str:
        return f"Layer({self.inputs}-{self.outputs}, {self.activation})"

    @property
    def inputs(self) -> int:
        """Return the number of values in one input."""
        return int(self.W.shape[0])

    @property
    def outputs(self) -> int:
        """Return the number of values in one result."""
        return int(self.W.shape[1])

    def affine(self, x: Array) -> Array:
        """Return a = x·W + b. x: (inputs,) or (n, inputs); a: (outputs,) or (n, outputs)."""
        return np.asarray(x @ self.W + self.b)

    def forward(self, x: Array) -> Array:
        """Return z = h(a). x: (inputs,) or (n, inputs); z: (outputs,) or (n, outputs)."""
        return ACTIVATIONS[self.activation](self.affine(x))


@dataclass(frozen=True, eq=False)
class Network:
    """Layers in order, at least one; each takes the results of the one before it.

    Args:
        layers: The first takes the input, the last gives the logits.

    Raises:
        WeightsError: There is no layer, two neighbours do not fit, or they are too large.

    Example:
        >>> network = Network((Layer(np.eye(2), np.zeros(2), "identity"),))
        >>> network.predict([[0.2, 0.8], [0.9, 0.1]]).tolist()
        [1, 0]
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not self.layers:
            raise WeightsError("a network without layers, expected one or more")
        for i, (before, after) in enumerate(zip(self.layers, self.layers[1:], strict=False), 1):
            if before.outputs != after.inputs:
                is_turned = before.inputs == after.outputs
                hint = "; if the matrices are transposed, save W.T" if is_turned else ""
                raise WeightsError(
                    f"layer {i + 1} takes {after.inputs} values, expected the {before.outputs} of "
                    f"layer {i}{hint}"
                )
        if self.outputs > MAX_OUTPUTS:
            raise WeightsError(f"{self.outputs} classes, expected at most {MAX_OUTPUTS}")
        if (values := sum(self.widths)) > MAX_VALUES_PER_INPUT:
            raise WeightsError(f"{values} values an input, expected at most {MAX_VALUES_PER_INPUT}")

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.widths))
        return f"Network({sizes}, {' '.join(layer.activation for layer in self.layers)})"

    @property
    def widths(self) -> tuple[int, ...]:
        """Return the number of values in one input and in the result of each layer."""
        return (self.inputs, *(layer.outputs for layer in self.layers))

    @property
    def inputs(self) -> int:
        """Return the number of values in one input."""
        return self.layers[0].inputs

    @property
    def outputs(self) -> int:
        """Return the number of classes."""
        return self.layers[-1].outputs

    def logits(self, x: ArrayLike) -> Array:
        """Return the scores of the output layer; float32 input stays float32.

        Args:
            x: One input, (inputs,), or a batch, (n, inputs); pixels are in [0, 1]. Also
                (m, n, inputs), m batches with a product each.

        Returns:
            As many axes, the last of which has a score for each output.

        Raises:
            ShapeError: x has another number of columns or axes.
            WeightsError: A result is too large for its type.

        Example:
            >>> Network((Layer(np.eye(2), np.ones(2), "identity"),)).logits([0.25, 0.5])
            array([1.25, 1.5 ])
        """
        z = np.asarray(x)
        self.check_input(z, axes=(1, 2, 3))
        widest = max(self.widths)
        if z.ndim > 1 and len(z) > max_rows(widest):
            return np.concatenate([self.logits(z[block]) for block in row_blocks(len(z), widest)])
        with np.errstate(over="ignore", invalid="ignore"):
            for layer in self.layers:
                z = layer.forward(z)
        if not np.isfinite(z).all():
            raise WeightsError(OVERFLOW_MESSAGE)
        return z

    def probabilities(self, x: ArrayLike) -> Array:
        """Return the softmax of the logits.

        Args:
            x: As for ``logits``, with the same errors.

        Returns:
            As many axes; the probabilities along the last one sum to 1.

        Example:
            >>> Network((Layer(np.eye(2), np.ones(2), "identity"),)).probabilities([3, 3])
            array([0.5, 0.5])
        """
        return softmax(self.logits(x))

    def predict(self, x: ArrayLike) -> NDArray[np.intp]:
        """Return the class of each input: the argmax of the logits, which softmax does not change.

        Args:
            x: As for ``logits``, with the same errors.

        Returns:
            One axis less, () or (n,); classes count from 0.

        Example:
            >>> int(Network((Layer(np.eye(2), np.ones(2)),)).predict([0.2, 0.8]))
            1
        """
        return np.asarray(np.argmax(self.logits(x), axis=-1))

    def check_input(self, x: Array, axes: tuple[int, ...] = (1, 2)) -> None:
        """Raise ShapeError unless x is (inputs,) or (n, inputs), of an allowed number of axes."""
        if x.ndim not in axes or x.shape[-1] != self.inputs:
            raise ShapeError(
                f"expected {self.inputs} values for each input, found the shape {x.shape}"
            )


def max_rows(width: int) -> int:
    """Return how many rows of ``width`` values can be computed at once, at least 1."""
    return max(1, MAX_BLOCK_VALUES // width)


def row_blocks(count: int, width: int) -> Iterator[slice]:
    """Split ``count`` rows of ``width`` values into slices that can be computed at once."""
    rows = max_rows(width)
    return (np.s_[start : start + rows] for start in range(0, count, rows))

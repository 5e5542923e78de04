"""The network's arithmetic against the book's numbers and textbook formulas in float64."""

import doctest
import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from operator import mul
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from scratchnet_cli.errors import ShapeError, WeightsError
from scratchnet_cli.network import layers
from scratchnet_cli.network.layers import ACTIVATIONS, Layer, Network, softmax
from tests.network.networks import networks, random_network, reproducible

POINTS = (-700.0, -89.0, -20.0, -1.5, -0.5, -1e-3, 0.0, 1e-3, 0.5, 1.5, 20.0, 89.0, 700.0)
TEXTBOOK: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "relu": lambda x: x if x > 0 else 0.0,
    "tanh": math.tanh,
    "identity": lambda x: x,
}
# The worked example of the book's chapter 3.4.
BOOK = Network((
    Layer(np.array([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]), np.array([0.1, 0.2, 0.3])),
    Layer(np.array([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]]), np.array([0.1, 0.2])),
    Layer(np.array([[0.1, 0.3], [0.2, 0.4]]), np.array([0.1, 0.2]), "identity"),
))  # fmt: skip


def textbook_softmax(x: Sequence[float]) -> list[float]:
    """Return eˣᵢ / Σⱼ eˣⱼ, as a textbook prints it."""
    powers = [math.exp(value) for value in x]
    return [power / math.fsum(powers) for power in powers]


def textbook_logits(network: Network, x: Sequence[float]) -> list[float]:
    """Return the logits of one input, computed neuron by neuron."""
    for layer in network.layers:
        columns = zip(layer.W.T.tolist(), layer.b.tolist(), strict=True)
        sums = (math.fsum(map(mul, x, column)) + b for column, b in columns)
        x = [*map(TEXTBOOK[layer.activation], sums)]
    return list(x)


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 1e-5), (np.float64, 1e-12)])
@pytest.mark.parametrize("name", sorted(TEXTBOOK))
def test_activations_are_those_of_the_textbook(name: str, dtype: Any, rtol: float) -> None:
    """Each activation gives the value of its printed formula, to the precision of its input."""
    x = np.array(POINTS, dtype)
    expected = [*map(TEXTBOOK[name], x.tolist())]
    atol = float(np.finfo(dtype).eps)
    np.testing.assert_allclose(ACTIVATIONS[name](x), expected, rtol=rtol, atol=atol)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("function", [*ACTIVATIONS.values(), softmax])
def test_functions_keep_precision_and_shape(function: Any, dtype: Any) -> None:
    """No function turns float32 into float64."""
    for shape in [(3,), (2, 3)]:
        y = function(np.ones(shape, dtype))
        assert (y.dtype, y.shape) == (dtype, shape)


@pytest.mark.parametrize("size", [100.0, 1e4, 1e30, float(np.finfo(np.float32).max) / 2])
@pytest.mark.parametrize(
    ("function", "limits"),
    [(layers.sigmoid, (0, 0.5, 1)), (layers.tanh, (-1, 0, 1)), (softmax, (0, 0, 1))],
)
def test_functions_reach_their_limits(function: Any, limits: Any, size: float) -> None:
    """However large a float32 value is, nothing overflows, and there is no warning."""
    x = np.array([-size, 0, size], np.float32)
    np.testing.assert_allclose(function(x), limits, atol=1e-30)


@reproducible
@given(some.lists(some.lists(some.floats(-300, 300), min_size=3, max_size=3), min_size=1))
def test_softmax_of_each_row_is_that_of_the_textbook(rows: list[list[float]]) -> None:
    """Each row of a batch is normalised by itself, however different the rows are."""
    y = softmax(np.array(rows))
    np.testing.assert_allclose(y, [*map(textbook_softmax, rows)], rtol=1e-10, atol=1e-300)
    np.testing.assert_allclose(softmax(np.array(rows[0])), y[0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_and_network_give_the_books_examples(dtype: Any) -> None:
    """Softmax, which overflows if computed naively, and the 2-3-2-2 network, as the book prints."""
    y = softmax(np.array([1010, 1000, 990], dtype))
    np.testing.assert_allclose(y, [9.99954600e-01, 4.53978686e-05, 2.06106005e-09], rtol=1e-6)
    y = BOOK.logits(np.array([1.0, 0.5], dtype))
    np.testing.assert_allclose(y, [0.31682708, 0.69627909], rtol=1e-7)


@reproducible
@given(network=networks(["<f8"]), count=some.integers(1, 9))
def test_network_computes_the_textbook_sums(network: Network, count: int) -> None:
    """Logits, probabilities and classes are those of the printed formulas; rows sum to 1."""
    x = np.random.default_rng(1).normal(0, 3, (count, network.inputs))
    logits = [textbook_logits(network, row) for row in x.tolist()]
    probabilities = [*map(textbook_softmax, logits)]
    np.testing.assert_allclose(network.logits(x), logits, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(network.probabilities(x), probabilities, rtol=1e-8, atol=1e-300)
    predicted = network.predict(x)
    assert predicted.shape == (count,)
    np.testing.assert_array_equal(predicted, np.argmax(network.logits(x), axis=1))


@reproducible
@given(network=networks(["<f4"]), n=some.integers(1, 40), size=some.integers(1, 40))
def test_network_results_do_not_depend_on_the_batch(network: Network, n: int, size: int) -> None:
    """An input gets the same result alone, as a batch of one, and in batches of any size."""
    x = np.random.default_rng(2).random((n, network.inputs), np.float32)
    for function in (network.logits, network.probabilities):
        together, alone = function(x), function(x[0])
        assert together.dtype == alone.dtype == np.float32
        batches = [function(x[i : i + size]) for i in range(0, n, size)]
        np.testing.assert_allclose(np.concatenate(batches), together, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(alone, together[0], rtol=1e-4, atol=1e-5)
    assert network.predict(x[0]).shape == ()
    assert network.predict(x[0]) == np.argmax(network.logits(x[0]))


@pytest.mark.parametrize(
    "shape", [(783,), (785,), (1, 785), (784, 1), (1, 28, 28), (1, 1, 1, 784), (28, 28), ()]
)
@pytest.mark.parametrize("method", ["logits", "probabilities", "predict"])
def test_network_refuses_input_of_another_shape(method: str, shape: tuple[int, ...]) -> None:
    """The message contains both sizes."""
    message = f"expected 784 values for each input, found the shape {shape}"
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        getattr(random_network(784, 50, 10), method)(np.zeros(shape, np.float32))


def test_network_refuses_a_result_that_overflows() -> None:
    """No answer is given if it would be infinite or not a number."""
    layer = Layer(np.full((2, 2), 1e30, np.float32), np.zeros(2, np.float32), "identity")
    with pytest.raises(WeightsError, match="so large that the network's output overflows"):
        Network((layer, layer)).logits(np.ones(2, np.float32))


def wide(*sizes: int) -> tuple[Layer, ...]:
    """Return layers of zeros of these sizes."""
    return tuple(Layer(np.zeros(pair), np.zeros(pair[1])) for pair in pairwise(sizes))


TOO_WIDE = "131073 values an input, expected at most 131072"


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((), "a network without layers, expected one or more"),
        ((*wide(4, 3), *wide(2, 1)), "layer 2 takes 2 values, expected the 3 of layer 1"),
        ((*wide(4, 3, 5, 6), *wide(5, 2)), "layer 4 takes 5 values, expected the 6 of layer 3"),
        (wide(1, layers.MAX_OUTPUTS + 1), "1001 classes, expected at most 1000"),
        (wide(1, layers.MAX_VALUES_PER_INPUT - 1, 1), TOO_WIDE),
        (wide(1, layers.MAX_VALUES_PER_INPUT - 2, 1), None),
        (wide(1, layers.MAX_OUTPUTS), None),
    ],
)
def test_network_refuses_layers(layers: tuple[Layer, ...], message: str | None) -> None:
    """Layers that do not fit are named by their numbers; the largest network is accepted."""
    if message is None:
        assert Network(layers).layers == layers
        return
    with pytest.raises(WeightsError) as refused:
        Network(layers)
    assert str(refused.value) == message


W, B = np.ones((3, 2), np.float32), np.ones(2, np.float32)
NAN, INF = np.array([1, np.nan]), np.array([1, -np.inf])
TYPES = ["int8", "int64", "uint8", "bool", "complex64", "object", "<U3"]
KNOWN, UNKNOWN = (
    "expected one of sigmoid, relu, tanh, identity",
    ("softmax", "Sigmoid", "", "__import__"),
)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        *(
            ({"W": W * x}, "W contains infinity or NaN; use weights of an earlier training step")
            for x in (NAN, INF)
        ),
        *(
            ({"b": B * x}, "b contains infinity or NaN; use weights of an earlier training step")
            for x in (NAN, -INF)
        ),
        *(({"W": W.astype(t)}, f"W contains {np.dtype(t)}; save it as float32") for t in TYPES),
        *(({"b": B.astype(t)}, f"b contains {np.dtype(t)}; save it as float32") for t in TYPES),
        ({"W": np.ones(6)}, "W has the shape (6,), expected 2 axes"),
        ({"W": np.ones((3, 2, 1))}, "W has the shape (3, 2, 1), expected 2 axes"),
        ({"b": np.ones((1, 2))}, "b has the shape (1, 2), expected 1 axis"),
        ({"b": np.ones(())}, "b has the shape (), expected 1 axis"),
        (
            {"W": np.ones((3, 0)), "b": np.ones(0)},
            "W has the shape (3, 0), expected a value or more",
        ),
        ({"W": np.ones((0, 2))}, "W has the shape (0, 2), expected a value or more"),
        ({"b": np.ones(3)}, "W has 2 columns but b has 3 values; W is transposed: save W.T"),
        ({"b": np.ones(1)}, "W has 2 columns but b has 1 values; they must be equal"),
        *(({"activation": x}, f"unknown activation {x!r}, {KNOWN}") for x in UNKNOWN),
    ],
)
def test_layer_refuses_other_arrays_and_activations(fields: dict[str, Any], message: str) -> None:
    """Nothing is broadcast, cast or guessed."""
    with pytest.raises(WeightsError) as refused:
        Layer(**{"W": W, "b": B, **fields})
    assert str(refused.value).startswith(message)


def test_network_docstrings_have_examples_that_run() -> None:
    """Each example prints what it says."""
    assert doctest.testmod(layers) == (0, 5)

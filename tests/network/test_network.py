"""The network's arithmetic, held against the book's numbers and textbook formulas in float64."""

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.errors import ShapeError, WeightsError
from scratchnet_cli.network.layers import (
    ACTIVATIONS,
    Layer,
    Network,
    identity,
    relu,
    sigmoid,
    softmax,
    tanh,
)

Floats = NDArray[np.floating]
Activation = Callable[[Floats], Floats]

F32_MAX = float(np.finfo(np.float32).max)
POINTS = (-700.0, -89.0, -20.0, -1.5, -0.5, -1e-3, 0.0, 1e-3, 0.5, 1.5, 20.0, 89.0, 700.0)


def textbook_sigmoid(x: float) -> float:
    """1 / (1 + e⁻ˣ), as a textbook prints it."""
    return 1 / (1 + math.exp(-x))


TEXTBOOK: dict[str, Callable[[float], float]] = {
    "sigmoid": textbook_sigmoid,
    "relu": lambda x: x if x > 0 else 0.0,
    "tanh": math.tanh,
    "identity": lambda x: x,
}


def textbook_softmax(x: Sequence[float]) -> list[float]:
    """eˣᵢ / Σⱼ eˣⱼ, as a textbook prints it."""
    powers = [math.exp(value) for value in x]
    return [power / math.fsum(powers) for power in powers]


def textbook_logits(network: Network, x: Sequence[float]) -> list[float]:
    """What each layer's every neuron computes, one multiplication at a time."""
    for layer in network.layers:
        h = TEXTBOOK[layer.activation]
        columns = zip(layer.W.T.tolist(), layer.b.tolist(), strict=True)
        x = [
            h(math.fsum(xi * wi for xi, wi in zip(x, column, strict=True)) + b)
            for column, b in columns
        ]
    return list(x)


def random_network(
    *sizes: int, dtype: type[np.floating] = np.float32, activation: str = "sigmoid"
) -> Network:
    """Layers of those sizes with reproducible weights, the last one giving logits."""
    rng = np.random.default_rng(sum(sizes))
    layers = []
    for i, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        last = i == len(sizes) - 2
        W = rng.normal(0, 2 / math.sqrt(inputs), (inputs, outputs)).astype(dtype)  # noqa: N806
        b = rng.normal(0, 1, outputs).astype(dtype)
        layers.append(Layer(W, b, "identity" if last else activation))
    return Network(tuple(layers))


def layer(*shape: int, bias: int | None = None, activation: str = "sigmoid") -> Layer:
    """A layer of ones with that shape of W."""
    size = shape[1] if bias is None else bias
    return Layer(np.ones(shape, np.float32), np.ones(size, np.float32), activation)


@pytest.fixture(scope="module")
def book() -> Network:
    """The worked example of the book's chapter 3.4: 2-3-2-2, whose last layer is the identity."""
    return Network(
        (
            Layer(np.array([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]), np.array([0.1, 0.2, 0.3])),
            Layer(np.array([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]]), np.array([0.1, 0.2])),
            Layer(np.array([[0.1, 0.3], [0.2, 0.4]]), np.array([0.1, 0.2]), "identity"),
        )
    )


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 1e-5), (np.float64, 1e-12)])
@pytest.mark.parametrize("name", sorted(TEXTBOOK))
def test_activations_are_those_of_the_textbook(
    name: str, dtype: type[np.floating], rtol: float
) -> None:
    """Each activation gives the value of its printed formula, to the precision of its input."""
    x = np.array(POINTS, dtype)
    expected = [TEXTBOOK[name](float(value)) for value in x]
    absolute = float(np.finfo(dtype).eps)
    np.testing.assert_allclose(ACTIVATIONS[name](x), expected, rtol=rtol, atol=absolute)


def test_exactly_the_four_activations_can_be_named() -> None:
    """A layer may name sigmoid, relu, tanh or identity, and gets the function of that name."""
    assert dict(ACTIVATIONS) == {
        "sigmoid": sigmoid,
        "relu": relu,
        "tanh": tanh,
        "identity": identity,
    }


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("function", [*ACTIVATIONS.values(), softmax])
def test_functions_keep_the_precision_they_are_given(
    function: Activation, dtype: type[np.floating]
) -> None:
    """No activation turns float32 into float64 behind the user's back, whatever the shape."""
    for shape in [(3,), (2, 3)]:
        y = function(np.ones(shape, dtype))
        assert (y.dtype, y.shape) == (np.dtype(dtype), shape)


@pytest.mark.parametrize("size", [100.0, 1e4, 1e30, F32_MAX / 2])
@pytest.mark.parametrize(
    ("function", "limits"),
    [
        (sigmoid, (0.0, 0.5, 1.0)),
        (tanh, (-1.0, 0.0, 1.0)),
        (softmax, (0.0, 0.0, 1.0)),
    ],
)
def test_huge_inputs_reach_the_limit_without_a_warning(
    function: Activation, limits: tuple[float, ...], size: float
) -> None:
    """However large a float32 value is, the result is the limit, and nothing overflows."""
    x = np.array([-size, 0, size], np.float32)
    np.testing.assert_allclose(function(x), limits, atol=1e-30)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_gives_the_books_example(dtype: type[np.floating]) -> None:
    """The book's [1010, 1000, 990], which overflows when computed naively, gives the book's y."""
    y = softmax(np.array([1010, 1000, 990], dtype))
    np.testing.assert_allclose(y, [9.99954600e-01, 4.53978686e-05, 2.06106005e-09], rtol=1e-6)


@pytest.mark.parametrize("x", [[0.3, 2.9, 4.0], [-3.0, -3.0], [7.0], [0.0, 50.0, -50.0]])
def test_softmax_is_that_of_the_textbook(x: list[float]) -> None:
    """Softmax gives probabilities of the printed formula, and they sum to 1."""
    y = softmax(np.array(x))
    np.testing.assert_allclose(y, textbook_softmax(x), rtol=1e-12)
    assert math.fsum(y) == pytest.approx(1)


def test_softmax_of_a_batch_is_that_of_each_row() -> None:
    """In a batch every row is normalised by itself, however unlike the rows are."""
    rows = [[0.3, 2.9, 4.0], [-400.0, -401.0, -402.0], [600.0, 0.0, 599.0]]
    expected = [softmax(np.array(row)) for row in rows]
    np.testing.assert_allclose(softmax(np.array(rows)), expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_network_gives_the_books_example(book: Network, dtype: type[np.floating]) -> None:
    """The book's 2-3-2-2 network turns [1.0, 0.5] into the two numbers that the book prints."""
    y = book.logits(np.array([1.0, 0.5], dtype))
    np.testing.assert_allclose(y, [0.31682708, 0.69627909], rtol=1e-7)


@pytest.mark.parametrize("activation", sorted(TEXTBOOK))
@pytest.mark.parametrize(
    "sizes",
    [(4, 3), (4, 5, 3), (1, 1, 1), (6, 5, 4, 3, 2, 7)],
    ids=lambda sizes: f"{len(sizes) - 1} layers",
)
def test_networks_of_any_depth_compute_the_textbook_sum(
    sizes: tuple[int, ...], activation: str
) -> None:
    """From one layer to five, logits are what the sums written out neuron by neuron give."""
    network = random_network(*sizes, dtype=np.float64, activation=activation)
    assert (network.inputs, network.outputs) == (sizes[0], sizes[-1])
    x = np.random.default_rng(1).normal(size=(3, sizes[0]))
    expected = [textbook_logits(network, row) for row in x.tolist()]
    np.testing.assert_allclose(network.logits(x), expected, rtol=1e-10, atol=1e-12)


def test_the_output_layer_has_an_activation_too() -> None:
    """A layer's own activation is applied wherever it stands, also in the last layer."""
    network = Network((layer(2, 3, activation="relu"),))
    y = network.logits(np.array([-5.0, 1.0], np.float32))
    np.testing.assert_array_equal(y, [0, 0, 0])


def test_float32_images_give_float32_results() -> None:
    """A float32 network answers float32 images in float32: logits, probabilities and all."""
    network = random_network(784, 50, 100, 10)
    for x in (np.ones(784, np.float32), np.ones((2, 784), np.float32)):
        assert network.logits(x).dtype == np.float32
        assert network.probabilities(x).dtype == np.float32


def test_one_image_may_come_without_a_batch() -> None:
    """An image as a vector of 784 values gets the answer it gets as a batch of one."""
    network = random_network(784, 50, 100, 10)
    images = np.random.default_rng(2).random((5, 784), np.float32)
    for i, image in enumerate(images):
        assert network.logits(image).shape == network.probabilities(image).shape == (10,)
        assert network.predict(image).shape == ()
        np.testing.assert_allclose(network.logits(image), network.logits(images)[i], rtol=1e-4)
        np.testing.assert_allclose(
            network.probabilities(image), network.probabilities(images)[i], rtol=1e-4
        )
        assert network.predict(image) == network.predict(images)[i]


def test_an_answer_does_not_depend_on_the_rest_of_the_batch() -> None:
    """What is said of an image is the same alone, among others, and in any order."""
    network = random_network(784, 50, 100, 10)
    images = np.random.default_rng(3).random((64, 784), np.float32)
    together = network.probabilities(images)
    shuffled = np.random.default_rng(4).permutation(64)
    np.testing.assert_allclose(
        network.probabilities(images[shuffled]), together[shuffled], rtol=1e-4
    )
    for part in (slice(0, 1), slice(0, 7), slice(7, 64)):
        np.testing.assert_allclose(network.probabilities(images[part]), together[part], rtol=1e-4)


def test_predictions_are_the_most_probable_classes() -> None:
    """The predicted class of each image is the one with the highest probability."""
    network = random_network(20, 15, 10)
    x = np.random.default_rng(5).normal(0, 3, (200, 20)).astype(np.float32)
    expected = [row.index(max(row)) for row in network.probabilities(x).tolist()]
    predicted = network.predict(x)
    assert predicted.tolist() == expected
    assert predicted.shape == (200,)
    assert len(set(expected)) > 5


def test_probabilities_are_the_softmax_of_the_logits(book: Network) -> None:
    """Probabilities are the textbook softmax of the logits, and each row sums to 1."""
    x = np.array([[1.0, 0.5], [-3.0, 8.0]])
    expected = [textbook_softmax(textbook_logits(book, row)) for row in x.tolist()]
    probabilities = book.probabilities(x)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-12)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


@pytest.mark.parametrize(
    "shape", [(783,), (785,), (1, 785), (784, 1), (1, 28, 28), (1, 1, 784), (28, 28), ()]
)
@pytest.mark.parametrize("method", ["logits", "probabilities", "predict"])
def test_an_input_of_another_size_is_refused(method: str, shape: tuple[int, ...]) -> None:
    """An input that is not 784 wide is refused in one sentence with both sizes in it."""
    network = random_network(784, 50, 10)
    with pytest.raises(ShapeError) as refused:
        getattr(network, method)(np.zeros(shape, np.float32))
    assert str(refused.value) == (
        f"the network takes 784 values for each input, but these have the shape {shape}"
    )


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((), "a network needs at least one layer"),
        ((layer(4, 3), layer(2, 1)), "layer 1 gives 3 values, layer 2 takes 2"),
        (
            (layer(4, 3), layer(3, 5), layer(5, 6), layer(5, 2)),
            "layer 3 gives 6 values, layer 4 takes 5",
        ),
    ],
)
def test_layers_that_do_not_fit_make_no_network(layers: tuple[Layer, ...], message: str) -> None:
    """Neighbours that do not fit are named by their numbers, counted as the book counts."""
    with pytest.raises(WeightsError) as refused:
        Network(layers)
    assert str(refused.value) == message


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["W", "b"])
def test_weights_that_are_no_numbers_are_refused(name: str, bad: float) -> None:
    """One NaN or infinity among the weights is refused, for it would spoil every answer."""
    arrays = {"W": np.ones((3, 2), np.float32), "b": np.ones(2, np.float32)}
    arrays[name].flat[-1] = bad
    with pytest.raises(WeightsError) as refused:
        Layer(arrays["W"], arrays["b"])
    assert str(refused.value) == f"{name} holds a value that is infinite or not a number"


@pytest.mark.parametrize("dtype", ["int8", "int64", "uint8", "bool", "complex64", "object", "U3"])
@pytest.mark.parametrize("name", ["W", "b"])
def test_weights_of_another_type_are_refused(name: str, dtype: str) -> None:
    """Weights must be floating-point numbers, and the message says what they are instead."""
    arrays = {"W": np.ones((3, 2), np.float32), "b": np.ones(2, np.float32)}
    arrays[name] = arrays[name].astype(dtype)
    with pytest.raises(WeightsError) as refused:
        Layer(arrays["W"], arrays["b"])
    expected = f"{name} holds {np.dtype(dtype)}, not floating-point numbers"
    assert str(refused.value) == expected


@pytest.mark.parametrize(
    ("w_shape", "b_shape", "message"),
    [
        ((6,), (2,), "W has the shape (6,), expected 2 axes"),
        ((3, 2, 1), (2,), "W has the shape (3, 2, 1), expected 2 axes"),
        ((3, 2), (1, 2), "b has the shape (1, 2), expected 1 axes"),
        ((3, 2), (), "b has the shape (), expected 1 axes"),
        ((3, 0), (0,), "W has the shape (3, 0): there are no values in it"),
        ((3, 2), (3,), "W has 2 columns, but b has 3 values"),
        ((3, 2), (1,), "W has 2 columns, but b has 1 values"),
    ],
)
def test_weights_of_another_shape_are_refused(
    w_shape: tuple[int, ...], b_shape: tuple[int, ...], message: str
) -> None:
    """W must have two axes, b one, and as many values as W has columns: nothing is broadcast."""
    with pytest.raises(WeightsError) as refused:
        Layer(np.ones(w_shape), np.ones(b_shape))
    assert str(refused.value) == message


@pytest.mark.parametrize(("w_shape", "b_shape"), [((0, 2), (2,)), ((3, 0), (0,))])
def test_empty_weights_are_refused(w_shape: tuple[int, ...], b_shape: tuple[int, ...]) -> None:
    """A layer without inputs or outputs is refused, with its shape in the message."""
    with pytest.raises(WeightsError) as refused:
        Layer(np.ones(w_shape), np.ones(b_shape))
    assert str(w_shape) in str(refused.value)


@pytest.mark.parametrize("name", ["softmax", "Sigmoid", "", "__import__"])
def test_an_unknown_activation_is_refused(name: str) -> None:
    """An activation that does not exist is refused, and the message lists those that do."""
    with pytest.raises(WeightsError) as refused:
        layer(2, 2, activation=name)
    assert str(refused.value) == (
        f"the activation {name!r} is unknown (known: sigmoid, relu, tanh, identity)"
    )


def test_the_books_weights_keep_their_shape() -> None:
    """A 784-50-100-10 network says how wide it is, as do its layers."""
    network = random_network(784, 50, 100, 10)
    assert (network.inputs, network.outputs) == (784, 10)
    assert [(layer.inputs, layer.outputs) for layer in network.layers] == [
        (784, 50),
        (50, 100),
        (100, 10),
    ]

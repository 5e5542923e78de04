"""The same network in other libraries if they are installed, from uint8 pixels to classes."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.network.fast import Forward
from scratchnet_cli.network.layers import Network

Classify = Callable[[Any], Any]


def rivals(network: Network) -> Iterator[tuple[str, Classify]]:
    """Yield a name and a function each; the first is scratchnet, the second the book's formula."""
    weights = [array for layer in network.layers for array in (layer.W, layer.b)]
    yield "scratchnet", Forward(network).classes
    builders = {"book's NumPy": _book, "onnxruntime": _onnxruntime, "PyTorch": _torch}
    for name, build in (builders | {"scikit-learn": _scikit_learn}).items():
        with suppress(ImportError):
            yield name, build(weights)


def _book(weights: list[NDArray[Any]]) -> Classify:
    W1, b1, W2, b2, W3, b3 = weights  # noqa: N806

    def classify(pixels: Any) -> Any:
        x = pixels.astype(np.float32) / 255.0
        # As in the book: for some inputs e⁻ˣ overflows, which gives the right result.
        with np.errstate(over="ignore"):
            z1 = 1 / (1 + np.exp(-(np.dot(x, W1) + b1)))
            z2 = 1 / (1 + np.exp(-(np.dot(z1, W2) + b2)))
        a3 = np.dot(z2, W3) + b3
        e = np.exp(a3 - np.max(a3, axis=-1, keepdims=True))
        return np.argmax(e / np.sum(e, axis=-1, keepdims=True), axis=1)

    return classify


def _onnxruntime(weights: list[NDArray[Any]]) -> Classify:
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    nodes = [helper.make_node("Cast", ["pixels"], ["cast"], to=TensorProto.FLOAT)]
    nodes.append(helper.make_node("Div", ["cast", "largest"], ["z0"]))
    for i in (1, 2, 3):
        nodes.append(helper.make_node("Gemm", [f"z{i - 1}", f"W{i}", f"b{i}"], [f"a{i}"]))
        nodes.append(helper.make_node("Sigmoid", [f"a{i}"], [f"z{i}"]))
    nodes[-1] = helper.make_node("ArgMax", ["a3"], ["y"], axis=1, keepdims=0)
    arrays = dict(zip(("W1", "b1", "W2", "b2", "W3", "b3"), weights, strict=True))
    arrays["largest"] = np.array(255, np.float32)
    constants = [
        numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)
        for name, array in arrays.items()
    ]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", 784])
    y = helper.make_tensor_value_info("y", TensorProto.INT64, ["n"])
    graph = helper.make_graph(nodes, "three layers", [pixels], [y], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    data, providers = model.SerializeToString(), ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(data, options, providers=providers)
    return lambda pixels: session.run(None, {"pixels": pixels})[0]


def _torch(weights: list[NDArray[Any]]) -> Classify:
    import torch

    torch.set_num_threads(1)
    W1, b1, W2, b2, W3, b3 = (torch.tensor(array.T) for array in weights)  # noqa: N806
    linear = torch.nn.functional.linear

    def classify(pixels: Any) -> Any:
        with torch.inference_mode():
            x = torch.from_numpy(pixels).float().div_(255)
            z1 = linear(x, W1, b1).sigmoid_()
            z2 = linear(z1, W2, b2).sigmoid_()
            return linear(z2, W3, b3).argmax(dim=1).numpy()

    return classify


def _scikit_learn(weights: list[NDArray[Any]]) -> Classify:
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((50, 100), activation="logistic", max_iter=1)
    model.partial_fit(np.zeros((10, 784), np.float32), np.arange(10), classes=np.arange(10))
    model.coefs_, model.intercepts_ = weights[::2], weights[1::2]

    return lambda pixels: model.predict(pixels / np.float32(255))

"""The .onnx format of other frameworks and runtimes: graphs of dense layers.

The file onnx.proto defines the messages of the format and the numbers of their fields. Dense layers
need few of them, so reading needs no dependency. Writing needs the package onnx.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from scratchnet_cli.errors import OutputError, WeightsError
from scratchnet_cli.network.layers import Array, Network
from scratchnet_cli.weights.arrays import Contents, book_arrays, view_array
from scratchnet_cli.weights.protobuf import DAMAGED, Fields, integers_in, read_fields, text_in

# Softmax has had this meaning since opset 13. Runtimes since 2022 support opset 17.
OPSET = 17
# The version of the file format that came with that opset.
IR_VERSION = 8

# Numbers of fields: of a model, its graph, and of nodes, attributes and tensors.
_GRAPH = 7
_NODES, _TENSORS, _INPUTS, _OUTPUTS = 1, 5, 11, 12
_NODE_INPUTS, _NODE_OUTPUTS, _OPERATOR, _ATTRIBUTES = 1, 2, 4, 5
_NAME, _FLOAT, _INTEGER, _TENSOR = 1, 2, 3, 5
_SHAPE, _TYPE, _TENSOR_NAME, _BYTES, _OTHER_FILE = 1, 2, 8, 9, 13
# For each type: NumPy's code, and the field of the numbers if they are not in ``_BYTES``.
_TYPES = {1: ("<f4", 4), 10: ("<f2", _BYTES), 11: ("<f8", 10)}
_ONE = b"\0\0\x80\x3f"


class _Node(NamedTuple):
    operator: str
    inputs: list[str]
    output: str
    attributes: dict[str, Fields]


@dataclass
class _Layer:
    W: Array
    b: Array | None = None
    activation: str = ""


def read_onnx(data: bytes) -> Contents:
    """Return the arrays and activations of a graph of dense layers.

    A layer is MatMul and Add, or Gemm, and then an activation. A Softmax or ArgMax ends the graph,
    because the network itself returns logits.
    """
    try:
        graph = read_fields(read_fields(memoryview(data))[_GRAPH][0])
        tensors = {
            text_in(fields[_TENSOR_NAME]): fields for fields in map(read_fields, graph[_TENSORS])
        }
        layers = _follow(graph, tensors)
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise WeightsError(DAMAGED) from error
    arrays: dict[str, Array] = {}
    for i, layer in enumerate(layers, 1):
        arrays[f"W{i}"] = layer.W
        if layer.b is not None:
            arrays[f"b{i}"] = layer.b
    return Contents(arrays, {"activations": tuple(x.activation or "identity" for x in layers)})


def _follow(graph: Fields, tensors: dict[str, Fields]) -> list[_Layer]:
    """Return the layers on the way from the input of the graph to its output."""
    users: dict[str, list[_Node]] = defaultdict(list)
    for node in map(_node, graph[_NODES]):
        if node.operator == "Constant":
            tensors[node.output] = read_fields(node.attributes["value"][_TENSOR][0])
        for name in node.inputs:
            users[name].append(node)
    inputs, outputs = (
        {text_in(read_fields(value)[_NAME]) for value in graph[number]}
        for number in (_INPUTS, _OUTPUTS)
    )
    (value,) = inputs - set(tensors)
    layers: list[_Layer] = []
    # A value is followed only once, so this also ends if the graph has a loop.
    while nodes := users.pop(value, []):
        if any(node.operator in ("Softmax", "LogSoftmax", "ArgMax") for node in nodes):
            _check_end(nodes, users)
            return layers
        if len(nodes) > 1:
            raise WeightsError("the graph branches, which is not supported; use onnxruntime")
        _add(layers, nodes[0], value, tensors)
        value = nodes[0].output
    if value not in outputs:
        raise WeightsError(DAMAGED)
    return layers


def _check_end(nodes: list[_Node], users: dict[str, list[_Node]]) -> None:
    """Raise WeightsError if layers follow a softmax."""
    while nodes:
        node = nodes.pop()
        if node.operator in ("MatMul", "Gemm"):
            raise WeightsError(
                "the graph has layers after a softmax, which is not supported; use onnxruntime"
            )
        nodes += users.pop(node.output, [])


def _add(layers: list[_Layer], node: _Node, value: str, tensors: dict[str, Fields]) -> None:
    """Add a node, whose input is ``value``, to the layers."""
    constants = [tensors[name] for name in node.inputs if name in tensors]
    is_product = node.inputs[0] == value and len(constants) == len(node.inputs) - 1
    last = layers[-1] if layers else None
    match node.operator, constants:
        case "MatMul", [weight] if is_product:
            layers.append(_Layer(_array(weight)))
        case "Gemm", [weight, *b] if is_product and _is_plain(node):
            transposed = node.attributes.get("transB", {}).get(_INTEGER) == [1]
            W = _array(weight)  # noqa: N806
            layers.append(_Layer(W.T if transposed else W, _array(b[0]) if b else None))
        case "Add", [b] if last and last.b is None and not last.activation:
            last.b = _array(b)
        case "Sigmoid" | "Relu" | "Tanh" as operator, [] if last and not last.activation:
            last.activation = operator.lower()
        case "Identity", []:
            pass
        case "Cast" | "Flatten" | "Reshape", _ if not last:
            pass
        case operator, _:
            known = re.fullmatch(r"\w{1,40}", operator)
            raise WeightsError(
                f"the graph uses {operator if known else 'an unknown operation'} where no dense "
                "layer does; use onnxruntime",
                "Supported: MatMul and Add, or Gemm with alpha = beta = 1; then Sigmoid, Relu, "
                "Tanh or Identity.",
            )


def _is_plain(gemm: _Node) -> bool:
    """Return whether a Gemm computes x·W + b, without factors or a transposed x."""
    factors = [gemm.attributes.get(name, {}).get(_FLOAT, [_ONE]) for name in ("alpha", "beta")]
    return factors == [[_ONE]] * 2 and gemm.attributes.get("transA", {}).get(_INTEGER) != [1]


def _node(message: memoryview) -> _Node:
    fields = read_fields(message)
    attributes = {text_in(each[_NAME]): each for each in map(read_fields, fields[_ATTRIBUTES])}
    inputs = [text_in([name]) for name in fields[_NODE_INPUTS]]
    return _Node(text_in(fields[_OPERATOR]), inputs, text_in(fields[_NODE_OUTPUTS][:1]), attributes)


def _array(tensor: Fields) -> Array:
    if tensor[_OTHER_FILE]:
        raise WeightsError(
            "the weights are in another file, which is not supported; save one file:",
            "onnx.save(onnx.load('model.onnx'), 'one.onnx')",
        )
    (number,) = tensor[_TYPE]
    if number not in _TYPES:
        raise WeightsError("an array does not contain floating-point numbers; save it as float32")
    code, field = _TYPES[number]
    body = b"".join(tensor[_BYTES] or tensor[field])
    lengths = tensor[_SHAPE]
    if lengths and not isinstance(lengths[0], int):
        lengths = list(integers_in(lengths[0]))
    return view_array(body, code, tuple(lengths), fortran=False)


def write_onnx(network: Network) -> bytes:
    """Return a graph from ``x``, (n, inputs), to ``logits`` and ``probabilities``, (n, outputs)."""
    try:
        from onnx import checker, helper, numpy_helper
    except ImportError as error:
        raise OutputError(
            'writing .onnx needs the package onnx; run python -m pip install ".[onnx]"'
        ) from error
    arrays = book_arrays(network)
    dtype = np.result_type(*arrays.values())
    kind = helper.np_dtype_to_tensor_dtype(dtype.newbyteorder("="))
    graph = helper.make_graph(
        list(_nodes(network, helper)),
        "scratchnet",
        [helper.make_tensor_value_info("x", kind, ["batch", network.inputs])],
        [
            helper.make_tensor_value_info(name, kind, ["batch", network.outputs])
            for name in ("logits", "probabilities")
        ],
        [numpy_helper.from_array(array.astype(dtype), name) for name, array in arrays.items()],
    )
    model = helper.make_model(
        graph,
        producer_name="scratchnet",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _nodes(network: Network, helper: Any) -> Iterator[Any]:
    """Yield a node for each operation: ``xW1 = x·W1``, ``a1 = xW1 + b1``, ``z1 = h(a1)`` …."""
    z = "x"
    for i, layer in enumerate(network.layers, 1):
        yield helper.make_node("MatMul", [z, f"W{i}"], [f"{z}W{i}"], name=f"MatMul{i}")
        yield helper.make_node("Add", [f"{z}W{i}", f"b{i}"], [f"a{i}"], name=f"Add{i}")
        z = "logits" if i == len(network.layers) else f"z{i}"
        # ONNX names the operators of all four activations like this: Sigmoid.
        operator = layer.activation.capitalize()
        yield helper.make_node(operator, [f"a{i}"], [z], name=f"{operator}{i}")
    yield helper.make_node("Softmax", ["logits"], ["probabilities"], name="Softmax", axis=1)

"""A network as an ONNX graph, for other runtimes; written, not read. The only user of ``onnx``."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from scratchnet_cli.errors import OutputError
from scratchnet_cli.network.layers import Network

# Softmax has meant what it means here since 13; runtimes from 2022 on know 17.
OPSET = 17
# The version of the file format that came with that opset.
IR_VERSION = 8
OPERATORS = {"sigmoid": "Sigmoid", "relu": "Relu", "tanh": "Tanh", "identity": "Identity"}


def write_onnx(network: Network) -> bytes:
    """The network from ``x`` (batch, inputs) to ``logits`` and ``probabilities`` (batch, outputs).

    The names in the graph are the book's; batch is of any size.

    Raises:
        OutputError: the package onnx is not installed.
    """
    try:
        from onnx import checker, helper, numpy_helper
    except ImportError as error:
        raise OutputError("writing .onnx needs the package onnx: pip install onnx") from error
    dtype = np.result_type(*(array for layer in network.layers for array in (layer.W, layer.b)))
    kind = helper.np_dtype_to_tensor_dtype(dtype.newbyteorder("="))
    graph = helper.make_graph(
        list(_nodes(network, helper)),
        "scratchnet",
        [helper.make_tensor_value_info("x", kind, ["batch", network.inputs])],
        [
            helper.make_tensor_value_info(name, kind, ["batch", network.outputs])
            for name in ("logits", "probabilities")
        ],
        [
            numpy_helper.from_array(array.astype(dtype), f"{name}{i}")
            for i, layer in enumerate(network.layers, 1)
            for name, array in (("W", layer.W), ("b", layer.b))
        ],
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
    """``a1 = x·W1 + b1``, ``z1 = h(a1)`` and so on, each operation a node."""
    z = "x"
    for i, layer in enumerate(network.layers, 1):
        last = i == len(network.layers)
        yield helper.make_node("MatMul", [z, f"W{i}"], [f"{z}W{i}"], name=f"MatMul{i}")
        yield helper.make_node("Add", [f"{z}W{i}", f"b{i}"], [f"a{i}"], name=f"Add{i}")
        z = "logits" if last else f"z{i}"
        operator = OPERATORS[layer.activation]
        yield helper.make_node(operator, [f"a{i}"], [z], name=f"{operator}{i}")
    yield helper.make_node("Softmax", ["logits"], ["probabilities"], name="Softmax", axis=1)

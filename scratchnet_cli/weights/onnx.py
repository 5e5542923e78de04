"""The .onnx format, for other runtimes: written, but not read."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from scratchnet_cli.errors import OutputError
from scratchnet_cli.network.layers import Network
from scratchnet_cli.weights.arrays import book_arrays

# Softmax means the same since 13; runtimes from 2022 on know 17.
OPSET = 17
# The version of the file format that came with that opset.
IR_VERSION = 8
OPERATORS = {"sigmoid": "Sigmoid", "relu": "Relu", "tanh": "Tanh", "identity": "Identity"}


def write_onnx(network: Network) -> bytes:
    """Return a graph from ``x``, (n, inputs), to ``logits`` and ``probabilities``, (n, outputs)."""
    try:
        from onnx import checker, helper, numpy_helper
    except ImportError as error:
        raise OutputError("writing .onnx needs the package onnx: pip install onnx") from error
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
        operator = OPERATORS[layer.activation]
        yield helper.make_node(operator, [f"a{i}"], [z], name=f"{operator}{i}")
    yield helper.make_node("Softmax", ["logits"], ["probabilities"], name="Softmax", axis=1)

"""Files in .onnx, put together by hand: graphs of dense layers, and what is refused of others."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.weights.weight_files import Arrays, Refused, book_arrays

TYPES = {"<f4": 1, "<i8": 7, "<f2": 10, "<f8": 11}
FLOATS_FIELD = {"<f4": 4, "<f8": 10}


def varint(number: int) -> bytes:
    """Return an integer, 7 bits a byte, the lowest first."""
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*parts, number))


def field(number: int, value: int | float | str | bytes) -> bytes:
    """Return a field: a varint, a float of four bytes, a text, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + np.float32(value).tobytes()
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name: str, array: Any, packed: bool = False, raw: bool = True) -> bytes:
    """Return a tensor. packed: whether its shape is; raw: whether its numbers are in raw_data."""
    code = array.dtype.str
    shape = [varint(length) for length in array.shape]
    dims = field(1, b"".join(shape)) if packed else b"".join(field(1, n) for n in array.shape)
    place = 9 if raw else FLOATS_FIELD[code]
    return dims + field(2, TYPES[code]) + field(8, name) + field(place, array.tobytes())


def node(operator: str, inputs: str, output: str, **attributes: int | float | bytes) -> bytes:
    """Return a node. inputs: names, separated by spaces; attributes: numbers, or a tensor."""
    fields = [field(1, name) for name in inputs.split()] + [field(2, output), field(4, operator)]
    for name, value in attributes.items():
        number = {int: 3, float: 2, bytes: 5}[type(value)]
        fields.append(field(5, field(1, name) + field(number, value)))
    return b"".join(fields)


def model(
    *nodes: bytes, tensors: Sequence[bytes] = (), inputs: str = "x", outputs: str = "y"
) -> bytes:
    """Return a model whose graph has these nodes, tensors, inputs and outputs."""
    fields = [field(1, each) for each in nodes] + [field(5, each) for each in tensors]
    fields += [field(11, field(1, name)) for name in inputs.split()]
    fields += [field(12, field(1, name)) for name in outputs.split()]
    return field(1, 8) + field(2, "tests") + field(7, b"".join(fields))


ARRAYS = book_arrays(4, 3, 2)
W, B = tensor("W", ARRAYS["W1"]), tensor("B", ARRAYS["b1"])


def dense(arrays: Arrays = ARRAYS, **options: bool) -> bytes:
    """Return two layers as scikit-learn's converter writes them. options: of ``tensor``."""
    return model(
        node("Cast", "x", "0", to=1),
        node("MatMul", "0 W1", "1"), node("Add", "1 b1", "2"), node("Relu", "2", "3"),
        node("MatMul", "3 W2", "4"), node("Add", "b2 4", "5"),
        node("Softmax", "5", "y"), node("ArgMax", "y", "label"), node("ZipMap", "y", "z"),
        tensors=[tensor(name, array, **options) for name, array in arrays.items()],
        outputs="label z",
    )  # fmt: skip


def gemms() -> bytes:
    """Return two layers as PyTorch's exporter writes them."""
    transposed = {name: np.ascontiguousarray(array.T) for name, array in ARRAYS.items()}
    return model(
        node("Flatten", "x", "0", axis=1),
        node("Gemm", "0 W1 b1", "1", alpha=1.0, beta=1.0, transB=1), node("Tanh", "1", "2"),
        node("Constant", "", "b2", value=tensor("", ARRAYS["b2"])),
        node("Gemm", "2 W2 b2", "3", transB=1), node("Identity", "3", "y"),
        tensors=[tensor(name, transposed[name]) for name in ("W1", "b1", "W2")],
        inputs="x W1 b1 W2",
    )  # fmt: skip


_NOT_DENSE = (
    "where no dense layer does; use onnxruntime\n"
    "Supported: MatMul and Add, or Gemm with alpha = beta = 1; then Sigmoid, Relu, Tanh or "
    "Identity."
)
_DAMAGED = "this .onnx file is damaged or cut short; download or copy it again"
_OUTSIDE = tensor("W", ARRAYS["W1"]) + field(13, field(1, "location") + field(2, "W.bin"))
REFUSED_ONNX: Refused = {
    "the graph has layers after a softmax, which is not supported; use onnxruntime": model(
        node("MatMul", "x W1", "0"), node("Softmax", "0", "1"), node("Identity", "1", "2"),
        node("MatMul", "2 W2", "y"), tensors=[tensor(name, ARRAYS[name]) for name in ("W1", "W2")],
    ),
    f"the graph uses Conv {_NOT_DENSE}": model(node("Conv", "x W", "y"), tensors=[W]),
    f"the graph uses an unknown operation {_NOT_DENSE}": model(node("\x1b[31m", "x", "y")),
    f"the graph uses Relu {_NOT_DENSE}": [
        model(node("Relu", "x", "y")),
        model(
            node("MatMul", "x W", "0"), node("Tanh", "0", "1"), node("Relu", "1", "y"),
            tensors=[W],
        ),
    ],
    f"the graph uses LeakyRelu {_NOT_DENSE}": model(
        node("MatMul", "x W", "0"), node("LeakyRelu", "0", "y"), tensors=[W]
    ),
    f"the graph uses Div {_NOT_DENSE}": model(
        node("Div", "x B", "0"), node("MatMul", "0 W", "y"), tensors=[W, B]
    ),
    f"the graph uses Add {_NOT_DENSE}": [
        model(node("Add", "x B", "y"), tensors=[B]),
        model(node("MatMul", "x W", "0"), node("Add", "0 c", "y"), tensors=[W]),
        model(node("Gemm", "x W B", "0"), node("Add", "0 B", "y"), tensors=[W, B]),
    ],
    f"the graph uses MatMul {_NOT_DENSE}": model(node("MatMul", "W x", "y"), tensors=[W]),
    f"the graph uses Flatten {_NOT_DENSE}": model(
        node("MatMul", "x W", "0"), node("Flatten", "0", "y"), tensors=[W]
    ),
    f"the graph uses Gemm {_NOT_DENSE}": [
        model(node("Gemm", "x W B", "y", **options), tensors=[W, B])
        for options in ({"alpha": 2.0}, {"beta": 0.5}, {"transA": 1})
    ] + [model(node("Gemm", "x V B", "y"), tensors=[B])],
    "the graph branches, which is not supported; use onnxruntime": model(
        node("MatMul", "x W", "0"), node("Relu", "0", "1"), node("Tanh", "0", "y"), tensors=[W]
    ),
    "the weights are in another file, which is not supported; save one file:\n"
    "onnx.save(onnx.load('model.onnx'), 'one.onnx')": model(
        node("MatMul", "x W", "y"), tensors=[_OUTSIDE]
    ),
    "an array does not contain floating-point numbers; save it as float32": model(
        node("MatMul", "x W", "y"), tensors=[tensor("W", np.ones((2, 2), "<i8"))]
    ),
    "an array has 0 bytes, expected 48": model(
        node("MatMul", "x W", "y"), tensors=[W[: -2 - 48]]
    ),
    "an array has an invalid shape; save the file again": model(
        node("MatMul", "x W", "y"), tensors=[field(1, 2**64 - 1) + tensor("W", ARRAYS["b1"])]
    ),
    "a part of the graph has more than 1000 fields; use onnxruntime": [
        model(*[b""] * 1001), model(b"\x08\0" * 1001), b"\x08\0" * 10_000,
    ],
    "expected the arrays W1, b1, W2, b2, …, or 0.weight, 0.bias, …\nFound: none": (
        model(outputs="x")
    ),
    _DAMAGED: [
        b"\x08\x08", b"\x08", b"\x08\xff\xff", b"\x08\x08\x3a\x05\0", b"\x08\x08\x3b",
        model(inputs=""), model(inputs="x z"), model(outputs="z"),
        # An operation that takes its own result.
        model(node("MatMul", "x W", "0"), node("Identity", "0", "0"), tensors=[W]),
        field(1, 8) + field(7, 1), field(1, 8) + field(7, field(1, 1)),
        model(node("MatMul", "x W", "y"), tensors=[W + field(2, 1)]),
        model(field(1, b"\xff")), model(field(1, 2**62)), model(node("Constant", "", "y")),
    ],
}  # fmt: skip

"""What there is to know of a network without running it: shapes, counts, ranges."""

from dataclasses import dataclass

from scratchnet_cli.network.layers import Array, Layer, Network


@dataclass(frozen=True)
class LayerSummary:
    """One layer in numbers. shape: (inputs, outputs); the ranges: (smallest, largest) value."""

    shape: tuple[int, int]
    activation: str
    dtype: str
    parameters: int
    bytes: int
    multiply_adds: int
    W_range: tuple[float, float]
    b_range: tuple[float, float]


@dataclass(frozen=True)
class NetworkSummary:
    """A network in numbers; multiply_adds: for one input."""

    sizes: tuple[int, ...]
    dtype: str
    parameters: int
    bytes: int
    multiply_adds: int
    layers: tuple[LayerSummary, ...]


def summarize(network: Network) -> NetworkSummary:
    """Every layer in numbers, and their sums."""
    layers = tuple(map(_summary, network.layers))
    return NetworkSummary(
        sizes=(network.inputs, *(layer.outputs for layer in network.layers)),
        dtype=", ".join(dict.fromkeys(layer.dtype for layer in layers)),
        parameters=sum(layer.parameters for layer in layers),
        bytes=sum(layer.bytes for layer in layers),
        multiply_adds=sum(layer.multiply_adds for layer in layers),
        layers=layers,
    )


def _summary(layer: Layer) -> LayerSummary:
    dtypes = dict.fromkeys(array.dtype.name for array in (layer.W, layer.b))
    return LayerSummary(
        shape=(layer.inputs, layer.outputs),
        activation=layer.activation,
        dtype=", ".join(dtypes),
        parameters=layer.W.size + layer.b.size,
        bytes=layer.W.nbytes + layer.b.nbytes,
        multiply_adds=layer.inputs * layer.outputs,
        W_range=_range(layer.W),
        b_range=_range(layer.b),
    )


def _range(array: Array) -> tuple[float, float]:
    return float(array.min()), float(array.max())

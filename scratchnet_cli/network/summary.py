"""Shapes, counts and ranges of a network, found without running it."""

from dataclasses import dataclass

from scratchnet_cli.network.layers import Layer, Network


@dataclass(frozen=True)
class LayerSummary:
    """One layer in numbers. shape: (inputs, outputs); ranges: (smallest, largest) value."""

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
    """A network in numbers. multiply_adds: for one input."""

    sizes: tuple[int, ...]
    dtype: str
    parameters: int
    bytes: int
    multiply_adds: int
    layers: tuple[LayerSummary, ...]


def summarize(network: Network) -> NetworkSummary:
    """Return the numbers of each layer, and their sums."""
    layers = tuple(map(_summarize_layer, network.layers))
    return NetworkSummary(
        sizes=network.widths,
        dtype=", ".join(dict.fromkeys(layer.dtype for layer in layers)),
        parameters=sum(layer.parameters for layer in layers),
        bytes=sum(layer.bytes for layer in layers),
        multiply_adds=sum(layer.multiply_adds for layer in layers),
        layers=layers,
    )


def _summarize_layer(layer: Layer) -> LayerSummary:
    W, b = layer.W, layer.b  # noqa: N806
    return LayerSummary(
        shape=(layer.inputs, layer.outputs),
        activation=layer.activation,
        dtype=", ".join(dict.fromkeys((W.dtype.name, b.dtype.name))),
        parameters=W.size + b.size,
        bytes=W.nbytes + b.nbytes,
        multiply_adds=W.size,
        W_range=(float(W.min()), float(W.max())),
        b_range=(float(b.min()), float(b.max())),
    )

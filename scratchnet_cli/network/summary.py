"""Shapes, counts and ranges of a network, found without running it."""

from typing import Any

from scratchnet_cli.network.layers import Layer, Network


def summarize(network: Network) -> dict[str, Any]:
    """Return the numbers of a network as JSON shows them; multiply_adds: for one input."""
    layers = [_summarize_layer(layer) for layer in network.layers]
    return {
        "sizes": network.widths,
        "dtype": ", ".join(dict.fromkeys(layer["dtype"] for layer in layers)),
        **{
            name: sum(layer[name] for layer in layers)
            for name in ("parameters", "bytes", "multiply_adds")
        },
        "layers": layers,
    }


def _summarize_layer(layer: Layer) -> dict[str, Any]:
    W, b = layer.W, layer.b  # noqa: N806
    return {
        "shape": W.shape,
        "activation": layer.activation,
        "dtype": ", ".join(dict.fromkeys((W.dtype.name, b.dtype.name))),
        "parameters": W.size + b.size,
        "bytes": W.nbytes + b.nbytes,
        "multiply_adds": W.size,
        "W_range": (float(W.min()), float(W.max())),
        "b_range": (float(b.min()), float(b.max())),
    }

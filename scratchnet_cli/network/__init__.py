"""The network: its layers, the fast forward pass, each step with its formulas. Pure maths."""

from typing import TYPE_CHECKING

from scratchnet_cli.lazy import lazy_exports

if TYPE_CHECKING:
    from scratchnet_cli.network.formulas import format_row, formulas_of
    from scratchnet_cli.network.forward import LARGEST_PIXEL, Forward
    from scratchnet_cli.network.layers import ACTIVATIONS, Array, Layer, Network, softmax
    from scratchnet_cli.network.summary import NetworkSummary, summarize
    from scratchnet_cli.network.throughput import Rate, measure_throughput
    from scratchnet_cli.network.tracing import outputs, trace
else:
    __getattr__, __all__ = lazy_exports(__name__)

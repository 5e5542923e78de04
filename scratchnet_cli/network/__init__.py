"""The network: its layers, the fast forward pass, each step with its formulas. Pure maths."""

from typing import TYPE_CHECKING

from scratchnet_cli.lazy import lazy

if TYPE_CHECKING:
    from scratchnet_cli.network.formulas import format_row, formulas_of
    from scratchnet_cli.network.forward import LARGEST_PIXEL, Forward
    from scratchnet_cli.network.layers import ACTIVATIONS, Array, Layer, Network, identity, softmax
    from scratchnet_cli.network.summary import NetworkSummary, summarize
    from scratchnet_cli.network.throughput import Rate, measure_throughput
    from scratchnet_cli.network.tracing import Step, outputs, trace
else:
    __getattr__ = lazy(
        __name__,
        layers="ACTIVATIONS Array Layer Network identity softmax",
        forward="LARGEST_PIXEL Forward",
        tracing="Step outputs trace",
        formulas="format_row formulas_of",
        summary="NetworkSummary summarize",
        throughput="Rate measure_throughput",
    )

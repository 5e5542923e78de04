"""``scratchnet inspect``: what a weight file holds."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from scratchnet_cli import catalog
from scratchnet_cli.commands.options import format_option, weights_argument
from scratchnet_cli.downloads.fetch import Fetcher
from scratchnet_cli.network.summary import NetworkSummary, summarize
from scratchnet_cli.system.origin import Origin
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.text import printable
from scratchnet_cli.weights.load import WeightFile

_ACTIVATIONS = {
    "stated": "as the file states them",
    "book": "the book's, for the file states none",
    "assumed": "a guess, for the file states none",
}


@click.command("inspect", epilog="Example: scratchnet inspect three-layer")
@weights_argument
@format_option("text", "json", help="A table for people, or one object with every number.")
def command(weights: str, format: str) -> None:  # noqa: A002
    """Show what a weight file holds: layers, shapes, ranges, and where it came from.

    WEIGHTS is book, bundled, three-layer or the path of a weight file.
    """
    file, origin = catalog.load_weight_file(weights, Fetcher(Progress()))
    render = _as_json if format == "json" else _as_text
    click.echo(render(summarize(file.network), file, origin))


def _as_json(summary: NetworkSummary, file: WeightFile, origin: Origin) -> str:
    fields = {"format": file.format, "size": file.size, "activations": file.activations}
    return json.dumps({**origin.fields(), **fields, **asdict(summary)})


def _as_text(summary: NetworkSummary, file: WeightFile, origin: Origin) -> str:
    lines = [
        f"network      {'-'.join(map(str, summary.sizes))}, {summary.dtype}",
        f"activations  {_ACTIVATIONS[file.activations]}",
        f"parameters   {summary.parameters:,} in {summary.bytes:,} bytes",
        f"one input    {summary.multiply_adds:,} multiply-adds",
        f"file         {printable(origin.source)}",
        f"             {file.format}, {file.size:,} bytes",
        f"sha256       {origin.sha256}",
        "",
    ]
    table: list[tuple[str, ...]] = [
        ("layer", "shape", "activation", "parameters", "multiply-adds", "W", "b")
    ]
    for i, layer in enumerate(summary.layers, 1):
        ranges = (f"{low:.4g} to {high:.4g}" for low, high in (layer.W_range, layer.b_range))
        inputs, outputs = layer.shape
        counts = (f"{layer.parameters:,}", f"{layer.multiply_adds:,}")
        table.append((str(i), f"{inputs} → {outputs}", layer.activation, *counts, *ranges))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)

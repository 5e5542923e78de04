"""``scratchnet inspect``: what a weight file holds."""

from typing import TYPE_CHECKING

import click

from scratchnet_cli.options import weights_argument

if TYPE_CHECKING:
    from scratchnet_cli.catalog import Origin
    from scratchnet_cli.inspection import NetworkFacts
    from scratchnet_cli.weights import WeightFile

_ACTIVATIONS = {
    "stated": "as the file states them",
    "book": "the book's, for the file states none",
    "assumed": "a guess, for the file states none",
}


@click.command("inspect", epilog="Example: scratchnet inspect three-layer")
@weights_argument
@click.option(
    "--format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="A table for people, or one object with every number.",
)
def command(weights: str, format: str) -> None:  # noqa: A002
    """Show what a weight file holds: layers, shapes, ranges, and where it came from.

    WEIGHTS is book, bundled, three-layer or the path of a weight file.
    """
    from scratchnet_cli.catalog import load_weight_file
    from scratchnet_cli.fetch import Fetcher
    from scratchnet_cli.inspection import inspect
    from scratchnet_cli.progress import Progress

    file, origin = load_weight_file(weights, Fetcher(Progress()))
    facts = inspect(file.network)
    render = _as_json if format == "json" else _as_text
    click.echo(render(facts, file, origin))


def _as_json(facts: "NetworkFacts", file: "WeightFile", origin: "Origin") -> str:
    import json
    from dataclasses import asdict

    fields = {"format": file.format, "size": file.size, "activations": file.activations}
    return json.dumps({**asdict(origin), **fields, **asdict(facts)})


def _as_text(facts: "NetworkFacts", file: "WeightFile", origin: "Origin") -> str:
    from scratchnet_cli.messages import printable

    lines = [
        f"network      {'-'.join(map(str, facts.sizes))}, {facts.dtype}",
        f"activations  {_ACTIVATIONS[file.activations]}",
        f"parameters   {facts.parameters:,} in {facts.bytes:,} bytes",
        f"one input    {facts.multiply_adds:,} multiply-adds",
        f"file         {printable(origin.source)}",
        f"             {file.format}, {file.size:,} bytes",
        f"sha256       {origin.sha256}",
        "",
    ]
    table: list[tuple[str, ...]] = [
        ("layer", "shape", "activation", "parameters", "multiply-adds", "W", "b")
    ]
    for i, layer in enumerate(facts.layers, 1):
        ranges = (f"{low:.4g} to {high:.4g}" for low, high in (layer.W_range, layer.b_range))
        inputs, outputs = layer.shape
        counts = (f"{layer.parameters:,}", f"{layer.multiply_adds:,}")
        table.append((str(i), f"{inputs} → {outputs}", layer.activation, *counts, *ranges))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)

"""``scratchnet inspect``: the content of a weight file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from scratchnet_cli.commands import options
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.text import escape, print_answer

if TYPE_CHECKING:
    from scratchnet_cli.weights.load import Weights

_ACTIVATIONS = {
    "stated": "stated by the file",
    "given": "given by --activations",
    "overridden": "given by --activations, the file states others",
    "book": "sigmoid, then identity, as in the book",
    "assumed": "assumed, because the file does not contain them",
}


@click.command("inspect", epilog="Example: scratchnet inspect three-layer")
@options.weights_argument
@options.activations
@options.output_format(text="a table", json="one object with all figures")
def command(
    weights: str,
    activations: tuple[str, ...] | None,
    format: str,  # noqa: A002
) -> None:
    """Show the contents of a weight file: layers, shapes, ranges and origin.

    WEIGHTS is book, bundled, three-layer or the path of a weight file.
    """
    from scratchnet_cli.network.summary import summarize
    from scratchnet_cli.weights.load import load_weights

    loaded = load_weights(weights, Progress(), activations=activations)
    summary = summarize(loaded.network)
    if format == "json":
        fields = {name: getattr(loaded, name) for name in ("format", "size", "activations")}
        print_answer(json.dumps({**loaded.origin.fields(), **fields, **summary}))
    else:
        is_given = activations is not None and loaded.activations == "stated"
        print_answer(_to_table(summary, loaded, "given" if is_given else loaded.activations))


def _to_table(summary: dict[str, Any], weights: Weights, origin: str) -> str:
    lines = [
        f"network      {'-'.join(map(str, summary['sizes']))}, {summary['dtype']}",
        f"activations  {_ACTIVATIONS[origin]}",
        f"parameters   {summary['parameters']:,} in {summary['bytes']:,} bytes",
        f"one input    {summary['multiply_adds']:,} multiply-adds",
        f"file         {escape(weights.origin.source)}",
        f"             {weights.format}, {weights.size:,} bytes",
        f"sha256       {weights.origin.sha256}",
        "",
    ]
    table: list[tuple[str, ...]] = [
        ("layer", "shape", "activation", "parameters", "multiply-adds", "W", "b")
    ]
    for i, layer in enumerate(summary["layers"], 1):
        inputs, outputs = layer["shape"]
        counts = (f"{layer[name]:,}" for name in ("parameters", "multiply_adds"))
        ranges = ("{:.4g} to {:.4g}".format(*layer[name]) for name in ("W_range", "b_range"))
        table.append((str(i), f"{inputs} → {outputs}", layer["activation"], *counts, *ranges))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)

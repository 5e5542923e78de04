"""``scratchnet forward``: numbers through a network, with every step on the way if asked for."""

import re
import sys
from difflib import get_close_matches

import click

from scratchnet_cli import catalog
from scratchnet_cli.commands.options import names_or_files, weights_argument
from scratchnet_cli.datasets.vectors import read_numbers
from scratchnet_cli.downloads.fetch import Fetcher
from scratchnet_cli.errors import ShapeError
from scratchnet_cli.network.trace import format_row, formulas_of, output_blocks, trace_network
from scratchnet_cli.system.progress import Progress


def _no_option(ctx: click.Context, _: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what Click let through as an argument for the sake of negative numbers."""
    for text in (*texts, ctx.params.get("weights", "")):
        if re.match("-(?!inf|nan)[-a-z]", text):
            options = [
                name for other in ctx.command.params for name in other.opts if name[0] == "-"
            ]
            raise click.NoSuchOption(text, possibilities=get_close_matches(text, options), ctx=ctx)
    return texts


@click.command(
    "forward",
    context_settings={"ignore_unknown_options": True},
    epilog="Example: scratchnet forward three-layer 1.0 0.5 --trace",
)
@weights_argument
@click.argument(
    "x",
    nargs=-1,
    required=True,
    metavar="X...",
    callback=_no_option,
    shell_complete=names_or_files(),
)
@click.option(
    "--output",
    type=click.Choice(["identity", "softmax"]),
    default="identity",
    show_default=True,
    help="The output function: the scores as they are, or probabilities.",
)
@click.option("--trace", is_flag=True, help="Show each layer's formulas, shapes and values first.")
def command(weights: str, x: tuple[str, ...], output: str, trace: bool) -> None:
    """Run a network on numbers and print what comes out.

    WEIGHTS is book, bundled, three-layer (the worked example of the book's chapter 3) or the path
    of a weight file. X are the numbers of one input, or a CSV or .npy file with one input a row;
    - is such a file on standard input. One line an input, as NumPy prints an array.
    """
    values = read_numbers(x)
    net, origin = catalog.load_weights(weights, Fetcher(Progress()))
    if values.shape[-1] != net.inputs:
        raise ShapeError(
            f"{origin.name} takes {net.inputs} numbers for each input, but {values.shape[-1]} came"
        )
    if trace:
        steps = trace_network(net, values, output)
        sys.stdout.writelines(f"{line}\n" for line in (*formulas_of(steps), ""))
    for block in output_blocks(net, values, output):
        sys.stdout.writelines(f"{format_row(y)}\n" for y in block)

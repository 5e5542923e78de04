"""``scratchnet forward``: numbers through a network, with every step if asked for."""

import re
from difflib import get_close_matches

import click

from scratchnet_cli.commands import options
from scratchnet_cli.errors import ShapeError
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.text import print_answer


def _reject_options(
    ctx: click.Context, _: click.Parameter, texts: tuple[str, ...]
) -> tuple[str, ...]:
    """Reject unknown options. Click accepts them here, because negative numbers look like them."""
    for text in (*texts, ctx.params.get("weights", "")):
        if re.match("-(?!inf|nan)[-a-z]", text):
            known = [name for other in ctx.command.params for name in other.opts if name[0] == "-"]
            raise click.NoSuchOption(text, possibilities=get_close_matches(text, known), ctx=ctx)
    return texts


@click.command(
    "forward",
    context_settings={"ignore_unknown_options": True},
    epilog="Example: scratchnet forward three-layer 1.0 0.5 --trace",
)
@options.weights_argument
@click.argument(
    "x", nargs=-1, required=True, metavar="X...", type=click.Path(), callback=_reject_options
)
@options.choice(
    "--output", ["identity", "softmax"], help="identity: the logits; softmax: probabilities."
)
@options.activations
@click.option(
    "--trace", is_flag=True, help="First print the formulas, shapes and values of each layer."
)
def command(
    weights: str, x: tuple[str, ...], output: str, activations: tuple[str, ...] | None, trace: bool
) -> None:
    """Run a network on numbers and print its output.

    WEIGHTS is book, bundled, three-layer (the worked example of the book's chapter 3) or the path
    of a weight file. X: the numbers of one input, or one CSV or .npy file (one input per row). If
    X is -, the file is read from standard input. Prints one line of numbers for each input.
    """
    from scratchnet_cli.datasets.vectors import are_unscaled_pixels, read_vectors
    from scratchnet_cli.network.trace import format_row, formulas_of, output_blocks, trace_network
    from scratchnet_cli.weights.load import load_weights

    vectors = read_vectors(x)
    progress = Progress()
    loaded = load_weights(weights, progress, activations=activations)
    network = loaded.network
    if vectors.shape[-1] != network.inputs:
        raise ShapeError(
            f"{loaded.origin.name}: expected {network.inputs} numbers for each input, found "
            f"{vectors.shape[-1]}"
        )
    if network.inputs == 28 * 28 and are_unscaled_pixels(vectors):
        progress.warning(
            "the numbers are integers up to 255, expected pixels from 0 to 1; divide by 255"
        )
    if trace:
        for line in formulas_of(trace_network(network, vectors, output)):
            print_answer(line)
        print_answer("")
    for block in output_blocks(network, vectors, output):
        for y in block:
            print_answer(format_row(y))

"""``scratchnet draw``: a page to draw a digit on, with the network inside."""

import webbrowser
from contextlib import suppress
from pathlib import Path

import click

from scratchnet_cli.commands import options
from scratchnet_cli.errors import about
from scratchnet_cli.system.files import check_writable, write_atomic
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.text import escape, print_answer, print_message


@click.command("draw", epilog="Example: scratchnet draw --open")
@options.weights
@options.activations
@click.option(
    "--output",
    metavar="FILE",
    type=options.Page(),
    default="scratchnet-draw.html",
    show_default=True,
    help="The page to write. A page that scratchnet wrote is overwritten.",
)
@click.option("--open", is_flag=True, help="Open the page in the browser.")
def command(
    weights: str,
    activations: tuple[str, ...] | None,
    output: Path,
    open: bool,  # noqa: A002
) -> None:
    """Write a web page: draw a digit and see what the network computes.

    The page is one HTML file with the network in it. It works offline and makes no requests:
    e-mail it or host it. Prints its path.
    """
    from scratchnet_cli.datasets.load import load_dataset
    from scratchnet_cli.prediction.answers import check_takes_pictures
    from scratchnet_cli.reports.drawing_page import drawing_page
    from scratchnet_cli.weights.load import load_weights

    check_writable(output, "own", "--output")
    loaded = load_weights(weights, Progress(), activations=activations)
    check_takes_pictures(loaded.network, loaded.origin.source)
    with about(loaded.origin.source):
        page = drawing_page(loaded, load_dataset("sample"))
    write_atomic(output, page.encode(), "own", "--output")
    print_answer(escape(str(output)))
    if open:
        with suppress(OSError, webbrowser.Error):
            if webbrowser.open(output.absolute().as_uri()):
                return
        print_message("warning", f"{output}: no browser could be started; open this file yourself")

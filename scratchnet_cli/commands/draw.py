"""``scratchnet draw``: a page to draw a digit on, with the network inside."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from scratchnet_cli import catalog, download, pages, terminal
from scratchnet_cli.commands.options import Page, weights_option
from scratchnet_cli.errors import about


@click.command("draw", epilog="Example: scratchnet draw --open")
@weights_option
@click.option(
    "--output",
    metavar="FILE",
    type=Page(path_type=Path),
    default="scratchnet-draw.html",
    show_default=True,
    help="The page to write; an earlier page by scratchnet is replaced.",
)
@click.option("--open", "open_", is_flag=True, help="Show the page in the browser.")
def command(weights: str | None, output: Path, open_: bool) -> None:
    """Write a page on which you draw a digit and watch the network.

    One HTML file with the network inside, which needs no server and no network: it can be mailed,
    or put on a site. Its path is printed.
    """
    page = terminal.report_file(output, "--output")
    file, origin = catalog.load_weight_file(weights, download.Fetcher(terminal.Progress()))
    examples, _ = catalog.load_dataset("sample")
    with about(origin.source):
        text = pages.drawing_page(file, origin, examples.images, examples.labels)
    page.write(text)
    click.echo(terminal.printable(str(output)))
    if open_ and not _shown(output):
        terminal.note(f"no browser could be started; open {output} in one")


def _shown(path: Path) -> bool:
    try:
        return webbrowser.open(path.absolute().as_uri())
    except (OSError, webbrowser.Error):
        return False

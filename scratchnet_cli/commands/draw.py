"""``scratchnet draw``: a page to draw a digit on, with the network inside."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from scratchnet_cli import catalog
from scratchnet_cli.commands.options import Page, weights_option
from scratchnet_cli.downloads.fetch import Fetcher
from scratchnet_cli.errors import about
from scratchnet_cli.reports.drawing_page import drawing_page
from scratchnet_cli.system.files import report_file
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.text import note, printable


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
    page = report_file(output, "--output")
    file, origin = catalog.load_weight_file(weights, Fetcher(Progress()))
    examples, _ = catalog.load_dataset("sample")
    with about(origin.source):
        text = drawing_page(file, origin, examples.images, examples.labels)
    page.write(text)
    click.echo(printable(str(output)))
    if open_ and not _shown(output):
        note(f"no browser could be started; open {output} in one")


def _shown(path: Path) -> bool:
    try:
        return webbrowser.open(path.absolute().as_uri())
    except (OSError, webbrowser.Error):
        return False

"""``scratchnet cache``: see, check and empty the folder of downloaded files."""

import sys
from io import TextIOWrapper

import click

from scratchnet_cli import download
from scratchnet_cli.errors import CacheError
from scratchnet_cli.terminal import note, printable


@click.group("cache", epilog="Example: scratchnet cache verify")
def command() -> None:
    """Look after the cache of downloaded files."""


@command.command("path", epilog='Example: ls "$(scratchnet cache path)"')
def path() -> None:
    """Print the cache folder."""
    # Exactly: click.echo takes escape sequences out, and not every name is text.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")
    sys.stdout.write(f"{download.cache_folder()}\n")


@command.command("list", epilog="Example: scratchnet cache list")
def list_() -> None:
    """Print each cached file: PATH<TAB>BYTES."""
    folder = download.readable_folder()
    for asset in download.ALL:
        if (size := download.cached_size(asset)) is not None:
            click.echo(f"{printable(str(folder / asset.name))}\t{size}")


@command.command("verify", epilog="Example: scratchnet cache verify")
def verify() -> int:
    """Hash each file and print PATH<TAB>ok, damaged or missing.

    Exits with 3 if one is damaged; the next command that needs it downloads it again. A missing
    file is no damage.
    """
    exit_code = 0
    folder = download.readable_folder()
    for asset in download.ALL:
        try:
            verdict = "missing" if download.read_cached(asset) is None else "ok"
        except CacheError as error:
            note(str(error))
            verdict, exit_code = "damaged", error.exit_code
        click.echo(f"{printable(str(folder / asset.name))}\t{verdict}")
    return exit_code


@command.command("clear", epilog="Example: scratchnet cache clear")
def clear() -> None:
    """Delete what was downloaded, and nothing else.

    Prints each deleted path.
    """
    for deleted in download.clear_cache(download.ALL):
        click.echo(printable(str(deleted)))

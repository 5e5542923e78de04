"""``scratchnet cache``: see, check and empty the folder of downloaded files."""

import sys
from io import TextIOWrapper

import click

from scratchnet_cli.downloads.assets import ALL
from scratchnet_cli.downloads.cache import (
    cache_folder,
    cached_size,
    clear_cache,
    foreign,
    read_cached,
    readable_folder,
)
from scratchnet_cli.errors import CacheError
from scratchnet_cli.system.text import note, printable


@click.group("cache", epilog="Example: scratchnet cache verify")
def command() -> None:
    """Look after the cache of downloaded files."""


@command.command("path", epilog='Example: ls "$(scratchnet cache path)"')
def path() -> None:
    """Print the cache folder."""
    # Exactly: click.echo takes escape sequences out, and not every name is text.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")
    sys.stdout.write(f"{cache_folder()}\n")


@command.command("list", epilog="Example: scratchnet cache list")
def list_() -> int:
    """Print each cached file: PATH<TAB>BYTES."""
    exit_code = 0
    folder = readable_folder()
    for asset in ALL:
        try:
            size = cached_size(asset)
        except CacheError as error:
            note(str(error))
            exit_code = error.exit_code
            continue
        if size is not None:
            click.echo(f"{printable(str(folder / asset.name))}\t{size}")
    return exit_code


@command.command("verify", epilog="Example: scratchnet cache verify")
def verify() -> int:
    """Hash each file and print PATH<TAB>ok, damaged or missing.

    Exits with 3 if one is damaged, or is another file under its name: it is never used, and
    `scratchnet download --force` replaces it. A missing file is no damage.
    """
    exit_code = 0
    folder = readable_folder()
    for asset in ALL:
        try:
            verdict = "missing" if read_cached(asset) is None else "ok"
        except CacheError as error:
            note(str(error))
            verdict, exit_code = "damaged", error.exit_code
        click.echo(f"{printable(str(folder / asset.name))}\t{verdict}")
    return exit_code


@command.command("clear", epilog="Example: scratchnet cache clear")
@click.option("--force", is_flag=True, help="Delete also what is damaged or not ours.")
def clear(force: bool) -> int:
    """Delete what was downloaded, and nothing else.

    Prints each deleted path. A file that has the name of one of ours and is another stays without
    --force, and the exit code is 3.
    """
    for deleted in clear_cache(ALL, force):
        click.echo(printable(str(deleted)))
    kept = foreign(ALL)
    for reason in kept:
        note(f"{reason}: not deleted" + ("" if force else "; --force deletes a file"))
    return CacheError.exit_code if kept else 0

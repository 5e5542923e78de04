"""``scratchnet cache``: the folder of downloaded files."""

import sys
from io import TextIOWrapper

import click

from scratchnet_cli.errors import CacheError
from scratchnet_cli.system.text import escape, print_answer, print_message


@click.group("cache", epilog="Example: scratchnet cache verify")
def command() -> None:
    """Manage the cache of downloaded files."""


@command.command("path", epilog='Example: ls "$(scratchnet cache path)"')
def path() -> None:
    """Print the cache folder."""
    from scratchnet_cli.downloads.cache import cache_folder

    # Unescaped: scripts use the path, and a path need not be valid text.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")
    print_answer(str(cache_folder()))


@command.command("list", epilog="Example: scratchnet cache list")
def list_() -> int:
    """Print each cached file: PATH<TAB>BYTES."""
    from scratchnet_cli.downloads.assets import all_assets
    from scratchnet_cli.downloads.cache import cached_size, readable_folder

    exit_code = 0
    folder = readable_folder()
    for asset in all_assets():
        try:
            size = cached_size(asset)
        except CacheError as error:
            print_message("error", *error.args)
            exit_code = error.exit_code
            continue
        if size is not None:
            print_answer(f"{escape(str(folder / asset.name))}\t{size}")
    return exit_code


@command.command("verify", epilog="Example: scratchnet cache verify")
def verify() -> int:
    """Check each file and print PATH<TAB>ok, damaged or missing.

    Exits with 3 if a file does not have the expected content. Such a file is never used;
    `scratchnet download` replaces it. A missing file is not an error.
    """
    from scratchnet_cli.downloads.assets import all_assets
    from scratchnet_cli.downloads.cache import read_cached, readable_folder

    exit_code = 0
    folder = readable_folder()
    for asset in all_assets():
        try:
            verdict = "missing" if read_cached(asset) is None else "ok"
        except CacheError as error:
            print_message("error", *error.args)
            verdict, exit_code = "damaged", error.exit_code
        print_answer(f"{escape(str(folder / asset.name))}\t{verdict}")
    return exit_code


@command.command("clear", epilog="Example: scratchnet cache clear")
def clear() -> int:
    """Delete the downloaded files, also partial ones, and nothing else.

    Prints each deleted path. If a file has the name of a download but other content, it is kept,
    and the exit code is 3.
    """
    from scratchnet_cli.downloads.cache import clear_cache

    deleted, kept = clear_cache()
    for path in deleted:
        print_answer(escape(str(path)))
    for message in kept:
        print_message("error", message)
    return CacheError.exit_code if kept else 0

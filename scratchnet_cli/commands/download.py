"""``scratchnet download``: fill the cache now, to work offline later."""

from typing import Literal

import click

from scratchnet_cli.downloads.assets import BOOK_WEIGHTS, MNIST
from scratchnet_cli.downloads.cache import foreign
from scratchnet_cli.downloads.fetch import Fetcher
from scratchnet_cli.errors import CacheError, DownloadError, MirrorError
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.text import note, printable


@click.command("download", epilog="Example: scratchnet download --split all")
@click.option(
    "--force",
    is_flag=True,
    help="Download again what is cached already, and replace what is damaged or not ours.",
)
@click.option(
    "--split",
    type=click.Choice(["test", "train", "all"]),
    default="test",
    show_default=True,
    help="Which part of MNIST.",
)
def command(force: bool, split: Literal["test", "train", "all"]) -> int:
    """Put the book's weights and MNIST into the cache.

    Prints the path of each file. One that cannot be had does not stop the others, and the exit
    code is 4. `scratchnet cache path` prints the folder; SCRATCHNET_MIRROR names a source of your
    own, and SCRATCHNET_OFFLINE=1 allows no other than a folder.
    """
    fetcher = Fetcher(Progress())
    exit_code = 0
    splits = ("test", "train") if split == "all" else (split,)
    for asset in (BOOK_WEIGHTS, *(a for name in splits for a in MNIST[name])):
        try:
            fetched = fetcher.fetch(asset, force=force)
        except MirrorError:
            # It would be the same for every file.
            raise
        except DownloadError as error:
            note(*error.args)
            exit_code = max(exit_code, error.exit_code)
            continue
        if not fetched.cached:
            # The fetcher has told why.
            if not foreign((asset,)):
                # It is the folder, and the next file would fare no better.
                return CacheError.exit_code
            exit_code = max(exit_code, CacheError.exit_code)
            continue
        click.echo(printable(fetched.source))
    return exit_code

"""``scratchnet download``: fill the cache now, to work offline later."""

from typing import Literal

import click


@click.command("download", epilog="Example: scratchnet download --split all")
@click.option("--force", is_flag=True, help="Download again what is cached already.")
@click.option(
    "--split",
    type=click.Choice(["test", "train", "all"]),
    default="test",
    show_default=True,
    help="Which part of MNIST.",
)
def command(force: bool, split: Literal["test", "train", "all"]) -> None:
    """Put the book's weights and MNIST into the cache.

    Prints the path of each file.
    """
    from scratchnet_cli.assets import BOOK_WEIGHTS, MNIST
    from scratchnet_cli.errors import CacheError
    from scratchnet_cli.fetch import Fetcher
    from scratchnet_cli.progress import Progress

    fetcher = Fetcher(Progress())
    splits = ("test", "train") if split == "all" else (split,)
    for asset in (BOOK_WEIGHTS, *(asset for name in splits for asset in MNIST[name])):
        fetched = fetcher.fetch(asset, force=force)
        if not fetched.cached:
            raise CacheError(f"{asset.name} was downloaded, but could not be cached")
        click.echo(fetched.source)

"""``scratchnet download``: fill the cache now, to work offline later."""

import click

from scratchnet_cli.commands import options
from scratchnet_cli.errors import CacheError, DownloadError, MirrorError
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.text import escape, print_answer, print_lines, print_message


@click.command("download", epilog="Example: scratchnet download --split all")
@click.option("--force", is_flag=True, help="Download again, even if the files are cached.")
@options.choice("--split", ["test", "train", "all"], help="The part of MNIST.")
def command(force: bool, split: str) -> int:
    """Download the book's weights and MNIST into the cache.

    Prints the path of each file. If one fails, the others are still downloaded, and the exit code
    is 4. `scratchnet cache path` prints the folder. SCRATCHNET_MIRROR is another source.
    With SCRATCHNET_OFFLINE=1, scratchnet makes no connection: it reads only the cache, and
    SCRATCHNET_MIRROR if this is a folder.
    """
    from scratchnet_cli.downloads.assets import BOOK_WEIGHTS, MNIST
    from scratchnet_cli.downloads.cache import fetch

    exit_code = 0
    splits = ("test", "train") if split == "all" else (split,)
    for asset in (BOOK_WEIGHTS, *(asset for name in splits for asset in MNIST[name])):
        try:
            fetched = fetch(asset, Progress(), force=force)
        except MirrorError:
            # The error would be the same for every file.
            raise
        except DownloadError as error:
            # The advice is the same for every file.
            *lines, advice = error.args
            print_message("error", *lines)
            exit_code = error.exit_code
            continue
        if not fetched.cached:
            # ``fetch`` printed why. The other files could not be written either.
            print_message(
                "error", "the cache cannot be written; the other files were not downloaded"
            )
            return max(exit_code, CacheError.exit_code)
        print_answer(escape(fetched.source))
    if exit_code:
        print_lines(advice)
    return exit_code

"""Options that several commands share, so that they read the same everywhere."""

import click

weights_option = click.option(
    "--weights",
    metavar="book|bundled|PATH",
    help="The network to run.  [default: book, or bundled where book cannot be downloaded]",
)

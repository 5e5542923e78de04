"""Options that several commands share, so that they read the same everywhere."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Command = TypeVar("Command", bound=Callable[..., Any])

# The networks that are known by a name.
NETWORKS = ("book", "bundled", "three-layer")


def names_or_files(
    *names: str, folders: bool = False
) -> "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]":
    """What a shell offers where a path is expected, or one of some names."""

    def complete(_: click.Context, __: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        # bash forgets what stands before a request for paths, so that comes first; zsh loses count
        # where a word is empty.
        paths = CompletionItem(incomplete or "./", type="dir" if folders else "file")
        return [paths, *(CompletionItem(name) for name in names if name.startswith(incomplete))]

    return complete


class Count(click.IntRange):
    """A whole number within bounds, and called that where it is none."""

    name = "whole number"


class Share(click.FloatRange):
    """A number from 0 to 1; ``nan``, which no comparison refuses, is none."""

    name = "number"

    def __init__(self) -> None:
        super().__init__(0, 1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number, or exit 2."""
        share = super().convert(value, param, ctx)
        if math.isnan(share):
            self.fail(f"{share} is not in the range 0<=x<=1.", param, ctx)
        return share


class Name(click.types.StringParamType):
    """A path or a known word; an empty one is a variable that a script has not set."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name, or exit 2."""
        if not value:
            self.fail("the name is empty.", param, ctx)
        return super().convert(value, param, ctx)


class Place(click.Path):
    """A path to be written; an empty one is a variable that a script has not set."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, or exit 2."""
        if not value:
            self.fail("the name is empty.", param, ctx)
        return super().convert(value, param, ctx)


class Page(Place):
    """A file to be written, never stdout, which belongs to the answers."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, or exit 2."""
        if value == "-":
            self.fail("a page goes to a file, stdout is for the answers.", param, ctx)
        return super().convert(value, param, ctx)


def format_option(*formats: str, help: str) -> Callable[[Command], Command]:  # noqa: A002
    """``--format``, of which the first is the default."""
    return click.option(
        "--format", type=click.Choice(formats), default=formats[0], show_default=True, help=help
    )


weights_option = click.option(
    "--weights",
    type=Name(),
    metavar="book|bundled|PATH",
    shell_complete=names_or_files(*NETWORKS),
    help="The network to run.  [default: book, or bundled where book cannot be downloaded]",
)

report_option = click.option(
    "--report",
    metavar="FILE",
    type=Page(path_type=Path),
    help="Write a page for the browser to FILE: pictures, tables, what went wrong.",
)

polarity_option = click.option(
    "--polarity",
    type=click.Choice(["auto", "dark", "light"]),
    default="auto",
    show_default=True,
    help="Whether the ink is darker or lighter than its ground.",
)

raw_option = click.option(
    "--raw", is_flag=True, help="Take 28x28 pictures as they are: light ink on black."
)

quiet_option = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    help="Only the answer and errors: no progress and no notes.",
)

# For commands that look at one network and have no reason to prefer any.
weights_argument = click.argument(
    "weights", type=Name(), metavar="WEIGHTS", shell_complete=names_or_files(*NETWORKS)
)

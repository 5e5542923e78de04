"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


class WholeNumber(click.IntRange):
    """A range whose messages do not say "integer range"."""

    name = "whole number"


class Share(click.FloatRange):
    """A number from 0 to 1. No range of Click rejects ``nan``."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        number = super().convert(value, param, ctx)
        if number != number:
            self.fail(f"{number} is not in the range 0<=x<=1.", param, ctx)
        return number


def require_text(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Reject an empty name: it comes from a variable that a script did not set."""
    for name in value if isinstance(value, tuple) else (value,):
        if name == "":
            raise click.BadParameter(
                "the name is empty, expected a file or a known name.", ctx, param
            )
    return value


def require_path(ctx: click.Context, param: click.Parameter, value: str | None) -> Path | None:
    """Reject an empty name; return a path."""
    require_text(ctx, param, value)
    return None if value is None else Path(value)


def require_page(ctx: click.Context, param: click.Parameter, value: str | None) -> Path | None:
    """Reject stdout, which belongs to the answers; return a path."""
    if value == "-":
        raise click.BadParameter("stdout is for the answers, expected a file.", ctx, param)
    return require_path(ctx, param, value)


def reject_usage(*cases: tuple[bool, str]) -> None:
    """Raise the message of the first case that is true."""
    for is_wrong, message in cases:
        if is_wrong:
            raise click.UsageError(message)


def split_activations(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    """Return the names in a list with commas."""
    if value is None:
        return None
    from scratchnet_cli.network.layers import ACTIVATIONS

    names = tuple(name.strip() for name in value.split(","))
    for name in names:
        if name not in (*ACTIVATIONS, "softmax"):
            known = ", ".join(ACTIVATIONS)
            raise click.BadParameter(
                f"{name!r} is not one of {known}; give one for each layer.", ctx, param
            )
    return names


def format_option(*formats: str, help: str) -> Callable[[Command], Command]:  # noqa: A002
    """Return ``--format``, whose default is the first."""
    return click.option(
        "--format", type=click.Choice(formats), default=formats[0], show_default=True, help=help
    )


weights_option = click.option(
    "--weights",
    type=click.Path(),
    callback=require_text,
    metavar="bundled|book|PATH",
    default="bundled",
    show_default=True,
    help="The network to run.",
)

activations_option = click.option(
    "--activations",
    metavar="A,B,...",
    callback=split_activations,
    help="The activation of each layer (sigmoid, relu, tanh or identity). Without it: those that "
    "the file states, or sigmoid.",
)

progress_option = click.option(
    "--progress",
    type=click.Choice(["auto", "bar", "plain", "none"]),
    default="auto",
    show_default=True,
    help="How stderr shows progress; auto: a bar on a terminal, plain lines elsewhere.",
)


def report_option(contents: str) -> Callable[[Command], Command]:
    """Return ``--report``. contents: what the report shows."""
    return click.option(
        "--report",
        metavar="FILE",
        type=click.Path(),
        callback=require_page,
        help=f"Write an HTML report to FILE: {contents}.",
    )


polarity_option = click.option(
    "--polarity",
    type=click.Choice(["auto", "dark", "light"]),
    default="auto",
    show_default=True,
    help="dark: the ink is darker than the background; light: it is lighter.",
)

null_option = click.option(
    "-0",
    "--null",
    is_flag=True,
    help="Paths in LIST end with a zero byte, as `find -print0` writes them.",
)

jobs_option = click.option(
    "--jobs",
    type=WholeNumber(1),
    metavar="N",
    help="Maximum number of processes (8 at most).  [default: one per core]",
)

raw_option = click.option(
    "--raw", is_flag=True, help="Do not preprocess: the pictures must be 28x28, light on black."
)

skip_unreadable_option = click.option(
    "--skip-unreadable",
    is_flag=True,
    help="Skip unreadable pictures. Without this they count as wrong, and the exit code is 3.",
)

debug_option = click.option(
    "--debug",
    is_flag=True,
    help="Print the traceback if an unexpected error occurs while a picture is read.",
)

quiet_option = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    help="Print only answers and errors: no progress, notes or warnings.",
)

weights_argument = click.argument(
    "weights", type=click.Path(), callback=require_text, metavar="WEIGHTS"
)

"""Options that several commands share, and types of their values."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


class WholeNumber(click.IntRange):
    """A range whose messages do not say "integer range"."""

    name = "whole number"


class Share(click.FloatRange):
    """A number from 0 to 1. Click's range accepts ``nan``, this one does not."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        number = super().convert(value, param, ctx)
        if number != number:
            self.fail(f"{number} is not in the range 0<=x<=1.", param, ctx)
        return number


class Name(click.Path):
    """A path or a known name. If it is empty, a script did not set a variable."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the name."""
        if value == "":
            self.fail("the name is empty, expected a file or a known name.", param, ctx)
        return super().convert(value, param, ctx)


class Page(Name):
    """The path of a page to write. It must not be stdout, where the answers go."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a ``Path``."""
        if value == "-":
            self.fail("stdout is for the answers, expected a file.", param, ctx)
        return Path(super().convert(value, param, ctx))


def reject_usage(*cases: tuple[bool, str]) -> None:
    """Raise the message of the first case that is true."""
    for is_wrong, message in cases:
        if is_wrong:
            raise click.UsageError(message)


def _split_activations(
    _: click.Context, __: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    if value is None:
        return None
    from scratchnet_cli.network.layers import ACTIVATIONS

    names = tuple(name.strip() for name in value.split(","))
    for name in names:
        if name not in (*ACTIVATIONS, "softmax"):
            known = ", ".join(ACTIVATIONS)
            raise click.BadParameter(f"{name!r} is not one of {known}; give one for each layer.")
    return names


def choice(name: str, values: list[str], help: str) -> Callable[[Command], Command]:  # noqa: A002
    """Return an option with these values, whose default is the first."""
    return click.option(
        name, type=click.Choice(values), default=values[0], show_default=True, help=help
    )


def output_format(**formats: str) -> Callable[[Command], Command]:
    """Return ``--format``. formats: a description of each; the first is the default."""
    descriptions = "; ".join(f"{name}: {description}" for name, description in formats.items())
    return choice("--format", [*formats], help=f"{descriptions}.")


def report(contents: str) -> Callable[[Command], Command]:
    """Return ``--report``. contents: what the report shows."""
    return click.option(
        "--report", metavar="FILE", type=Page(), help=f"Write an HTML report to FILE: {contents}."
    )


weights_argument = click.argument("weights", type=Name(), metavar="WEIGHTS")

weights = click.option(
    "--weights",
    type=Name(),
    metavar="bundled|book|PATH",
    default="bundled",
    show_default=True,
    help="The network to run.",
)

activations = click.option(
    "--activations",
    metavar="A,B,...",
    callback=_split_activations,
    help="The activation of each layer (sigmoid, relu, tanh or identity). Without it: those in "
    "the file, or sigmoid between the layers.",
)

progress = choice(
    "--progress",
    ["auto", "bar", "plain", "none"],
    help="How stderr shows progress; auto: a bar on a terminal, plain lines elsewhere.",
)

polarity = choice(
    "--polarity",
    ["auto", "dark", "light"],
    help="dark: the ink is darker than the background; light: it is lighter.",
)

raw = click.option(
    "--raw", is_flag=True, help="Do not preprocess: the pictures must be 28x28, light on black."
)

debug = click.option(
    "--debug",
    is_flag=True,
    help="Print the traceback if an unexpected error occurs while a picture is read.",
)

quiet = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    help="Print only answers and errors: no progress, notes or warnings.",
)

"""The command ``scratchnet``: its subcommands, loaded when asked for, and its exit codes."""

import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from scratchnet_cli.errors import ReaderGoneError, ScratchnetError
from scratchnet_cli.system.streams import set_up_streams
from scratchnet_cli.system.text import note, printable

# Every command and what it does, in the order of the help, for which none has to be imported.
COMMANDS = {
    "eval": "Run a network on labelled images and print its accuracy.",
    "predict": "Tell which digit each picture shows.",
    "draw": "Write a page on which you draw a digit and watch the network.",
    "forward": "Run a network on numbers and print what comes out.",
    "inspect": "Show what a weight file holds.",
    "convert": "Write a network in another format.",
    "bench": "Measure images per second over the batch size.",
    "download": "Put the book's weights and MNIST into the cache.",
    "cache": "Look after the cache of downloaded files.",
}
# Any of these being set means that the user has decided how many threads NumPy's products use.
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
EXIT_INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group whose commands are modules, imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name, in the order of the help."""
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands into the help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command as Click finds it; where there is none, one that may have been meant."""
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            from difflib import get_close_matches

            if near := get_close_matches(args[0], COMMANDS):
                ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"scratchnet_cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what Click would take for Ctrl-C or a closed pipe is no such thing."""
        try:
            return super().invoke(ctx)
        except (EOFError, BrokenPipeError) as error:
            # Of these Click makes 130 and 1. The program asks nothing, and of stdout it knows.
            raise RuntimeError(f"{type(error).__name__} in {ctx.invoked_subcommand}") from error


@click.group(
    cls=LazyGroup,
    context_settings={
        "auto_envvar_prefix": "SCRATCHNET",
        "help_option_names": ["-h", "--help"],
    },
    epilog="Example: scratchnet eval --batch-size 100",
)
@click.version_option(
    package_name="scratchnet-cli",
    message="scratchnet %(version)s",
    # CI jobs set SCRATCHNET_VERSION for reasons of their own.
    allow_from_autoenv=False,
)
def scratchnet() -> None:
    """Run the three-layer digit network of 'Deep Learning from Scratch', in pure NumPy.

    Answers go to stdout; progress, notes and errors go to stderr.
    """


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code; an expected failure is one message."""
    if not any(name in os.environ for name in BLAS_THREADS):
        # The products are small: more threads cost more than they bring, above all on a busy
        # machine, and starting them makes importing NumPy slower.
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
    sys.exit(_run(args))


def _run(args: Sequence[str] | None) -> int:
    try:
        set_up_streams()
        try:
            return scratchnet.main(args, prog_name="scratchnet", standalone_mode=False) or 0
        finally:
            sys.stdout.flush()
    except click.ClickException as error:
        # It repeats the command line, where a file's name may stand, and so anything.
        text = io.StringIO()
        error.show(text)
        if isinstance(error, click.NoSuchOption):
            text.write(_if_a_file_was_meant(sys.argv[1:] if args is None else args))
        click.echo("\n".join(map(printable, text.getvalue().split("\n"))), nl=False, err=True)
        return error.exit_code
    except click.Abort:
        return EXIT_INTERRUPTED
    except ReaderGoneError as error:
        return error.exit_code
    except ScratchnetError as error:
        note(*error.args)
        return error.exit_code


def _if_a_file_was_meant(args: Sequence[str]) -> str:
    """How to write the name of a file that begins like an option, where there is such a file."""
    for arg in args:
        if arg.startswith("-") and os.path.exists(arg):  # noqa: PTH110
            return f"The file of that name is ./{arg}.\n"
    return ""

"""The command ``scratchnet``: its subcommands, and the exit code of each expected failure."""

import importlib
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import click

from scratchnet_cli.errors import ReaderGoneError, ScratchnetError
from scratchnet_cli.system.text import flush_answers, print_answer, print_lines, print_message

# Each command and its summary, so that --help imports none of them.
COMMANDS = {
    "eval": "Run a network on labelled images and print its accuracy.",
    "predict": "Recognise the digit in each picture.",
    "draw": "Write a web page: draw a digit and see what the network computes.",
    "forward": "Run a network on numbers and print its output.",
    "inspect": "Show the contents of a weight file.",
    "convert": "Write a network in another format.",
    "bench": "Measure images per second for each batch size.",
    "download": "Download the book's weights and MNIST into the cache.",
    "cache": "Manage the cache of downloaded files.",
}
COMPLETION_VARIABLE = "_SCRATCHNET_COMPLETE"
# If one of these is set, the user chose the number of threads in NumPy's products.
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class LazyGroup(click.Group):
    """A group whose commands are modules that are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order of the help."""
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands into the help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command as Click finds it, or fail with a similar name."""
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            from difflib import get_close_matches

            if similar := get_close_matches(args[0], COMMANDS):
                ctx.fail(f"No such command {args[0]!r}. Did you mean {similar[0]!r}?")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"scratchnet_cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command


@click.group(
    cls=LazyGroup,
    context_settings={"auto_envvar_prefix": "SCRATCHNET", "help_option_names": ["-h", "--help"]},
    epilog="Example: scratchnet eval --batch-size 100",
)
@click.version_option(
    package_name="scratchnet-cli",
    message="scratchnet %(version)s",
    # CI jobs set SCRATCHNET_VERSION for other reasons.
    allow_from_autoenv=False,
)
def scratchnet() -> None:
    """Run the three-layer digit network of 'Deep Learning from Scratch', in pure NumPy.

    Answers go to stdout; progress, notes, warnings and errors go to stderr.
    """


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code; an expected failure prints one message."""
    if not any(name in os.environ for name in BLAS_THREADS):
        # The products are small, so more threads cost more time than they save. Starting them also
        # makes importing NumPy slower.
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
    sys.exit(_run(args))


def _run(args: Sequence[str] | None) -> int:
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
    try:
        # Fail before the work if stdout is closed.
        flush_answers()
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Write characters that stdout cannot encode as escapes.
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            return _invoke(args)
        finally:
            flush_answers()
    except click.ClickException as error:
        _print_usage_error(error, sys.argv[1:] if args is None else args)
        return error.exit_code
    except ReaderGoneError as error:
        return error.exit_code
    except ScratchnetError as error:
        print_message("error", *error.args)
        return error.exit_code


def _invoke(args: Sequence[str] | None) -> int:
    """Return the exit code of a command.

    Unlike Click's own ``main``, this leaves every exception that is not Click's to the caller.
    """
    if instruction := os.environ.get(COMPLETION_VARIABLE):
        return _complete(instruction)
    if args is None:
        args = sys.argv[1:]
        if sys.platform == "win32":
            from glob import glob

            # The shell leaves ``*.png`` to the program.
            args = [path for arg in args for path in glob(arg) or [arg]]  # noqa: PTH207
    try:
        with scratchnet.make_context("scratchnet", list(args)) as context:
            return int(scratchnet.invoke(context) or 0)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except OSError:
        # If Click could not write a help text, this raises an OutputError. If not, it is a bug.
        print_answer("")
        raise


def _complete(instruction: str) -> int:
    """Print what a shell's completion asked for. instruction: such as ``bash_complete``."""
    from click.shell_completion import shell_complete

    # KeyError, ValueError: COMP_WORDS and COMP_CWORD are missing or wrong.
    with suppress(KeyError, ValueError):
        if shell_complete(scratchnet, {}, "scratchnet", COMPLETION_VARIABLE, instruction) == 0:
            return 0
    raise click.UsageError(
        f"{COMPLETION_VARIABLE} needs COMP_WORDS and COMP_CWORD; unset it to run a command."
    )


def _print_usage_error(error: click.ClickException, args: Sequence[str]) -> None:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        print_lines(error.format_message())
        return
    lines = [error.format_message()]
    if isinstance(error, click.NoSuchOption):
        names = (arg for arg in args if arg.startswith("-") and os.path.exists(arg))  # noqa: PTH110
        if name := next(names, None):
            lines[0] += f" To name the file, write ./{name}."
    if isinstance(error, click.UsageError) and error.ctx is not None:
        lines.append(f"`{error.ctx.command_path} --help` explains the arguments and options.")
    print_message("error", *lines)

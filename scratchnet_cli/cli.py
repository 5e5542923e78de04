"""The command ``scratchnet``: its subcommands, loaded when asked for, and its exit codes."""

import errno
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import click

from scratchnet_cli.errors import ScratchnetError
from scratchnet_cli.messages import note

COMMANDS = (
    "eval",
    "predict",
    "forward",
    "inspect",
    "convert",
    "bench",
    "download",
    "cache",
)
# Any of these being set means that the user has decided how many threads NumPy's products use.
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
EXIT_INTERRUPTED = 130
EXIT_CLOSED_PIPE = 141


class LazyGroup(click.Group):
    """A group whose commands are modules, imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"scratchnet_cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with closed_pipe_ends_quietly():
            return super().invoke(ctx)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Parse the command line, which may print the help."""
        with closed_pipe_ends_quietly():
            return super().make_context(*args, **extra)


@contextmanager
def closed_pipe_ends_quietly() -> Iterator[None]:
    """Leave, where whoever read our output has gone away, as quietly as ``cat`` does."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered would fail once more when Python flushes at exit.
        for stream in (sys.stdout, sys.stderr):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise click.exceptions.Exit(EXIT_CLOSED_PIPE) from None


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
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
    if sys.stdout is None:
        note("the answer cannot be written: stdout is closed")
        sys.exit(ScratchnetError.exit_code)
    for stream in (sys.stdout, sys.stderr):
        # A file name need not be text, and no terminal knows every letter.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if not any(name in os.environ for name in BLAS_THREADS):
        # The products are small: more threads cost more than they bring, above all on a busy
        # machine, and starting them makes importing NumPy slower.
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
    sys.exit(_run(args))


def _run(args: Sequence[str] | None) -> int:
    try:
        return scratchnet.main(args, prog_name="scratchnet", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return EXIT_INTERRUPTED
    except ScratchnetError as error:
        note(str(error))
        return error.exit_code
    except OSError as error:
        # Where files are opened their failures are told apart; of the others, these come from a
        # full disk or a broken device behind stdout.
        if error.errno not in (errno.ENOSPC, errno.EIO, errno.EDQUOT):
            raise
        with suppress(OSError):
            note(f"the answer cannot be written: {error.strerror}")
        return ScratchnetError.exit_code

"""What stderr shows while the program works: notes, download bars, the state of an evaluation."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import click

from scratchnet_cli.system.text import note, printable

if TYPE_CHECKING:
    from tqdm import tqdm

from typing import Any

from tqdm import tqdm

PLAIN_LINES = 10
PATIENCE_S = 1.0


class State(Protocol):
    """How far an evaluation is: so many images done, and the share of them read right."""

    @property
    def done(self) -> int: ...  # noqa: D102
    @property
    def accuracy(self) -> float: ...  # noqa: D102


class Progress:
    """Notes, and progress in one of three looks.

    ``bar`` moves in place, ``plain`` writes a few lines that read well in a log, ``none`` is
    silent; ``auto`` is a bar on a terminal and plain elsewhere. Notes are shown in every mode,
    unless all is to be ``quiet``; errors always.
    """

    def __init__(self, mode: str = "auto", quiet: bool = False) -> None:
        if mode == "auto":
            mode = "bar" if sys.stderr.isatty() else "plain"
        self.mode = "none" if quiet else mode
        self._quiet = quiet
        self._bar: tqdm[None] | None = None

    def note(self, message: str) -> None:
        """Show a note, on a line of its own."""
        if not self._quiet:
            self.error(message)

    def error(self, message: str) -> None:
        """Show a message that says why the exit code is not 0, on a line of its own."""
        if self._bar is not None:
            self._bar.clear()
        note(message)

    def summary(self, message: str) -> None:
        """Show a line that belongs to the progress: silent where that is."""
        if self.mode != "none":
            # A file's name in it must not begin a line, which GitHub might take for a command.
            click.echo(printable(message), err=True)

    @contextmanager
    def transfer(self, name: str, size: int, url: str) -> Iterator[Callable[[int], None]]:
        """Show a download: a bar in bytes, or a line."""
        if self.mode != "bar":
            self.summary(f"downloading {url} ({size} bytes)")
            yield lambda _: None
            return
        with progress_bar(size, name, unit="B", unit_scale=True) as bar:

            def move(received: int) -> None:
                bar.update(received - bar.n)

            yield move

    @contextmanager
    def evaluation(self, images: int, batch_size: int) -> Iterator[Callable[[State], None]]:
        """Show how an evaluation of so many images goes, with the accuracy so far."""
        if self.mode == "bar":
            with progress_bar(images, "eval", unit=" images") as bar:

                def move(state: State) -> None:
                    bar.set_postfix_str(f"accuracy {state.accuracy:.4f}", refresh=False)
                    bar.update(state.done - bar.n)

                self._bar = bar
                try:
                    yield move
                finally:
                    self._bar = None
        elif self.mode == "plain":
            yield lambda state: _print_some(state, images, batch_size)
        else:
            yield lambda _: None

    @contextmanager
    def pictures(self, total: int | None) -> Iterator[Callable[[int], None]]:
        """Show how many more pictures have been read; total: None where it is not known.

        Only a run that takes long has a bar, and only if its answers go elsewhere: on one and the
        same terminal they are the progress.
        """
        start = time.monotonic()
        done = 0

        def move(more: int) -> None:
            nonlocal done
            done += more
            if self._bar is None and time.monotonic() - start > PATIENCE_S:
                self._bar = progress_bar(total, "predict", unit=" pictures")
            if self._bar is not None:
                self._bar.update(done - self._bar.n)

        try:
            yield move if self.mode == "bar" and not sys.stdout.isatty() else lambda _: None
        finally:
            if self._bar is not None:
                self._bar.close()
                self._bar = None


def _print_some(state: State, images: int, batch_size: int) -> None:
    """One line for about every tenth of the batches, whatever their number."""
    batches = -(-images // batch_size)
    done = -(-state.done // batch_size)
    if done * PLAIN_LINES // batches > (done - 1) * PLAIN_LINES // batches:
        click.echo(
            f"batch {done}/{batches}  {state.done}/{images}  accuracy {state.accuracy:.4f}",
            err=True,
        )


# Its watch is a thread, which not every system grants, for bars that stand still.
tqdm.monitor_interval = 0


def progress_bar(total: int | None, description: str, **options: Any) -> "tqdm[None]":
    """A bar on stderr; total: None where it is not known; options: tqdm's own."""
    return tqdm(total=total, desc=description, file=sys.stderr, dynamic_ncols=True, **options)

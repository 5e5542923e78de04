"""Progress and messages on stderr while the program works."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from scratchnet_cli.system.text import escape, print_lines, print_message, shorten, write_stderr

if TYPE_CHECKING:
    from tqdm import tqdm

PLAIN_LINES = 10
# ``predict`` shows no progress before this time. It is also the interval between plain lines.
PICTURES_DELAY_S = 2.0


class Progress:
    """Prints messages, and shows progress in one of three modes.

    mode: ``bar`` is redrawn in place; ``plain`` prints a few lines; ``none`` prints nothing;
    ``auto`` is ``bar`` on a terminal and ``plain`` elsewhere. quiet: only errors are printed;
    debug: tracebacks are printed, too.
    """

    def __init__(self, mode: str = "auto", quiet: bool = False, debug: bool = False) -> None:
        if mode == "auto":
            mode = "bar" if sys.stderr.isatty() else "plain"
        self.mode = "none" if quiet else mode
        self._quiet = quiet
        self._debug = debug
        self._bar: tqdm[None] | None = None

    def note(self, message: str) -> None:
        """Print what was done, if the user may not expect it."""
        if not self._quiet:
            self._print("note", message)

    def warning(self, message: str, traceback: str = "") -> None:
        """Print why the answer may be wrong."""
        if not self._quiet:
            self._print("warning", message, traceback)

    def error(self, message: str, traceback: str = "") -> None:
        """Print why the exit code is not 0."""
        self._print("error", message, traceback)

    def _print(
        self, kind: Literal["error", "warning", "note"], message: str, traceback: str = ""
    ) -> None:
        if self._bar is not None:
            self._bar.clear()
        print_message(kind, message, *(traceback.splitlines() if self._debug else ()))

    def summary(self, message: str) -> None:
        """Print a line that belongs to the progress: only if progress is shown."""
        if self.mode != "none":
            print_lines(escape(message))

    @contextmanager
    def transfer(self, name: str, size: int, url: str) -> Iterator[Callable[[int], None]]:
        """Show a download; yield a function that takes the number of bytes received so far."""
        if self.mode == "bar":
            with _progress_bar(size, name, unit="B", unit_scale=True) as bar:
                yield lambda received: _move(bar, received)
        else:
            self.summary(f"downloading {name} from {url} ({size} bytes)")
            yield lambda _: None

    @contextmanager
    def evaluation(self, images: int, batch_size: int) -> Iterator[Callable[[int, float], None]]:
        """Show an evaluation; yield a function that takes images done and accuracy so far."""
        if self.mode == "bar":
            with _progress_bar(images, "eval", unit=" images") as bar:
                self._bar = bar

                def show(done: int, accuracy: float) -> None:
                    bar.set_postfix_str(f"accuracy {accuracy:.4f}", refresh=False)
                    _move(bar, done)

                yield show
        elif self.mode == "plain":
            yield lambda done, accuracy: _print_tenth(done, accuracy, images, batch_size)
        else:
            yield lambda _, __: None

    @contextmanager
    def pictures(self, total: int | None) -> Iterator[Callable[[], None]]:
        """Show the number of pictures read if it takes long. total: None if unknown.

        No bar is drawn if the answers go to the same terminal: they show the progress.
        """
        start = shown = time.monotonic()
        done = 0

        def advance() -> None:
            nonlocal done, shown
            done += 1
            now = time.monotonic()
            if self._bar is not None:
                _move(self._bar, done)
            elif now - shown > PICTURES_DELAY_S and self.mode == "bar":
                self._bar = _progress_bar(total, "predict", unit=" pictures", initial=done)
            elif now - shown > PICTURES_DELAY_S:
                shown = now
                print_lines(
                    f"{done} picture{'s' * (done > 1)}  {done / (now - start):.0f} pictures/s"
                )

        is_shown = self.mode == "plain" or (self.mode == "bar" and not sys.stdout.isatty())
        try:
            yield advance if is_shown else lambda: None
        finally:
            if self._bar is not None:
                self._bar.close()


class Refusals:
    """Reports each file that cannot be read, with the reason.

    report: a method of ``Progress``; grouped: reasons that are reported only once, by ``close``,
    with the number of files.
    """

    def __init__(self, report: Callable[..., object], grouped: Collection[str]) -> None:
        self._report = report
        self._groups: dict[str, list[str]] = {reason: [] for reason in grouped}

    def add(self, path: str, reason: str, traceback: str = "") -> None:
        """Report why a file cannot be read."""
        if reason in self._groups:
            self._groups[reason].append(path)
        else:
            self._report(f"{shorten(path)}: {reason}", traceback)

    def close(self) -> None:
        """Report the groups."""
        for reason, paths in self._groups.items():
            if paths:
                more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
                self._report(f"{shorten(paths[0])}{more}: {reason}")


class _Stderr:
    """stderr for tqdm, without its errors: they must not change the result."""

    def write(self, text: str) -> None:
        write_stderr(text)

    def flush(self) -> None:
        """Do nothing: ``write_stderr`` flushes."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


def _progress_bar(total: int | None, description: str, **options: Any) -> tqdm[None]:
    """Return a bar on stderr. options: tqdm's own."""
    # Importing tqdm takes as long as importing NumPy.
    from tqdm import tqdm

    # Turns off a thread that redraws bars without progress.
    tqdm.monitor_interval = 0
    return tqdm(total=total, desc=description, file=_Stderr(), dynamic_ncols=True, **options)


def _move(bar: tqdm[None], done: int) -> None:
    bar.update(done - bar.n)


def _print_tenth(done: int, accuracy: float, images: int, batch_size: int) -> None:
    """Print a line after about every tenth of the batches."""
    batches = -(-images // batch_size)
    batch = -(-done // batch_size)
    if batch * PLAIN_LINES // batches > (batch - 1) * PLAIN_LINES // batches:
        print_lines(f"batch {batch}/{batches}  {done}/{images}  accuracy {accuracy:.4f}")

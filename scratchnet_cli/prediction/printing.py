"""What came of each picture, as people and scripts hear of it: stdout, stderr, exit code."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import click

from scratchnet_cli.errors import EXIT_BELOW, ImageError
from scratchnet_cli.network.layers import Network
from scratchnet_cli.network.trace import formulas_of, trace_network
from scratchnet_cli.prediction.answers import Answer, Digit, Number, Result, Unreadable
from scratchnet_cli.prediction.formats import draw
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.streams import has_colour
from scratchnet_cli.system.text import below, exact, printable, shortened

View = Callable[[Digit], Iterable[str]]
"""Lines that show something of a digit."""


class AnswerPrinter:
    """Prints each answer on stdout, and on stderr what else is to be said of it.

    line: an answer in the format that was asked for; views: what is shown of each digit, under a
    heading that names it. ``exit_code`` is the highest that a result has asked for, ``below`` the
    number of answers whose probability is below ``min_confidence``.
    """

    def __init__(
        self,
        line: Callable[[Answer], str],
        views: Sequence[View],
        min_confidence: float | None,
        progress: Progress,
    ) -> None:
        self._line = line
        self._views = views
        self._min_confidence = min_confidence
        self._progress = progress
        self.exit_code = self.below = 0

    def tell(self, result: Result) -> None:
        """Print a result, and all that is to be said of it."""
        if isinstance(result, Unreadable):
            self._remark(result.name, result.reason, ImageError.exit_code)
            return
        sys.stdout.write(f"{self._line(result)}\n")
        if self._views:
            self._show(result)
        least = self._min_confidence
        uncertain = least is not None and result.probability < least
        self.below += uncertain
        if uncertain or result.doubts:
            self._doubt(result)

    def _doubt(self, answer: Answer) -> None:
        least = self._min_confidence
        for number, where in zip(answer.numbers, places(answer.numbers), strict=True):
            name = ", ".join((answer.name, *where))
            reading = f"read as {number.number} with probability"
            if least is not None and number.probability < least:
                low = f"{below(number.probability, least)}, below --min-confidence {exact(least)}"
                self._remark(name, f"{reading} {low}", EXIT_BELOW)
            elif number.doubts:
                doubts = f"{number.probability:.4f}, but doubtful: {', '.join(number.doubts)}"
                self._remark(name, f"{reading} {doubts}", 0)

    def _show(self, answer: Answer) -> None:
        sys.stdout.flush()
        for number, where in zip(answer.numbers, places(answer.numbers), strict=True):
            count = len(number.digits)
            for i, digit in enumerate(number.digits, 1):
                which = [*where, f"digit {i} of {count}"] if count > 1 else where
                lines = [", ".join((printable(answer.name), *which))]
                for view in self._views:
                    lines += view(digit)
                click.echo("\n".join(lines), err=True)

    def _remark(self, name: str, remark: str, exit_code: int) -> None:
        self.exit_code = max(self.exit_code, exit_code)
        sys.stdout.flush()
        say = self._progress.error if exit_code else self._progress.note
        say(f"{printable(shortened(name))}: {remark}")


def places(numbers: Sequence[Number]) -> Iterator[list[str]]:
    """In which row each number stands, and where in it, so far as there are several."""
    rows = Counter(number.row for number in numbers)
    met: Counter[int] = Counter()
    for number in numbers:
        met[number.row] += 1
        row = [f"row {number.row}"] if len(rows) > 1 else []
        yield [*row, f"number {met[number.row]}"] if rows[number.row] > 1 else row


def views(run: Network, show: bool, trace: bool) -> list[View]:
    """What ``--show`` and ``--trace`` add to an answer."""
    chosen: list[View] = []
    if show:
        chosen.append(partial(draw, colour=has_colour(sys.stderr)))
    if trace:

        def formulas(digit: Digit) -> Iterator[str]:
            steps = trace_network(run, digit.x, "softmax")
            yield from formulas_of(steps, digit.picture.pixels.shape)
            yield ""

        chosen.append(formulas)
    return chosen

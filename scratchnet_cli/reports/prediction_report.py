"""The answers to pictures as one HTML page: each picture, what the network saw, what it said."""

import heapq
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scratchnet_cli.errors import ImageError
from scratchnet_cli.prediction.answers import Answer, Digit, Result, Unreadable
from scratchnet_cli.reports.charts import bars, ranked
from scratchnet_cli.reports.data_uris import grey_png, thumbnail, upright_size
from scratchnet_cli.reports.html import (
    Html,
    captioned,
    document,
    facts,
    header,
    made_rows,
    origin_row,
    picture,
    section,
    table,
    tag,
)
from scratchnet_cli.reports.overlay import overlay
from scratchnet_cli.system.files import ReportFile
from scratchnet_cli.system.inputs import read_bytes
from scratchnet_cli.system.origin import Origin, now

MOST_ANSWERS, MOST_UNREADABLE = 200, 100
# Of a picture with a long number.
MOST_DIGITS = 12
# Of more digits than these, the picture takes the whole width.
MOST_NARROW = 6
THUMBNAIL = 96
# Where numbers are drawn over the picture, they must be legible.
OVERLAY = 720


class PredictionPage:
    """Hears every result in turn, and keeps of them what the page will show: the doubtful first.

    However many there are, memory holds ``MOST_ANSWERS`` of them and none of the pictures' files.
    """

    def __init__(self) -> None:
        self._answers: list[tuple[bool, float, int, Answer]] = []
        self._unreadable: list[Unreadable] = []
        self.answered = self.doubtful = self.failed = 0

    def add(self, result: Result) -> None:
        """Count a result, and keep it if it is among those that a reader should see first."""
        if isinstance(result, Unreadable):
            self.failed += 1
            if len(self._unreadable) < MOST_UNREADABLE:
                self._unreadable.append(result)
            return
        doubtful = bool(result.doubts)
        self.answered += 1
        self.doubtful += doubtful
        # A heap gives up its smallest first: the surest, and of equals the latest.
        place = (doubtful, -result.probability, -self.answered, result)
        if len(self._answers) < MOST_ANSWERS:
            heapq.heappush(self._answers, place)
        else:
            heapq.heappushpop(self._answers, place)

    def page(self, weights: Origin) -> str:
        """The whole page."""
        total = self.answered + self.failed
        title = f"{total:,} picture{'' if total == 1 else 's'}, {weights.name} weights"
        figures = (
            ("answered", f"{self.answered:,}"),
            ("of them doubtful", f"{self.doubtful:,}"),
            ("not read", f"{self.failed:,}"),
        )
        return document(
            title,
            header("scratchnet predict", title, figures),
            self._failures(),
            self._sheet(),
            section(
                "run", "What was run", facts([origin_row("weights", weights), *made_rows(now())])
            ),
        )

    def _sheet(self) -> Html:
        shown = sorted(self._answers, reverse=True)
        order = "the doubtful first, and the least sure first"
        lead = (
            f"The {len(shown)} of {self.answered:,} that need a look most, {order}."
            if len(shown) < self.answered
            else f"All {self.answered:,}, {order}."
        )
        articles = (_article(answer) for *_, answer in shown)
        return section("answers", "Answers", tag("p", lead), tag("div", *articles, class_="sheet"))

    def _failures(self) -> Html:
        if not self.failed:
            return Html()
        shown = len(self._unreadable)
        caption = f"The first {shown} of {self.failed:,}" if shown < self.failed else "All of them"
        rows = [(result.name, result.reason) for result in self._unreadable]
        return section("failures", "Not read", table(caption, ("picture", "reason"), rows, "words"))


@contextmanager
def prediction_page(page: ReportFile, weights: Origin) -> Iterator[Callable[[Result], None]]:
    """What hears every result in turn; at the end they are on the page.

    Raises:
        OutputError: the page cannot be written.
    """
    sheet = PredictionPage()
    yield sheet.add
    page.write(sheet.page(weights))


def _article(answer: Answer) -> Html:
    number = tag("p", answer.number, tag("small", f"{answer.probability:.4f}"), class_="number")
    doubts = tag("p", f"doubtful: {', '.join(answer.doubts)}", class_="doubts")
    digits = answer.digits[:MOST_DIGITS]
    rest = len(answer.digits) - len(digits)
    return tag(
        "article",
        tag("h3", answer.name),
        number,
        doubts if answer.doubts else Html(),
        tag(
            "div", original(answer), tag("div", *map(_seen, digits), class_="seen"), class_="views"
        ),
        tag("p", f"and {rest} more digits") if rest else Html(),
        class_="broad" if len(answer.digits) > MOST_NARROW else "narrow",
    )


def _seen(digit: Digit) -> Html:
    """What the network saw of a digit, and how probable it took each class to be."""
    probabilities = digit.probabilities.tolist()
    image = picture(
        grey_png(digit.picture.pixels), f"The {digit.digit} as the network saw it", "digit"
    )
    return captioned(image, bars(probabilities, digit.digit) or tag("span", ranked(probabilities)))


def original(answer: Answer) -> Html:
    """The picture as it was given, with what was found where it was looked for; nothing where a
    second look is not to be had, as in a pipe.
    """
    found = answer.numbers[0].box is not None
    if not os.path.isfile(answer.name):  # noqa: PTH113
        return Html()
    try:
        data = read_bytes(answer.name)
        source, width, height = thumbnail(data, OVERLAY if found else THUMBNAIL)
        scale = width / upright_size(data)[0]
    except (ImageError, MemoryError):
        return Html()
    if found:
        return overlay(source, (width, height), answer.numbers, scale)
    return picture(source, "The picture as it was given", "original", width, height)

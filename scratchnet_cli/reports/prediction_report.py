"""The report of ``predict``: each picture, the images that the network saw, the answers."""

import heapq

from scratchnet_cli.evaluation.result import MAX_FAILURES
from scratchnet_cli.prediction.answers import Answer, Digit, Result, Unreadable
from scratchnet_cli.reports import html
from scratchnet_cli.reports.articles import article_head, failures_section, original
from scratchnet_cli.reports.charts import bars
from scratchnet_cli.reports.data_uris import grey_img
from scratchnet_cli.reports.html import Html, tag
from scratchnet_cli.system.origin import Origin, utc_now

MAX_ANSWERS = 200
# If a picture has more digits, the least certain ones are shown.
MAX_DIGITS = 12
_ORDER = "those with a warning first, then the least certain"


class PredictionPage:
    """A report that keeps at most ``MAX_ANSWERS`` answers in memory: see ``_ORDER``."""

    def __init__(self) -> None:
        self._answers: list[tuple[bool, float, int, Answer]] = []
        self._failures: list[tuple[str, str]] = []
        self._answered = self._uncertain = self._failed = 0

    def add(self, result: Result) -> None:
        """Count a result, and keep it if it is among those to show."""
        if isinstance(result, Unreadable):
            self._failed += 1
            if len(self._failures) < MAX_FAILURES:
                self._failures.append((result.path, result.reason))
            return
        self._answered += 1
        self._uncertain += bool(result.warnings)
        # The heap pops its smallest item: no warnings, the highest probability, the latest.
        item = (bool(result.warnings), -result.probability, -self._answered, result)
        heapq.heappush(self._answers, item)
        if len(self._answers) > MAX_ANSWERS:
            heapq.heappop(self._answers)

    def to_html(self, weights: Origin) -> str:
        """Return the report of all results so far."""
        total = self._answered + self._failed
        title = f"{total:,} picture{'' if total == 1 else 's'}, {weights.name} weights"
        figures = (
            ("answered", f"{self._answered:,}"),
            ("with a warning", f"{self._uncertain:,}"),
            ("not read", f"{self._failed:,}"),
        )
        shown = sorted(self._answers, reverse=True)
        some = f"{len(shown)} of " if len(shown) < self._answered else ""
        lead = f"{some}{self._answered:,} pictures, {_ORDER}." if len(shown) > 1 else ""
        articles = html.card_grid([_article(answer) for *_, answer in shown], "sheet")
        return html.document(
            title,
            html.header("scratchnet predict", title, figures),
            failures_section(self._failures, self._failed),
            html.section("answers", "Answers", lead, articles),
            html.run_section([("weights", weights)], utc_now()),
        )


def _article(answer: Answer) -> Html:
    digits, heading = answer.digits, Html()
    if len(digits) > MAX_DIGITS:
        heading = tag("p", f"{MAX_DIGITS} of {len(digits)} digits, {_ORDER}:")
        by_certainty = sorted(digits, key=lambda digit: (not digit.warnings, digit.probability))
        digits = by_certainty[:MAX_DIGITS]
    seen = tag("div", heading, *map(_digit, digits), class_="seen")
    return tag(
        "article",
        article_head(answer.path, answer.number, answer.probability, answer.warnings),
        tag("div", original(answer.path, answer.numbers, answer.turns), seen, class_="views"),
        class_="full" if len(digits) > 1 else "narrow",
    )


def _digit(digit: Digit) -> Html:
    """Return the image that the network saw, and the probability of each class."""
    image = grey_img(digit.image.pixels, f"The {digit.digit} as the network saw it")
    return html.captioned(image, bars(digit.probabilities.tolist(), digit.digit))

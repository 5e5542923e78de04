"""What went wrong with labelled pictures: each with its original, and what could not be read."""

import numpy as np

from scratchnet_cli.evaluation import Evaluation, Mistake, Predictions, SeenPictures
from scratchnet_cli.images import Picture
from scratchnet_cli.pages.charts import bars, ranked
from scratchnet_cli.pages.data_uris import grey_png
from scratchnet_cli.pages.gallery import LEGEND
from scratchnet_cli.pages.html import Html, captioned, picture, section, table, tag
from scratchnet_cli.pages.prediction import original
from scratchnet_cli.prediction import Answer, Digit

MOST_WRONG = 100


def wrong_pictures(predictions: Predictions, seen: SeenPictures) -> Html:
    """The pictures that were read wrong, the surest first: original, what was seen, doubts."""
    mistakes = predictions.worst_mistakes(MOST_WRONG)
    if not mistakes:
        return section("mistakes", "Mistakes", tag("p", "No picture was read wrong."))
    wrong = int((~predictions.right).sum())
    lead = (
        f"The {len(mistakes)} of {wrong:,} of which the network was most sure."
        if len(mistakes) < wrong
        else f"All {wrong:,}, and first those of which the network was most sure."
    )
    articles = (_article(mistake, seen) for mistake in mistakes)
    return section(
        "mistakes", "Mistakes", tag("p", lead), LEGEND, tag("div", *articles, class_="sheet")
    )


def not_read(evaluation: Evaluation, seen: SeenPictures) -> Html:
    """The pictures that could not be read, and why."""
    count, shown = evaluation.unreadable + evaluation.skipped, len(seen.unreadable)
    if not count:
        return Html()
    lead = "They count as wrong." if evaluation.unreadable else "They do not count."
    lead += " The matrix and all figures by class are about the others."
    caption = f"The first {shown} of {count:,}" if shown < count else "All of them"
    rows = table(caption, ("picture", "reason"), seen.unreadable, "words")
    return section("failures", "Not read", tag("p", lead), rows)


def _article(mistake: Mistake, seen: SeenPictures) -> Html:
    name, pixels = seen.names[mistake.index], seen[mistake.index]
    digit = Digit(
        Picture(pixels, seen.doubts[mistake.index]),
        np.array(mistake.probabilities),
        mistake.prediction,
        mistake.probability,
    )
    answer = Answer(name, [digit])
    doubts = answer.doubts
    image = picture(grey_png(pixels), f"The {mistake.label} as the network saw it", "digit")
    return tag(
        "article",
        tag("h3", name),
        tag(
            "p",
            f"{mistake.label} read as {mistake.prediction}",
            tag("small", f"{mistake.probability:.4f}"),
            class_="number",
        ),
        tag("p", f"doubtful: {', '.join(doubts)}", class_="doubts") if doubts else Html(),
        tag(
            "div",
            original(answer),
            captioned(
                image,
                bars(mistake.probabilities, mistake.prediction, mistake.label)
                or tag("span", ranked(mistake.probabilities)),
            ),
            class_="seen",
        ),
    )

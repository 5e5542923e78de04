"""Pictures of a dataset on a page: the worst mistakes, and those behind the confusion matrix."""

import os

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.evaluation.evaluate import Evaluation
from scratchnet_cli.evaluation.metrics import Counts
from scratchnet_cli.evaluation.result import MISTAKES, Mistake, Predictions, SeenPictures
from scratchnet_cli.images.digit_image import DigitImage
from scratchnet_cli.prediction.answers import Answer, Digit
from scratchnet_cli.reports.charts import MOST_ROWS, bars, cell_anchor, ranked
from scratchnet_cli.reports.data_uris import grey_png
from scratchnet_cli.reports.html import Html, captioned, picture, section, table, tag
from scratchnet_cli.reports.prediction_report import original

# Of each cell of the matrix at most so many pictures are shown, and of all mistakes together so
# many pixels: those of 1,500 of MNIST's pictures, and the page stays under 2 MB.
MISTAKES_A_CELL, HITS_A_CELL = 60, 10
MOST_PIXELS = 1500 * 28 * 28

Images = NDArray[np.uint8] | SeenPictures
Cells = dict[tuple[int, int], list[int]]
"""Of a cell (label, prediction): the places in the dataset of the pictures that are shown."""

LEGEND = tag(
    "ul",
    tag("li", "what it was read as", class_="answer"),
    tag("li", "what it shows", class_="truth"),
    class_="legend",
)


def worst_mistakes(predictions: Predictions, images: Images) -> Html:
    """The mistakes of which the network was most sure, each with its probabilities."""
    mistakes = predictions.worst_mistakes(MISTAKES)
    if not mistakes:
        return section("mistakes", "Worst mistakes", tag("p", "No image was read wrong."))
    wrong = int((~predictions.right).sum())
    figures = (
        captioned(
            _picture(images[mistake.index], f"Image {mistake.index}", "digit"),
            tag("strong", f"{mistake.label} read as {mistake.prediction}"),
            tag("span", f"image {mistake.index} · {mistake.probability:.4f}"),
            bars(mistake.probabilities, mistake.prediction, mistake.label)
            or tag("span", ranked(mistake.probabilities)),
        )
        for mistake in mistakes
    )
    return section(
        "mistakes",
        "Worst mistakes",
        tag("p", f"The {len(mistakes)} of {wrong:,} of which the network was most sure."),
        LEGEND,
        tag("div", *figures, class_="gallery"),
    )


def choose_cells(predictions: Predictions, counts: Counts, pixels: int) -> Cells:
    """The pictures to show behind each cell: all mistakes if there is room, else alike many.

    pixels: those of one picture.
    """
    if len(counts) > MOST_ROWS:
        return {}
    wrong = [int(count) for count in counts[~np.eye(len(counts), dtype=bool)] if count]
    room = MOST_PIXELS // pixels
    most = next(
        (cap for cap in range(MISTAKES_A_CELL, 0, -1) if sum(min(n, cap) for n in wrong) <= room), 0
    )
    hits = min(HITS_A_CELL, room // len(counts))
    chosen = {
        (label, prediction): predictions.behind(
            label, prediction, hits if label == prediction else most
        )
        for label, prediction in np.argwhere(counts).tolist()
    }
    return {cell: places for cell, places in chosen.items() if places}


def behind(counts: Counts, cells: Cells, images: Images, seen: SeenPictures | None = None) -> Html:
    """The pictures of each cell, under a heading that the cell leads to; by name where seen."""
    if not cells:
        return Html()
    groups = []
    for (label, prediction), places in cells.items():
        count = int(counts[label, prediction])
        which = "least sure" if label == prediction else "surest"
        some = (
            f"the {which} {len(places)} of {count:,}"
            if len(places) < count
            else f"{count:,} image{'' if count == 1 else 's'}"
        )
        figures = (
            captioned(
                _picture(images[i], "", "small"),
                os.path.basename(seen.names[i]) if seen else str(i),  # noqa: PTH119
            )
            for i in places
        )
        heading = tag("h3", f"{label} read as {prediction} ", tag("small", some),
                      id=cell_anchor(label, prediction))  # fmt: skip
        groups.append(tag("div", heading, tag("div", *figures, class_="pictures"), class_="cell"))
    lead = "Where a cell holds more than can be shown, the heading says so. " + (
        "The pictures are shown as the network saw them."
        if seen
        else "The number under a picture is its place in the dataset, counted from 0."
    )
    return section("pictures", "Behind the matrix", tag("p", lead), *groups)


def _picture(pixels: NDArray[np.uint8], alternative: str, class_: str) -> Html:
    height, width = pixels.shape
    return picture(grey_png(pixels), alternative, class_, width, height)


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
        DigitImage(pixels, seen.doubts[mistake.index]),
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

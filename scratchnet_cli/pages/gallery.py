"""Pictures of a dataset on a page: the worst mistakes, and those behind the confusion matrix."""

import os

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.evaluation import MISTAKES, Counts, Predictions, SeenPictures
from scratchnet_cli.pages.charts import MOST_ROWS, bars, cell_anchor, ranked
from scratchnet_cli.pages.data_uris import grey_png
from scratchnet_cli.pages.html import Html, captioned, picture, section, tag

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

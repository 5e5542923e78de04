"""The images in an evaluation's report: mistakes, differences, and those behind the matrix."""

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.evaluation.compare import compare
from scratchnet_cli.evaluation.formats import COMPARISON_COLUMNS, MAX_MISTAKES, comparison_rows
from scratchnet_cli.evaluation.result import Evaluation, Mistake, PictureDetails
from scratchnet_cli.prediction.answers import probability_warnings
from scratchnet_cli.reports import html
from scratchnet_cli.reports.articles import article_head, failures_section, original
from scratchnet_cli.reports.charts import MAX_MATRIX_CLASSES, bars, cell_anchor
from scratchnet_cli.reports.data_uris import grey_img
from scratchnet_cli.reports.html import Html, tag

# The largest number of mistakes to show if the images are picture files.
MAX_PICTURE_MISTAKES = 100
# The largest number of images of a cell.
MAX_MISTAKES_PER_CELL, MAX_CORRECT_PER_CELL = 60, 10
# The pixels of all cells: 1,500 images of MNIST, so that the report stays under 2 MB.
MAX_GALLERY_PIXELS = 1500 * 28 * 28

Cells = dict[tuple[int, int], list[int]]
"""For each cell (label, prediction), the places in the dataset of the images to show."""

_ANSWER = tag("li", "what it was read as", class_="answer")
LEGEND = tag("ul", _ANSWER, tag("li", "what it shows", class_="label"), class_="legend")


def mistakes_section(result: Evaluation) -> Html:
    """Return the mistakes with the highest probability, each with its probabilities."""
    pictures = result.pictures
    heading = "Mistakes" if pictures else "Worst mistakes"
    mistakes = result.worst_mistakes(MAX_PICTURE_MISTAKES if pictures else MAX_MISTAKES)
    if not mistakes:
        what = "picture" if pictures else "image"
        return html.section("mistakes", heading, f"No {what} was read wrong.")
    wrong = int((~result.is_correct).sum())
    lead = f"The {len(mistakes)} of {wrong:,} with the highest probability."
    if len(mistakes) == wrong:
        lead = f"All {wrong:,}, those with the highest probability first."
    cards = [_article(result, pictures, m) if pictures else _figure(result, m) for m in mistakes]
    grid = html.card_grid(cards, "sheet" if pictures else "gallery")
    return html.section("mistakes", heading, lead, LEGEND, grid)


def unreadable_section(result: Evaluation) -> Html:
    """Return the labelled pictures that could not be read, each with the reason."""
    if not result.pictures:
        return Html()
    lead = "They count as wrong." if result.unreadable else "They do not count."
    lead += " The matrix and all figures by class are about the others."
    count = result.unreadable + result.skipped
    return failures_section(result.pictures.failures, count, lead)


def differences_section(results: Sequence[Evaluation]) -> Html:
    """Return the networks compared with the first, and the images that only one of them reads."""
    comparisons = compare(results)
    if not comparisons:
        return Html()
    rows = comparison_rows(comparisons)
    listed = html.table("Each network, compared with the first", COMPARISON_COLUMNS, rows)
    size = np.asarray(results[0].images)[0].size
    max_images = min(MAX_MISTAKES_PER_CELL, MAX_GALLERY_PIXELS // (2 * len(comparisons) * size))
    groups = []
    for i, comparison in enumerate(comparisons, 1):
        first, second = comparison.first, comparison.second
        groups += [
            _difference(f"second-{i}", second, first, comparison.only_second, max_images),
            _difference(f"first-{i}", first, second, comparison.only_first, max_images),
        ]
    lead = " ".join(comparison.verdict for comparison in comparisons)
    lead += f" All other sections are about {results[0].weights.name}."
    return html.section("networks", "Networks compared", lead, listed, *groups)


def _difference(
    anchor: str, right: Evaluation, wrong: Evaluation, places: NDArray[np.intp], max_images: int
) -> Html:
    """Return the images that only one of two networks reads, the other's mistakes on them."""
    worst = places[np.argsort(-wrong.confidence[places], kind="stable")[:max_images]].tolist()
    labels = np.asarray(wrong.labels)
    figures = [
        small_figure(wrong, i, tag("strong", f"{labels[i]} read as {wrong.predictions[i]}"))
        for i in worst
    ]
    title = f"{right.weights.name} reads, {wrong.weights.name} does not"
    return figures_group(title, anchor, figures, "highest", len(places)) if figures else Html()


def choose_cells(result: Evaluation) -> Cells:
    """Return the images to show for each cell: all mistakes, or fewer if there are many."""
    counts, classes = result.confusion, len(result.confusion)
    if classes > MAX_MATRIX_CLASSES:
        return {}
    max_images = MAX_GALLERY_PIXELS // np.asarray(result.images)[0].size
    wrong = counts[~np.eye(classes, dtype=bool)]
    limits = range(MAX_MISTAKES_PER_CELL, 0, -1)
    max_wrong = next((most for most in limits if wrong.clip(max=most).sum() <= max_images), 0)
    max_correct = min(MAX_CORRECT_PER_CELL, max_images // classes)
    cells = {}
    for label, prediction in np.argwhere(counts).tolist():
        max_count = max_correct if label == prediction else max_wrong
        if max_count:
            cells[label, prediction] = result.images_in_cell(label, prediction, max_count)
    return cells


def cells_section(result: Evaluation, cells: Cells) -> Html:
    """Return the images of each cell, under the heading that the matrix links to."""
    if not cells:
        return Html()
    lead = "If a cell has more images than are shown, its heading says how many. " + (
        "The pictures are shown as the network saw them."
        if result.pictures
        else "The number under a picture is its place in the dataset, counted from 0."
    )
    groups = [_cell(result, *cell, places) for cell, places in cells.items()]
    if (count := sum(map(len, cells.values()))) > html.MAX_OPEN_CARDS:
        groups = [html.collapsed(f"Show {count:,} images", *groups)]
    return html.section("pictures", "Images of the matrix", lead, *groups)


def small_figure(result: Evaluation, index: int, *lines: str) -> Html:
    """Return an image with lines below it, and its place or the name of its file."""
    name = str(index)
    if result.pictures:
        name = html.breakable(os.path.basename(result.pictures.paths[index]))  # noqa: PTH119
    return html.captioned(_image(result, index, "", "small"), *lines, name)


def figures_group(title: str, anchor: str, figures: Sequence[Html], which: str, count: int) -> Html:
    """Return figures below a heading. which: "lowest" or "highest"; count: of all images."""
    some = f"{count:,} image{'' if count == 1 else 's'}"
    if len(figures) < count:
        some = f"{len(figures)} of {count:,} with the {which} probability"
    heading = tag("h3", f"{title} ", tag("small", some), id=anchor)
    return tag("div", heading, html.card_grid(figures, "pictures"), class_="cell")


def _cell(result: Evaluation, label: int, prediction: int, places: list[int]) -> Html:
    title, anchor = f"{label} read as {prediction}", cell_anchor(label, prediction)
    which = "lowest" if label == prediction else "highest"
    figures = [small_figure(result, i) for i in places]
    return figures_group(title, anchor, figures, which, int(result.confusion[label, prediction]))


def _figure(result: Evaluation, mistake: Mistake) -> Html:
    return html.captioned(
        _image(result, mistake.index, f"Image {mistake.index}"),
        tag("strong", f"{mistake.label} read as {mistake.prediction}"),
        tag("span", f"image {mistake.index} · {mistake.probability:.4f}"),
        bars(mistake.probabilities, mistake.prediction, mistake.label),
    )


def _article(result: Evaluation, pictures: PictureDetails, mistake: Mistake) -> Html:
    path = pictures.paths[mistake.index]
    answer = f"{mistake.label} read as {mistake.prediction}"
    warnings = pictures.warnings[mistake.index]
    warnings += probability_warnings(np.array(mistake.probabilities))
    seen = html.captioned(
        _image(result, mistake.index, f"The {mistake.label} as the network saw it"),
        bars(mistake.probabilities, mistake.prediction, mistake.label),
    )
    return tag(
        "article",
        article_head(path, answer, mistake.probability, warnings),
        tag("div", original(path), tag("div", seen, class_="seen"), class_="views"),
        class_="narrow",
    )


def _image(result: Evaluation, index: int, alternative: str, class_: str = "digit") -> Html:
    return grey_img(np.asarray(result.images)[index], alternative, class_)

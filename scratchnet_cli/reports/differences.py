"""The images on which networks differ, in an evaluation's report."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.evaluation.compare import compare
from scratchnet_cli.evaluation.formats import COMPARISON_COLUMNS, comparison_rows
from scratchnet_cli.evaluation.result import Evaluation
from scratchnet_cli.reports.gallery import (
    MAX_GALLERY_PIXELS,
    MAX_MISTAKES_PER_CELL,
    figures_group,
    small_figure,
)
from scratchnet_cli.reports.html import Html, section, table, tag


def differences_section(results: Sequence[Evaluation]) -> Html:
    """Return the networks compared with the first, and the images that only one of them reads."""
    comparisons = compare(results)
    if not comparisons:
        return Html()
    rows = comparison_rows(comparisons)
    listed = table("Each network, compared with the first", COMPARISON_COLUMNS, rows)
    size = np.asarray(results[0].images)[0].size
    max_images = min(MAX_MISTAKES_PER_CELL, MAX_GALLERY_PIXELS // (2 * len(comparisons) * size))
    groups = []
    for i, comparison in enumerate(comparisons, 1):
        first, second = comparison.first, comparison.second
        groups += [
            _group(f"second-{i}", second, first, comparison.only_second, max_images),
            _group(f"first-{i}", first, second, comparison.only_first, max_images),
        ]
    lead = " ".join(comparison.verdict for comparison in comparisons)
    lead += f" All other sections are about {results[0].weights.name}."
    return section("networks", "Networks compared", lead, listed, *groups)


def _group(
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

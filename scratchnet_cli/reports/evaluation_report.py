"""The report of ``eval``: figures, mistakes, and the images behind the confusion matrix."""

from collections.abc import Sequence

import numpy as np

from scratchnet_cli.evaluation import metrics
from scratchnet_cli.evaluation.metrics import MAX_CONFUSIONS
from scratchnet_cli.evaluation.result import Evaluation
from scratchnet_cli.network.layers import Network
from scratchnet_cli.reports import gallery
from scratchnet_cli.reports.charts import MAX_MATRIX_CLASSES, heat_map, reliability_diagram
from scratchnet_cli.reports.data_uris import signed_img
from scratchnet_cli.reports.gallery import Cells
from scratchnet_cli.reports.html import Html, document, header, run_section, section, table, tag
from scratchnet_cli.system.origin import Origin

MAX_UNITS, UNITS_PER_ROW = 100, 10


def evaluation_page(results: Sequence[Evaluation], network: Network) -> str:
    """Return the report of the first network, compared with others if there are any.

    The results have details.
    """
    result, *others = results
    cells = gallery.choose_cells(result)
    ece = metrics.expected_calibration_error(result.reliability)
    return document(
        f"{result.accuracy:.4f}: {result.title}",
        _header(result, ece),
        gallery.differences_section(results),
        _matrix(result, cells),
        _per_class(result),
        gallery.mistakes_section(result),
        gallery.unreadable_section(result),
        _calibration(result, ece),
        _first_layer(network, np.asarray(result.images).shape[1:]),
        gallery.cells_section(result, cells),
        _run(result, others),
    )


def _header(result: Evaluation, ece: float) -> Html:
    interval = metrics.wilson(result.correct, result.total)
    figures = (
        ("accuracy", f"{result.accuracy:.4f}"),
        ("images read right", f"{result.correct:,} of {result.total:,}{result.unread}"),
        (f"{interval.confidence:.0%} interval", f"{interval.low:.4f} – {interval.high:.4f}"),
        ("calibration error", f"{ece:.4f}"),
    )
    return header("scratchnet eval", result.title, figures)


def _matrix(result: Evaluation, cells: Cells) -> Html:
    counts = result.confusion
    found = metrics.confusions(counts)
    listed = table(
        f"The most frequent confusions, of {len(found)}",
        ("shown", "read as", "images"),
        [(str(c.label), str(c.prediction), str(c.count)) for c in found[:MAX_CONFUSIONS]],
    )
    if len(counts) > MAX_MATRIX_CLASSES:
        lead = f"{len(counts)} classes are too many for a matrix here; the JSON has it."
        return section("confusion", "Confusion matrix", lead, listed)
    heat = heat_map(counts, cells)
    matrix = tag("section", heat, class_="wide", tabindex=0, aria_label="The matrix")
    return section(
        "confusion",
        "Confusion matrix",
        "Click a number to see its images.",
        tag("div", matrix, listed if found else Html(), class_="beside"),
    )


def _per_class(result: Evaluation) -> Html:
    rows = []
    for metric in metrics.class_metrics(result.confusion):
        shares = map(metrics.format_share, (metric.precision, metric.recall, metric.f1))
        rows.append((str(metric.label), f"{metric.total:,}", f"{metric.correct:,}", *shares))
    lead = (
        "Precision: the share of the answers with this class that are right. Recall: the share of "
        "the images of this class that are read right. F1: their harmonic mean."
    )
    columns = ("class", "images", "right", "precision", "recall", "F1")
    listed = table("Every class", columns, rows)
    return section("classes", "Class by class", lead, listed)


def _calibration(result: Evaluation, ece: float) -> Html:
    rows = []
    for part in result.reliability:
        shares = map(metrics.format_share, (part.probability, part.accuracy))
        rows.append((f"{part.low:.1f} – {part.high:.1f}", f"{part.count:,}", *shares))
    lead = (
        f"Expected calibration error {ece:.4f}: the average gap between the stated probability "
        "and the share that is right. Bars above the line: probability too low; below it: "
        "probability too high."
    )
    columns = ("from – to", "images", "mean stated", "accuracy")
    listed = table("By stated probability", columns, rows)
    diagram = reliability_diagram(result.reliability)
    beside = tag("div", diagram, listed, class_="beside")
    return section("calibration", "Calibration", lead, beside)


def _first_layer(network: Network, shape: tuple[int, ...]) -> Html:
    """Return the weights of each unit as an image. shape: (rows, columns) of the input."""
    weights = network.layers[0].W
    units = min(weights.shape[1], MAX_UNITS)
    fields = np.asarray(weights[:, :units].T, np.float64).reshape(units, *shape)
    image = signed_img(fields, UNITS_PER_ROW, f"The weights of {units} units as pictures")
    shown = f"{units}" if units == weights.shape[1] else f"{units} of {weights.shape[1]}"
    lead = (
        f"The weights of {shown} units, on one scale. Ink in an orange place increases the sum, "
        "in a blue place it decreases the sum."
    )
    return section("layer", "First layer", lead, image)


def _run(result: Evaluation, others: Sequence[Evaluation]) -> Html:
    unit = "pictures/s" if result.pictures else "images/s"
    speed = f"{result.elapsed_s:.3f} s, {result.images_per_s:,.0f} {unit}"
    run = f"{result.total:,} images in batches of {result.batch_size:,}: {speed}"
    weights: list[tuple[str, str | Origin]] = []
    for each in (result, *others):
        weights.append(("weights", each.weights))
        if each.activations == "assumed":
            weights.append(("activations", "assumed, because the file does not contain them"))
    split = [("split", result.split)] if result.split else []
    return run_section((*weights, ("dataset", result.dataset), *split, ("run", run)), result.made)

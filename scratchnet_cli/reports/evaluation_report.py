"""An evaluation as one HTML page: where the network errs, and what the pictures look like."""

import numpy as np

from scratchnet_cli.evaluation.metrics import (
    CONFUSIONS,
    class_metrics,
    confusions,
    format_share,
    wilson,
)
from scratchnet_cli.evaluation.result import Predictions, Record, SeenPictures, unread
from scratchnet_cli.network.layers import Network
from scratchnet_cli.reports.charts import MOST_ROWS, heat_map, reliability_diagram
from scratchnet_cli.reports.data_uris import signed_sheet
from scratchnet_cli.reports.gallery import (
    Cells,
    Images,
    behind,
    choose_cells,
    not_read,
    worst_mistakes,
    wrong_pictures,
)
from scratchnet_cli.reports.html import (
    Html,
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

UNITS, UNITS_A_ROW = 100, 10


def evaluation_page(
    record: Record,
    predictions: Predictions,
    images: Images,
    network: Network,
    seen: SeenPictures | None = None,
) -> str:
    """The whole page.

    images: (n, rows, columns) uint8, in the order of the predictions; seen: where they were
    pictures in files, what else is known of them.
    """
    evaluation = record.evaluation
    cells = choose_cells(predictions, evaluation.confusion, images[0].size)
    return document(
        f"{evaluation.accuracy:.4f}: {record.setting.title}",
        _header(record, predictions),
        _matrix(record, cells),
        _per_class(record),
        wrong_pictures(predictions, seen) if seen else worst_mistakes(predictions, images),
        not_read(record.evaluation, seen) if seen else Html(),
        _calibration(predictions),
        _first_layer(network, images.shape[1:]),
        _run(record),
        behind(evaluation.confusion, cells, images, seen),
    )


def _header(record: Record, predictions: Predictions) -> Html:
    evaluation = record.evaluation
    interval = wilson(evaluation.correct, evaluation.total)
    figures = (
        ("accuracy", f"{evaluation.accuracy:.4f}"),
        (
            "images read right",
            f"{evaluation.correct:,} of {evaluation.total:,}{unread(evaluation)}",
        ),
        (f"{interval.confidence:.0%} interval", f"{interval.low:.4f} – {interval.high:.4f}"),
        ("calibration error", f"{predictions.ece:.4f}"),
    )
    return header("scratchnet eval", record.setting.title, figures)


def _matrix(record: Record, cells: Cells) -> Html:
    counts = record.evaluation.confusion
    found = confusions(counts)
    listed = table(
        f"The most frequent confusions, of {len(found)}",
        ("shown", "read as", "images"),
        [(str(c.label), str(c.prediction), str(c.count)) for c in found[:CONFUSIONS]],
    )
    if len(counts) > MOST_ROWS:
        lead = f"{len(counts)} classes are too many for a matrix here; the JSON has it."
        return section("confusion", "Confusion matrix", tag("p", lead), listed)
    lead = "A number leads to the pictures behind it."
    heat = heat_map(counts, cells)
    wide = tag("section", heat, class_="wide", tabindex=0, aria_label="The matrix")
    return section(
        "confusion",
        "Confusion matrix",
        tag("p", lead),
        tag("div", wide, listed if found else Html(), class_="beside"),
    )


def _per_class(record: Record) -> Html:
    rows = [
        (
            str(metrics.label),
            f"{metrics.total:,}",
            f"{metrics.correct:,}",
            *map(format_share, (metrics.precision, metrics.recall, metrics.f1)),
        )
        for metrics in class_metrics(record.evaluation.confusion)
    ]
    return section(
        "classes",
        "Class by class",
        tag("p", "Precision: of what was read as this class, the share that was right. Recall: of "
            "what shows it, the share that was found. F1: their harmonic mean."),
        table("Every class", ("class", "images", "right", "precision", "recall", "F1"), rows),
    )  # fmt: skip


def _calibration(predictions: Predictions) -> Html:
    rows = [
        (
            f"{part.low:.1f} – {part.high:.1f}",
            f"{part.count:,}",
            format_share(part.probability),
            format_share(part.accuracy),
        )
        for part in predictions.reliability
    ]
    lead = (
        f"Expected calibration error {predictions.ece:.4f}: the average gap between the stated "
        "probability and the share that is right. Bars above the line: too modest; below it: too "
        "sure."
    )
    return section(
        "calibration",
        "Calibration",
        tag("p", lead),
        tag(
            "div",
            reliability_diagram(predictions.reliability),
            table(
                "By stated probability", ("from – to", "images", "mean stated", "accuracy"), rows
            ),
            class_="beside",
        ),
    )


def _first_layer(network: Network, shape: tuple[int, ...]) -> Html:
    weights = network.layers[0].W
    units = min(weights.shape[1], UNITS)
    source, width, height = signed_sheet(
        np.asarray(weights[:, :units].T, np.float64).reshape(units, *shape), UNITS_A_ROW
    )
    lead = (
        f"What each of the {units} units of the first layer looks for"
        + (f", of {weights.shape[1]}" if units < weights.shape[1] else "")
        + ": ink in orange places raises it, ink in blue ones lowers it. One scale for all."
    )
    sheet = picture(source, f"The weights of {units} units as pictures", "weights", width, height)
    return section("layer", "First layer", tag("p", lead), sheet)


def _run(record: Record) -> Html:
    evaluation, setting = record.evaluation, record.setting
    rows = [origin_row("weights", setting.weights), origin_row("dataset", setting.dataset)]
    speed = f"{evaluation.elapsed_s:.3f} s, {evaluation.images_per_s:,.0f} images/s"
    rows += [("split", setting.split)] if setting.split else []
    rows += [
        ("run", f"{evaluation.total:,} images in batches of {evaluation.batch_size:,}: {speed}"),
        *made_rows(setting.made),
    ]
    return section("run", "What was run", facts(rows))

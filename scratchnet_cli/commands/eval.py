"""``scratchnet eval``: how often a network is right on labelled images."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from scratchnet_cli import catalog, download, evaluation, pages, prediction, terminal
from scratchnet_cli.commands.options import (
    Count,
    Name,
    Share,
    format_option,
    names_or_files,
    quiet_option,
    report_option,
    weights_option,
)
from scratchnet_cli.errors import EXIT_BELOW, about


@click.command("eval", epilog="Example: scratchnet eval --batch-size 100 --min-accuracy 0.93")
@click.option(
    "--batch-size",
    type=Count(min=1),
    default=100,
    show_default=True,
    metavar="N",
    help="Images that go through the network at once.",
)
@weights_option
@click.option(
    "--dataset",
    type=Name(),
    metavar="mnist|sample|DIR",
    shell_complete=names_or_files("mnist", "sample", folders=True),
    help="The labelled images; DIR holds IDX files named like MNIST's.  "
    "[default: mnist, or sample where its test split cannot be downloaded]",
)
@click.option(
    "--split",
    type=click.Choice(["test", "train"]),
    default="test",
    show_default=True,
    help="Which part of the dataset.",
)
@click.option("--limit", type=Count(min=1), metavar="N", help="Use only the first N images.")
@format_option(
    "text",
    "json",
    "markdown",
    help="One line for people, one object with every number, or tables for a job summary.",
)
@click.option("--confusion", is_flag=True, help="Print the confusion matrix before the accuracy.")
@report_option
@click.option(
    "--min-accuracy",
    type=Share(),
    metavar="F",
    help="Exit with 1 if the accuracy is below F (0 to 1).",
)
@click.option(
    "--progress",
    type=click.Choice(["auto", "bar", "plain", "none"]),
    default="auto",
    show_default=True,
    help="How stderr shows progress; auto is a bar on a terminal and plain lines elsewhere.",
)
@quiet_option
def command(
    batch_size: int,
    weights: str | None,
    dataset: str | None,
    split: Literal["test", "train"],
    limit: int | None,
    format: str,  # noqa: A002
    confusion: bool,
    report: Path | None,
    min_accuracy: float | None,
    progress: str,
    quiet: bool,
) -> int:
    """Run a network on labelled images and print its accuracy.

    Without options: the book's weights on the 10,000 MNIST test images, both downloaded once and
    then cached.
    """
    if confusion and format != "text":
        raise click.UsageError("--confusion draws for people: it goes with --format text.")
    stderr = terminal.Progress(progress, quiet)
    fetcher = download.Fetcher(stderr)
    if dataset in (None, "mnist"):
        # NumPy is about to be imported, which takes as long.
        fetcher.read_ahead(download.MNIST[split][0])
    # What cannot be written is told before anything is downloaded or read.
    page = terminal.report_file(report) if report else None
    network, weights_origin = catalog.load_weights(weights, fetcher)
    data, dataset_origin = catalog.load_dataset(dataset, split, fetcher)
    data = data.first(limit)
    # Only the report and the JSON tell of single images.
    single = page is not None or format == "json"
    predictions = evaluation.Predictions([], data.labels) if single else None
    keep = predictions.batches.append if predictions else lambda _: None
    with (
        about(f"{weights_origin.source} on {dataset_origin.source}"),
        stderr.evaluation(len(data), batch_size) as show,
    ):
        result = evaluation.evaluate(
            network,
            data.images,
            data.labels,
            batch_size,
            show,
            keep,
            prediction.spread_parts if data.stored else None,
        )
    stderr.summary(
        f"{weights_origin.name} weights on {dataset_origin.name}: {result.correct} of "
        f"{result.total} right, {result.images_per_s:,.0f} images/s"
    )
    setting = evaluation.Setting(weights_origin, dataset_origin, split)
    record = evaluation.Record(result, setting)
    click.echo(_answer(record, predictions, format, confusion))
    passed = _passes(record, min_accuracy)
    if page and predictions:
        page.write(pages.evaluation_page(record, predictions, data.images, network))
    return 0 if passed else EXIT_BELOW


def _answer(
    record: evaluation.Record,
    predictions: evaluation.Predictions | None,
    format: str,  # noqa: A002
    confusion: bool,
) -> str:
    if format == "json" and predictions:
        return evaluation.json_object(record, predictions)
    if format == "markdown":
        return evaluation.markdown(record)
    lines = [f"Accuracy: {record.evaluation.accuracy:.4f}"]
    if confusion:
        colour = terminal.has_colour(sys.stdout)
        lines[:0] = evaluation.confusion_lines(record.evaluation.confusion, colour)
    return "\n".join(lines)


def _passes(record: evaluation.Record, min_accuracy: float | None) -> bool:
    """Whether the accuracy is high enough; if not, whoever is there is told so."""
    accuracy = record.evaluation.accuracy
    if min_accuracy is None or accuracy >= min_accuracy:
        return True
    message = (
        f"the accuracy {terminal.below(accuracy, min_accuracy)} is below "
        f"--min-accuracy {terminal.exact(min_accuracy)}"
    )
    terminal.note(message)
    if terminal.on_github():
        terminal.annotate("scratchnet eval", f"{message}: {record.setting.title}")
        terminal.append_to_summary(f"**Failed: {message}**\n\n{evaluation.markdown(record)}")
    return False

"""``scratchnet eval``: how often a network is right on labelled images."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from scratchnet_cli.options import (
    Count,
    Name,
    Share,
    names_or_files,
    quiet_option,
    report_option,
    weights_option,
)

if TYPE_CHECKING:
    from scratchnet_cli.mnist import Dataset
    from scratchnet_cli.outcomes import Outcomes
    from scratchnet_cli.record import Record


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
@click.option(
    "--format",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
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
    from scratchnet_cli.assets import MNIST
    from scratchnet_cli.fetch import Fetcher
    from scratchnet_cli.progress import Progress

    if confusion and format != "text":
        raise click.UsageError("--confusion draws for people: it goes with --format text.")
    stderr = Progress(progress, quiet)
    fetcher = Fetcher(stderr)
    if dataset in (None, "mnist"):
        # NumPy is about to be imported, which takes as long.
        fetcher.read_ahead(MNIST[split][0])

    from scratchnet_cli.catalog import load_dataset, load_weights
    from scratchnet_cli.errors import EXIT_BELOW, about
    from scratchnet_cli.evaluate import evaluate
    from scratchnet_cli.output import report_file
    from scratchnet_cli.record import Record, Setting

    # What cannot be written is told before anything is downloaded or read.
    page = report_file(report) if report else None
    network, weights_origin = load_weights(weights, fetcher)
    data, dataset_origin = load_dataset(dataset, split, fetcher)
    data = data.first(limit)
    # Only the report and the JSON tell of single images.
    outcomes = _new_outcomes(data) if page or format == "json" else None
    keep = outcomes.batches.append if outcomes else lambda _: None
    with (
        about(f"{weights_origin.source} on {dataset_origin.source}"),
        stderr.evaluation(len(data), batch_size) as show,
    ):
        evaluation = evaluate(network, data.images, data.labels, batch_size, show, keep)
    stderr.summary(
        f"{weights_origin.name} weights on {dataset_origin.name}: {evaluation.correct} of "
        f"{evaluation.total} right, {evaluation.images_per_s:,.0f} images/s"
    )
    record = Record(evaluation, Setting(weights_origin, dataset_origin, split))
    click.echo(_answer(record, outcomes, format, confusion))
    passed = _passes(record, min_accuracy)
    if page and outcomes:
        from scratchnet_cli.pages.report import report_page

        page.write(report_page(record, outcomes, data.images, network))
    return 0 if passed else EXIT_BELOW


def _new_outcomes(data: "Dataset") -> "Outcomes":
    """To be filled batch by batch."""
    from scratchnet_cli.outcomes import Outcomes

    return Outcomes([], data.labels)


def _answer(
    record: "Record",
    outcomes: "Outcomes | None",
    format: str,  # noqa: A002
    confusion: bool,
) -> str:
    if format == "text":
        lines = [f"Accuracy: {record.evaluation.accuracy:.4f}"]
        if confusion:
            from scratchnet_cli.matrix import matrix
            from scratchnet_cli.streams import has_colour

            lines[:0] = matrix(record.evaluation.confusion, has_colour(sys.stdout))
        return "\n".join(lines)
    from scratchnet_cli.eval_formats import json_object, markdown

    if format == "json" and outcomes:
        return json_object(record, outcomes)
    return markdown(record)


def _passes(record: "Record", min_accuracy: float | None) -> bool:
    """Whether the accuracy is high enough; if not, whoever is there is told so."""
    accuracy = record.evaluation.accuracy
    if min_accuracy is None or accuracy >= min_accuracy:
        return True
    from scratchnet_cli import github
    from scratchnet_cli.messages import below, exact, note

    message = (
        f"the accuracy {below(accuracy, min_accuracy)} is below "
        f"--min-accuracy {exact(min_accuracy)}"
    )
    note(message)
    if github.on_github():
        from scratchnet_cli.eval_formats import markdown

        github.annotate("scratchnet eval", f"{message}: {record.setting.title}")
        github.append_to_summary(f"**Failed: {message}**\n\n{markdown(record)}")
    return False

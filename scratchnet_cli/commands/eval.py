"""``scratchnet eval``: how often a network is right on labelled images."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Literal

import click

from scratchnet_cli import catalog
from scratchnet_cli.commands.labelled import Outcome, Task, evaluate_images, evaluate_pictures
from scratchnet_cli.commands.options import (
    Count,
    Name,
    Share,
    format_option,
    names_or_files,
    polarity_option,
    quiet_option,
    raw_option,
    report_option,
    weights_option,
)
from scratchnet_cli.datasets.pictures import find_labelled_pictures
from scratchnet_cli.downloads.assets import MNIST
from scratchnet_cli.downloads.fetch import Fetcher
from scratchnet_cli.errors import EXIT_BELOW, DatasetError, ImageError
from scratchnet_cli.evaluation.formats import confusion_lines, json_object, markdown
from scratchnet_cli.evaluation.result import Record, SeenPictures, unread
from scratchnet_cli.reports.evaluation_report import evaluation_page
from scratchnet_cli.system.files import report_file
from scratchnet_cli.system.inputs import expand
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.streams import has_colour
from scratchnet_cli.system.text import annotate, append_to_summary, below, exact, note, on_github


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
    help="The labelled images; DIR holds IDX files named like MNIST's, or pictures in a folder "
    "for each class or listed in labels.tsv or labels.csv.  "
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
@polarity_option
@raw_option
@click.option(
    "--skip-unreadable",
    is_flag=True,
    help="Leave out pictures that cannot be read; else they count as wrong, and the exit code "
    "is 3.",
)
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
    polarity: str,
    raw: bool,
    skip_unreadable: bool,
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
    if raw and polarity != "auto":
        raise click.UsageError("--raw takes pictures as they are: not with --polarity.")
    stderr = Progress(progress, quiet)
    fetcher = Fetcher(stderr)
    if dataset in (None, "mnist"):
        # NumPy is about to be imported, which takes as long.
        fetcher.read_ahead(MNIST[split][0])
    # What cannot be written is told before anything is downloaded or read.
    page = report_file(report) if report else None
    network, origin = catalog.load_weights(weights, fetcher)
    # Only the report and the JSON tell of single images.
    single = page is not None or format == "json"
    task = Task(network, origin, batch_size, limit, single, stderr)
    # MNIST alone needs nothing of the room that reads pictures.
    pictures = (
        find_labelled_pictures(Path(dataset), network.outputs, expand)
        if dataset and dataset not in ("mnist", "sample")
        else None
    )
    with ExitStack() as held:
        if pictures and dataset:
            if split != "test":
                raise DatasetError(f"{dataset}: labelled pictures have no {split} split")
            kept = held.enter_context(closing(SeenPictures(keep=page is not None)))
            outcome = evaluate_pictures(
                task, dataset, pictures, kept, raw, polarity, skip_unreadable
            )
        elif raw or polarity != "auto" or skip_unreadable:
            raise click.UsageError(
                "--raw, --polarity and --skip-unreadable are for a folder of labelled pictures, "
                f"and {dataset or 'mnist'} is none: it would have labels.tsv, or folders by class."
            )
        else:
            outcome = evaluate_images(task, dataset, split, fetcher)
        record, predictions = outcome.record, outcome.predictions
        result = record.evaluation
        stderr.summary(
            f"{origin.name} weights on {record.setting.dataset.name}: {result.correct} of "
            f"{result.total} right{unread(result)}, {result.images_per_s:,.0f} images/s"
        )
        click.echo(_answer(outcome, format, confusion))
        passed = _passes(record, min_accuracy)
        if page and predictions:
            page.write(evaluation_page(record, predictions, outcome.images, network, outcome.seen))
    if result.unreadable:
        return ImageError.exit_code
    return 0 if passed else EXIT_BELOW


def _answer(outcome: Outcome, format: str, confusion: bool) -> str:  # noqa: A002
    record = outcome.record
    if format == "json" and outcome.predictions:
        names = outcome.seen.names if outcome.seen else None
        return json_object(record, outcome.predictions, names)
    if format == "markdown":
        return markdown(record)
    lines = [f"Accuracy: {record.evaluation.accuracy:.4f}"]
    if confusion:
        colour = has_colour(sys.stdout)
        lines[:0] = confusion_lines(record.evaluation.confusion, colour)
    return "\n".join(lines)


def _passes(record: Record, min_accuracy: float | None) -> bool:
    """Whether the accuracy is high enough; if not, whoever is there is told so."""
    accuracy = record.evaluation.accuracy
    if min_accuracy is None or accuracy >= min_accuracy:
        return True
    message = (
        f"the accuracy {below(accuracy, min_accuracy)} is below "
        f"--min-accuracy {exact(min_accuracy)}"
    )
    note(message)
    if on_github():
        annotate("scratchnet eval", f"{message}: {record.setting.title}")
        append_to_summary(f"**Failed: {message}**\n\n{markdown(record)}")
    return False

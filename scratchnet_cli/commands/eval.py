"""``scratchnet eval``: the accuracy of a network on labelled images."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from scratchnet_cli.commands.options import (
    activations_option,
    debug_option,
    format_option,
    polarity_option,
    progress_option,
    quiet_option,
    raw_option,
    report_option,
    require_number,
    require_text,
)
from scratchnet_cli.errors import EXIT_BELOW, DatasetError, ImageError
from scratchnet_cli.system.files import check_writable, write_atomic
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.text import (
    annotate,
    append_to_summary,
    format_below,
    format_exact,
    has_colour,
    on_github,
    print_answer,
    print_message,
)

if TYPE_CHECKING:
    from scratchnet_cli.datasets.pictures import LabelledPictures
    from scratchnet_cli.evaluation.result import Evaluation

# JSON contains the numbers, and not every reader knows larger ones.
_COUNT = click.IntRange(1, 2**31 - 1)


@click.command("eval", epilog="Example: scratchnet eval --batch-size 100 --min-accuracy 0.93")
@click.option(
    "--batch-size",
    type=_COUNT,
    default=100,
    show_default=True,
    metavar="N",
    help="Images that go through the network at once.",
)
@click.option(
    "--weights",
    type=click.Path(),
    callback=require_text,
    metavar="book|bundled|PATH",
    help="The network to run.  [default: book, or bundled if book cannot be downloaded]",
)
@activations_option
@click.option(
    "--dataset",
    type=click.Path(),
    callback=require_text,
    metavar="mnist|sample|PATH",
    help="The labelled images; PATH is a folder of IDX files named like MNIST's, or of pictures "
    "in a folder for each class or listed in labels.tsv or labels.csv; or a file: IDX images, "
    "CSV (label, pixels) or Keras' mnist.npz.  "
    "[default: mnist, or sample where its test split cannot be downloaded]",
)
@click.option(
    "--split",
    type=click.Choice(["test", "train"]),
    default="test",
    show_default=True,
    help="Which part of the dataset.",
)
@click.option(
    "--transpose", is_flag=True, help="Swap rows and columns of the images: EMNIST's need it."
)
@click.option("--limit", type=_COUNT, metavar="N", help="Use only the first N images.")
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
    type=click.FloatRange(0, 1),
    callback=require_number,
    metavar="F",
    help="Exit with 1 if the accuracy is below F (0 to 1).",
)
@progress_option
@debug_option
@quiet_option
def command(
    batch_size: int,
    weights: str | None,
    activations: tuple[str, ...] | None,
    dataset: str | None,
    split: Literal["test", "train"],
    transpose: bool,
    limit: int | None,
    polarity: str,
    raw: bool,
    skip_unreadable: bool,
    format: str,  # noqa: A002
    confusion: bool,
    report: Path | None,
    min_accuracy: float | None,
    progress: str,
    debug: bool,
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
    if dataset in (None, "mnist"):
        from scratchnet_cli.downloads.assets import MNIST
        from scratchnet_cli.downloads.cache import unpack_ahead

        unpack_ahead(MNIST[split][0])
    if report:
        # Fail before the work, not after it.
        check_writable(report, "own", "--report")
    from scratchnet_cli.datasets.load import load_dataset
    from scratchnet_cli.evaluation.evaluate import evaluate
    from scratchnet_cli.weights.load import load_weights

    stderr = Progress(progress, quiet, debug)
    loaded = load_weights(weights, stderr, activations=activations)
    # Only JSON and the report show single images.
    details = format == "json" or report is not None
    pictures = _labelled_pictures(dataset, split, loaded.network.outputs)
    if pictures:
        if transpose:
            raise click.UsageError("--transpose is for IDX, CSV and .npz files, not for pictures.")
        from scratchnet_cli.evaluation.pictures import evaluate_pictures

        result = evaluate_pictures(
            loaded,
            pictures.first(limit),
            batch_size,
            details=details,
            progress=stderr,
            raw=raw,
            polarity=polarity,
            skip_unreadable=skip_unreadable,
        )
    elif raw or polarity != "auto" or skip_unreadable:
        raise click.UsageError(
            "--raw, --polarity and --skip-unreadable are for a folder of labelled pictures, "
            f"and {dataset or 'mnist'} is none: it would have labels.tsv, or folders by class."
        )
    else:
        images = load_dataset(dataset, split, stderr, transpose).first(limit)
        result = evaluate(loaded, images, batch_size, details=details, progress=stderr)
    # The rate of images is the network's; that of pictures includes reading them.
    unit = "pictures/s" if pictures else "images/s"
    stderr.summary(
        f"{result.weights.name} weights on {result.dataset.name}: {result.correct} of "
        f"{result.total} right{result.unread}, {result.images_per_s:,.0f} {unit}"
    )
    _warn_of_fallback(result, stderr)
    print_answer(_answer(result, format, confusion))
    passed = _passes(result, min_accuracy)
    if report:
        from scratchnet_cli.reports.evaluation_report import evaluation_page

        page = evaluation_page(result, loaded.network)
        write_atomic(report, page.encode(), "own", "--report")
    if result.unreadable:
        return ImageError.exit_code
    return 0 if passed else EXIT_BELOW


def _labelled_pictures(dataset: str | None, split: str, classes: int) -> LabelledPictures | None:
    if dataset in (None, "mnist", "sample"):
        return None
    # MNIST and the sample need no code for pictures.
    from scratchnet_cli.datasets.pictures import find_labelled_pictures

    pictures = find_labelled_pictures(dataset, classes)
    if pictures and split != "test":
        raise DatasetError(f"{dataset}: labelled pictures have no {split} split")
    return pictures


def _answer(result: Evaluation, format: str, confusion: bool) -> str:  # noqa: A002
    accuracy = f"Accuracy: {result.accuracy:.4f}"
    if format == "text" and not confusion:
        return accuracy
    from scratchnet_cli.evaluation.formats import confusion_lines, to_json, to_markdown

    if format == "json":
        return to_json(result)
    if format == "markdown":
        return to_markdown(result)
    return "\n".join([*confusion_lines(result.confusion, has_colour(sys.stdout)), accuracy])


def _warn_of_fallback(result: Evaluation, progress: Progress) -> None:
    weights, dataset = result.weights, result.dataset
    if cause := dataset.unavailable or weights.unavailable:
        default = "MNIST" if dataset.fallback else "the book's weights"
        images = "the 1,000-digit sample" if dataset.fallback else dataset.name
        progress.warning(f"not {default}: {weights.name} weights on {images} ({cause})")


def _passes(result: Evaluation, min_accuracy: float | None) -> bool:
    """Check the threshold; report a failure."""
    if min_accuracy is None or result.accuracy >= min_accuracy:
        return True
    message = (
        f"the accuracy {format_below(result.accuracy, min_accuracy)} is below "
        f"--min-accuracy {format_exact(min_accuracy)}"
    )
    print_message("error", message)
    if on_github():
        from scratchnet_cli.evaluation.formats import to_markdown

        annotate("scratchnet eval", f"{message}: {result.title}")
        append_to_summary(f"**Failed: {message}**\n\n{to_markdown(result)}")
    return False

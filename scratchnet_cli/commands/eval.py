"""``scratchnet eval``: the accuracy of a network on labelled images."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from scratchnet_cli.commands.options import (
    Share,
    WholeNumber,
    activations_option,
    debug_option,
    format_option,
    polarity_option,
    progress_option,
    quiet_option,
    raw_option,
    reject_usage,
    report_option,
    require_text,
    skip_unreadable_option,
)
from scratchnet_cli.errors import DatasetError, ImageError
from scratchnet_cli.system.files import check_writable, write_atomic
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.text import escape, has_colour, print_answer, print_lines

if TYPE_CHECKING:
    from scratchnet_cli.datasets.pictures import LabelledPictures
    from scratchnet_cli.evaluation.result import Evaluation

# JSON contains the numbers, and not every reader knows larger ones.
_NO_FOLDERS = (None, "mnist", "sample")
_COUNT = WholeNumber(1, 2**31 - 1)


@click.command("eval", epilog="Example: scratchnet eval --batch-size 100 --min-accuracy 0.93")
@click.option(
    "--batch-size",
    type=_COUNT,
    default=100,
    show_default=True,
    metavar="N",
    help="Number of images in a batch.",
)
@click.option(
    "--weights",
    type=click.Path(),
    callback=require_text,
    multiple=True,
    metavar="book|bundled|PATH",
    help="The network to run. Repeat it to compare networks (not with --activations or "
    "--confusion).  [default: book, or bundled if the download fails]",
)
@activations_option
@click.option(
    "--dataset",
    type=click.Path(),
    callback=require_text,
    metavar="mnist|sample|PATH",
    help="The labelled images. PATH is a file (IDX images, CSV with label and pixels, or Keras' "
    "mnist.npz) or a folder. A folder contains IDX files with MNIST's names, or pictures: "
    "in one subfolder for each class, or listed in labels.tsv or labels.csv.  "
    "[default: mnist, or sample if the download of the test split fails]",
)
@click.option(
    "--split",
    type=click.Choice(["test", "train"]),
    default="test",
    show_default=True,
    help="The part of the dataset.",
)
@click.option(
    "--transpose", is_flag=True, help="Swap rows and columns of the images, as EMNIST needs."
)
@click.option("--limit", type=_COUNT, metavar="N", help="Use only the first N images.")
@polarity_option
@raw_option
@skip_unreadable_option
@format_option(
    "text",
    "json",
    "markdown",
    help="text: one line; json: all figures; markdown: tables for a job summary.",
)
@click.option("--confusion", is_flag=True, help="Print the confusion matrix before the accuracy.")
@report_option("pictures, tables, mistakes")
@click.option(
    "--min-accuracy",
    type=Share(0, 1),
    metavar="F",
    help="Exit with 1 if the accuracy is below F (0 to 1). Turns off the use of bundled files.",
)
@progress_option
@debug_option
@quiet_option
def command(
    batch_size: int,
    weights: tuple[str, ...],
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
    several = len(weights) > 1
    is_text = format == "text"
    for_pictures = raw or polarity != "auto" or skip_unreadable
    only_pictures = (
        "--raw, --polarity and --skip-unreadable are for folders of labelled pictures; "
        f"leave them out for {dataset or 'mnist'}."
    )
    reject_usage(
        (confusion and not is_text, "--confusion needs --format text."),
        (raw and polarity != "auto", "--raw cannot be combined with --polarity."),
        (for_pictures and dataset in _NO_FOLDERS, only_pictures),
        (confusion and several, "--confusion is for one network; use --weights once."),
        (
            activations is not None and several,
            "--activations is for one network; store them in each file with `scratchnet convert`.",
        ),
    )
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
    # A threshold must not be passed by other weights on other images.
    names = weights or (None if min_accuracy is None else "book",)
    dataset = dataset or (None if min_accuracy is None else "mnist")
    loaded, *others = [load_weights(name, stderr, activations=activations) for name in names]
    # Only JSON, the report and comparisons need single images.
    details = several or format == "json" or report is not None
    classes = min(each.network.outputs for each in (loaded, *others))
    pictures = _labelled_pictures(dataset, split, classes)
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
    elif for_pictures:
        raise click.UsageError(only_pictures)
    else:
        images = load_dataset(dataset, split, stderr, transpose).first(limit)
        result = evaluate(loaded, images, batch_size, details=details, progress=stderr)
    # The rate of images is the network's; that of pictures includes reading them.
    _summarize(result, "pictures/s" if pictures else "images/s", stderr)
    results = [result]
    for other in others:
        from scratchnet_cli.evaluation.compare import evaluate_also

        results.append(evaluate_also(result, other, stderr))
        _summarize(results[-1], "images/s", stderr)
    if several and is_text and not quiet:
        from scratchnet_cli.evaluation.compare import compare
        from scratchnet_cli.evaluation.formats import comparison_lines

        print_lines("\n".join(comparison_lines(compare(results))))
    _warn_of_fallback(results, stderr)
    print_answer(_answer(results, format, confusion))
    exit_code = 0
    if min_accuracy is not None:
        from scratchnet_cli.commands.gates import check_accuracy

        exit_code = check_accuracy(results, min_accuracy)
    if report:
        from scratchnet_cli.reports.evaluation_report import evaluation_page

        page = evaluation_page(results, loaded.network)
        write_atomic(report, page.encode(), "own", "--report")
        stderr.note(f"report: {report}")
    return ImageError.exit_code if result.unreadable else exit_code


def _labelled_pictures(dataset: str | None, split: str, classes: int) -> LabelledPictures | None:
    if dataset in _NO_FOLDERS:
        return None
    # MNIST and the sample need no code for pictures.
    from scratchnet_cli.datasets.pictures import find_labelled_pictures

    pictures = find_labelled_pictures(dataset, classes)
    if pictures and split != "test":
        raise DatasetError(f"{dataset}: labelled pictures have no {split} split; leave out --split")
    return pictures


def _summarize(result: Evaluation, unit: str, progress: Progress) -> None:
    progress.summary(
        f"{result.weights.name} weights on {result.dataset.name}: {result.correct} of "
        f"{result.total} right{result.unread}, {result.images_per_s:,.0f} {unit}"
    )


def _warn_of_fallback(results: Sequence[Evaluation], progress: Progress) -> None:
    weights, dataset = results[0].weights, results[0].dataset
    if cause := dataset.unavailable or weights.unavailable:
        default = "MNIST" if dataset.fallback else "the book's weights"
        images = "the 1,000-digit sample" if dataset.fallback else dataset.name
        names = ", ".join(result.weights.name for result in results)
        progress.warning(f"not {default}: {names} weights on {images} ({cause})")


def _answer(results: Sequence[Evaluation], format: str, confusion: bool) -> str:  # noqa: A002
    if format == "text" and len(results) > 1:
        return "\n".join(f"{escape(each.weights.name)}\t{each.accuracy:.4f}" for each in results)
    accuracy = f"Accuracy: {results[0].accuracy:.4f}"
    if format == "text" and not confusion:
        return accuracy
    from scratchnet_cli.evaluation.formats import confusion_lines, to_json, to_markdown

    if format != "text":
        return (to_json if format == "json" else to_markdown)(results)
    return "\n".join([*confusion_lines(results[0].confusion, has_colour(sys.stdout)), accuracy])

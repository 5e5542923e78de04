"""``scratchnet eval``: the accuracy of a network on labelled images."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from scratchnet_cli.commands import options
from scratchnet_cli.errors import EXIT_BELOW, DatasetError, ImageError
from scratchnet_cli.system import text
from scratchnet_cli.system.files import check_writable, write_atomic
from scratchnet_cli.system.progress import Progress

if TYPE_CHECKING:
    from scratchnet_cli.datasets.pictures import LabelledPictures
    from scratchnet_cli.evaluation.result import Evaluation

# Values of --dataset that are never a folder of pictures.
_NO_FOLDERS = (None, "mnist", "sample")
# JSON contains these numbers, and some of its readers know no larger integers.
_COUNT = options.WholeNumber(1, 2**31 - 1)


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
    type=options.Name(),
    multiple=True,
    metavar="book|bundled|PATH",
    help="The network to run. Repeat it to compare networks (not with --activations or "
    "--confusion).  [default: book, or bundled if the download fails]",
)
@options.activations
@click.option(
    "--dataset",
    type=options.Name(),
    metavar="mnist|sample|PATH",
    help="The labelled images. PATH is a file (IDX images, CSV with label and pixels, or Keras' "
    "mnist.npz) or a folder. A folder contains IDX files with MNIST's names, or pictures: "
    "in one subfolder for each class, or listed in labels.tsv or labels.csv.  "
    "[default: mnist, or sample if the download of the test split fails]",
)
@options.choice("--split", ["test", "train"], help="The part of the dataset.")
@click.option(
    "--transpose", is_flag=True, help="Swap rows and columns of the images, as EMNIST needs."
)
@click.option("--limit", type=_COUNT, metavar="N", help="Use only the first N images.")
@options.polarity
@options.raw
@click.option(
    "--skip-unreadable",
    is_flag=True,
    help="Skip unreadable pictures. Without this they count as wrong, and the exit code is 3.",
)
@options.output_format(text="one line", json="all figures", markdown="tables for a job summary")
@click.option("--confusion", is_flag=True, help="Print the confusion matrix before the accuracy.")
@options.report("pictures, tables, mistakes")
@click.option(
    "--min-accuracy",
    type=options.Share(0, 1),
    metavar="F",
    help="Exit with 1 if the accuracy is below F (0 to 1). If a download fails, no bundled "
    "files are used instead.",
)
@options.progress
@options.debug
@options.quiet
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
    for_pictures = raw or polarity != "auto" or skip_unreadable
    only_pictures = (
        "--raw, --polarity and --skip-unreadable are for folders of labelled pictures; "
        f"leave them out for {dataset or 'mnist'}."
    )
    options.reject_usage(
        (confusion and format != "text", "--confusion needs --format text."),
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

    messages = Progress(progress, quiet, debug)
    # With a threshold, the defaults are named, because named files have no fallback.
    names = weights or (None if min_accuracy is None else "book",)
    dataset = dataset or (None if min_accuracy is None else "mnist")
    loaded, *others = [load_weights(name, messages, activations=activations) for name in names]
    # Only JSON, the report and comparisons need the results of single images.
    details = several or format == "json" or report is not None
    # A label must be a class of every network.
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
            progress=messages,
            raw=raw,
            polarity=polarity,
            skip_unreadable=skip_unreadable,
        )
    elif for_pictures:
        raise click.UsageError(only_pictures)
    else:
        images = load_dataset(dataset, split, messages, transpose).first(limit)
        result = evaluate(loaded, images, batch_size, details=details, progress=messages)
    # The rate of images is the network's; that of pictures includes reading them.
    _summarize(result, "pictures/s" if pictures else "images/s", messages)
    results = [result]
    for other in others:
        from scratchnet_cli.evaluation.compare import evaluate_also

        results.append(evaluate_also(result, other, messages))
        _summarize(results[-1], "images/s", messages)
    if several and format == "text" and not quiet:
        from scratchnet_cli.evaluation.compare import compare
        from scratchnet_cli.evaluation.formats import comparison_lines

        text.print_lines("\n".join(comparison_lines(compare(results))))
    _warn_of_fallback(results, messages)
    text.print_answer(_answer(results, format, confusion))
    exit_code = 0 if min_accuracy is None else _check_accuracy(results, min_accuracy)
    if report:
        from scratchnet_cli.reports.evaluation_report import evaluation_page

        page = evaluation_page(results, loaded.network)
        write_atomic(report, page.encode(), "own", "--report")
        messages.note(f"report: {report}")
    return ImageError.exit_code if result.unreadable else exit_code


def _labelled_pictures(dataset: str | None, split: str, classes: int) -> LabelledPictures | None:
    if dataset in _NO_FOLDERS:
        return None
    from scratchnet_cli.datasets.pictures import find_labelled_pictures

    pictures = find_labelled_pictures(dataset, classes)
    if pictures and split != "test":
        raise DatasetError(f"{dataset}: labelled pictures have no {split} split; leave out --split")
    return pictures


def _summarize(result: Evaluation, unit: str, messages: Progress) -> None:
    messages.summary(
        f"{result.weights.name} weights on {result.dataset.name}: {result.correct} of "
        f"{result.total} right{result.unread}, {result.images_per_s:,.0f} {unit}"
    )


def _warn_of_fallback(results: Sequence[Evaluation], messages: Progress) -> None:
    weights, dataset = results[0].weights, results[0].dataset
    if cause := dataset.unavailable or weights.unavailable:
        default = "MNIST" if dataset.fallback else "the book's weights"
        images = "the 1,000-digit sample" if dataset.fallback else dataset.name
        names = ", ".join(result.weights.name for result in results)
        messages.warning(f"not {default}: {names} weights on {images} ({cause})")


def _answer(results: Sequence[Evaluation], format: str, confusion: bool) -> str:  # noqa: A002
    if format == "text" and len(results) > 1:
        return "\n".join(f"{text.escape(r.weights.name)}\t{r.accuracy:.4f}" for r in results)
    accuracy = f"Accuracy: {results[0].accuracy:.4f}"
    if format == "text" and not confusion:
        return accuracy
    from scratchnet_cli.evaluation.formats import confusion_lines, to_json, to_markdown

    if format != "text":
        return (to_json if format == "json" else to_markdown)(results)
    colour = text.has_colour(sys.stdout)
    return "\n".join([*confusion_lines(results[0].confusion, colour), accuracy])


def _check_accuracy(results: Sequence[Evaluation], min_accuracy: float) -> int:
    """Return the exit code; report each network that is below, by name if there are several."""
    failed = [result for result in results if result.accuracy < min_accuracy]
    for result in failed:
        message = (
            f"the accuracy {text.format_below(result.accuracy, min_accuracy)} is below "
            f"--min-accuracy {text.format_exact(min_accuracy)}"
        )
        name = f"{result.weights.name}: " if len(results) > 1 else ""
        text.print_message("error", f"{name}{message}")
        if text.on_github():
            from scratchnet_cli.evaluation.formats import to_markdown

            text.annotate("scratchnet eval", f"{message}: {result.title}")
            text.append_to_summary(f"**Failed: {message}**\n\n{to_markdown([result])}")
    return EXIT_BELOW if failed else 0

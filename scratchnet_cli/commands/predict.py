"""``scratchnet predict``: which digit is in a picture?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from functools import partial
from itertools import chain, product
from pathlib import Path

import click

from scratchnet_cli import catalog
from scratchnet_cli.commands.options import (
    Count,
    Name,
    Place,
    Share,
    format_option,
    names_or_files,
    polarity_option,
    quiet_option,
    raw_option,
    report_option,
    weights_option,
)
from scratchnet_cli.downloads.fetch import Fetcher
from scratchnet_cli.errors import about
from scratchnet_cli.images.read import read_file
from scratchnet_cli.prediction.answers import Result, classify, read_batch
from scratchnet_cli.prediction.formats import FORMATS, number_json_line
from scratchnet_cli.prediction.preprocessed import PreprocessedFolder
from scratchnet_cli.prediction.printing import AnswerPrinter, views
from scratchnet_cli.reports.prediction_report import prediction_page
from scratchnet_cli.system.files import report_file
from scratchnet_cli.system.inputs import expand, read_list
from scratchnet_cli.system.pool import spread
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.streams import STDIN
from scratchnet_cli.system.text import annotate, exact


@click.command("predict", epilog="Example: scratchnet predict *.png | cut -f2")
@click.argument(
    "images", nargs=-1, type=Name(), metavar="[IMAGE]...", shell_complete=names_or_files()
)
@weights_option
@click.option(
    "--files-from",
    type=Name(),
    metavar="LIST",
    shell_complete=names_or_files(),
    help="Read more paths from this file, one a line; - is standard input.",
)
@click.option(
    "--top",
    type=Count(1, 10),
    default=1,
    show_default=True,
    metavar="K",
    help="Print the K most probable digits (1 to 10).",
)
@format_option(
    "tsv",
    "json",
    "plain",
    help="PATH<TAB>DIGIT<TAB>PROBABILITY, or one object a line, or digits only.",
)
@click.option("--multiple", is_flag=True, help="Read numbers: row by row, one line a number.")
@click.option("--show", is_flag=True, help="Draw on stderr what the network saw.")
@click.option("--trace", is_flag=True, help="Write on stderr what each layer made of a picture.")
@click.option(
    "--save-preprocessed",
    metavar="DIR",
    type=Place(file_okay=False, path_type=Path),
    help="Write what the network saw to DIR, as 28x28 PNGs.",
)
@report_option
@click.option(
    "--min-confidence",
    type=Share(),
    metavar="F",
    help="Exit with 1 if a probability is below F (0 to 1).",
)
@polarity_option
@raw_option
@quiet_option
def command(
    images: tuple[str, ...],
    weights: str | None,
    files_from: str | None,
    top: int,
    format: str,  # noqa: A002
    multiple: bool,
    show: bool,
    trace: bool,
    save_preprocessed: Path | None,
    report: Path | None,
    min_confidence: float | None,
    polarity: str,
    raw: bool,
    quiet: bool,
) -> int:
    """Tell which digit each picture shows.

    One line a picture, in the order given. IMAGE is a file, a folder of pictures, or - for one
    picture on standard input. PNG, JPEG, BMP, GIF, WebP, TIFF and PNM are read. A picture that
    cannot be read is reported on stderr, the others are still answered, and the exit code is 3.
    """
    if not images and files_from is None:
        raise click.UsageError(
            "Missing argument 'IMAGE...' (- is standard input), or --files-from LIST."
        )
    if [*images, files_from].count(STDIN) > 1:
        raise click.UsageError("Standard input (-) can be read only once.")
    _refuse_contradictions(raw=raw, multiple=multiple, top=top, polarity=polarity)
    progress = Progress(quiet=quiet)
    formats = FORMATS
    line = number_json_line if multiple and format == "json" else formats[format]
    with ExitStack() as held:
        # What cannot be written is told before anything is downloaded or read.
        page = report_file(report) if report else None
        folder = PreprocessedFolder(save_preprocessed) if save_preprocessed else None
        network, origin = catalog.load_weights(weights, Fetcher(progress))
        printer = AnswerPrinter(
            lambda answer: line(answer, top),
            views(network, show, trace),
            min_confidence,
            progress,
        )
        listeners: list[Callable[[Result], None]] = [printer.tell]
        if folder:
            listeners.append(folder.add)
        if page:
            listeners.append(held.enter_context(prediction_page(page, origin)))
        names = expand(images)
        listed = map(expand, read_list(files_from)) if files_from is not None else ()
        bursts: Iterable[list[str]] = chain([names], listed)
        if folder:
            bursts = folder.sparing(bursts)
        read = partial(read_file, raw=raw, multiple=multiple, polarity=polarity)
        batches = spread(partial(read_batch, read), bursts, here=STDIN)
        held.enter_context(closing(batches))
        moved = held.enter_context(progress.pictures(None if files_from else len(names)))
        for readings in batches:
            with about(origin.source):
                results = classify(network, readings)
            for result, listen in product(results, listeners):
                listen(result)
            sys.stdout.flush()
            moved(len(readings))
    _annotate(printer.below, min_confidence)
    return printer.exit_code


def _annotate(below: int, min_confidence: float | None) -> None:
    if below and min_confidence is not None:
        answers = f"{below} answer{'' if below == 1 else 's'}"
        least = exact(min_confidence)
        annotate("scratchnet predict", f"{answers} below --min-confidence {least}")


def _refuse_contradictions(raw: bool, multiple: bool, top: int, polarity: str) -> None:
    if raw and (polarity != "auto" or multiple):
        raise click.UsageError(
            "--raw takes pictures as they are: it cannot be combined with --polarity or --multiple."
        )
    if multiple and top > 1:
        raise click.UsageError("--top ranks the readings of one digit: not with --multiple.")

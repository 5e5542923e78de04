"""``scratchnet predict``: the digit in each picture."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scratchnet_cli.commands import options
from scratchnet_cli.errors import EXIT_BELOW, ImageError, OutputError
from scratchnet_cli.system import text
from scratchnet_cli.system.files import check_writable, write_atomic
from scratchnet_cli.system.inputs import STDIN, expand, file_groups
from scratchnet_cli.system.progress import Progress, Refusals

if TYPE_CHECKING:
    from scratchnet_cli.network.layers import Network
    from scratchnet_cli.prediction.answers import Answer


@click.command("predict", epilog="Example: scratchnet predict *.png | cut -f2")
@click.argument("images", nargs=-1, type=options.Name(), metavar="[IMAGE]...")
@options.weights
@options.activations
@click.option(
    "--files-from",
    type=options.Name(),
    metavar="LIST",
    help="Read more paths from a file, one per line; - is standard input.",
)
@click.option(
    "-0",
    "--null",
    is_flag=True,
    help="Paths in LIST end with a zero byte, as `find -print0` writes them.",
)
@click.option("--recursive", is_flag=True, help="Read the pictures in subfolders too.")
@click.option(
    "--top",
    type=options.WholeNumber(1, 10),
    default=1,
    show_default=True,
    metavar="K",
    help="Print the K most probable digits (1 to 10).",
)
@options.output_format(
    tsv="PATH<TAB>DIGIT<TAB>PROBABILITY", json="one object per line", plain="only digits"
)
@click.option("--multiple", is_flag=True, help="Read all numbers, row by row; print one per line.")
@click.option("--show", is_flag=True, help="Draw on stderr the image that the network receives.")
@click.option("--trace", is_flag=True, help="Print on stderr what each layer computes.")
@click.option(
    "--save-preprocessed",
    metavar="DIR",
    type=options.Name(file_okay=False, path_type=Path),
    help="Write the images that the network receives to DIR, as 28x28 PNG files.",
)
@options.report("pictures, 28x28 images, answers")
@click.option(
    "--min-confidence",
    type=options.Share(0, 1),
    metavar="F",
    help="Exit with 1 if a probability is below F (0 to 1).",
)
@options.polarity
@options.raw
@click.option(
    "--jobs",
    type=options.WholeNumber(1),
    metavar="N",
    help="Maximum number of processes (8 at most).  [default: one per core]",
)
@options.progress
@options.debug
@options.quiet
def command(
    images: tuple[str, ...],
    weights: str,
    activations: tuple[str, ...] | None,
    files_from: str | None,
    null: bool,
    recursive: bool,
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
    jobs: int | None,
    progress: str,
    debug: bool,
    quiet: bool,
) -> int:
    """Recognise the digit in each picture.

    Prints one line for each picture, in the given order. IMAGE is a file or a folder of pictures.
    If IMAGE is -, one picture is read from standard input. Formats: PNG, JPEG, BMP, GIF, WebP,
    TIFF, PNM, AVIF, and with pillow-heif HEIC. Unreadable pictures are reported on stderr, the
    others are still answered, and the exit code is 3.
    """
    options.reject_usage(
        (
            not images and files_from is None,
            "Missing argument 'IMAGE...' (- is standard input) or --files-from LIST.",
        ),
        (null and files_from is None, "--null needs --files-from LIST."),
        ([*images, files_from].count(STDIN) > 1, "Standard input (-) can be read only once."),
        (
            raw and (polarity != "auto" or multiple),
            "--raw cannot be combined with --polarity or --multiple.",
        ),
        (multiple and top > 1, "--top cannot be combined with --multiple."),
    )
    from scratchnet_cli.images.load import UNSUPPORTED
    from scratchnet_cli.prediction.answers import Unreadable
    from scratchnet_cli.prediction.formats import FORMATS, to_error_json, to_numbers_json
    from scratchnet_cli.prediction.predict import predict_chunks
    from scratchnet_cli.weights.load import load_weights

    messages = Progress(progress, quiet, debug)
    groups = file_groups(images, files_from, null, recursive, messages.note)
    # Fail early if the output is not writable.
    if report:
        check_writable(report, "own", "--report")
        from scratchnet_cli.reports.prediction_report import PredictionPage

        page = PredictionPage()
    if save_preprocessed:
        from scratchnet_cli.prediction.preprocessed import PreprocessedFolder

        folder = PreprocessedFolder(save_preprocessed, messages.error)
        groups = folder.protect(groups)
    loaded = load_weights(weights, messages, activations=activations)
    to_line = to_numbers_json if multiple and format == "json" else FORMATS[format]
    printer = _Printer(
        lambda answer: to_line(answer, top), loaded.network, show, trace, min_confidence, messages
    )
    refusals = Refusals(messages.error, UNSUPPORTED.values())
    chunks = predict_chunks(groups, loaded, multiple, raw, polarity, jobs)
    # Only a bar shows the total. Finding it means listing the folders twice.
    total = len(expand(images, recursive)) if messages.mode == "bar" and not files_from else None
    with closing(refusals), closing(chunks), messages.pictures(total) as advance:
        for results in chunks:
            for result in results:
                if isinstance(result, Unreadable):
                    if format == "json":
                        text.print_answer(to_error_json(result))
                    text.flush_answers()
                    refusals.add(result.path, result.reason, result.traceback)
                    printer.unreadable += 1
                    printer.exit_code = ImageError.exit_code
                else:
                    printer.print_answer(result)
                    if save_preprocessed and not folder.add(result):
                        printer.exit_code = OutputError.exit_code
                if report:
                    page.add(result)
                advance()
            # The next chunk may take long.
            text.flush_answers()
    if report:
        write_atomic(report, page.to_html(loaded.origin).encode(), "own", "--report")
        messages.note(f"report: {report}")
    printer.finish(loaded.origin.name)
    return printer.exit_code


@dataclass
class _Printer:
    """Prints answers on stdout; drawings, warnings and a summary on stderr.

    exit_code: the highest that a result needs; the other numbers count pictures.
    """

    to_line: Callable[[Answer], str]
    network: Network
    show: bool
    trace: bool
    min_confidence: float | None
    messages: Progress
    answers: int = 0
    uncertain: int = 0
    below: int = 0
    unreadable: int = 0
    exit_code: int = 0

    def print_answer(self, answer: Answer) -> None:
        """Print an answer and everything that belongs to it."""
        from scratchnet_cli.prediction.formats import view_lines, warning_lines

        text.print_answer(self.to_line(answer))
        self.answers += 1
        if self.show or self.trace:
            text.flush_answers()
            colour = text.has_colour(sys.stderr)
            for lines in view_lines(answer, self.network, self.show, self.trace, colour):
                text.print_lines("\n".join(lines))
        has_warnings = bool(answer.warnings)
        self.uncertain += has_warnings
        if self.min_confidence is not None and answer.probability < self.min_confidence:
            self.below += 1
            self.exit_code = max(self.exit_code, EXIT_BELOW)
        elif not has_warnings:
            return
        text.flush_answers()
        for message, is_below in warning_lines(answer, self.min_confidence):
            (self.messages.error if is_below else self.messages.warning)(message)

    def finish(self, weights: str) -> None:
        """Print the summary, and on GitHub how many answers are below the threshold."""
        # For a single picture, its own warning or error is enough.
        is_mixed = self.answers + self.unreadable > 1 and (self.uncertain or self.unreadable)
        if self.messages.mode == "bar" or is_mixed:
            pictures = "picture" if self.answers == 1 else "pictures"
            self.messages.summary(
                f"{weights} weights: {self.answers} {pictures} read, {self.uncertain} of them with "
                f"warnings, {self.unreadable} unreadable"
            )
        if self.below and self.min_confidence is not None:
            limit = text.format_exact(self.min_confidence)
            text.annotate(
                "scratchnet predict", f"answers below --min-confidence {limit}: {self.below}"
            )

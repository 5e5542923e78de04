"""``scratchnet predict``: the digit in each picture."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import click

from scratchnet_cli.commands.options import (
    polarity_option,
    quiet_option,
    raw_option,
    report_option,
    require_number,
    require_text,
    weights_option,
)
from scratchnet_cli.errors import EXIT_BELOW, ImageError
from scratchnet_cli.system.files import check_writable, write_atomic
from scratchnet_cli.system.inputs import STDIN, expand
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.text import (
    annotate,
    escape,
    flush_answers,
    format_exact,
    has_colour,
    print_answer,
    print_lines,
    shorten,
)


@click.command("predict", epilog="Example: scratchnet predict *.png | cut -f2")
@click.argument("images", nargs=-1, type=click.Path(), callback=require_text, metavar="[IMAGE]...")
@weights_option
@click.option(
    "--files-from",
    type=click.Path(),
    callback=require_text,
    metavar="LIST",
    help="Read more paths from this file, one a line; - is standard input.",
)
@click.option(
    "--top",
    type=click.IntRange(1, 10),
    default=1,
    show_default=True,
    metavar="K",
    help="Print the K most probable digits (1 to 10).",
)
@click.option(
    "--format",
    type=click.Choice(["tsv", "json", "plain"]),
    default="tsv",
    show_default=True,
    help="PATH<TAB>DIGIT<TAB>PROBABILITY, or one object a line, or digits only.",
)
@click.option("--multiple", is_flag=True, help="Read numbers: row by row, one line a number.")
@click.option("--show", is_flag=True, help="Draw on stderr what the network saw.")
@click.option("--trace", is_flag=True, help="Write on stderr what each layer made of a picture.")
@click.option(
    "--save-preprocessed",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    callback=require_text,
    help="Write what the network saw to DIR, as 28x28 PNGs.",
)
@report_option
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    callback=require_number,
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
    if raw and (polarity != "auto" or multiple):
        raise click.UsageError(
            "--raw takes pictures as they are: it cannot be combined with --polarity or --multiple."
        )
    if multiple and top > 1:
        raise click.UsageError("--top ranks the readings of one digit: not with --multiple.")
    if report:
        # Fail before the work, not after it.
        check_writable(report, "own", "--report")
    from scratchnet_cli.prediction.answers import Unreadable
    from scratchnet_cli.prediction.formats import (
        FORMATS,
        to_numbers_json,
        view_lines,
        warning_lines,
    )
    from scratchnet_cli.prediction.predict import predict_files
    from scratchnet_cli.weights.load import load_weights

    folder = page = None
    if save_preprocessed:
        from scratchnet_cli.prediction.preprocessed import PreprocessedFolder

        folder = PreprocessedFolder(save_preprocessed)
    if report:
        from scratchnet_cli.reports.prediction_report import PredictionPage

        page = PredictionPage()
    to_line = to_numbers_json if multiple and format == "json" else FORMATS[format]
    stderr = Progress(quiet=quiet)
    loaded = load_weights(weights, stderr)
    results = predict_files(
        images, loaded, files_from=files_from, multiple=multiple, raw=raw, polarity=polarity
    )
    exit_code = below = 0
    total = None if files_from else len(expand(images))
    with closing(results), stderr.pictures(total) as advance:
        for result in results:
            if isinstance(result, Unreadable):
                exit_code = max(exit_code, ImageError.exit_code)
                stderr.error(f"{escape(shorten(result.path))}: {result.reason}")
            else:
                print_answer(to_line(result, top))
                flush_answers()
                if show or trace:
                    colour = has_colour(sys.stderr)
                    for lines in view_lines(result, loaded.network, show, trace, colour):
                        print_lines("\n".join(lines))
                for message, is_below in warning_lines(result, min_confidence):
                    say = stderr.error if is_below else stderr.note
                    say(message)
                    exit_code = max(exit_code, EXIT_BELOW if is_below else 0)
                if min_confidence is not None and result.probability < min_confidence:
                    below += 1
            if folder:
                folder.add(result)
            if page:
                page.add(result)
            advance()
    if report and page:
        write_atomic(report, page.to_html(loaded.origin).encode(), "own", "--report")
    if below and min_confidence is not None:
        answers = f"{below} answer{'' if below == 1 else 's'}"
        annotate(
            "scratchnet predict",
            f"{answers} below --min-confidence {format_exact(min_confidence)}",
        )
    return exit_code

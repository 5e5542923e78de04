"""``scratchnet predict``: which digit is in a picture?"""

import sys
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scratchnet_cli.options import (
    Name,
    Share,
    names_or_files,
    quiet_option,
    report_option,
    weights_option,
)

if TYPE_CHECKING:
    from scratchnet_cli.catalog import Origin
    from scratchnet_cli.classify import Answer, Digit, Unreadable
    from scratchnet_cli.network import Network


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
@click.option("--multiple", is_flag=True, help="Read a number: all digits, left to right.")
@click.option("--show", is_flag=True, help="Draw on stderr what the network saw.")
@click.option("--trace", is_flag=True, help="Write on stderr what each layer made of a picture.")
@click.option(
    "--save-preprocessed",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write what the network saw to DIR, as 28x28 PNGs.",
)
@report_option
@click.option(
    "--min-confidence",
    type=Share(),
    metavar="F",
    help="Exit with 1 if a probability is below F (0 to 1).",
)
@click.option(
    "--polarity",
    type=click.Choice(["auto", "dark", "light"]),
    default="auto",
    show_default=True,
    help="Whether the ink is darker or lighter than its ground.",
)
@click.option("--raw", is_flag=True, help="Take 28x28 pictures as they are: light ink on black.")
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
    from scratchnet_cli.catalog import load_weights
    from scratchnet_cli.classify import Answer, Unreadable, classify
    from scratchnet_cli.errors import about
    from scratchnet_cli.fetch import Fetcher
    from scratchnet_cli.inputs import STDIN, expand, read_list
    from scratchnet_cli.messages import printable
    from scratchnet_cli.predict_formats import (
        EXIT_BELOW_CONFIDENCE,
        FORMATS,
        number_json_line,
        remark_on,
    )
    from scratchnet_cli.preprocessed import PreprocessedFolder
    from scratchnet_cli.progress import Progress
    from scratchnet_cli.readings import read_batch, read_file
    from scratchnet_cli.workers import spread

    if not images and files_from is None:
        raise click.UsageError("Missing argument 'IMAGE...', or --files-from LIST.")
    if [*images, files_from].count(STDIN) > 1:
        raise click.UsageError("Standard input (-) can be read only once.")
    _refuse_contradictions(raw=raw, multiple=multiple, top=top, polarity=polarity)
    network, origin = load_weights(weights, Fetcher(progress := Progress(quiet=quiet)))
    folder = PreprocessedFolder(save_preprocessed) if save_preprocessed is not None else None
    line = number_json_line if multiple and format == "json" else FORMATS[format]
    codes: Counter[int] = Counter()

    def tell(result: Answer | Unreadable) -> int:
        """Print a result, and all that is to be said of it; the exit code that it asks for."""
        if isinstance(result, Answer):
            sys.stdout.write(f"{line(result, top)}\n")
            for digit in result.digits:
                if show or trace:
                    sys.stdout.flush()
                    click.echo("\n".join(_seen(network, digit, show, trace)), err=True)
                if folder is not None:
                    folder.save(result.name, digit.picture)
        collect(result)
        code, remark = remark_on(result, min_confidence)
        codes[code] += 1
        if remark:
            sys.stdout.flush()
            (progress.error if code else progress.note)(f"{printable(result.name)}: {remark}")
        return code

    names = expand(images)
    listed = map(expand, read_list(files_from)) if files_from is not None else ()
    read = partial(read_file, raw=raw, multiple=multiple, polarity=polarity)
    batches = spread(partial(read_batch, read), chain([names], listed), here=STDIN)
    exit_code = 0
    with (
        _sheet(report, origin) as collect,
        closing(batches),
        progress.pictures(None if files_from else len(names)) as moved,
    ):
        for readings in batches:
            with about(origin.source):
                results = classify(network, readings)
            exit_code = max(exit_code, *map(tell, results))
            sys.stdout.flush()
            moved(len(readings))
    _annotate(codes[EXIT_BELOW_CONFIDENCE], min_confidence)
    return exit_code


def _sheet(
    report: Path | None, weights: "Origin"
) -> "AbstractContextManager[Callable[[Answer | Unreadable], None]]":
    """What hears every result and, where a report was asked for, writes them to it at the end."""
    if report is None:
        return nullcontext(lambda _: None)
    from scratchnet_cli.pages.sheet import sheet_file

    return sheet_file(report, weights)


def _annotate(below: int, min_confidence: float | None) -> None:
    if below:
        from scratchnet_cli.github import annotate

        annotate("scratchnet predict", f"{below} below --min-confidence {min_confidence:g}")


def _refuse_contradictions(raw: bool, multiple: bool, top: int, polarity: str) -> None:
    if raw and (polarity != "auto" or multiple):
        raise click.UsageError(
            "--raw takes pictures as they are: it cannot be combined with --polarity or --multiple."
        )
    if multiple and top > 1:
        raise click.UsageError("--top ranks the readings of one digit: not with --multiple.")


def _seen(network: "Network", digit: "Digit", show: bool, trace: bool) -> list[str]:
    """Lines for ``--show`` and ``--trace``."""
    lines: list[str] = []
    if show:
        from scratchnet_cli.show import draw, stderr_has_colour

        lines += draw(digit, stderr_has_colour())
    if trace:
        from scratchnet_cli.derivation import derive
        from scratchnet_cli.trace import trace as run

        lines += derive(run(network, digit.x, "softmax"), digit.picture.pixels.shape)
    return lines

"""``scratchnet predict``: which digit is in a picture?"""

from itertools import chain
from typing import TYPE_CHECKING

import click

from scratchnet_cli.options import weights_option

if TYPE_CHECKING:
    from scratchnet_cli.classify import Answer
    from scratchnet_cli.images import Picture


@click.command("predict", epilog="Example: scratchnet predict *.png | cut -f2")
@click.argument("images", nargs=-1, metavar="[IMAGE]...")
@weights_option
@click.option(
    "--files-from",
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
@click.option("--show", is_flag=True, help="Draw on stderr what the network saw.")
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
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
def command(
    images: tuple[str, ...],
    weights: str | None,
    files_from: str | None,
    top: int,
    format: str,  # noqa: A002
    show: bool,
    min_confidence: float | None,
    polarity: str,
    raw: bool,
) -> int:
    """Tell which digit each picture shows.

    One line a picture, in the order given. IMAGE is a file, a folder of pictures, or - for one
    picture on standard input. PNG, JPEG, BMP, GIF, WebP, TIFF and PNM are read. A picture that
    cannot be read is reported on stderr, the others are still answered, and the exit code is 3.
    """
    from scratchnet_cli.catalog import load_weights
    from scratchnet_cli.classify import Unreadable, classify
    from scratchnet_cli.errors import ImageError
    from scratchnet_cli.fetch import Fetcher
    from scratchnet_cli.images import read_image, read_raw_image
    from scratchnet_cli.inputs import expand, read_bytes, read_list
    from scratchnet_cli.messages import note, printable
    from scratchnet_cli.progress import Progress
    from scratchnet_cli.show import draw, stderr_has_colour

    if not images and files_from is None:
        raise click.UsageError("Missing argument 'IMAGE...', or --files-from LIST.")
    if [*images, files_from].count("-") > 1:
        raise click.UsageError("Standard input (-) can be read only once.")
    if raw and polarity != "auto":
        raise click.UsageError(
            "--raw takes pictures as they are: --polarity cannot be combined with it."
        )

    def read(name: str) -> "Picture":
        data = read_bytes(name)
        return read_raw_image(data) if raw else read_image(data, polarity)

    network, _ = load_weights(weights, Fetcher(Progress()))
    listed = read_list(files_from) if files_from is not None else ()
    exit_code = 0
    for result in classify(network, expand(chain(images, listed)), read):
        if isinstance(result, Unreadable):
            note(f"{printable(result.name)}: {result.reason}")
            exit_code = ImageError.exit_code
            continue
        click.echo(_FORMATS[format](result, top))
        if show:
            click.echo("\n".join(draw(result, stderr_has_colour())), err=True)
        if min_confidence is not None and not result.probability >= min_confidence:
            note(
                f"{printable(result.name)}: read as {result.digit} with probability "
                f"{result.probability:.4f}, below --min-confidence {min_confidence:g}"
            )
            exit_code = exit_code or 1
    return exit_code


def _tsv(answer: "Answer", top: int) -> str:
    from scratchnet_cli.messages import printable

    ranked = (f"{digit}\t{probability:.4f}" for digit, probability in answer.top(top))
    return "\t".join((printable(answer.name), *ranked))


def _plain(answer: "Answer", top: int) -> str:
    return " ".join(str(digit) for digit, _ in answer.top(top))


def _json(answer: "Answer", top: int) -> str:
    import json

    ranked = [{"digit": digit, "probability": p} for digit, p in answer.top(top)]
    fields = {
        "path": answer.name,
        **ranked[0],
        "top": ranked,
        "probabilities": answer.probabilities.tolist(),
    }
    return json.dumps(fields)


_FORMATS = {"tsv": _tsv, "plain": _plain, "json": _json}

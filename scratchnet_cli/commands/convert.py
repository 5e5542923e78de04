"""``scratchnet convert``: a weight file in another format."""

from pathlib import Path

import click

from scratchnet_cli import catalog
from scratchnet_cli.commands.options import NETWORKS, Name, names_or_files
from scratchnet_cli.downloads.fetch import Fetcher
from scratchnet_cli.errors import about
from scratchnet_cli.system.files import refuse_existing, write_file
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.text import note, printable
from scratchnet_cli.weights.write import FORMATS, FORMATS_WITH_CLASSES, write_weights


def _known_suffix(ctx: click.Context, param: click.Parameter, path: Path) -> Path:
    if path.suffix.lower() not in FORMATS:
        endings = ", ".join(FORMATS)
        raise click.BadParameter(f"{path} does not end in one of {endings}.", ctx, param)
    return path


@click.command("convert", epilog="Example: scratchnet convert book book.safetensors")
@click.argument("source", type=Name(), metavar="IN", shell_complete=names_or_files(*NETWORKS))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path), callback=_known_suffix)
@click.option("--force", is_flag=True, help="Overwrite OUT if there is such a file.")
def command(source: str, target: Path, force: bool) -> None:
    """Write a network in another format, and print the new file's path.

    IN is book, bundled, three-layer or the path of a weight file. OUT ends in .pkl (for the
    book's scripts), .npz, .safetensors (for PyTorch, under the names of its Sequential) or .onnx
    (needs the package onnx).
    """
    if not force:
        refuse_existing(target)
    file, _ = catalog.load_weight_file(source, Fetcher(Progress()))
    suffix = target.suffix.lower()
    with about(target):
        data = write_weights(file.network, suffix, file.classes)
    if file.classes and suffix not in FORMATS_WITH_CLASSES:
        note(f"{target}: the names of the classes are left out; {suffix} has no place for them")
    write_file(target, data, force)
    click.echo(printable(str(target)))

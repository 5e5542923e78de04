"""``scratchnet convert``: a weight file in another format."""

from pathlib import Path

import click

from scratchnet_cli.options import NETWORKS, Name, names_or_files

SUFFIXES = (".pkl", ".npz", ".safetensors", ".onnx")


def _known_suffix(ctx: click.Context, param: click.Parameter, path: Path) -> Path:
    if path.suffix.lower() not in SUFFIXES:
        endings = ", ".join(SUFFIXES)
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
    from scratchnet_cli.catalog import load_weights
    from scratchnet_cli.errors import OutputError
    from scratchnet_cli.fetch import Fetcher
    from scratchnet_cli.messages import printable
    from scratchnet_cli.output import refuse_existing, write_file
    from scratchnet_cli.progress import Progress
    from scratchnet_cli.weights.convert import convert

    if not force:
        refuse_existing(target)
    network, _ = load_weights(source, Fetcher(Progress()))
    try:
        data = convert(network, target.suffix.lower())
    except OutputError as error:
        raise OutputError(f"{target}: {error}") from error
    write_file(target, data, force)
    click.echo(printable(str(target)))

"""``scratchnet convert``: a weight file in another format."""

from pathlib import Path

import click

from scratchnet_cli.commands import options
from scratchnet_cli.errors import about
from scratchnet_cli.system.files import check_writable, write_atomic
from scratchnet_cli.system.progress import Progress
from scratchnet_cli.system.text import escape, print_answer, print_message

SUFFIXES = (".pkl", ".npz", ".safetensors", ".onnx")


def _require_suffix(_: click.Context, __: click.Parameter, path: Path) -> Path:
    if path.suffix.lower() not in SUFFIXES:
        raise click.BadParameter(f"{path}: expected a name that ends in {', '.join(SUFFIXES)}.")
    return path


@click.command("convert", epilog="Example: scratchnet convert book book.safetensors")
@click.argument("source", type=options.Name(), metavar="IN")
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path), callback=_require_suffix)
@options.activations
@click.option("--force", is_flag=True, help="Overwrite OUT if it exists.")
def command(source: str, target: Path, activations: tuple[str, ...] | None, force: bool) -> None:
    """Write a network in another format, and print the new file's path.

    IN is book, bundled, three-layer or the path of a weight file. OUT ends in .pkl (for the
    book's scripts), .npz, .safetensors (for PyTorch, with the array names of nn.Sequential) or
    .onnx (needs the package onnx).
    """
    from scratchnet_cli.weights.load import load_weights
    from scratchnet_cli.weights.write import FORMATS_WITH_CLASSES, write_weights

    check_writable(target, "always" if force else "never")
    weights = load_weights(source, Progress(), activations=activations)
    suffix = target.suffix.lower()
    with about(target):
        assumed = weights.activations == "assumed"
        data = write_weights(weights.network, suffix, weights.classes, assumed)
    if weights.classes and suffix not in FORMATS_WITH_CLASSES:
        print_message(
            "warning",
            f"{target}: {suffix} cannot store the names of the classes; use .npz or .safetensors",
        )
    write_atomic(target, data, "always" if force else "never")
    print_answer(escape(str(target)))

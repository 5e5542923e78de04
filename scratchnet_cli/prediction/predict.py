"""Read pictures and classify their digits: many files, in order."""

import os
from collections.abc import Generator, Iterable
from contextlib import closing
from functools import partial
from itertools import chain

from scratchnet_cli.errors import ScratchnetError
from scratchnet_cli.images.read import read_file
from scratchnet_cli.prediction.answers import Result, classify
from scratchnet_cli.system.inputs import expand, read_list
from scratchnet_cli.system.pool import map_in_order
from scratchnet_cli.weights.load import Weights, load_weights


def predict_files(
    paths: Iterable[str | os.PathLike[str]],
    weights: Weights | str | os.PathLike[str] | None = None,
    *,
    files_from: str | None = None,
    multiple: bool = False,
    raw: bool = False,
    polarity: str = "auto",
) -> Generator[Result, None, None]:
    """Yield an answer for each picture, in order, as soon as it is known.

    Args:
        paths: Picture files; a folder stands for the pictures in it, ``-`` for standard input.
        weights: What ``load_weights`` returns, or its argument.
        files_from: A file with more paths, one a line; ``-`` is standard input.
        multiple: Read all digits of a picture, row by row, instead of the main one.
        raw: Take 28x28 pictures as they are.
        polarity: ``dark`` or ``light`` ink, or ``auto``.

    Yields:
        An ``Answer``, or ``Unreadable`` with the reason. Many files are read by several processes.

    Raises:
        ShapeError: The network does not take 28x28 images.
        ImageError: The list cannot be read, or a process died.

    Example:
        >>> for result in predict_files(["missing.png"], "bundled"):
        ...     print(result)
        Unreadable(path='missing.png', reason='No such file or directory')
    """
    if not isinstance(weights, Weights):
        weights = load_weights(weights)
    read = partial(read_file, multiple=multiple, raw=raw, polarity=polarity)
    listed = read_list(files_from) if files_from is not None else ()
    groups = (expand(group) for group in chain([[os.fspath(path) for path in paths]], listed))
    with closing(map_in_order(read, groups)) as chunks:
        for readings in chunks:
            try:
                results = classify(weights.network, readings)
            except ScratchnetError as error:
                raise type(error)(f"{weights.origin.source}: {error}") from error
            yield from results

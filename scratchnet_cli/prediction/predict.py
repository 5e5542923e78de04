"""Many picture files to results, in order."""

import os
from collections.abc import Generator, Iterable
from contextlib import closing
from functools import partial

from PIL.Image import Image

from scratchnet_cli.errors import ScratchnetError
from scratchnet_cli.images.read import check_options, read_file
from scratchnet_cli.prediction.answers import Result, check_takes_pictures, classify
from scratchnet_cli.system.inputs import file_groups
from scratchnet_cli.system.pool import map_in_order
from scratchnet_cli.weights.load import Weights, load_weights


def predict_files(
    paths: Iterable[str | os.PathLike[str]],
    weights: Weights | str | os.PathLike[str] = "bundled",
    *,
    files_from: str | None = None,
    multiple: bool = False,
    raw: bool = False,
    polarity: str = "auto",
    jobs: int | None = None,
) -> Generator[Result, None, None]:
    """Return an iterator over the result of each picture, in order, as soon as it is known.

    Args:
        paths: Picture files; a folder stands for the pictures in it, ``-`` for standard input.
        weights: What ``load_weights`` returns, or its argument.
        files_from: A file with more paths, one per line; ``-`` is standard input.
        multiple: Read all digits of a picture, row by row, instead of the main one.
        raw: Take 28x28 pictures as they are.
        polarity: ``dark`` or ``light`` ink, or ``auto``.
        jobs: The most processes; as many as there are cores if None.

    Returns:
        For each picture an ``Answer``, or ``Unreadable`` with the reason.

    Raises:
        WeightsError, DownloadError: As ``load_weights``.
        ShapeError: The network does not take 28x28 images.
        ImageError: The list cannot be read, or all processes died.
        TypeError: ``paths`` is one path instead of several.
        ValueError: The polarity is unknown, or combined with ``raw``.

    Example:
        >>> for result in predict_files(["missing.png"]):
        ...     print(result)
        Unreadable(path='missing.png', reason='No such file or directory')
    """
    check_several(paths)
    check_options(polarity, raw, multiple)
    if not isinstance(weights, Weights):
        weights = load_weights(weights)
    groups = file_groups([os.fspath(path) for path in paths], files_from)
    chunks = predict_chunks(groups, weights, multiple, raw, polarity, jobs)
    return (result for chunk in chunks for result in chunk)


def predict_chunks(
    groups: Iterable[list[str]],
    weights: Weights,
    multiple: bool,
    raw: bool,
    polarity: str,
    jobs: int | None = None,
) -> Generator[list[Result], None, None]:
    """Yield the results of ``predict_files`` in lists of those that are known at the same time."""
    check_takes_pictures(weights.network, weights.origin.source)
    read = partial(read_file, multiple=multiple, raw=raw, polarity=polarity)
    with closing(map_in_order(read, groups, jobs)) as chunks:
        for readings in chunks:
            try:
                results = classify(weights.network, readings)
            except ScratchnetError as error:
                raise type(error)(f"{weights.origin.source}: {error}") from error
            if multiple:
                from scratchnet_cli.prediction.orientation import read_upright

                results = [read_upright(weights.network, result, read) for result in results]
            yield results


def check_several(pictures: object) -> None:
    """Raise TypeError if this is one picture: its path is a sequence too, of letters."""
    shape: tuple[int, ...] = getattr(pictures, "shape", ())
    is_array = len(shape) == 2 or (len(shape) == 3 and shape[-1] == 3)
    if is_array or isinstance(pictures, bytes | bytearray | str | os.PathLike | Image):
        raise TypeError(
            f"expected a list of pictures, not {type(pictures).__name__}; "
            "for one picture, [picture]"
        )

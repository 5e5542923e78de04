"""A network over labelled pictures, as they are read from their files."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import DatasetError, ImageError
from scratchnet_cli.evaluation.batches import Evaluation, Tally, check_labels
from scratchnet_cli.evaluation.seen import SIDE, SeenPictures
from scratchnet_cli.images import Picture
from scratchnet_cli.network import Forward, Network

Reading = tuple[str, Sequence[Picture] | ImageError]
"""The name of a file, and the one picture in it, or why there is none."""


def evaluate_pictures(
    network: Network,
    readings: Iterable[Reading],
    labels: NDArray[np.integer],
    seen: SeenPictures,
    batch_size: int,
    progress: Callable[[Evaluation], None],
    failed: Callable[[str, str], None],
    skip_unreadable: bool,
) -> Evaluation:
    """Run every picture that can be read through the network; the others count as wrong.

    labels: (n,), one for each reading; ``seen`` gets what was read; ``progress`` hears the state
    after each batch, ``failed`` the name of a picture that could not be read, and why. With
    ``skip_unreadable`` such pictures do not count.

    Raises:
        DatasetError: none of them could be read.
        ShapeError: the network does not take 28x28 pixels, or a label is no class of it.
    """
    check_labels(network, labels)
    forward = Forward(network)
    tally = Tally(network.outputs, batch_size, progress)
    labelled = zip(readings, labels.tolist(), strict=True)
    while batch := list(islice(labelled, batch_size)):
        names: list[str] = []
        pictures: list[Picture] = []
        truth: list[int] = []
        for (name, content), label in batch:
            if isinstance(content, ImageError):
                seen.fail(name, str(content))
                failed(name, str(content))
                continue
            names.append(name)
            pictures += content
            truth.append(label)
        pixels = np.array([picture.pixels for picture in pictures], np.uint8)
        logits = forward.logits(pixels.reshape(len(pictures), SIDE * SIDE))
        seen.add(names, pictures, truth, logits)
        unread = len(batch) - len(pictures)
        counted = {"skipped" if skip_unreadable else "unreadable": unread}
        tally.add(np.array(truth, np.intp), logits.argmax(axis=1), **counted)
    if not len(seen):
        raise DatasetError(f"none of the {len(labels)} pictures could be read")
    return tally.state

"""Run a network over labelled pictures, as they are read from their files."""

import hashlib
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import chain, islice

import numpy as np

from scratchnet_cli.datasets.pictures import LabelledPictures
from scratchnet_cli.errors import DatasetError, ImageError, ScratchnetError
from scratchnet_cli.evaluation.evaluate import Batch, check_labels, run_batches
from scratchnet_cli.evaluation.result import Evaluation, PictureDetails
from scratchnet_cli.images.digit_image import SIDE_PIXELS
from scratchnet_cli.images.read import read_file
from scratchnet_cli.network.fast import Forward
from scratchnet_cli.system.origin import Origin
from scratchnet_cli.system.pool import map_in_order
from scratchnet_cli.system.progress import Progress, Silent
from scratchnet_cli.system.text import shorten
from scratchnet_cli.weights.load import Weights


def evaluate_pictures(
    weights: Weights,
    pictures: LabelledPictures,
    batch_size: int = 100,
    *,
    progress: Progress | None = None,
    raw: bool = False,
    polarity: str = "auto",
    skip_unreadable: bool = False,
) -> Evaluation:
    """Read and preprocess each picture and run it through the network.

    The result contains the details of each picture, about 1 KB each. raw, polarity: as in
    ``predict``; skip_unreadable: leave unreadable pictures out, else they count as wrong.

    Raises:
        DatasetError: none of the pictures can be read.
        ShapeError: the network does not take 28x28 pixels, or a label is not one of its classes.
    """
    progress = progress or Silent()
    for note in pictures.notes:
        progress.note(note)
    details = PictureDetails()
    pixels = bytearray()
    report = progress.note if skip_unreadable else progress.error

    def read_batches() -> Generator[Batch, None, None]:
        forward = Forward(weights.network)
        read = partial(read_file, raw=raw, polarity=polarity)
        with closing(map_in_order(read, [pictures.paths])) as chunks:
            readings = zip(chain.from_iterable(chunks), pictures.labels.tolist(), strict=True)
            while batch := list(islice(readings, batch_size)):
                labels = []
                start = len(pixels)
                for (path, reading), label in batch:
                    if isinstance(reading, ImageError):
                        report(f"{shorten(path)}: {reading}")
                        details.add_failure(path, str(reading))
                        continue
                    (image,) = reading
                    details.add(path, image.warnings)
                    pixels.extend(image.pixels.tobytes())
                    labels.append(label)
                x = np.frombuffer(bytes(pixels[start:]), np.uint8).reshape(len(labels), -1)
                yield Batch(np.array(labels, np.uint8), forward.logits(x), len(batch) - len(labels))

    try:
        check_labels(weights.network, pictures.labels)
        result = run_batches(
            read_batches(),
            weights.network.outputs,
            len(pictures),
            progress,
            batch_size=batch_size,
            details=True,
            skip_unreadable=skip_unreadable,
            weights=weights.origin,
            dataset=Origin(pictures.folder, pictures.folder, ""),
            pictures=details,
        )
        if not details.paths:
            raise DatasetError(f"none of the {len(pictures)} pictures could be read")
    except ScratchnetError as error:
        raise type(error)(f"{weights.origin.source} on {pictures.folder}: {error}") from error
    labels = np.asarray(result.labels, np.uint8).tobytes()
    return replace(
        result,
        dataset=replace(result.dataset, sha256=hashlib.sha256(pixels + labels).hexdigest()),
        images=np.frombuffer(bytes(pixels), np.uint8).reshape(-1, SIDE_PIXELS, SIDE_PIXELS),
    )

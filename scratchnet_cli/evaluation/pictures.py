"""Run a network over labelled pictures, while they are read from their files."""

import hashlib
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.datasets.pictures import LabelledPictures
from scratchnet_cli.errors import DatasetError, ImageError, WorkerError, about
from scratchnet_cli.evaluation.evaluate import Part, check_fit, count_parts
from scratchnet_cli.evaluation.result import MAX_FAILURES, Evaluation, PictureDetails
from scratchnet_cli.images.digit_image import SIDE_PIXELS
from scratchnet_cli.images.load import UNSUPPORTED
from scratchnet_cli.images.read import read_file
from scratchnet_cli.network.fast import Forward
from scratchnet_cli.system.origin import Origin
from scratchnet_cli.system.pool import map_in_order
from scratchnet_cli.system.progress import Progress, Refusals
from scratchnet_cli.weights.load import Weights


def evaluate_pictures(
    weights: Weights,
    pictures: LabelledPictures,
    batch_size: int,
    *,
    details: bool,
    progress: Progress,
    raw: bool,
    polarity: str,
    skip_unreadable: bool,
) -> Evaluation:
    """Read, preprocess and classify each picture. details: keep about 1 KB of each."""
    for note in pictures.notes:
        progress.note(note)
    report = progress.warning if skip_unreadable else progress.error
    refusals = Refusals(report, UNSUPPORTED.values())
    kept = PictureDetails()
    pixels: list[NDArray[np.uint8]] = []
    digest = hashlib.sha256()
    labels_read = bytearray()

    def parts() -> Generator[Part, None, None]:
        forward = Forward(weights.network)
        read = partial(read_file, raw=raw, polarity=polarity)
        with closing(refusals), closing(map_in_order(read, [pictures.paths])) as chunks:
            readings = zip(chain.from_iterable(chunks), pictures.labels.tolist(), strict=True)
            while batch := list(islice(readings, min(batch_size, len(pictures)))):
                labels = bytearray()
                images = []
                for (path, reading), label in batch:
                    if isinstance(reading, ImageError):
                        _add_failure(kept, path, reading, skip_unreadable)
                        refusals.add(path, str(reading), reading.traceback)
                        continue
                    images.append(reading[0].pixels)
                    labels.append(label)
                    if details:
                        kept.paths.append(path)
                        kept.warnings.append(reading[0].warnings)
                x = np.array(images, np.uint8).reshape(len(images), SIDE_PIXELS**2)
                digest.update(x.tobytes())
                labels_read.extend(labels)
                if details:
                    pixels.append(x)
                logits = forward.logits(x)
                yield Part(
                    np.array(labels, np.uint8),
                    logits.argmax(axis=1),
                    logits if details else None,
                    len(batch) - len(images),
                )

    shape = (SIDE_PIXELS, SIDE_PIXELS)
    check_fit(weights, shape, pictures.labels, pictures.folder, progress)
    with about(f"{weights.origin.source} on {pictures.folder}"):
        result = count_parts(
            parts(),
            weights.network.outputs,
            len(pictures),
            progress,
            batch_size=batch_size,
            skip_unreadable=skip_unreadable,
            weights=weights.origin,
            activations=weights.activations,
            dataset=Origin(pictures.folder, pictures.folder, digest.hexdigest),
            pictures=kept if details else None,
        )
        if not labels_read:
            raise DatasetError(f"none of the {len(pictures)} pictures could be read; see above")
    # The checksum is over all pixels, then all labels, as if they were in IDX files.
    digest.update(labels_read)
    return replace(
        result,
        images=np.concatenate(pixels).reshape(-1, SIDE_PIXELS, SIDE_PIXELS) if details else None,
    )


def _add_failure(kept: PictureDetails, path: str, error: ImageError, skip: bool) -> None:
    # The picture may be readable: do not print an accuracy without it.
    if skip and isinstance(error, WorkerError):
        raise WorkerError(f"{path}: {error}")
    if len(kept.failures) < MAX_FAILURES:
        kept.failures.append((path, str(error)))

"""The two files of a dataset, images and labels, from a folder."""

import hashlib
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import DatasetError, about
from scratchnet_cli.idx import MAX_BYTES, StoredImages, read_idx
from scratchnet_cli.mnist import Dataset, read_dataset

# Images that take more than this stay on disk.
LARGE_BYTES = 64 * 2**20


def read_dataset_files(images: Path, labels: Path) -> tuple[Dataset, str]:
    """The dataset in two IDX files, and the SHA-256 of the first followed by the second.

    Large images that are not gzipped are read when they are asked for: memory does not grow with
    their number.

    Raises:
        DatasetError: a file cannot be read, is not sound or does not fit to the other.
    """
    try:
        for path in (images, labels):
            if path.stat().st_size > MAX_BYTES:
                raise DatasetError(f"{path}: larger than {MAX_BYTES} bytes")
        with about(images.parent):
            if images.stat().st_size > LARGE_BYTES and images.suffix != ".gz":
                return _stored(images, labels)
            data = images.read_bytes(), labels.read_bytes()
            return read_dataset(*data, (images.name, labels.name)), sha256_of_both(*data)
    except OSError as error:
        raise DatasetError(f"{error.filename}: {error.strerror}") from error


def sha256_of_both(images: bytes, labels: bytes) -> str:
    """The SHA-256 of one file followed by the other."""
    digest = hashlib.sha256(images)
    digest.update(labels)
    return digest.hexdigest()


def _stored(images: Path, labels: Path) -> tuple[Dataset, str]:
    data = labels.read_bytes()
    # It has what is needed of an array.
    stored = cast("NDArray[np.uint8]", StoredImages(images))
    dataset = Dataset(stored, read_idx(data, 1, labels.name))
    with images.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(data)
    return dataset, digest.hexdigest()

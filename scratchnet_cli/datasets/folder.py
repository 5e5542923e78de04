"""The two files of a dataset, images and labels, in a folder."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.datasets.dataset import Dataset, Split, read_dataset
from scratchnet_cli.datasets.idx import MAX_BYTES, StoredImages, read_idx
from scratchnet_cli.errors import DatasetError, about

FILE_PREFIX = {"test": "t10k", "train": "train"}
# Images that take more than this stay on disk.
LARGE_BYTES = 64 * 2**20
_LABELLED = "in folders named after the classes, as in 7/, or listed in labels.tsv or labels.csv"


def holds_idx(names: Iterable[str]) -> bool:
    """Whether one of these files is named like one of MNIST's."""
    parts = [f"{prefix}-{kind}" for prefix in FILE_PREFIX.values() for kind in ("images", "labels")]
    return any(name.startswith(tuple(parts)) and "-ubyte" in name for name in names)


def find_dataset(folder: Path, split: Split) -> tuple[Path, Path]:
    """The image and label files of a split in a folder that names them as MNIST does.

    Raises:
        DatasetError: the folder lacks one of them.
    """
    try:
        present = {path.name for path in folder.iterdir()}
    except OSError as error:
        raise DatasetError(
            f"{folder}: {error.strerror}; expected mnist, sample or a folder of IDX files or of "
            "labelled pictures"
        ) from error
    found = []
    for kind, axes in (("images", 3), ("labels", 1)):
        stem = f"{FILE_PREFIX[split]}-{kind}"
        names = [f"{stem}{sep}idx{axes}-ubyte{end}" for end in ("", ".gz") for sep in "-."]
        paths = [folder / name for name in names if name in present]
        if not paths:
            other = "" if holds_idx(present) else f"; labelled pictures would be {_LABELLED}"
            raise DatasetError(f"{folder}: holds no {names[0]}, gzipped or not{other}")
        # MNIST is also handed out with a folder of that name beside the file.
        found.append(min(paths, key=os.path.isdir))
    return found[0], found[1]


def read_dataset_files(images: Path, labels: Path) -> tuple[Dataset, str | Callable[[], str]]:
    """The dataset in two IDX files, and the SHA-256 of the first followed by the second.

    Large images that are not gzipped are read when they are asked for: memory does not grow with
    their number. Neither is their SHA-256 known before: to find it out is a third of the work.

    Raises:
        DatasetError: a file cannot be read, is not sound or does not fit to the other.
    """
    try:
        size = _size(images)
        data = _read(labels, _size(labels))
        with about(images.parent):
            if size > LARGE_BYTES and images.suffix != ".gz":
                return _stored(images, data, labels.name)
            both = _read(images, size), data
            return read_dataset(*both, (images.name, labels.name)), sha256_of(*both)
    except OSError as error:
        raise DatasetError(f"{error.filename}: {error.strerror}") from error


def sha256_of(*files: bytes) -> str:
    """The SHA-256 of one file, or of several that follow each other."""
    digest = hashlib.sha256()
    for data in files:
        digest.update(data)
    return digest.hexdigest()


def _size(path: Path) -> int:
    """The file's size in bytes; a pipe or a device is refused, since its size is not known."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise DatasetError(f"{path}: not a file")
    if status.st_size > MAX_BYTES:
        raise DatasetError(f"{path}: larger than {MAX_BYTES >> 20} MiB, the most that is read")
    return status.st_size


def _read(path: Path, size: int) -> bytes:
    """The whole file, or one byte more than ``size`` where it has grown."""
    with path.open("rb") as file:
        return file.read(size + 1)


def _stored(images: Path, labels: bytes, label: str) -> tuple[Dataset, Callable[[], str]]:
    # It has what is needed of an array.
    stored = cast("NDArray[np.uint8]", StoredImages(images))
    dataset = Dataset(stored, read_idx(labels, 1, label))
    return dataset, partial(_sha256_of_stored, images, labels)


def _sha256_of_stored(images: Path, labels: bytes) -> str:
    try:
        with images.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise DatasetError(f"{images}: {error.strerror}") from error
    digest.update(labels)
    return digest.hexdigest()

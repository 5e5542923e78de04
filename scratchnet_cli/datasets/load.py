"""MNIST, and datasets whose files are named and made like it."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.datasets.idx import MAX_BYTES, StoredImages, read_idx
from scratchnet_cli.errors import DatasetError, about

Split = Literal["test", "train"]

CLASSES = 10


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled images. images: (n, rows, columns) uint8, 0 background; labels: (n,) uint8; n > 0.

    Raises:
        DatasetError: there are no images, or not as many labels.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if len(self.images) != len(self.labels):
            raise DatasetError(f"{len(self.images)} images, but {len(self.labels)} labels")
        if len(self.images) == 0:
            raise DatasetError("the dataset holds no images")

    def __len__(self) -> int:
        return len(self.images)

    @property
    def stored(self) -> bool:
        """Whether the images stay on disk, for they are many."""
        return isinstance(self.images, StoredImages)

    def first(self, limit: int | None) -> "Dataset":
        """The first ``limit`` images; all of them for None."""
        if limit is None:
            return self
        return Dataset(self.images[:limit], self.labels[:limit])

    def arrays(
        self, normalize: bool = True, flatten: bool = True, one_hot_label: bool = False
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """``(x, t)`` with the keywords of the book's ``load_mnist``.

        normalize: x is float32 in [0, 1], else uint8 in [0, 255]; flatten: x is (n, 784), else
        (n, 1, 28, 28); one_hot_label: t is (n, 10) of 0 and 1, else (n,) of digits.
        """
        n, rows, columns = self.images.shape
        # From 0, for images that stay on disk would stay there.
        images = self.images[0:]
        x: NDArray[Any] = images.reshape((n, rows * columns) if flatten else (n, 1, rows, columns))
        if normalize:
            x = x.astype(np.float32) / 255
        t: NDArray[Any] = self.labels
        if one_hot_label:
            t = np.eye(max(CLASSES, int(t.max()) + 1), dtype=np.uint8)[t]
        return x, t


def read_dataset(
    images: bytes, labels: bytes, names: tuple[str, str] = ("images", "labels")
) -> Dataset:
    """The dataset in the bytes of two IDX files, gzipped or not; ``names`` stand in messages.

    Raises:
        DatasetError: one of them is not a sound IDX file, or they do not fit together.
    """
    return Dataset(
        read_idx(images, axes=3, label=names[0]), read_idx(labels, axes=1, label=names[1])
    )


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

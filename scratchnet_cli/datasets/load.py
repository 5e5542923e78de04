"""Datasets of images by name: ``mnist``, ``sample``, or a folder of IDX files."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.datasets.idx import load_idx, read_idx
from scratchnet_cli.downloads.assets import MNIST
from scratchnet_cli.downloads.cache import fetch, unpack
from scratchnet_cli.errors import DatasetError, DownloadError, MirrorError, about
from scratchnet_cli.system.origin import Origin
from scratchnet_cli.system.progress import Progress

Split = Literal["test", "train"]

DIGITS = 10
FILE_PREFIX = {"test": "t10k", "train": "train"}
_BUNDLED_DATA = Path(__file__).parents[1] / "bundled"
_SAMPLE = (_BUNDLED_DATA / "sample-images.idx3.gz", _BUNDLED_DATA / "sample-labels.idx1.gz")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled images and where they came from.

    images: (n, rows, columns) uint8, 0 is background, 255 is ink; labels: (n,) uint8; n > 0.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    origin: Origin
    split: str | None = None

    def __post_init__(self) -> None:
        count, shape = len(self.images), self.labels.shape
        if len(shape) != 1:
            raise DatasetError(
                f"{count} images need one label each, but these have the shape {shape}"
            )
        if shape[0] != count:
            raise DatasetError(f"{count} images, but {shape[0]} labels")
        if count == 0:
            raise DatasetError("the dataset holds no images")
        if self.images.dtype.kind != "f" and self.images.dtype != np.uint8:
            raise DatasetError(f"images are {self.images.dtype}, expected uint8 or float")
        if self.labels.dtype.kind not in "iu":
            raise DatasetError(f"labels are {self.labels.dtype}, expected integers")

    def __len__(self) -> int:
        return len(self.images)

    def first(self, limit: int | None) -> "Dataset":
        """Return the first ``limit`` images, or all for None."""
        return replace(self, images=self.images[:limit], labels=self.labels[:limit])

    def arrays(
        self, normalize: bool = True, flatten: bool = True, one_hot_label: bool = False
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return ``(x, t)`` with the keywords of ``load_mnist``."""
        n, rows, columns = self.images.shape
        shape = (n, rows * columns) if flatten else (n, 1, rows, columns)
        x: NDArray[Any] = self.images.reshape(shape)
        if normalize:
            x = x.astype(np.float32) / 255
        t: NDArray[Any] = self.labels
        if one_hot_label:
            t = np.eye(max(DIGITS, int(t.max()) + 1), dtype=np.uint8)[t]
        return x, t


def load_dataset(
    name: str | os.PathLike[str] | None = None,
    split: Split = "test",
    progress: Progress | None = None,
) -> Dataset:
    """Load labelled images by name.

    Args:
        name: ``mnist`` (downloaded once), ``sample`` (1,000 bundled digits) or a folder of IDX
            files. None is ``mnist``, or ``sample`` if MNIST's test split is not available.
        split: ``test`` or ``train``.
        progress: Shows downloads and notes; None shows nothing.

    Returns:
        The dataset; ``.arrays()`` gives ``(x, t)`` as in the book.

    Raises:
        DatasetError: There is no such split, or its files are missing, cannot be read or do not
            fit together.
        DownloadError: MNIST was named, or its train split, and is not available.

    Example:
        >>> load_dataset("sample").images.shape
        (1000, 28, 28)
    """
    if split not in MNIST:
        raise DatasetError(f"there is no split {split!r}, expected 'test' or 'train'")
    progress = progress or Progress(quiet=True)
    if name is None:
        try:
            return _mnist(split, progress, is_default=True)
        except DownloadError as error:
            if split != "test" or isinstance(error, MirrorError):
                raise
            progress.note(f"using the bundled sample, for MNIST is not available ({error.cause})")
            return _read_files("sample", *_SAMPLE, split=split, fallback=True)
    if name == "mnist":
        return _mnist(split, progress)
    if name == "sample":
        if split != "test":
            raise DatasetError("the bundled sample has no train split; --dataset mnist has one")
        return _read_files("sample", *_SAMPLE, split=split)
    return _read_files(os.fspath(name), *_find_files(Path(name), split), split=split)


def load_mnist(
    split: Split = "test", normalize: bool = True, flatten: bool = True, one_hot_label: bool = False
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Load MNIST as ``(x, t)``, downloaded and cached, with the keywords of the book's function.

    Args:
        split: ``test``, 10,000 images, or ``train``, 60,000.
        normalize: x is float32 in [0, 1], else uint8 in [0, 255].
        flatten: x is (n, 784), else (n, 1, 28, 28).
        one_hot_label: t is (n, 10) of 0 and 1, else (n,) of digits.

    Returns:
        x and t.

    Raises:
        DatasetError: There is no such split.
        DownloadError: It is not cached and not available.

    Example:
        >>> x, t = load_mnist(normalize=False)  # doctest: +SKIP
    """
    return load_dataset("mnist", split).arrays(normalize, flatten, one_hot_label)


def has_idx_files(names: Iterable[str]) -> bool:
    """Return whether one of these files is named like one of MNIST's."""
    starts = tuple(
        f"{prefix}-{kind}" for prefix in FILE_PREFIX.values() for kind in ("images", "labels")
    )
    return any(name.startswith(starts) and "-ubyte" in name for name in names)


def _mnist(split: Split, progress: Progress, is_default: bool = False) -> Dataset:
    images, labels = (fetch(asset, progress, is_default=is_default) for asset in MNIST[split])
    return Dataset(
        read_idx(unpack(images.data, MNIST[split][0].name), axes=3, label="images"),
        read_idx(unpack(labels.data), axes=1, label="labels"),
        Origin("mnist", images.source, hashlib.sha256(images.data + labels.data).hexdigest()),
        split,
    )


def _find_files(folder: Path, split: Split) -> tuple[Path, Path]:
    """Return the image and label files in a folder that names them as MNIST does."""
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
            hint = (
                "; labelled pictures would be in folders named after the classes, as in 7/, or "
                "listed in labels.tsv or labels.csv"
            ) * (not has_idx_files(present))
            raise DatasetError(f"{folder}: holds no {names[0]}, gzipped or not{hint}")
        # MNIST is also distributed with a folder of that name beside the file.
        found.append(min(paths, key=os.path.isdir))
    return found[0], found[1]


def _read_files(
    name: str, images: Path, labels: Path, *, split: Split, fallback: bool = False
) -> Dataset:
    origin = Origin(name, str(images), partial(_sha256, images, labels), fallback)
    arrays = load_idx(images, axes=3), load_idx(labels, axes=1)
    with about(images.parent):
        return Dataset(*arrays, origin, split)


def _sha256(*paths: Path) -> str:
    """Return the SHA-256 of the files, one after the other."""
    digest = hashlib.sha256()
    try:
        for path in paths:
            with path.open("rb") as file:
                hashlib.file_digest(file, lambda: digest)
    except OSError as error:
        raise DatasetError(f"{error.filename}: {error.strerror}") from error
    return digest.hexdigest()

"""Load a dataset of images by name: ``mnist``, ``sample``, or a folder or file."""

import hashlib
import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.datasets.idx import AS_INTEGERS, ONE_HOT, load_idx, read_idx
from scratchnet_cli.downloads.assets import MNIST
from scratchnet_cli.downloads.cache import fetch, unpack
from scratchnet_cli.errors import DatasetError, DownloadError, MirrorError, about, reason_of
from scratchnet_cli.system.origin import Origin
from scratchnet_cli.system.progress import Progress

Split = Literal["test", "train"]

DIGITS = 10
_BUNDLED_DATA = Path(__file__).parents[1] / "bundled"
_SAMPLE = (_BUNDLED_DATA / "sample-images.idx3.gz", _BUNDLED_DATA / "sample-labels.idx1.gz")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled images and where they came from.

    images: (n, rows, columns) uint8, 0 is background, 255 is ink; labels: (n,) integers; n > 0.
    """

    images: NDArray[np.uint8]
    labels: NDArray[Any]
    origin: Origin
    split: str | None = None

    def __post_init__(self) -> None:
        count, shape = len(self.images), self.labels.shape
        if len(shape) != 1:
            hint = f"; of one-hot labels t, use t.{ONE_HOT}" if len(shape) == 2 else ""
            raise DatasetError(
                f"expected {count} labels, one for each image, found the shape {shape}{hint}"
            )
        if shape[0] != count:
            raise DatasetError(f"expected {count} labels, one for each image, found {shape[0]}")
        if count == 0:
            raise DatasetError("the dataset is empty, expected an image or more")
        if self.images.dtype.kind != "f" and self.images.dtype != np.uint8:
            raise DatasetError(f"images are {self.images.dtype}, expected uint8 or float")
        if self.labels.dtype.kind not in "iu":
            raise DatasetError(
                f"labels are {self.labels.dtype}, expected integers; of labels t, use "
                f"t.{AS_INTEGERS}"
            )

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
    transpose: bool = False,
) -> Dataset:
    """Load labelled images by name.

    Args:
        name: ``mnist`` (downloaded once), ``sample`` (1,000 bundled digits), a folder of IDX
            files, or a file: the images of such a folder, CSV (a label and 784 pixels a line) or
            Keras' ``mnist.npz``. None is ``mnist``, or ``sample`` if MNIST's test split is not
            available.
        split: ``test`` or ``train``.
        progress: Shows downloads and notes; None shows nothing.
        transpose: Swap rows and columns of the images, as EMNIST's files need.

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
    dataset = _load(name, split, progress)
    if transpose:
        return replace(dataset, images=dataset.images.swapaxes(1, 2))
    source = os.path.basename(dataset.origin.source)  # noqa: PTH119
    if "emnist" in source.lower():
        progress.warning(f"{source}: EMNIST's images are transposed; use --transpose")
    return dataset


def _load(name: str | os.PathLike[str] | None, split: Split, progress: Progress) -> Dataset:
    unavailable = ""
    if name in (None, "mnist"):
        try:
            images, labels = (
                fetch(asset, progress, is_default=name is None) for asset in MNIST[split]
            )
            sha256 = hashlib.sha256(images.data + labels.data).hexdigest()
            return Dataset(
                read_idx(unpack(images.data, MNIST[split][0].name), axes=3, label="images"),
                read_idx(unpack(labels.data), axes=1, label="labels"),
                Origin("mnist", images.source, sha256),
                split,
            )
        except DownloadError as error:
            if name or split != "test" or isinstance(error, MirrorError):
                raise
            unavailable = error.cause
    if name in (None, "sample"):
        if split != "test":
            raise DatasetError("the bundled sample has no train split; use --dataset mnist")
        origin = Origin("sample", str(_SAMPLE[0]), partial(_sha256, *_SAMPLE), unavailable)
        return Dataset(load_idx(_SAMPLE[0], axes=3), load_idx(_SAMPLE[1], axes=1), origin, "test")
    return _load_path(Path(name), os.fspath(name), split)


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


def _load_path(path: Path, name: str, split: Split) -> Dataset:
    # MNIST and the sample do not need these imports.
    from scratchnet_cli.datasets.files import read_file
    from scratchnet_cli.datasets.idx_files import read_folder

    try:
        path.stat()
    except OSError:
        # Reading it fails in the same way, with a message.
        pass
    except ValueError as error:
        raise DatasetError(f"{path}: {reason_of(error)}") from error
    contents = (read_folder if os.path.isdir(path) else read_file)(path, split)  # noqa: PTH112
    origin = Origin(name, str(contents.files[0]), partial(_sha256, *contents.files))
    with about(path):
        return Dataset(contents.images, contents.labels, origin, contents.split)


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

"""MNIST, and datasets whose files are named and made like it."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.datasets.idx import StoredImages, read_idx
from scratchnet_cli.errors import DatasetError

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

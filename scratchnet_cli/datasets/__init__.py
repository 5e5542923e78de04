"""Labelled images and rows of numbers: IDX files, MNIST, pictures in folders, CSV and .npy."""

from typing import TYPE_CHECKING

from scratchnet_cli.lazy import lazy_exports

if TYPE_CHECKING:
    from scratchnet_cli.datasets.dataset import Dataset, Split, read_dataset
    from scratchnet_cli.datasets.folder import find_dataset, read_dataset_files, sha256_of
    from scratchnet_cli.datasets.labelled_pictures import (
        Expand,
        LabelledPictures,
        find_labelled_pictures,
    )
    from scratchnet_cli.datasets.numbers import read_numbers
else:
    __getattr__, __all__ = lazy_exports(__name__)

"""IDX files in a folder, by the names that MNIST, EMNIST, QMNIST and torchvision give them."""

import os
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.datasets.idx import INT32, load_idx
from scratchnet_cli.errors import DatasetError

_NAME = re.compile(
    r"(?:(emnist-\w+-|qmnist-)(?:test|train)|t10k|train)"
    r"-(?:images|labels)[-.]idx[123]-(?:ubyte|int)(?:\.gz)?"
)
_IMAGES_NAME = re.compile(r"(.*)images[-.]idx3-ubyte(?:\.gz)?", re.DOTALL)
_IMAGES, _LABELS, _QMNIST_LABELS = "idx3-ubyte", "idx1-ubyte", "idx2-int"
# The first is the class; the others are the writer and the place in NIST's files.
_QMNIST_COLUMNS = 8
_HINT = (
    "Sort pictures into folders named after classes (0, 1, …), or list them in labels.tsv or .csv."
)


class LabelledImages(NamedTuple):
    """Images and labels, unchecked, and the files that they are in."""

    images: NDArray[np.uint8]
    labels: NDArray[np.integer]
    files: tuple[Path, ...]
    split: str | None = None


def find_sets(folder: Path, inside: bool = True) -> list[tuple[Path, str]]:
    """Return each set of IDX files: its folder, and the start of its names, such as ``qmnist-``.

    inside: if the folder itself has none, look in ``raw`` and ``*/raw``, torchvision's folders.
    """
    found = _sets_in(folder)
    if not found and inside:
        raw_folders = [folder / "raw", *sorted(folder.glob("*/raw"))]
        found = [each for raw in raw_folders if raw.is_dir() for each in _sets_in(raw)]
    return found


def read_folder(folder: Path, split: str) -> LabelledImages:
    """Return a split of the set of IDX files in a folder; there must be only one set."""
    try:
        sets = find_sets(folder)
    except OSError as error:
        raise DatasetError(f"{error.filename or folder}: {error.strerror}") from error
    if not sets:
        raise DatasetError(
            f"{folder}: contains no labelled images (no IDX files, labels list or class folders)",
            _HINT,
        )
    stems = [
        (parent, f"{start}{split if start or split == 'train' else 't10k'}")
        for parent, start in sets
    ]
    if len(stems) > 1:
        names = [str((parent / stem).relative_to(folder)) for parent, stem in stems]
        found = [path for parent, stem in stems for path in _paths(parent, f"{stem}-images")]
        raise DatasetError(
            f"{folder}: contains several datasets ({', '.join(names)}); choose one, as in "
            f"--dataset {found[0] if found else folder / 'FILE'}"
        )
    ((parent, stem),) = stems
    images = _existing(parent, f"{stem}-images")
    return _load(images, _existing(parent, f"{stem}-labels"), split)


def read_images_file(images: Path) -> LabelledImages:
    """Return an IDX file of images with the labels in the file beside it."""
    if not (name := _IMAGES_NAME.fullmatch(images.name)):
        raise DatasetError(
            f"{images}: expected a file of images, named as in t10k-images-idx3-ubyte, with the "
            "labels beside it"
        )
    return _load(images, _existing(images.parent, f"{name[1]}labels"), None)


def _load(images: Path, labels: Path, split: str | None) -> LabelledImages:
    pixels = load_idx(images, axes=3)
    if _QMNIST_LABELS not in labels.name:
        return LabelledImages(pixels, load_idx(labels, axes=1), (images, labels), split)
    columns = load_idx(labels, axes=2, type_code=INT32)
    if columns.shape[1] != _QMNIST_COLUMNS:
        raise DatasetError(
            f"{labels}: {columns.shape[1]} columns, expected QMNIST's {_QMNIST_COLUMNS}"
        )
    classes = columns[:, 0].copy().view(">i4")[:, 0].astype(np.intp)
    return LabelledImages(pixels, classes, (images, labels), split)


def _sets_in(folder: Path) -> list[tuple[Path, str]]:
    matches = (_NAME.fullmatch(path.name) for path in folder.iterdir())
    return sorted({(folder, match[1] or "") for match in matches if match})


def _type(stem: str) -> str:
    if stem.endswith("images"):
        return _IMAGES
    return _QMNIST_LABELS if stem.startswith("qmnist") else _LABELS


def _paths(folder: Path, stem: str) -> list[Path]:
    """Return the existing files: ``-`` or ``.`` is before the type, and they may be gzipped."""
    names = (f"{stem}{sep}{_type(stem)}{end}" for end in ("", ".gz") for sep in "-.")
    return [path for name in names if os.path.lexists(path := folder / name)]


def _existing(folder: Path, stem: str) -> Path:
    if not (paths := _paths(folder, stem)):
        raise DatasetError(f"{folder}: expected {stem}-{_type(stem)}, gzipped or not")
    # Some copies of MNIST have a folder of the same name beside the file.
    return min(paths, key=os.path.isdir)

"""Labelled pictures: a folder for each class, or a list of names and labels beside them."""

import os
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.datasets.label_lists import LIST_NAMES, parse_label, read_label_list
from scratchnet_cli.datasets.load import has_idx_files
from scratchnet_cli.errors import DatasetError
from scratchnet_cli.system.inputs import expand


@dataclass(frozen=True, eq=False)
class LabelledPictures:
    """Paths of pictures and labels, (n,); notes: a sentence on each thing that is left out."""

    folder: str
    paths: list[str]
    labels: NDArray[np.intp]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.paths)

    def first(self, limit: int | None) -> "LabelledPictures":
        """Return the first ``limit`` pictures, or all for None."""
        return LabelledPictures(self.folder, self.paths[:limit], self.labels[:limit], self.notes)


def find_labelled_pictures(folder: str, classes: int) -> LabelledPictures | None:
    """Return the labelled pictures in a folder, for a network with this many classes.

    With ``labels.tsv`` or ``labels.csv`` they are those listed, in that order. Otherwise they are
    in folders named after the classes, and come one of each class in turn. None if there is
    neither, or if there are IDX files, which have priority.
    """
    try:
        names, folders = _entries(Path(folder))
    except OSError:
        return None
    if has_idx_files(names):
        return None
    lists = [name for name in LIST_NAMES if name in names]
    if len(lists) > 1:
        raise DatasetError(
            f"{Path(folder)}: holds both {lists[0]} and {lists[1]}; one of them must go"
        )
    if lists:
        return _listed(folder, lists[0], classes)
    return _by_class(folder, folders, classes) if folders else None


def _listed(name: str, list_name: str, classes: int) -> LabelledPictures:
    folder = Path(name)
    present = set(_pictures_within(folder))
    labels = read_label_list(folder, list_name, classes, present)
    left_out = sorted(present.difference(labels))
    notes = [f"{folder}: not in {list_name}, left out: {_some(left_out)}"] if left_out else []
    paths = [os.path.join(folder, name) for name in labels]  # noqa: PTH118
    return LabelledPictures(name, paths, np.array([*labels.values()]), tuple(notes))


def _by_class(name: str, class_folders: list[str], classes: int) -> LabelledPictures:
    folder = Path(name)
    paths: dict[int, list[str]] = {}
    notes = []
    for class_folder in class_folders:
        inner = folder / class_folder
        label = parse_label(class_folder, classes)
        if label is None:
            raise DatasetError(
                f"{inner}: no class of the network; pictures are labelled by folders named "
                f"0 to {classes - 1}, or by a list, labels.tsv"
            )
        try:
            ignored = _entries(inner)[1]
        except OSError as error:
            raise DatasetError(f"{inner}: {error.strerror}") from error
        pictures = expand([str(inner)])
        if pictures == [str(inner)]:
            raise DatasetError(f"{inner}: this class's folder holds no pictures")
        paths.setdefault(label, []).extend(pictures)
        if ignored:
            notes.append(f"{inner}: the folders in it are left out: {_some(ignored)}")
    if left_out := _pictures_within(folder):
        notes.append(f"{folder}: in no class's folder, left out: {_some(left_out)}")
    by_class = [[(path, label) for path in paths[label]] for label in sorted(paths)]
    turns = [pair for turn in zip_longest(*by_class) for pair in turn if pair]
    return LabelledPictures(
        name, [path for path, _ in turns], np.array([label for _, label in turns]), tuple(notes)
    )


def _entries(folder: Path) -> tuple[list[str], list[str]]:
    """Return the names in a folder, and the folders among them, without hidden ones."""
    with os.scandir(folder) as entries:
        # DirEntry.is_dir raises for a circular link and for a target that may not be seen.
        found = {
            entry.name: os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir()  # noqa: PTH112
            for entry in entries
            if entry.name[0] != "."
        }
    return sorted(found), sorted(name for name, is_folder in found.items() if is_folder)


def _pictures_within(folder: Path) -> list[str]:
    """Return the names of the pictures directly in the folder."""
    pictures = expand([str(folder)])
    return [] if pictures == [str(folder)] else [os.path.basename(path) for path in pictures]  # noqa: PTH119


def _some(names: list[str], max_shown: int = 3) -> str:
    more = len(names) - max_shown
    return ", ".join(names[:max_shown]) + (f" and {more} more" if more > 0 else "")

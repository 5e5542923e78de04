"""Labelled pictures: in a folder for each class, or with a list of names and labels."""

import os
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.datasets.idx_files import find_sets
from scratchnet_cli.datasets.label_lists import LIST_NAMES, parse_label, read_label_list
from scratchnet_cli.errors import DatasetError
from scratchnet_cli.system.folders import is_file, is_ignored


@dataclass(frozen=True, eq=False)
class LabelledPictures:
    """Paths of pictures, and labels, (n,). notes: sentences on what is left out."""

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

    With ``labels.tsv`` or ``labels.csv`` they have the order of the list. With class folders the
    order is: picture 1 of each class, then picture 2 of each class, and so on. Return None if there
    is neither, or if there are IDX files, which have priority.
    """
    try:
        files, others = _entries(Path(folder))
        lists = [name for name in LIST_NAMES if name in files + others]
        if find_sets(Path(folder), inside=not lists):
            return None
    except OSError:
        return None
    if len(lists) > 1:
        raise DatasetError(
            f"{Path(folder)}: contains both {lists[0]} and {lists[1]}; delete one of them"
        )
    if lists:
        return _listed(folder, lists[0], classes, files)
    folders = [name for name in others if os.path.isdir(os.path.join(folder, name))]  # noqa: PTH112, PTH118
    if not folders:
        return None
    left_out = sorted({*files, *others}.difference(folders))
    return _by_class(folder, folders, left_out, classes)


def _listed(name: str, list_name: str, classes: int, files: list[str]) -> LabelledPictures:
    folder = Path(name)
    labels = read_label_list(folder, list_name, classes, frozenset(files))
    left_out = [file for file in files if file not in labels and file != list_name]
    notes = (
        [f"{folder}: left out, because they are not in {list_name}: {_some(left_out)}"]
        if left_out
        else []
    )
    paths = [os.path.join(folder, name) for name in labels]  # noqa: PTH118
    return LabelledPictures(name, paths, np.array([*labels.values()]), tuple(notes))


def _by_class(
    name: str, class_folders: list[str], left_out: list[str], classes: int
) -> LabelledPictures:
    """Return each file in a class folder; if it is not a picture, reading it will fail."""
    folder = Path(name)
    paths: dict[int, list[str]] = {}
    notes = []
    for class_folder in class_folders:
        inner = folder / class_folder
        label = parse_label(class_folder, classes)
        if label is None:
            raise DatasetError(
                f"{inner}: not a class (0 to {classes - 1}); rename or remove the folder, or use "
                f"{' or '.join(LIST_NAMES)}"
            )
        try:
            files, others = _entries(inner)
        except OSError as error:
            raise DatasetError(f"{inner}: {error.strerror}") from error
        if not files:
            raise DatasetError(f"{inner}: the folder contains no pictures; add some, or remove it")
        paths.setdefault(label, []).extend(os.path.join(inner, file) for file in files)  # noqa: PTH118
        if others:
            notes.append(f"{inner}: left out, because they are not files: {_some(others)}")
    if left_out:
        notes.append(
            f"{folder}: left out, because they are in no class's folder: {_some(left_out)}"
        )
    by_class = [[(path, label) for path in paths[label]] for label in sorted(paths)]
    turns = [pair for turn in zip_longest(*by_class) for pair in turn if pair]
    return LabelledPictures(
        name, [path for path, _ in turns], np.array([label for _, label in turns]), tuple(notes)
    )


def _entries(folder: Path) -> tuple[list[str], list[str]]:
    """Return the files and the other names in a folder, sorted, without those to ignore."""
    files: list[str] = []
    others: list[str] = []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if not is_ignored(entry.name):
                (files if is_file(entry) else others).append(entry.name)
    return files, others


def _some(names: list[str], max_shown: int = 3) -> str:
    more = len(names) - max_shown
    return ", ".join(names[:max_shown]) + (f" and {more} more" if more > 0 else "")

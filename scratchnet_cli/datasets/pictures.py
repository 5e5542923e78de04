"""Labelled pictures: a folder for each class, or a list of names and labels beside them."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.datasets.label_lists import LISTS, label_of, read_list
from scratchnet_cli.datasets.load import holds_idx
from scratchnet_cli.errors import DatasetError

Expand = Callable[[list[str]], list[str]]
"""Each folder replaced by the pictures in it, sorted; one without pictures stays."""


@dataclass(frozen=True, eq=False)
class LabelledPictures:
    """Pictures and what they show, at least one. names: their paths; labels: (n,).

    notes: what else is in the folder and does not belong to them, a sentence each.
    """

    names: list[str]
    labels: NDArray[np.intp]
    notes: tuple[str, ...] = ()

    def first(self, limit: int | None) -> "LabelledPictures":
        """The first ``limit`` pictures; all of them for None."""
        return LabelledPictures(self.names[:limit], self.labels[:limit], self.notes)


def find_labelled_pictures(folder: Path, classes: int, expand: Expand) -> LabelledPictures | None:
    """The labelled pictures in a folder, for a network of so many classes.

    With ``labels.tsv`` or ``labels.csv`` they are what it lists, in its order. Else they are in
    folders named after the classes, and come one of each class in turn. None where there is neither
    or where there are IDX files, which go first.

    Raises:
        DatasetError: a label is no class, a picture that is listed is not there, a class has none.
    """
    try:
        found, folders = _entries(folder)
    except OSError:
        return None
    if holds_idx(found):
        return None
    lists = [name for name in LISTS if name in found]
    if len(lists) > 1:
        raise DatasetError(f"{folder}: holds both {lists[0]} and {lists[1]}; one of them must go")
    if lists:
        return _listed(folder, lists[0], classes, expand)
    return _by_class(folder, folders, classes, expand) if folders else None


def _listed(folder: Path, list_name: str, classes: int, expand: Expand) -> LabelledPictures:
    present = set(_within(folder, expand))
    labels = read_list(folder, list_name, classes, present)
    left = sorted(present.difference(labels))
    notes = [f"{folder}: not in {list_name}, left out: {_some(left)}"] if left else []
    names = [os.path.join(folder, name) for name in labels]  # noqa: PTH118
    return LabelledPictures(names, np.array([*labels.values()]), tuple(notes))


def _by_class(folder: Path, folders: list[str], classes: int, expand: Expand) -> LabelledPictures:
    of_class: dict[int, list[str]] = {}
    notes = []
    for name in folders:
        label = label_of(name, classes)
        if label is None:
            raise DatasetError(
                f"{folder / name}: no class of the network; pictures are labelled by folders named "
                f"0 to {classes - 1}, or by a list, labels.tsv"
            )
        try:
            inner = _entries(folder / name)[1]
        except OSError as error:
            raise DatasetError(f"{folder / name}: {error.strerror}") from error
        pictures = expand([str(folder / name)])
        if pictures == [str(folder / name)]:
            raise DatasetError(f"{folder / name}: this class's folder holds no pictures")
        of_class.setdefault(label, []).extend(pictures)
        if inner:
            notes.append(f"{folder / name}: the folders in it are left out: {_some(inner)}")
    if left := _within(folder, expand):
        notes.append(f"{folder}: in no class's folder, left out: {_some(left)}")
    each = [[(name, label) for name in of_class[label]] for label in sorted(of_class)]
    turns = [pair for turn in zip_longest(*each) for pair in turn if pair]
    return LabelledPictures(
        [name for name, _ in turns], np.array([label for _, label in turns]), tuple(notes)
    )


def _entries(folder: Path) -> tuple[list[str], list[str]]:
    """The names of all that is in a folder, and of the folders among them; no hidden ones."""
    with os.scandir(folder) as entries:
        # DirEntry.is_dir raises where a link leads in a circle or to what may not be seen.
        found = {
            entry.name: os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir()  # noqa: PTH112
            for entry in entries
            if entry.name[0] != "."
        }
    return sorted(found), sorted(name for name, is_folder in found.items() if is_folder)


def _within(folder: Path, expand: Expand) -> list[str]:
    """The names of the pictures right in the folder."""
    pictures = expand([str(folder)])
    return [] if pictures == [str(folder)] else [os.path.basename(path) for path in pictures]  # noqa: PTH119


def _some(names: list[str], most: int = 3) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")

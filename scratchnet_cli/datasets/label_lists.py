"""``labels.tsv`` and ``labels.csv``: a picture a line, its name and its label."""

import codecs
import csv
import io
import os
import re
from collections.abc import Iterator, Set
from pathlib import Path

from scratchnet_cli.errors import DatasetError, about

LISTS = ("labels.tsv", "labels.csv")
MAX_BYTES = 64 * 2**20
# So much of what stands in a wrong line stands in a message.
_SHOWN = 60


def label_of(text: str, classes: int) -> int | None:
    """The class whose number a text is, from 0 as in ``7`` or ``07``; None if there is no such."""
    label = int(text) if re.fullmatch("[0-9]{1,9}", text) else classes
    return label if label < classes else None


def read_list(folder: Path, list_name: str, classes: int, present: Set[str]) -> dict[str, int]:
    """The label of each picture that the list names, by its path within the folder, in order.

    A first line without a picture of the folder and without a number may be a heading; columns
    after the second say nothing here. present: names that are known to be there.

    Raises:
        DatasetError: the list cannot be read, names a picture twice, one outside of the folder or
            one that is not there, or a label that is no class.
    """
    labels: dict[str, int] = {}
    lines: dict[str, int] = {}
    missing = []
    with about(folder / list_name):
        for i, (line, cells) in enumerate(_rows(folder / list_name)):
            if len(cells) < 2:
                between = "tab" if list_name.endswith(".tsv") else "comma"
                raise DatasetError(
                    f"line {line} has one column; expected a name, a {between} and a label"
                )
            name, label = _inside(cells[0], line), label_of(cells[1].strip(), classes)
            there = name in present or os.path.isfile(os.path.join(folder, name))  # noqa: PTH113, PTH118
            if label is None and i == 0 and not there and not cells[1].strip().isdigit():
                continue
            if label is None:
                raise DatasetError(
                    f"line {line}: the label {cells[1][:_SHOWN]!r} is no class of the network, "
                    f"which are 0 to {classes - 1}"
                )
            if name in labels:
                raise DatasetError(
                    f"line {line}: {name[:_SHOWN]!r} stands on line {lines[name]} already"
                )
            if not there:
                missing.append(f"{name[:_SHOWN]!r} (line {line})")
            labels[name], lines[name] = label, line
        if missing:
            raise DatasetError(
                f"{len(missing)} of {len(labels)} pictures are not there, the first is {missing[0]}"
            )
        if not labels:
            raise DatasetError("lists no pictures")
    return labels


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each line that is not empty, by its number from 1, as its cells."""
    # A pipe would be waited for.
    if not path.is_file():
        raise DatasetError("not a file")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DatasetError(str(error.strerror)) from error
    if len(data) > MAX_BYTES:
        raise DatasetError(f"larger than {MAX_BYTES >> 20} MiB, the most that is read")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DatasetError("is text in UTF-16; expected UTF-8")
    # Names of files may be no text, and then stand in the list as they are.
    text = io.StringIO(data.decode("utf-8-sig", "surrogateescape"), newline="")
    if path.suffix == ".tsv":
        rows = csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
    else:
        rows = csv.reader(text, strict=True)
    try:
        for cells in rows:
            if any(map(str.strip, cells)):
                yield rows.line_num, cells
    except csv.Error as error:
        raise DatasetError(f"line {rows.line_num} is no line of a table ({error})") from error


def _inside(text: str, line: int) -> str:
    """A name as a path within the folder.

    Raises:
        DatasetError: it leads elsewhere, or no file can have it.
    """
    name = os.path.normpath(text)
    if not text or "\0" in text:
        raise DatasetError(f"line {line}: {text[:_SHOWN]!r} is no name of a picture")
    elsewhere = os.path.isabs(name) or os.path.splitdrive(name)[0]  # noqa: PTH117
    if elsewhere or f"{name}{os.sep}".startswith(f"{os.pardir}{os.sep}"):
        raise DatasetError(
            f"line {line}: {text[:_SHOWN]!r} is not in this folder; a list names pictures beside it"
        )
    return name

"""Label lists, ``labels.tsv`` and ``labels.csv``: each line is a picture's name and its label."""

import codecs
import csv
import io
import os
import re
from collections.abc import Iterator, Set
from contextlib import suppress
from pathlib import Path

from scratchnet_cli.errors import DatasetError, about

# The lists, and what separates their columns, for messages.
_SEPARATORS = {
    "labels.tsv": "a tab (commas and semicolons are for labels.csv)",
    "labels.csv": "a comma or semicolon",
}
LIST_NAMES = tuple(_SEPARATORS)
_HEADINGS = ("label", "labels", "class", "digit", "target")
MAX_LIST_BYTES = 64 * 2**20
# Reading many short lines, or a line of many cells, takes much more memory than their size.
MAX_LIST_LINES, MAX_LINE_LENGTH = 1_000_000, 2**20
# Korean, Japanese and Western Windows.
EXCEL_ENCODINGS = ("cp949", "cp932", "cp1252")
# Messages show at most this many characters of a cell.
MAX_SHOWN = 60


def parse_label(text: str, classes: int) -> int | None:
    """Return the class of a text such as ``7`` or ``07``, or None if it is not a class."""
    label = int(text) if re.fullmatch("[0-9]{1,9}", text) else classes
    return label if label < classes else None


def read_label_list(
    folder: Path, list_name: str, classes: int, present: Set[str]
) -> dict[str, int]:
    """Return the label of each listed picture. present: the names of files in the folder."""
    labels: dict[str, int] = {}
    lines: list[int] = []
    root = os.path.realpath(folder)
    missing, first_missing = 0, ""
    with about(folder / list_name):
        for i, (line, cells) in enumerate(_rows(folder, list_name)):
            if len(cells) < 2:
                raise DatasetError(
                    f"line {line} has one column; expected a name, {_SEPARATORS[list_name]} and a "
                    "label"
                )
            name, label = _path_within(cells[0], line), parse_label(cells[1].strip(), classes)
            path = os.path.join(folder, name)  # noqa: PTH118
            exists = name in present or os.path.isfile(path)  # noqa: PTH113
            if label is None and i == 0 and not exists and _is_heading(*cells[:2]):
                continue
            if label is None:
                raise DatasetError(
                    f"line {line}: the label {cells[1][:MAX_SHOWN]!r} is not a class, expected 0 "
                    f"to {classes - 1}"
                )
            if name in labels:
                first = lines[[*labels].index(name)]
                raise DatasetError(
                    f"line {line}: {name[:MAX_SHOWN]!r} is already on line {first}; delete one"
                )
            if not exists:
                missing += 1
                first_missing = first_missing or name
            elif not Path(os.path.realpath(path)).is_relative_to(root):
                raise _elsewhere(name, line)
            labels[name] = label
            lines.append(line)
        if missing:
            line = lines[[*labels].index(first_missing)]
            _check_encoding(folder, first_missing, line)
            raise DatasetError(
                f"{first_missing[:MAX_SHOWN]!r} (line {line}) does not exist; {missing} of "
                f"{len(labels)} pictures {'is' if missing == 1 else 'are'} missing"
            )
        if not labels:
            raise DatasetError("the list is empty, expected one picture per line")
    return labels


def _is_heading(name: str, label: str) -> bool:
    """Return whether these are names of columns, not a file and its wrong label."""
    label = label.strip().lower()
    return label in _HEADINGS or not (Path(name).suffix or label.isdigit())


def _rows(folder: Path, list_name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number, from 1, and the cells of each line that is not empty."""
    path = folder / list_name
    # Reading a pipe might wait forever.
    if not path.is_file():
        raise DatasetError("not a file, expected a list")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_LIST_BYTES + 1)
    except OSError as error:
        raise DatasetError(str(error.strerror)) from error
    if len(data) > MAX_LIST_BYTES:
        raise DatasetError(f"larger than {MAX_LIST_BYTES >> 20} MiB, the maximum; split it")
    if b"\0\0" in (data[:3:2], data[1:4:2]) or data.startswith(
        (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    ):
        raise DatasetError("the text is in UTF-16; save it as UTF-8")
    # A file name need not be valid UTF-8.
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", "surrogateescape", newline="")
    if path.suffix == ".tsv":
        rows = csv.reader(_lines(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    else:
        # In languages with decimal commas, Excel separates cells by semicolons.
        first = next(filter(str.strip, _lines(text)), "")
        text.seek(0)
        delimiter = ";" if ";" in first and "," not in first else ","
        rows = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    try:
        for cells in rows:
            if any(map(str.strip, cells)):
                yield rows.line_num, cells
    except csv.Error as error:
        raise DatasetError(
            f"line {rows.line_num} is not valid CSV ({error}); check its quotes"
        ) from error


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    lines = iter(lambda: text.readline(MAX_LINE_LENGTH + 1), "")
    for number, line in enumerate(lines, 1):
        if number > MAX_LIST_LINES or len(line) > MAX_LINE_LENGTH:
            raise DatasetError(
                f"line {number}: expected at most {MAX_LIST_LINES} lines of {MAX_LINE_LENGTH} "
                "characters"
            )
        yield line


def _check_encoding(folder: Path, name: str, line: int) -> None:
    """Raise DatasetError if a missing name is not UTF-8; guess its encoding from the files."""
    data = name.encode(errors="surrogateescape")
    with suppress(UnicodeDecodeError):
        data.decode()
        return
    for encoding in EXCEL_ENCODINGS:
        with suppress(UnicodeDecodeError):
            decoded = data.decode(encoding)
            # Unlike Path.is_file, os.path.isfile accepts any name.
            if os.path.isfile(folder / decoded):  # noqa: PTH113
                raise DatasetError(
                    f"the text is in {encoding} (line {line}: {decoded!r}); save it as UTF-8"
                )
    raise DatasetError(f"the text is not in UTF-8 (line {line}); save it as UTF-8")


def _path_within(text: str, line: int) -> str:
    """Return a listed name as a normalized path within the folder."""
    name = os.path.normpath(text)
    if not text or "\0" in text:
        raise DatasetError(
            f"line {line}: {text[:MAX_SHOWN]!r} is not a file name, expected that of a picture"
        )
    elsewhere = os.path.isabs(name) or os.path.splitdrive(name)[0]  # noqa: PTH117
    if elsewhere or f"{name}{os.sep}".startswith(f"{os.pardir}{os.sep}"):
        raise _elsewhere(text, line)
    return name


def _elsewhere(name: str, line: int) -> DatasetError:
    return DatasetError(
        f"line {line}: {name[:MAX_SHOWN]!r} is not in this folder, expected pictures beside "
        "the list"
    )

"""Input vectors for a network: numbers on the command line, a CSV or .npy file, or stdin."""

import io
import math
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import InputError
from scratchnet_cli.system.inputs import STDIN
from scratchnet_cli.system.text import shorten

NPY_MAGIC = b"\x93NUMPY"
MAX_VECTOR_BYTES = 64 * 2**20
# Limits of a text. No network has so many inputs, and short lines take twenty times their size.
MAX_ROWS = MAX_COLUMNS = 1_000_000
MAX_LINE_LENGTH = 2**23
# Messages show at most this many characters of a wrong value, or of NumPy's reason.
MAX_SHOWN = 30
MAX_REASON = 200
_NOT_A_NUMBER = re.compile(r"could not convert string (.*) to float64 at row (\d+), (.*)\.")


def read_vectors(texts: Sequence[str]) -> NDArray[Any]:
    """Return the numbers in the texts, (n,), or those in a file if a single text names it."""
    numbers = [_number(text) for text in texts]
    if numbers == [None] and texts[0]:
        return _read_file(texts[0])
    hint = ", expected numbers or one file"
    for text, number in zip(texts, numbers, strict=True):
        if number is None:
            raise InputError(f"{text[:MAX_SHOWN]!r} is not a number{hint}")
        if not math.isfinite(number):
            raise InputError(f"{shorten(text.strip(), MAX_SHOWN)} is not a finite number{hint}")
    return np.array(numbers)


def parse_vectors(data: bytes, label: str) -> NDArray[Any]:
    """Return the numbers in a CSV or .npy file. data: its content; label: its name in messages."""
    try:
        values = _npy(data) if data.startswith(NPY_MAGIC) else _csv(data)
        # No float is wider than 8 bytes.
        if values.dtype.kind not in "fiu" or values.dtype.itemsize > 8:
            raise InputError("contains no numbers, expected integers or floats")
        if values.ndim not in (1, 2) or values.size == 0:
            raise InputError(f"has the shape {values.shape}, expected rows of numbers")
        if not np.isfinite(values).all():
            raise InputError("contains infinity or NaN, expected finite numbers")
    except InputError as error:
        raise InputError(f"{label}: {error}") from error
    return values


def are_unscaled_pixels(x: NDArray[Any]) -> bool:
    """Return whether the values are integers up to 255, and not all of them 0 and 1."""
    return bool(x.min() >= 0 and 1 < x.max() <= 255 and (x == x.astype(np.uint8)).all())


def _read_file(name: str) -> NDArray[Any]:
    label = "standard input" if name == STDIN else name
    try:
        if name != STDIN:
            with Path(name).open("rb") as file:
                data = file.read(MAX_VECTOR_BYTES + 1)
        elif sys.stdin is None:
            raise InputError("standard input is closed; name a file")
        else:
            data = sys.stdin.buffer.read(MAX_VECTOR_BYTES + 1)
    except FileNotFoundError as error:
        raise InputError(
            f"{name!r} is neither a number nor a file; put spaces between numbers, as in 1.0 0.5"
        ) from error
    except OSError as error:
        raise InputError(f"{label}: {error.strerror}") from error
    if len(data) > MAX_VECTOR_BYTES:
        raise InputError(
            f"{label}: larger than {MAX_VECTOR_BYTES >> 20} MiB, the maximum; split it"
        )
    return parse_vectors(data, label)


def _npy(data: bytes) -> NDArray[Any]:
    file = io.BytesIO(data)
    try:
        with warnings.catch_warnings(action="error"):
            values: NDArray[Any] = np.load(file, allow_pickle=False)
    except Exception as error:
        # NumPy parses the header as Python, so a damaged one may raise anything.
        raise InputError("not an array of plain numbers; save it with np.save") from error
    if file.read(1):
        raise InputError("more numbers than the header states; save it again with np.save")
    return values


def _csv(data: bytes) -> NDArray[np.float64]:
    """Return rows of numbers, separated by commas or blanks; empty lines are skipped."""
    lines = _lines(data)
    try:
        if not (first := next(lines, "")):
            raise InputError("contains no numbers, expected one or more")
        rows = chain([first], lines)
        return np.loadtxt(rows, delimiter=",", comments=None, ndmin=2, encoding=None)
    except UnicodeDecodeError as error:
        raise InputError(
            "neither text nor an array in NumPy's .npy format; `scratchnet predict` reads pictures"
        ) from error
    except ValueError as error:
        # "; use …" is advice for programmers. Another semicolon may come from the input.
        reason = str(error).partition("; use ")[0]
        if found := _NOT_A_NUMBER.match(reason):
            text, row, column = found.groups()
            is_heading = row == "0" and text[1:2].isalpha()
            advice = "remove the heading" if is_heading else "correct the file"
            where, text = f"row {int(row) + 1}, {column}", shorten(text, MAX_SHOWN)
            raise InputError(f"{where}: {text} is not a number; {advice}") from error
        raise InputError(f"{shorten(reason.rstrip('.'), MAX_REASON)}; correct the file") from error


def _lines(data: bytes) -> Iterator[str]:
    """Yield each line that is not empty, with commas between the numbers."""
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig")
    for number, line in enumerate(iter(lambda: text.readline(MAX_LINE_LENGTH + 1), "")):
        if number == MAX_ROWS:
            raise InputError(f"more than {MAX_ROWS} lines; save them as .npy")
        if len(line) > MAX_LINE_LENGTH:
            raise InputError(
                f"a line has more than {MAX_LINE_LENGTH} characters; save the rows as .npy"
            )
        if line.strip():
            cells = line.split("," if "," in line else None, MAX_COLUMNS)
            if len(cells) > MAX_COLUMNS:
                raise InputError(
                    f"a line has more than {MAX_COLUMNS} numbers; save the rows as .npy"
                )
            yield ",".join(cells)


def _number(text: str) -> float | None:
    # Python also accepts 1_0 and the digits of other scripts.
    if text.isascii() and "_" not in text:
        with suppress(ValueError):
            return float(text)
    return None

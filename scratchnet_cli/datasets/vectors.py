"""Numbers for a network: from the command line, a CSV or .npy file, or standard input."""

import math
import sys
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import InputError, WeightsError
from scratchnet_cli.system.streams import STDIN
from scratchnet_cli.system.text import shortened
from scratchnet_cli.weights.arrays import FLOAT_TYPES, MAX_WEIGHTS_BYTES, view_array
from scratchnet_cli.weights.npz import NPY_MAGIC, split_npy

_NPY_DTYPES = (*FLOAT_TYPES, "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")
# Of text, which takes many times its size while it is taken apart; no network has more inputs.
MAX_COLUMNS = 1_000_000
# So much of a text that is no number stands in a message.
_SHOWN = 30


def read_numbers(texts: Sequence[str]) -> NDArray[Any]:
    """The numbers that these texts are, (n,); or, for a single one that is no number, those in
    the file of that name, (rows, n) or as the .npy file has them; ``-`` is standard input.

    Raises:
        InputError: there is no such file, or it holds anything but finite numbers in equal rows.
    """
    if len(texts) == 1 and texts[0] and not _is_number(texts[0]):
        return _read_file(texts[0])
    try:
        return np.array([_number(text) for text in texts])
    except InputError as error:
        raise InputError(f"{error}; expected numbers, or the name of one file") from error


def _read_file(name: str) -> NDArray[Any]:
    label = "standard input" if name == STDIN else name
    try:
        if name != STDIN:
            with Path(name).open("rb") as file:
                data = file.read(MAX_WEIGHTS_BYTES + 1)
        elif sys.stdin is None:
            raise InputError("standard input is closed")
        else:
            data = sys.stdin.buffer.read(MAX_WEIGHTS_BYTES + 1)
    except FileNotFoundError as error:
        raise InputError(
            f"{name}: neither a number nor a file; numbers are separated by spaces, as in "
            "scratchnet forward three-layer 1.0 0.5"
        ) from error
    except OSError as error:
        raise InputError(f"{label}: {error.strerror}") from error
    if len(data) > MAX_WEIGHTS_BYTES:
        raise InputError(
            f"{label}: larger than {MAX_WEIGHTS_BYTES >> 20} MiB, the most that is read"
        )
    return read_rows(data, label)


def read_rows(data: bytes, label: str) -> NDArray[Any]:
    """The numbers in a CSV or .npy file, told apart by content; ``label`` stands in messages.

    Raises:
        InputError: it holds anything but finite numbers in equal rows.
    """
    try:
        return _npy(data) if data.startswith(NPY_MAGIC) else _csv(data)
    except (InputError, WeightsError) as error:
        raise InputError(f"{label}: {error}") from error


def _npy(data: bytes) -> NDArray[Any]:
    npy = split_npy(data)
    # "|" marks types of one byte, which have no order.
    code = npy.code.replace("|", "=")
    if code[1:] not in _NPY_DTYPES:
        raise InputError("holds no numbers, expected integers or floats")
    values = view_array(npy.body, code, npy.shape, npy.fortran, _NPY_DTYPES)
    if values.ndim == 0 or values.size == 0:
        raise InputError(f"holds no rows of numbers, its shape is {values.shape}")
    if not np.isfinite(values).all():
        raise InputError("holds a value that is infinite or not a number")
    return values


def _csv(data: bytes) -> NDArray[np.float64]:
    """Rows of numbers between commas or blanks; empty lines are passed over."""
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(
            "neither text nor an array in NumPy's .npy format; `scratchnet predict` reads pictures"
        ) from error
    values = array("d")
    columns = 0
    for i, line in enumerate(lines, 1):
        cells = line.split("," if "," in line else None, MAX_COLUMNS)
        if not line.strip():
            continue
        if len(cells) > MAX_COLUMNS:
            raise InputError(f"line {i} has more than {MAX_COLUMNS} numbers")
        columns = columns or len(cells)
        if len(cells) != columns:
            raise InputError(f"line {i} has {len(cells)} numbers, the lines before have {columns}")
        try:
            values.extend(map(_number, cells))
        except InputError as error:
            raise InputError(f"line {i}: {error}") from error
    if not values:
        raise InputError("holds no numbers")
    return np.array(values).reshape(-1, columns)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise InputError(f"{text[:_SHOWN]!r} is not a number") from error
    if not math.isfinite(value):
        raise InputError(f"{shortened(text.strip(), _SHOWN)} is not a finite number")
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

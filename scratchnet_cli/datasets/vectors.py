"""Input vectors for a network: numbers on the command line, a CSV or .npy file, or stdin."""

import io
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import InputError
from scratchnet_cli.system.files import read_bounded
from scratchnet_cli.system.inputs import STDIN
from scratchnet_cli.system.text import shorten

NPY_MAGIC = b"\x93NUMPY"
MAX_VECTOR_BYTES = 64 * 2**20
# At most this much of a wrong value is repeated in a message.
MAX_SHOWN = 30


def read_vectors(texts: Sequence[str]) -> NDArray[Any]:
    """Return the numbers that the texts are, (n,), or those in the file that the only text names.

    A file gives (rows, n), or the shape of an .npy file; ``-`` is standard input.

    Raises:
        InputError: a text is not a number, or the file does not contain finite numbers in equal
            rows.
    """
    if len(texts) == 1 and texts[0] and not _is_number(texts[0]):
        return _read_file(texts[0])
    try:
        return np.array([_number(text) for text in texts])
    except InputError as error:
        raise InputError(f"{error}; expected numbers, or the name of one file") from error


def parse_vectors(data: bytes, label: str) -> NDArray[Any]:
    """Return the numbers in the content of a CSV or .npy file. label: names it in messages.

    Raises:
        InputError: as ``read_vectors``.
    """
    try:
        values = _npy(data) if data.startswith(NPY_MAGIC) else _csv(data)
        if values.dtype.kind not in "fiu":
            raise InputError("holds no numbers, expected integers or floats")
        if values.ndim not in (1, 2) or values.size == 0:
            raise InputError(f"holds no rows of numbers, its shape is {values.shape}")
        if not np.isfinite(values).all():
            raise InputError("holds a value that is infinite or not a number")
    except InputError as error:
        raise InputError(f"{label}: {error}") from error
    return values


def _read_file(name: str) -> NDArray[Any]:
    if name == STDIN:
        if sys.stdin is None:
            raise InputError("standard input is closed")
        data = sys.stdin.buffer.read(MAX_VECTOR_BYTES + 1)
        if len(data) > MAX_VECTOR_BYTES:
            raise InputError(
                f"standard input: larger than {MAX_VECTOR_BYTES >> 20} MiB, the most that is read"
            )
        return parse_vectors(data, "standard input")
    if not Path(name).exists():
        raise InputError(
            f"{name}: neither a number nor a file; numbers are separated by spaces, as in "
            "scratchnet forward three-layer 1.0 0.5"
        )
    return parse_vectors(read_bounded(Path(name), MAX_VECTOR_BYTES, InputError), name)


def _npy(data: bytes) -> NDArray[Any]:
    try:
        values: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError, MemoryError) as error:
        raise InputError("not an array of plain numbers") from error
    return values


def _csv(data: bytes) -> NDArray[np.float64]:
    """Return rows of numbers between commas or blanks; empty lines are skipped."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "neither text nor an array in NumPy's .npy format; `scratchnet predict` reads pictures"
        ) from error
    if not text.strip():
        raise InputError("holds no numbers")
    try:
        return np.loadtxt(
            io.StringIO(text), delimiter="," if "," in text else None, comments=None, ndmin=2
        )
    except ValueError as error:
        raise InputError(shorten(str(error), 200)) from error


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise InputError(f"{text[:MAX_SHOWN]!r} is not a number") from error
    if not math.isfinite(value):
        raise InputError(f"{shorten(text.strip(), MAX_SHOWN)} is not a finite number")
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

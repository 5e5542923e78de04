"""Images and labels in one file: rows of a CSV file, Keras' .npz, or IDX with labels beside it."""

import gzip
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.datasets.idx import AS_INTEGERS, DAMAGED, GZIP_MAGIC, ONE_HOT
from scratchnet_cli.datasets.idx_files import LabelledImages, read_images_file
from scratchnet_cli.errors import DatasetError, WeightsError, about
from scratchnet_cli.system.files import read_bounded
from scratchnet_cli.weights.arrays import MAX_WEIGHTS_BYTES, view_array
from scratchnet_cli.weights.npz import read_members
from scratchnet_cli.weights.other_formats import PLACEHOLDERS, advice_for

# MNIST's 60,000 images are 110 MB of text. In memory, pixels take at most half of their text.
MAX_CSV_BYTES = 512 * 2**20
# The two arrays of an .npz, unpacked: 250,000 images.
MAX_ARRAYS_BYTES = 192 * 2**20
SIDE_PIXELS = 28
COLUMNS = 1 + SIDE_PIXELS**2
# A heading with a name for each pixel is shorter.
MAX_LINE_BYTES = 2**16
MAX_SHOWN = 30
START_BYTES = 512
_NO_LABELS = "To classify rows without labels, see reference.md, Datasets."
_PIXELS = {str(value).encode(): value for value in range(256)}
_INTEGERS = tuple(f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8))


def read_file(path: Path, split: str) -> LabelledImages:
    """Return the images and labels in a file; the format is known from its first bytes."""
    with _opened(path) as file:
        start = file.read(START_BYTES)
    if start.startswith(b"PK"):
        return LabelledImages(*_read_npz(path, split), (path,), split)
    if split != "test":
        raise DatasetError(
            f"{path}: --split is for mnist, .npz files and folders of IDX files; leave it out"
        )
    if start.startswith(b"\0\0"):
        return read_images_file(path)
    if start.startswith(b"\x80"):
        raise DatasetError(
            f"{path}: a pickle, which is not supported; use --dataset mnist for the book's images"
        )
    if advice := advice_for(start, PLACEHOLDERS):
        raise DatasetError(f"{path}: {advice}")
    if b"\0" in start:
        raise DatasetError(f"{path}: not a CSV, .npz or IDX file; for pictures, give their folder")
    with _opened(path) as file, about(path):
        return LabelledImages(*read_csv(file), (path,))


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, unpacked if it is gzipped; raise DatasetError if opening or reading fails."""
    try:
        # Reading a pipe might wait forever.
        if path.exists() and not path.is_file():
            raise DatasetError(f"{path}: not a file, expected CSV, .npz or IDX")
        with path.open("rb") as file:
            is_gzipped = file.read(2) == GZIP_MAGIC
            file.seek(0)
            yield cast(IO[bytes], gzip.GzipFile(fileobj=file)) if is_gzipped else file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DatasetError(f"{path}: {DAMAGED}") from error
    except OSError as error:
        raise DatasetError(
            f"{path}: {error.strerror}; expected mnist, sample, or a folder or file of labelled "
            "images"
        ) from error


def read_csv(file: IO[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the images and labels in lines of text: each is a label and the pixels, row by row."""
    pixels, labels = bytearray(), bytearray()
    size = number = 0
    while line := file.readline(MAX_LINE_BYTES):
        number += 1
        size += len(line)
        if size > MAX_CSV_BYTES:
            raise DatasetError(
                f"larger than {MAX_CSV_BYTES >> 20} MiB as text, the maximum; split it"
            )
        if number == 1:
            line = line.removeprefix(BOM_UTF8)
        if line.isspace() or (number == 1 and _is_heading(line)):
            continue
        row = _parse_row(line, number)
        labels.append(row[0])
        pixels += row[1:]
    images = np.frombuffer(pixels, np.uint8).reshape(-1, SIDE_PIXELS, SIDE_PIXELS)
    if not any(labels) and 0 < images[:, -1, -1].max(initial=0) < 10:
        raise DatasetError(
            "each line begins with 0 and ends with a digit; if that is the label, put it first"
        )
    return images, np.frombuffer(labels, np.uint8)


def _is_heading(line: bytes) -> bool:
    """Return whether this is a heading; raise DatasetError if it has no column of labels."""
    first = line.replace(b";", b",").partition(b",")[0].strip().strip(b'"')
    if first.lower().startswith(b"pixel"):
        raise DatasetError("the first column is pixels, expected 'label'", _NO_LABELS)
    return first.lower() == b"label"


def _parse_row(line: bytes, number: int) -> bytes:
    # In languages with decimal commas, Excel separates cells by semicolons.
    cells = line.rstrip(b"\r\n").replace(b";", b",").split(b",")
    if len(cells) != COLUMNS:
        hint = [_NO_LABELS] if len(cells) == COLUMNS - 1 else []
        raise DatasetError(
            f"line {number} has {len(cells)} column{'s' * (len(cells) > 1)}, expected {COLUMNS} "
            f"with commas between them: a label, and {SIDE_PIXELS}x{SIDE_PIXELS} pixels",
            *hint,
        )
    try:
        return bytes(map(_PIXELS.__getitem__, cells))
    except KeyError as error:
        cell = error.args[0].decode(errors="replace")[:MAX_SHOWN]
        raise DatasetError(
            f"line {number}: {cell!r} is not a whole number from 0 to 255; "
            "only the first line may be a heading"
        ) from error


def _read_npz(path: Path, split: str) -> tuple[NDArray[Any], NDArray[Any]]:
    x, t = f"x_{split}", f"y_{split}"
    data = read_bounded(path, MAX_WEIGHTS_BYTES, DatasetError)
    try:
        members = read_members(data, MAX_ARRAYS_BYTES, (x, t))
        if len(members) < 2:
            other = "train" if split == "test" else "test"
            hint = f"; use --split {other}" if f"x_{other}.npy".encode() in data else ""
            raise WeightsError(f"expected the arrays {x} and {t}, as in Keras' mnist.npz{hint}")
        arrays = []
        for name, axes, types in ((x, 3, ("u1",)), (t, 1, _INTEGERS)):
            body, code, shape, fortran = members[name]
            if len(shape) != axes or code[1:] not in types:
                hint = f"; save {t}.{ONE_HOT if len(shape) == 2 else AS_INTEGERS}"
                raise WeightsError(
                    f"{name} has the type {code[:MAX_SHOWN]} and {len(shape)} axes, expected "
                    f"{'uint8 (|u1) and 3' if name == x else f'integers and 1{hint}'}"
                )
            # "|" means no byte order.
            code = code.replace("|", "=")
            arrays.append(view_array(body, code, shape, fortran, types=types, max_axes=axes))
        return arrays[0], arrays[1]
    except WeightsError as error:
        raise DatasetError(f"{path}: {error}") from error

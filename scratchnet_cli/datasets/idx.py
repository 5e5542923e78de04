"""IDX, the file format of MNIST.

An IDX file is a magic number (two zero bytes, the type, the number of axes), the length of each
axis as a big-endian 32-bit integer, and the values. MNIST's type is 8, unsigned bytes. The labels
of QMNIST have type 12, big-endian int32.
"""

import io
import math
import stat
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import DatasetError, about

GZIP_MAGIC = b"\x1f\x8b"
UBYTE, INT32 = 8, 12
# Longer than any header, and enough to recognise other files.
START_BYTES = 100
MAX_IDX_BYTES = 4 * 2**30
# Larger files are mapped into memory, unless they are gzipped.
MAX_READ_BYTES = 64 * 2**20
# Deflate never compresses by more than this, so a header that states more is wrong.
MAX_GZIP_RATIO = 1032
# For messages: how to turn one-hot labels, and floats, into labels.
ONE_HOT, AS_INTEGERS = "argmax(axis=1)", "astype(int)"
DAMAGED = "the file is damaged or cut short; download or copy it again"


def read_idx(data: bytes, axes: int, label: str, type_code: int = UBYTE) -> NDArray[np.uint8]:
    """Return the array in an IDX file. For int32, a last axis has the four bytes.

    label: the name of the file in messages.
    """
    magic = bytes((0, 0, type_code, axes))
    if data.startswith(GZIP_MAGIC):
        shape, body = _unpack(data, magic, label)
    else:
        body = memoryview(data)[_header_bytes(magic) :]
        shape = _read_shape(data[:START_BYTES], magic, label)
    _check_length(shape, len(body), label)
    return np.frombuffer(body, np.uint8).reshape(shape)


def load_idx(path: Path, axes: int, type_code: int = UBYTE) -> NDArray[np.uint8]:
    """Return what ``read_idx`` returns for a file; a large file that is not gzipped is mapped."""
    magic = bytes((0, 0, type_code, axes))
    try:
        status = path.stat()
        # Reading a pipe or device might never end. For a folder, open() raises a clear error.
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise DatasetError(f"{path}: not a file, expected an IDX file")
        if status.st_size > MAX_IDX_BYTES:
            raise DatasetError(
                f"{path}: larger than {MAX_IDX_BYTES >> 20} MiB, the maximum; use fewer images"
            )
        with about(path.parent), path.open("rb") as file:
            if status.st_size <= MAX_READ_BYTES or path.suffix == ".gz":
                # With one byte more, a file that has grown is noticed.
                return read_idx(file.read(status.st_size + 1), axes, path.name, type_code)
            start = _header_bytes(magic)
            shape = _read_shape(file.read(start), magic, path.name)
            _check_length(shape, status.st_size - start, path.name)
            return np.memmap(path, np.uint8, "r", offset=start, shape=shape)
    except OSError as error:
        raise DatasetError(f"{error.filename or path}: {error.strerror}") from error


def read_rows(images: NDArray[Any], rows: slice) -> NDArray[Any]:
    """Return ``images[rows]``; if they are mapped, read them from their file.

    Using the map would kill the process if the file became shorter.
    """
    if images.ndim == 3 and not images.flags.c_contiguous:
        transposed = images.swapaxes(1, 2)
        if transposed.flags.c_contiguous:
            return read_rows(transposed, rows).swapaxes(1, 2)
    part = mapped = images[rows]
    while isinstance(mapped.base, np.memmap):
        mapped = mapped.base
    if not isinstance(mapped, np.memmap) or mapped.mode != "r" or not part.flags.c_contiguous:
        return part
    start, base = (array.__array_interface__["data"][0] for array in (part, mapped))
    name = str(mapped.filename)
    try:
        read = np.fromfile(name, part.dtype, part.size, offset=mapped.offset + start - base)
    except OSError as error:
        raise DatasetError(f"{name}: {error.strerror}") from error
    if read.size < part.size:
        raise DatasetError(f"{name}: the file was cut while it was read; try again")
    return read.reshape(part.shape)


def _check_length(shape: tuple[int, ...], length: int, label: str) -> None:
    expected = math.prod(shape)
    if length != expected:
        found = "more" if length > expected else length
        raise DatasetError(f"{label}: expected {expected} bytes after the header, found {found}")


def _unpack(data: bytes, magic: bytes, label: str) -> tuple[tuple[int, ...], memoryview]:
    """Return the shape of a gzipped file, and its values, with one byte more if there are more."""
    # MNIST does not need this import: the cache has unpacked it.
    import gzip

    try:
        with gzip.open(io.BytesIO(data)) as stream:
            shape = _read_shape(stream.read(_header_bytes(magic)), magic, label)
            size = math.prod(shape)
            if size > min(MAX_IDX_BYTES, len(data) * MAX_GZIP_RATIO):
                raise DatasetError(
                    f"{label}: expected {size} bytes after the header, too many for this file"
                )
            return shape, memoryview(stream.read(size + 1))
    except (EOFError, OSError, zlib.error, ValueError) as error:
        raise DatasetError(f"{label}: {DAMAGED}") from error


def _header_bytes(magic: bytes) -> int:
    return 4 + 4 * magic[3]


def _read_shape(header: bytes, magic: bytes, label: str) -> tuple[int, ...]:
    if not header:
        raise DatasetError(f"{label}: the file is empty; save or copy it again")
    if header[:4] != magic:
        # Only files that cannot be read need this import.
        from scratchnet_cli.weights.other_formats import PLACEHOLDERS, advice_for

        if advice := advice_for(header, PLACEHOLDERS):
            raise DatasetError(f"{label}: {advice}")
        raise DatasetError(
            f"{label}: not an IDX file of {'int32' if magic[2] == INT32 else 'bytes'} "
            f"with {magic[3]} axes "
            f"(it begins {header[:4].hex(' ')}, expected {magic.hex(' ')})"
        )
    if len(header) < _header_bytes(magic):
        raise DatasetError(f"{label}: {DAMAGED}")
    shape = tuple(np.frombuffer(header, ">u4", magic[3], 4).tolist())
    if 0 in shape:
        raise DatasetError(f"{label}: the header states the shape {list(shape)}, expected no 0")
    return shape if magic[2] == UBYTE else (*shape, 4)

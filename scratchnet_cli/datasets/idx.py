"""IDX, the file format of MNIST.

An IDX file is a magic number (two zero bytes, the type, the number of axes), the length of each
axis as a big-endian 32-bit integer, and the values. MNIST's type is 8: unsigned bytes.
"""

import io
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import DatasetError

GZIP_MAGIC = b"\x1f\x8b"
MAX_IDX_BYTES = 4 * 2**30
# Deflate does not compress more than this: a header that promises more is wrong.
MAX_GZIP_RATIO = 1032


def read_idx(data: bytes, axes: int, label: str) -> NDArray[np.uint8]:
    """Return the array in an IDX file of unsigned bytes, read-only and not copied.

    Nothing is unpacked beyond the size in the header. label: names the file in messages.

    Raises:
        DatasetError: wrong magic number, or more or fewer values than the header says.
    """
    if data.startswith(GZIP_MAGIC):
        shape, body = _unpack(data, axes, label)
    else:
        start = _header_bytes(axes)
        shape, body = _read_shape(data[:start], axes, label), memoryview(data)[start:]
    _check_length(shape, len(body), label)
    return np.frombuffer(body, np.uint8).reshape(shape)


def map_idx(path: Path, axes: int) -> NDArray[np.uint8]:
    """Return the array in an IDX file that is not gzipped, mapped: read from disk when used.

    Raises:
        DatasetError: as ``read_idx``.
        OSError: the file cannot be read.
    """
    start = _header_bytes(axes)
    with path.open("rb") as file:
        shape = _read_shape(file.read(start), axes, path.name)
    _check_length(shape, path.stat().st_size - start, path.name)
    return np.memmap(path, np.uint8, "r", offset=start, shape=shape)


def _check_length(shape: tuple[int, ...], length: int, label: str) -> None:
    expected = math.prod(shape)
    if length != expected:
        found = "more" if length > expected else length
        raise DatasetError(f"{label}: the header promises {expected} bytes, but there are {found}")


def _unpack(data: bytes, axes: int, label: str) -> tuple[tuple[int, ...], memoryview]:
    """Return the shape in a gzipped file's header, and the rest up to one byte too many."""
    # MNIST comes unpacked from the cache.
    import gzip

    try:
        with gzip.open(io.BytesIO(data)) as stream:
            shape = _read_shape(stream.read(_header_bytes(axes)), axes, label)
            size = math.prod(shape)
            if size > min(MAX_IDX_BYTES, len(data) * MAX_GZIP_RATIO):
                raise DatasetError(
                    f"{label}: the header promises {size} bytes, too many to be true"
                )
            return shape, memoryview(stream.read(size + 1))
    except (EOFError, OSError, zlib.error, ValueError) as error:
        raise DatasetError(f"{label}: the file is damaged or cut short") from error


def _header_bytes(axes: int) -> int:
    return 4 + 4 * axes


def _read_shape(header: bytes, axes: int, label: str) -> tuple[int, ...]:
    magic = bytes((0, 0, 8, axes))
    if not header:
        raise DatasetError(f"{label}: the file is empty")
    if header[:4] != magic:
        raise DatasetError(
            f"{label}: not an IDX file of bytes with {axes} axes "
            f"(it begins {header[:4].hex(' ')}, expected {magic.hex(' ')})"
        )
    if len(header) < _header_bytes(axes):
        raise DatasetError(f"{label}: the file is damaged or cut short")
    shape = tuple(np.frombuffer(header, ">u4", axes, 4).tolist())
    if 0 in shape:
        raise DatasetError(f"{label}: the header says that there is nothing: {list(shape)}")
    return shape

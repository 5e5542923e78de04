"""IDX, the file format of MNIST, to arrays.

An IDX file is a magic number (two zero bytes, the type, the number of axes), the length of each
axis as a big-endian 32-bit integer, and the values. MNIST's type is 8: unsigned bytes.
"""

import io
import math
import zlib
from copy import copy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.errors import DatasetError

GZIP = b"\x1f\x8b"
MAX_BYTES = 4 * 2**30
# Deflate cannot do better, so a file that promises more than this is cut short or lies.
_GZIP_MAX_RATIO = 1032


def read_idx(data: bytes, axes: int, label: str) -> NDArray[np.uint8]:
    """The array in an IDX file of unsigned bytes with that many axes; read-only, not copied.

    Nothing is unpacked beyond the size that the header gives; ``label`` stands in messages.

    Raises:
        DatasetError: wrong magic number, or more or fewer values than the header says.
    """
    if data.startswith(GZIP):
        shape, body = _unpack(data, axes, label)
    else:
        start = header_bytes(axes)
        shape, body = read_shape(data[:start], axes, label), memoryview(data)[start:]
    size = math.prod(shape)
    if len(body) != size:
        came = "more" if len(body) > size else len(body)
        raise DatasetError(f"{label}: the header promises {size} bytes, but there are {came}")
    return np.frombuffer(body, np.uint8).reshape(shape)


def _unpack(data: bytes, axes: int, label: str) -> tuple[tuple[int, ...], memoryview]:
    """The shape in a gzipped file's header, and what follows, but one byte too many at most."""
    # MNIST comes unpacked out of the cache, and then this is not needed.
    import gzip

    try:
        with gzip.open(io.BytesIO(data)) as stream:
            shape = read_shape(stream.read(header_bytes(axes)), axes, label)
            size = math.prod(shape)
            if size > min(MAX_BYTES, len(data) * _GZIP_MAX_RATIO):
                raise DatasetError(
                    f"{label}: the header promises {size} bytes, too many to be true"
                )
            return shape, memoryview(stream.read(size + 1))
    except (EOFError, OSError, zlib.error, ValueError) as error:
        raise DatasetError(f"{label}: the file is damaged or cut short") from error


def header_bytes(axes: int) -> int:
    """The length of an IDX file's header: the magic number, and the length of each axis."""
    return 4 + 4 * axes


def read_shape(header: bytes, axes: int, label: str) -> tuple[int, ...]:
    """The lengths of the axes of an IDX file of bytes, from its header.

    Raises:
        DatasetError: it is no such file, has other axes, or one of no length.
    """
    magic = bytes((0, 0, 8, axes))
    if not header:
        raise DatasetError(f"{label}: the file is empty")
    if header[:4] != magic:
        raise DatasetError(
            f"{label}: not an IDX file of bytes with {axes} axes "
            f"(it begins {header[:4].hex(' ')}, expected {magic.hex(' ')})"
        )
    if len(header) < header_bytes(axes):
        raise DatasetError(f"{label}: the file is damaged or cut short")
    shape = tuple(np.frombuffer(header, ">u4", axes, 4).tolist())
    if 0 in shape:
        raise DatasetError(f"{label}: the header says that there is nothing: {list(shape)}")
    return shape


class StoredImages:
    """The images of an IDX file that is not gzipped, read when they are asked for.

    In place of an array it has a length, a shape, and images by number or slice.

    Raises:
        DatasetError: the file is not sound, or later becomes shorter or cannot be read any more.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            self.shape = read_shape(file.read(header_bytes(3)), 3, path.name)
        promised, there = math.prod(self.shape), path.stat().st_size - header_bytes(3)
        if promised != there:
            raise DatasetError(
                f"{path.name}: the header promises {promised} bytes, but there are {there}"
            )

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int | slice) -> "NDArray[np.uint8] | StoredImages":
        """One image (rows, columns), or those of a slice without steps, (n, rows, columns).

        ``[:n]`` stays on disk; any other slice is read.

        Raises:
            IndexError: there is no such image, or the slice has steps.
        """
        if not isinstance(index, slice):
            return self._read(range(len(self))[index], 1).reshape(self.shape[1:])
        start, stop, step = index.indices(len(self))
        if step != 1:
            raise IndexError("images that stay on disk are read without steps")
        if index.start is None:
            part = copy(self)
            part.shape = (stop, *self.shape[1:])
            return part
        return self._read(start, max(stop - start, 0))

    def _read(self, start: int, count: int) -> NDArray[np.uint8]:
        size = math.prod(self.shape[1:])
        try:
            with self._path.open("rb") as file:
                file.seek(header_bytes(3) + start * size)
                data = file.read(count * size)
        except OSError as error:
            raise DatasetError(f"{self._path}: {error.strerror}") from error
        if len(data) != count * size:
            raise DatasetError(f"{self._path}: the file has become shorter")
        return np.frombuffer(data, np.uint8).reshape(count, *self.shape[1:])

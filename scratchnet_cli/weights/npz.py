"""The .npz format: a zip archive of .npy files, each a header and the bytes of one array.

The header is a Python dict. It is not evaluated, but searched. See numpy.lib.format in NumPy's
reference.
"""

import io
import math
import re
import sys
import zipfile
import zlib
from collections.abc import Container
from typing import NamedTuple

import numpy as np

from scratchnet_cli.errors import WeightsError
from scratchnet_cli.weights.arrays import LISTS, MAX_WEIGHTS_BYTES, Contents, view_array

NPY_MAGIC = b"\x93NUMPY"
# NumPy writes 118 bytes.
MAX_NPY_HEADER_BYTES = 1000
# A list of short names takes much more memory than its bytes.
MAX_LIST_LENGTH = 10_000
_NUMPY_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_START = re.compile(NPY_MAGIC + rb"(?:\x01\x00(..)|[\x02\x03]\x00(....))", re.DOTALL)
_DESCR = re.compile(rb"'descr': *'([^']*)'")
_FORTRAN = re.compile(rb"'fortran_order': *(True|False)")
# There is only one way to match a shape, so a long one does not make the search slow.
_SHAPE = re.compile(rb"'shape': *\(( *(?:\d{1,12} *, *)*(?:\d{1,12} *)?)\)")
_TEXT = re.compile(r"<U([1-9]\d?)")


class Npy(NamedTuple):
    """The unchecked parts of an .npy file, as ``view_array`` takes them."""

    body: memoryview
    code: str
    shape: tuple[int, ...]
    fortran: bool


def split_npy(data: bytes) -> Npy:
    """Return the parts of an .npy file of plain values."""
    if not (start := _START.match(data)):
        raise WeightsError("not an array in NumPy's .npy format")
    end = start.end() + int.from_bytes(start[1] or start[2], "little")
    if end - start.end() > MAX_NPY_HEADER_BYTES:
        raise WeightsError("not an array of plain numbers")
    header = data[start.end() : end]
    descr, fortran, shape = (pattern.search(header) for pattern in (_DESCR, _FORTRAN, _SHAPE))
    if not (descr and fortran and shape):
        raise WeightsError("not an array of plain numbers")
    lengths = tuple(int(length) for length in re.findall(rb"\d+", shape[1]))
    body = memoryview(data)[end:]
    return Npy(body, descr[1].decode("latin1"), lengths, fortran[1] == b"True")


def read_npz(data: bytes) -> Contents:
    """Return the float arrays and lists of names in an .npz file; refuse other files."""
    members = read_members(data)
    lists = {key: _names(key, members.pop(key)) for key in LISTS if key in members}
    return Contents({name: view_array(*npy) for name, npy in members.items()}, lists)


def write_npz(contents: Contents) -> bytes:
    """Return an .npz file for ``read_npz`` and ``np.load``; equal contents give equal bytes."""
    file = io.BytesIO()
    lists = {key: np.array(names) for key, names in contents.lists.items()}
    np.savez(file, **contents.arrays, **lists)  # type: ignore[arg-type]
    return file.getvalue()


def read_members(
    data: bytes, max_bytes: int = MAX_WEIGHTS_BYTES, only: Container[str] | None = None
) -> dict[str, Npy]:
    """Return the arrays of an .npz file by name. only: those to unpack, None for all."""
    found: dict[str, Npy] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [
                (name, member)
                for member in archive.infolist()
                if (name := member.filename.removesuffix(".npy")) in (only or (name,))
            ]
            if sum(member.file_size for _, member in members) > max_bytes:
                raise WeightsError(
                    f"this .npz unpacks to more than {max_bytes >> 20} MiB, the maximum; "
                    "save fewer arrays"
                )
            for name, member in members:
                if name in found:
                    raise WeightsError("two arrays in this .npz have the same name; save it again")
                if member.compress_type not in _NUMPY_COMPRESSIONS:
                    raise WeightsError(
                        "this .npz has a compression that is not supported; use np.savez_compressed"
                    )
                with archive.open(member) as file:
                    # With a size, read() unpacks no more, even if the archive contains more.
                    data = file.read(member.file_size + 1)
                try:
                    found[name] = split_npy(data)
                except WeightsError as error:
                    raise WeightsError(
                        f"a member of this .npz is {error}; save it again with np.savez"
                    ) from error
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, OverflowError, RuntimeError, ValueError
    ) as error:  # fmt: skip
        raise WeightsError(
            "this ZIP archive is damaged or cut short; download or copy it again"
        ) from error
    return found


def _names(key: str, npy: Npy) -> tuple[str, ...]:
    """Return the texts in an array of one axis; each letter is four bytes."""
    letters = _TEXT.fullmatch(npy.code)
    size = 4 * int(letters[1]) * math.prod(npy.shape) if letters else -1
    if (
        len(npy.shape) != 1
        or npy.shape[0] > MAX_LIST_LENGTH
        or len(npy.body) != size
        # NumPy fails on numbers that are not Unicode.
        or (np.frombuffer(npy.body, "<u4") > sys.maxunicode).any()
    ):
        raise WeightsError(f"the array {key!r} is not a list of names; save a list of texts")
    return tuple(np.frombuffer(npy.body, npy.code).tolist())

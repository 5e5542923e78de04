"""Arrays out of an .npz, a zip of .npy files; neither is unpacked further than is allowed."""

import io
import re
import zipfile
import zlib

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.arrays import MAX_BYTES, view_floats
from scratchnet_cli.errors import WeightsError

# NumPy writes 118 bytes.
MAX_HEADER = 1000
_WRITTEN_BY_NUMPY = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# Magic number, version, length of the header; the header is a Python dict, but three patterns
# find its three entries without evaluating anything.
_NPY_START = re.compile(rb"\x93NUMPY(?:\x01\x00(..)|[\x02\x03]\x00(....))", re.DOTALL)
_DESCR = re.compile(rb"'descr': *'([^']*)'")
_FORTRAN = re.compile(rb"'fortran_order': *(True|False)")
_SHAPE = re.compile(rb"'shape': *\(((?: *\d{1,12} *,?)*)\)")


def read_npz(data: bytes) -> dict[str, NDArray[np.floating]]:
    """The arrays in an .npz by their names; pickled members are not read.

    Raises:
        WeightsError: it is damaged, or holds anything but float arrays of different names.
    """
    arrays: dict[str, NDArray[np.floating]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_BYTES:
                raise WeightsError(f"this .npz unpacks to more than {MAX_BYTES} bytes")
            for member in members:
                name = member.filename.removesuffix(".npy")
                if name in arrays:
                    raise WeightsError("this .npz holds two arrays of the same name")
                if member.compress_type not in _WRITTEN_BY_NUMPY:
                    raise WeightsError("this .npz is packed in a way that NumPy does not use")
                with archive.open(member) as file:
                    # With a number to read, it unpacks no more than that, whatever the sizes say.
                    arrays[name] = _read_npy(file.read(member.file_size + 1))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise WeightsError("this .npz is damaged or cut short") from error
    return arrays


def _read_npy(data: bytes) -> NDArray[np.floating]:
    """The array in an .npy file; its format: numpy.lib.format in NumPy's reference."""
    if not (start := _NPY_START.match(data)):
        raise WeightsError("a member of this .npz is not an array")
    end = start.end() + int.from_bytes(start[1] or start[2], "little")
    if end - start.end() > MAX_HEADER:
        raise WeightsError("a member of this .npz is not an array of plain numbers")
    header = data[start.end() : end]
    found = [pattern.search(header) for pattern in (_DESCR, _FORTRAN, _SHAPE)]
    descr, fortran, shape = (match[1] if match else None for match in found)
    if descr is None or fortran is None or shape is None:
        raise WeightsError("a member of this .npz is not an array of plain numbers")
    lengths = tuple(int(length) for length in re.findall(rb"\d+", shape))
    body = memoryview(data)[end:]
    return view_floats(body, descr.decode("latin1"), lengths, fortran == b"True")

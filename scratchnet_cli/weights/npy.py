"""The .npy format, a header and the bytes of one array, read without evaluating the header.

The format: numpy.lib.format in NumPy's reference.
"""

import re
from dataclasses import dataclass

from scratchnet_cli.errors import WeightsError

MAGIC = b"\x93NUMPY"
# NumPy writes 118 bytes.
MAX_HEADER = 1000

# Magic number, version, length of the header; the header is a Python dict, but three patterns
# find its three entries without evaluating anything.
_START = re.compile(MAGIC + rb"(?:\x01\x00(..)|[\x02\x03]\x00(....))", re.DOTALL)
_DESCR = re.compile(rb"'descr': *'([^']*)'")
_FORTRAN = re.compile(rb"'fortran_order': *(True|False)")
# Only a comma lets another length follow: there is one way to read a shape, however long.
_SHAPE = re.compile(rb"'shape': *\(( *(?:\d{1,12} *, *)*(?:\d{1,12} *)?)\)")


@dataclass(frozen=True)
class Npy:
    """What an .npy file says of its array, not yet believed: ``code`` is NumPy's, as in "<f4"."""

    code: str
    shape: tuple[int, ...]
    fortran: bool
    body: memoryview


def split_npy(data: bytes) -> Npy:
    """The parts of an .npy file.

    Raises:
        WeightsError: it is none, or its header describes more than plain values in a row.
    """
    if not (start := _START.match(data)):
        raise WeightsError("not an array in NumPy's .npy format")
    end = start.end() + int.from_bytes(start[1] or start[2], "little")
    if end - start.end() > MAX_HEADER:
        raise WeightsError("not an array of plain numbers")
    header = data[start.end() : end]
    found = [pattern.search(header) for pattern in (_DESCR, _FORTRAN, _SHAPE)]
    descr, fortran, shape = (match[1] if match else None for match in found)
    if descr is None or fortran is None or shape is None:
        raise WeightsError("not an array of plain numbers")
    lengths = tuple(int(length) for length in re.findall(rb"\d+", shape))
    return Npy(descr.decode("latin1"), lengths, fortran == b"True", memoryview(data)[end:])

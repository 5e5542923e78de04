"""The .npy format, a header and the bytes of one array, read without evaluating the header.

The format: numpy.lib.format in NumPy's reference.
"""

import io
import math
import re
import zipfile
import zlib
from dataclasses import dataclass

import numpy as np

from scratchnet_cli.errors import WeightsError
from scratchnet_cli.weights.arrays import ACTIVATIONS, CLASSES, MAX_BYTES, Contents, view_floats

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


# A short name takes many times its bytes once it is text.
MAX_NAMES = 10_000
_WRITTEN_BY_NUMPY = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_TEXT = re.compile(r"<U([1-9]\d?)")


def read_npz(data: bytes) -> Contents:
    """The arrays in an .npz by their names; pickled members are not read.

    Raises:
        WeightsError: it is damaged, or holds anything but float arrays of different names and the
            names of activations and classes.
    """
    members = _members(data)
    texts = {
        name: _names(name, members.pop(name)) for name in (ACTIVATIONS, CLASSES) if name in members
    }
    arrays = {
        name: view_floats(npy.body, npy.code, npy.shape, npy.fortran)
        for name, npy in members.items()
    }
    return Contents(arrays, texts.get(ACTIVATIONS), texts.get(CLASSES))


def write_npz(contents: Contents) -> bytes:
    """An .npz that ``read_npz`` and ``np.load`` read; the same contents give the same bytes."""
    file = io.BytesIO()
    texts = {name: np.array(texts) for name, texts in contents.texts().items()}
    np.savez(file, **contents.arrays, **texts)  # type: ignore[arg-type]
    return file.getvalue()


def _members(data: bytes) -> dict[str, Npy]:
    found: dict[str, Npy] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_BYTES:
                raise WeightsError(f"this .npz unpacks to more than {MAX_BYTES >> 20} MiB")
            for member in members:
                name = member.filename.removesuffix(".npy")
                if name in found:
                    raise WeightsError("this .npz holds two arrays of the same name")
                if name.endswith("/data.pkl"):
                    raise WeightsError(
                        "this is PyTorch's own format, which is not read; "
                        "safetensors.torch.save_file(model.state_dict(), PATH) writes one that is"
                    )
                if member.compress_type not in _WRITTEN_BY_NUMPY:
                    raise WeightsError("this .npz is packed in a way that NumPy does not use")
                with archive.open(member) as file:
                    # With a number to read, it unpacks no more than that, whatever the sizes say.
                    found[name] = _split(file.read(member.file_size + 1))
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, OverflowError, RuntimeError, ValueError
    ) as error:  # fmt: skip
        raise WeightsError("this .npz is damaged or cut short") from error
    return found


def _split(data: bytes) -> Npy:
    try:
        return split_npy(data)
    except WeightsError as error:
        raise WeightsError(f"a member of this .npz is {error}") from error


def _names(name: str, npy: Npy) -> tuple[str, ...]:
    """Text in an array of one axis: each letter is four bytes, each name as long as the longest."""
    letters = _TEXT.fullmatch(npy.code)
    size = 4 * int(letters[1]) * math.prod(npy.shape) if letters else -1
    if len(npy.shape) != 1 or npy.shape[0] > MAX_NAMES or len(npy.body) != size:
        raise WeightsError(f"its array {name!r} is not a list of names")
    try:
        return tuple(np.frombuffer(npy.body, npy.code).tolist())
    except ValueError as error:  # not Unicode
        raise WeightsError(f"its array {name!r} is not a list of names") from error

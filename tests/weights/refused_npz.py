"""Archives that lie about their sizes, or contain something else than arrays."""

import functools
import io
import struct
import zipfile
import zlib

import numpy as np

from tests.weights.refused_pickles import RUNNING
from tests.weights.weight_files import B1, W1, Refused, npy, npy_header, npy_of, npz, ones, saved


def claiming(size: int, data: bytes, compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return an .npz with one member whose size in the archive's directory is a lie."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        archive.writestr("W1.npy", data)
        archive.getinfo("W1.npy").file_size = size
        archive.writestr(*B1)
    return stream.getvalue()


def zeros(size: int) -> bytes:
    """Return an .npz whose member unpacks to this many MiB of zeros, made without packing them."""
    megabyte = bytes(2**20)
    packer = zlib.compressobj(9, wbits=-15)
    first = packer.compress(megabyte) + packer.flush(zlib.Z_FULL_FLUSH)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("W1.npy", first * size + packer.flush())
        info = archive.getinfo("W1.npy")
        info.compress_type, info.file_size = zipfile.ZIP_DEFLATED, size * 2**20
        info.CRC = functools.reduce(lambda crc, _: zlib.crc32(megabyte, crc), range(size), 0)
    # The local header still says "stored", but readers compare only its name.
    return stream.getvalue()


def far_away(place: int) -> bytes:
    """Return an .npz whose first member begins at this byte, by a zip64 entry."""
    data = bytearray(npz(W1, B1))
    start, end = data.index(b"PK\1\2"), data.rindex(b"PK\5\6")
    struct.pack_into("<H", data, start + 30, 12)
    struct.pack_into("<I", data, start + 42, 2**32 - 1)
    (length,) = struct.unpack_from("<I", data, end + 12)
    struct.pack_into("<I", data, end + 12, length + 12)
    after = start + 46 + len(W1[0])
    return bytes(data[:after] + struct.pack("<2HQ", 1, 8, place) + data[after:])


def headed(header: str, body: bytes = b"") -> bytes:
    """Return an .npz whose W1 has this header."""
    return npz(("W1.npy", npy_of(header, body)), B1)


def stating(activations: object) -> bytes:
    """Return an .npz with these activations."""
    return saved({"W1": ones(2, 2), "b1": ones(2), "activations": np.array(activations)})


_40_MB = bytes(40 * 2**20)
# NumPy unpickles its objects if allow_pickle is set.
RUNNING_NPZ = npz(W1, ("b1.npy", npy_of(npy_header("(1,)", "'|O'"), RUNNING["the file itself"])))
_LETTER = npy_header("(1,)", "'<U1'")
_NO_NPY = "a member of this .npz is not an array in NumPy's .npy format"
_NOT_PLAIN = "a member of this .npz is not an array of plain numbers"
REFUSED_NPZ: Refused = {
    _NO_NPY: {
        "no header": npz(("W1.npy", b"\x93NUMPY\x01\0"), B1),
        "empty": npz(("W1.npy", b""), B1),
        "text": npz(("W1.npy", b"hello"), B1),
        "another version": npz(("W1.npy", npy_of(npy_header((1, 2)), bytes(8), (9, 9))), B1),
        "a folder": npz(("W1/", b""), W1, B1),
    },
    _NOT_PLAIN: {
        **{
            f"the shape {shape}"[:40]: headed(npy_header(shape), bytes(16))
            for shape in ((2**70, 1), (0, 2**62), (10**9,) * 600, (-2, -2), (4, -1), (2.0, 2), [2])
        },
        "a shape of long integers": headed(npy_header("(2L, 2L)"), bytes(16)),
        "a shape of digits": headed(npy_header("(" + "1" * 900)),
        "a shape of digits and blanks": headed(npy_header("(" + "1 " * 400)),
        **{
            f"the type {descr}"[:40]: headed(npy_header((1, 1), descr), bytes(4))
            for descr in ("[('a', '<f4')]", "('<f4', (2**9,))", "()", "None", "4", "(" * 90)
        },
        **{
            f"the header {header}"[:30]: headed(header + "\n")
            for header in (
                "__import__('os').mkdir('MARKER')", "[1, 2]", "{}", "{[]: 1}", "{'descr': (",
                "  1\n 2", "\0", "(" * 5000, "-" * 9000 + "1",
            )
        },
        "a long header": headed(npy_header((2, 2)).ljust(1001), bytes(16)),
    },
    "an array is not of floating-point numbers": {
        "objects": npz(W1, ("b1.npy", npy(np.array([{}], object)))),
        **{
            descr: headed(npy_header((1, 1), descr), bytes(4))
            for descr in ("'|O'", "'|V1000000000'", "'a'", r"'\z'")
        },
    },
    "an array has 65 axes, expected 1 or 2": headed(npy_header((1,) * 65), bytes(4)),
    "an array has a shape that no layer has": headed(npy_header((2**31, 1)), bytes(4)),
    "an array of 8589934592 bytes comes with 4 bytes": headed(npy_header((2**15, 2**16)), bytes(4)),
    "an array of 16 bytes comes with 15 bytes": headed(npy_header((2, 2)), bytes(15)),
    "an array of 16 bytes comes with 17 bytes": headed(npy_header((2, 2)), bytes(17)),
    "layer 1: W has the shape (0, 2): there are no values in it": headed(npy_header((0, 2))),
    "expected the arrays W1, b1, W2, b2, …, or 0.weight, 0.bias, …, found: none": npz(),
    "this .npz holds two arrays of the same name": npz(W1, B1, ("W1", W1[1])),
    "this is PyTorch's own format, which is not read; "
    "safetensors.torch.save_file(model.state_dict(), PATH) writes one that is": npz(
        ("model/data.pkl", b"\x80\x02}q\0.")
    ),
    "this .npz is packed in a way that NumPy does not use": {
        "bzip2": claiming(100, _40_MB, zipfile.ZIP_BZIP2),
        "LZMA": claiming(100, _40_MB, zipfile.ZIP_LZMA),
    },
    "this .npz unpacks to more than 64 MiB": {
        "zeros": zeros(300),
        "a size that is too large": claiming(2**40, W1[1]),
    },
    "this .npz is damaged or cut short": {
        "a size that is a byte short": claiming(len(W1[1]) - 1, W1[1]),
        "deflated, a byte short": claiming(len(W1[1]) - 1, W1[1], zipfile.ZIP_DEFLATED),
        "40 MB as 100 bytes": claiming(100, _40_MB, zipfile.ZIP_DEFLATED),
        "a place at 2**63": far_away(2**63),
        "a place at 2**64 - 1": far_away(2**64 - 1),
    },
    "it names 10000 activations for 1 layers": stating(["relu"] * 10_000),
    "its array 'activations' is not a list of names": {
        "two axes": stating([["relu", "identity"]]),
        "no axis": stating("relu"),
        "long": stating(["x" * 100, "y"]),
        "bytes": stating([b"relu", b"identity"]),
        "numbers": stating([1.0, 1.0]),
        "objects": stating([None, "relu"]),
        "many": stating(["a"] * 10_001),
        "not Unicode": npz(W1, B1, ("activations.npy", npy_of(_LETTER, b"\0\0\x11\0"))),
        "a byte short": npz(W1, B1, ("activations.npy", npy_of(_LETTER, b"a\0\0"))),
    },
}  # fmt: skip

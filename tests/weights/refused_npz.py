"""Archives that lie about their sizes, or contain something else than arrays."""

import functools
import io
import struct
import zipfile
import zlib

import numpy as np

from tests.weights.refused_pickles import RUNNING
from tests.weights.weight_files import B1, W1, Refused, npy_header, npy_of, npz, ones, saved


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


def headed(header: str, body: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    """Return an .npz whose W1 has this header."""
    return npz(("W1.npy", npy_of(header, body, version)), B1)


def stating(activations: object) -> bytes:
    """Return an .npz with these activations."""
    return saved({"W1": ones(2, 2), "b1": ones(2), "activations": np.array(activations)})


_40_MB = bytes(40 * 2**20)
# NumPy unpickles its objects if allow_pickle is set.
RUNNING_NPZ = npz(W1, ("b1.npy", npy_of(npy_header("(1,)", "'|O'"), RUNNING["the file itself"])))
# What is damaged in these is refused, too.
PACKED_NPZ = [npz(W1, B1, compression=each) for each in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)]
_LETTER = npy_header("(1,)", "'<U1'")
REFUSED_NPZ: Refused = {
    "a member of this .npz is not an array in NumPy's .npy format; save it again with np.savez": [
        *(npz(("W1.npy", data), B1) for data in (b"\x93NUMPY\x01\0", b"", b"hello")),
        headed(npy_header((1, 2)), bytes(8), (9, 9)), npz(("W1/", b""), W1, B1),
    ],
    "a member of this .npz is not an array of plain numbers; save it again with np.savez": [
        *(
            headed(npy_header(shape), bytes(16))
            for shape in (
                (2**70, 1), (0, 2**62), (10**9,) * 600, (-2, -2), (4, -1), (2.0, 2), [2],
                "(2L, 2L)", "(" + "1" * 900, "(" + "1 " * 400,
            )
        ),
        *(
            headed(npy_header((1, 1), descr), bytes(4))
            for descr in ("[('a', '<f4')]", "('<f4', (2**9,))", "()", "None", "4", "(" * 90)
        ),
        *(
            headed(header + "\n")
            for header in (
                "__import__('os').mkdir('MARKER')", "[1, 2]", "{}", "{[]: 1}", "{'descr': (",
                "  1\n 2", "\0", "(" * 5000, "-" * 9000 + "1",
            )
        ),
        headed(npy_header((2, 2)).ljust(1001), bytes(16)),
    ],
    "an array does not contain floating-point numbers; save it as float32": [
        RUNNING_NPZ,
        *(
            headed(npy_header((1, 1), descr), bytes(4))
            for descr in ("'|O'", "'|V1000000000'", "'a'", r"'\z'")
        ),
    ],
    "an array has 65 axes, expected 1 or 2": headed(npy_header((1,) * 65), bytes(4)),
    "an array has an invalid shape; save the file again": headed(npy_header((2**31, 1)), bytes(4)),
    "an array has 4 bytes, expected 8589934592": headed(npy_header((2**15, 2**16)), bytes(4)),
    "an array has 15 bytes, expected 16": headed(npy_header((2, 2)), bytes(15)),
    "an array has 17 bytes, expected 16": headed(npy_header((2, 2)), bytes(17)),
    "layer 1: W has the shape (0, 2), expected a value or more": headed(npy_header((0, 2))),
    "expected the arrays W1, b1, W2, b2, …, or 0.weight, 0.bias, …\nFound: none": npz(),
    "two arrays in this .npz have the same name; save it again": npz(W1, B1, ("W1", W1[1])),
    "this .npz has a compression that is not supported; use np.savez_compressed": [
        claiming(100, _40_MB, method) for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    ],
    "this .npz unpacks to more than 64 MiB, the maximum; save fewer arrays": [
        zeros(300), claiming(2**40, W1[1])
    ],
    "this ZIP archive is damaged or cut short; download or copy it again": [
        claiming(len(W1[1]) - 1, W1[1]), claiming(len(W1[1]) - 1, W1[1], zipfile.ZIP_DEFLATED),
        claiming(100, _40_MB, zipfile.ZIP_DEFLATED), far_away(2**63), far_away(2**64 - 1),
    ],
    "activations: found 10000, layers: 1; give one for each layer, as in --activations identity": (
        stating(["relu"] * 10_000)
    ),
    "the array 'activations' is not a list of names; save a list of texts": [
        stating([["relu", "identity"]]), stating("relu"), stating([b"relu", b"identity"]),
        *map(stating, (["x" * 100, "y"], [1.0, 1.0], [None, "relu"], ["a"] * 10_001)),
        # A letter beyond Unicode, and one that is a byte short.
        *(npz(W1, B1, ("activations.npy", npy_of(_LETTER, x))) for x in (b"\0\0\x11\0", b"a\0\0")),
    ],
}  # fmt: skip

"""Archives that lie about their sizes, or hold something else than arrays."""

import io
import zipfile
import zlib

from tests.weights.weight_files import B1, W1, npy_header, npy_of, npz


def claiming(size: int, data: bytes, compression: int) -> bytes:
    """An .npz with one member whose size in the archive's directory is a lie."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        archive.writestr("W1.npy", data)
        archive.getinfo("W1.npy").file_size = size
        archive.writestr(*B1)
    return stream.getvalue()


def zeros(size: int) -> bytes:
    """An .npz whose member unpacks to that many megabytes of zeros, made without packing them."""
    megabyte = bytes(2**20)
    packer = zlib.compressobj(9, wbits=-15)
    first = packer.compress(megabyte) + packer.flush(zlib.Z_FULL_FLUSH)
    body = first * size + packer.flush()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("W1.npy", body)
        info = archive.getinfo("W1.npy")
        info.compress_type = zipfile.ZIP_DEFLATED
        info.file_size = size * 2**20
        for _ in range(size):
            info.CRC = zlib.crc32(megabyte, info.CRC if _ else 0)
    # The local header still says "stored", and readers compare it with nothing but the name.
    return stream.getvalue()


def headed(header: str, body: bytes = b"") -> bytes:
    """An .npz whose W1 has that header."""
    return npz(("W1.npy", npy_of(header, body)), B1)


HOSTILE_NPZ = {
    "8 GiB": headed(npy_header((2**31, 1)), bytes(4)),
    "8 GiB of f2": headed(npy_header((65536, 65536), "'<f2'"), bytes(4)),
    "2^70": headed(npy_header((2**70, 1)), bytes(4)),
    "empty but huge": headed(npy_header((0, 2**62, 2**62))),
    "empty but 2^70": headed(npy_header((0, 2**70))),
    "an empty array": headed(npy_header((0, 2))),
    "65 axes": headed(npy_header((1,) * 65), bytes(4)),
    "600 huge axes": headed(npy_header((10**9,) * 600), bytes(4)),
    "an axis below zero": headed(npy_header((-2, -2)), bytes(16)),
    "an axis of -1": headed(npy_header((4, -1)), bytes(16)),
    "an axis that is no integer": headed(npy_header((2.0, 2)), bytes(16)),
    "a shape that is a list": headed(npy_header([2, 2]), bytes(16)),
    "one byte short": headed(npy_header((2, 2)), bytes(15)),
    "one byte more": headed(npy_header((2, 2)), bytes(17)),
    "object dtype": headed(npy_header((2, 2), "'|O'"), bytes(16)),
    "V1000000000": headed(npy_header((1, 1), "'|V1000000000'"), bytes(4)),
    "a dtype of fields": headed(npy_header((1, 1), "[('a', '<f4')]"), bytes(4)),
    "a dtype of an array": headed(npy_header((1, 1), "('<f4', (2**9,))"), bytes(4)),
    "a dtype that is an empty tuple": headed(npy_header((1, 1), "()"), bytes(4)),
    "a dtype that is None": headed(npy_header((1, 1), "None"), bytes(4)),
    "a dtype that is a number": headed(npy_header((1, 1), "4"), bytes(4)),
    "a dtype that NumPy warns of": headed(npy_header((1, 1), "'a'"), bytes(4)),
    "a dtype in tuples": headed(npy_header((1, 1), "(" * 90 + ")" * 90), bytes(4)),
    "a header that is code": headed("__import__('os').mkdir('MARKER')\n"),
    "a header that is no dict": headed("[1, 2]\n"),
    "a header without keys": headed("{}\n"),
    "a header with a list as key": headed("{[]: 1}\n"),
    "a header that is not closed": headed("{'descr': (\n"),
    "a header that is indented": headed("  1\n 2\n"),
    "a header with a null byte": headed("\0\n"),
    "a header of brackets": headed("(" * 5000 + "\n"),
    "a header of signs": headed("-" * 9000 + "1\n"),
    "a header with a bad escape": headed(npy_header((1, 1), r"'\z'"), bytes(4)),
    "a shape of digits": headed(npy_header("(" + "1" * 900)),
    "a shape of digits and blanks": headed(npy_header("(" + "1 " * 400)),
    "a header of 64 KiB": headed(npy_header((2, 2)) + " " * 60_000, bytes(16)),
    "no header": npz(("W1.npy", b"\x93NUMPY\x01\0"), B1),
    "an empty member": npz(("W1.npy", b""), B1),
    "a member of text": npz(("W1.npy", b"hello"), B1),
    "a version that does not exist": npz(
        ("W1.npy", npy_of(npy_header((1, 2)), bytes(8), (9, 9))), B1
    ),
    "a folder": npz(("W1/", b""), W1, B1),
    "the same name with and without .npy": npz(W1, B1, ("W1", W1[1])),
    "an empty archive": npz(),
    "300 MB of zeros": zeros(300),
    "a size that is too large": claiming(2**40, W1[1], zipfile.ZIP_STORED),
    "a size that is a byte short": claiming(len(W1[1]) - 1, W1[1], zipfile.ZIP_STORED),
    "a deflated size that is a byte short": claiming(len(W1[1]) - 1, W1[1], zipfile.ZIP_DEFLATED),
    "40 MB deflated, said to be 100 bytes": claiming(100, bytes(40 * 2**20), zipfile.ZIP_DEFLATED),
    "40 MB in bzip2, said to be 100 bytes": claiming(100, bytes(40 * 2**20), zipfile.ZIP_BZIP2),
    "40 MB in LZMA, said to be 100 bytes": claiming(100, bytes(40 * 2**20), zipfile.ZIP_LZMA),
    "many members": npz(*((f"x{i}.npy", B1[1]) for i in range(1000))),
}

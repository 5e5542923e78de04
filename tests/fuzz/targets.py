"""One function a parser: whatever bytes come, it gives an answer or one sentence that refuses."""

import gzip
import io
import pickle
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.catalog import load_weights
from scratchnet_cli.datasets.idx import read_idx
from scratchnet_cli.datasets.label_lists import read_list
from scratchnet_cli.datasets.vectors import read_rows
from scratchnet_cli.errors import (
    DatasetError,
    ImageError,
    InputError,
    ScratchnetError,
    WeightsError,
)
from scratchnet_cli.images.read import read_digits, read_image
from scratchnet_cli.prediction.answers import Answer, classify
from scratchnet_cli.reports.data_uris import thumbnail
from scratchnet_cli.weights.arrays import Contents
from scratchnet_cli.weights.load import read_weight_file
from scratchnet_cli.weights.npz import NPY_MAGIC
from scratchnet_cli.weights.safetensors import write_safetensors

MAX_MESSAGE = 1000
W, B = np.ones((2, 2), np.float32), np.ones(2, np.float32)
NETWORK, _ = load_weights("bundled")


class Target(NamedTuple):
    """A parser: what it makes of bytes, how it refuses them, and sound files to start from."""

    parse: Callable[[bytes], object]
    refusal: type[ScratchnetError]
    seeds: list[bytes]

    def check(self, data: bytes) -> None:
        """Parse ``data``; anything but an answer or a sentence is raised."""
        try:
            self.parse(data)
        except self.refusal as error:
            message = str(error)
            assert message.isprintable(), message
            assert len(message) < MAX_MESSAGE, message


def pickle_(data: bytes) -> None:
    """A weight file; what begins like no pickle is made to."""
    read_weight_file(data if data[:1] == b"\x80" else b"\x80\x04" + data, "x")


def npz(data: bytes) -> None:
    """An archive or, where it is none, a member of one whose checksum is right."""
    if data[:2] != b"PK":
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("W1.npy", data)
            archive.writestr("b1.npy", npy(B))
        data = stream.getvalue()
    read_weight_file(data, "x")


def safetensors(data: bytes) -> None:
    """A file as it is; what has no length before its header is given the right one."""
    if data[5:9] != b"\0\0\0{":
        head, _, body = data.removeprefix(b"{").rpartition(b"}")
        header = b"{" + head + b"}"
        data = len(header).to_bytes(8, "little") + header + body.lstrip(b" ")
    read_weight_file(data, "x")


def rows_npy(data: bytes) -> None:
    """Numbers for a network in an .npy file; what begins like none is made to."""
    rows(data if data.startswith(NPY_MAGIC) else NPY_MAGIC + b"\1\0" + data)


def rows(data: bytes) -> None:
    """Numbers for a network, as text or whatever the file is."""
    values = read_rows(data, "x")
    assert values.size
    assert np.isfinite(values).all()


def idx(data: bytes) -> None:
    """Images and labels, as they are and behind a gzip header with the right checksum."""
    for axes in (1, 3):
        for packed in (data, gzip.compress(data, 1)):
            try:
                array = read_idx(packed, axes, "x")
            except DatasetError:
                continue
            assert array.dtype == np.uint8
            assert array.ndim == axes
    read_idx(data, 3, "x")


def labels_tsv(data: bytes, list_name: str = "labels.tsv") -> None:
    """A list of labels, of which the first may be the only picture that is there."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / list_name).write_bytes(data)
        labels = read_list(Path(folder), list_name, 10, frozenset({"a.png"}))
    assert labels.keys() == {"a.png"}
    assert set(labels.values()) <= set(range(10))


def labels_csv(data: bytes) -> None:
    """The same with commas and quotes."""
    labels_tsv(data, "labels.csv")


def picture(data: bytes) -> None:
    """A picture as it is; the checksums of a PNG are put right, or nothing would get past them."""
    read_digits(with_checksums(data), raw=True)


def small_picture(data: bytes) -> None:
    """A picture made smaller for a page."""
    uri, width, height, _ = thumbnail(with_checksums(data), 8)
    assert uri.startswith("data:image/jpeg;base64,")
    assert 1 <= min(width, height) <= max(width, height) <= 8


def digit(data: bytes) -> None:
    """A picture, and the digit in it: what follows the decoding takes ten times as long."""
    pixels = read_image(with_checksums(data)).pixels
    assert pixels.shape == (28, 28)
    assert pixels.dtype == np.uint8


def page(data: bytes) -> None:
    """A picture, and all the numbers in it: each digit once, in a box of its own."""
    (answer,) = classify(NETWORK, [("x", read_digits(with_checksums(data), multiple=True))])
    assert isinstance(answer, Answer)
    boxes = [digit.picture.place.box for digit in answer.digits if digit.picture.place]
    assert len(set(boxes)) == len(answer.digits) >= 1
    assert all(left < right and top < bottom for left, top, right, bottom in boxes)


def with_checksums(data: bytes) -> bytes:
    """A PNG whose chunks carry the right checksums; another file as it is."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    mended = bytearray(data)
    start = 8
    while start + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, start)
        end = start + 8 + length
        if end + 4 > len(data):
            break
        struct.pack_into(">I", mended, end, zlib.crc32(data[start + 4 : end]))
        start = end + 4
    return bytes(mended)


def npy(array: NDArray[Any]) -> bytes:
    """An .npy file."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


def _pickles() -> list[bytes]:
    return [pickle.dumps({"W1": W, "b1": B}, protocol) for protocol in (2, 3, 4, 5)]


def _archives() -> list[bytes]:
    plain, packed = io.BytesIO(), io.BytesIO()
    np.savez(plain, W1=W, b1=B)
    np.savez_compressed(packed, W1=W, b1=B)
    return [plain.getvalue(), packed.getvalue(), npy(W), npy(np.asfortranarray(W))]


def _safetensors_files() -> list[bytes]:
    arrays = {"0.weight": W, "0.bias": B}
    files = [
        write_safetensors(Contents(arrays, lists)) for lists in ({}, {"activations": ("relu",)})
    ]
    return [*files, *(file[8:] for file in files)]


def _texts() -> list[bytes]:
    return [b"1,2\n3,-4.5e1\n", b"\xef\xbb\xbf1 2\r\n\r\n3 4", b"0.5"]


def _idx_files() -> list[bytes]:
    images = struct.pack(">4B3I", 0, 0, 8, 3, 2, 2, 2) + bytes(range(8))
    labels = struct.pack(">4BI", 0, 0, 8, 1, 4) + bytes(range(4))
    return [images, labels, gzip.compress(images, mtime=0), gzip.compress(labels, mtime=0)]


def pictures(width: int = 9, height: int = 12) -> dict[str, bytes]:
    """A small picture of a stroke in each allowed format and several kinds of pixels."""
    grey = np.zeros((height, width), np.uint8)
    grey[2:10, 4:6] = 200
    image = Image.fromarray(grey)
    clear = Image.merge("RGBA", (image, image, image, image))
    kinds = {
        "png": image, "png rgba": clear, "png palette": clear.quantize(8),
        "png 16 bit": image.convert("I;16"), "png 1 bit": image.convert("1"),
        "jpeg": image, "jpeg cmyk": image.convert("CMYK"),
        "bmp": image, "bmp rgb": image.convert("RGB"), "gif": image,
        "webp": image.convert("RGB"), "webp rgba": clear,
        "tiff": image, "tiff float": image.convert("F"), "tiff rgba": clear,
        "ppm": image, "ppm rgb": image.convert("RGB"), "ppm 1 bit": image.convert("1"),
    }  # fmt: skip
    files = {}
    for name, kind in kinds.items():
        stream = io.BytesIO()
        kind.save(stream, name.split()[0])
        files[name] = stream.getvalue()
    turned, stream = Image.Exif(), io.BytesIO()
    turned[0x0112] = 6
    image.save(stream, "jpeg", exif=turned)
    return files | {"jpeg turned": stream.getvalue(), "ppm plain": b"P2 2 2 9 0 9 9 0"}


TARGETS = {
    "pickle": Target(pickle_, WeightsError, _pickles()),
    "npz": Target(npz, WeightsError, _archives()),
    "safetensors": Target(safetensors, WeightsError, _safetensors_files()),
    "npy": Target(rows_npy, InputError, [npy(W), npy(np.arange(4)), npy(np.asfortranarray(W))]),
    "csv": Target(rows, InputError, _texts()),
    "idx": Target(idx, DatasetError, _idx_files()),
    "labels.tsv": Target(labels_tsv, DatasetError, [b"name\tlabel\r\na.png\t7\tby me\r\n"]),
    "labels.csv": Target(labels_csv, DatasetError, [b'\xef\xbb\xbf"a.png","7"\n', b"a.png,3\n"]),
    # Of another size than 28x28 none is decoded.
    "picture": Target(picture, ImageError, list(pictures(28, 28).values())),
    "thumbnail": Target(small_picture, ImageError, list(pictures().values())),
    "digit": Target(digit, ImageError, list(pictures().values())),
    "page": Target(page, ImageError, list(pictures().values())),
}

"""One function for each parser: any bytes give a result, or are refused in one sentence."""

import gzip
import io
import os
import pickle
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.cli import main
from scratchnet_cli.datasets.idx import read_idx
from scratchnet_cli.datasets.label_lists import read_label_list
from scratchnet_cli.datasets.load import load_dataset
from scratchnet_cli.datasets.vectors import parse_vectors
from scratchnet_cli.errors import (
    DatasetError,
    ImageError,
    InputError,
    ScratchnetError,
    WeightsError,
)
from scratchnet_cli.images.read import read_digits
from scratchnet_cli.prediction.answers import Answer, classify
from scratchnet_cli.reports.data_uris import thumbnail
from scratchnet_cli.system.origin import Origin
from scratchnet_cli.weights.arrays import Contents
from scratchnet_cli.weights.load import load_weights, read_weights
from scratchnet_cli.weights.npz import NPY_MAGIC
from scratchnet_cli.weights.safetensors import write_safetensors
from tests.conftest import BUNDLED_WEIGHTS, encoded, idx
from tests.weights import onnx_files

MAX_MESSAGE_LENGTH = 1000
MAX_RUN_CPU_S = 10
W, B = np.ones((2, 2), np.float32), np.ones(2, np.float32)
NETWORK = load_weights("bundled").network
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


class Target(NamedTuple):
    """A parser, the error by which it refuses a file, and valid files to start from."""

    parse: Callable[[bytes], object]
    refusal: type[ScratchnetError]
    seeds: list[bytes]

    def check(self, data: bytes) -> None:
        """Parse ``data``; raise everything but a result and a sentence."""
        try:
            self.parse(data)
        except self.refusal as error:
            lines = error.args
            assert len(lines) <= 2, lines
            assert all(map(str.isprintable, lines)), lines
            assert sum(map(len, lines)) < MAX_MESSAGE_LENGTH, lines


def weights(data: bytes, start: bytes = b"") -> None:
    """Parse a weight file; other bytes than a pickle's get its start."""
    read_weights(data if data[:1] == start[:1] else start + data, Origin("x", "x", "0" * 64))


def npz(data: bytes) -> None:
    """Parse an archive; other bytes become a member of one with the right checksum."""
    if data[:2] != b"PK":
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("W1.npy", data)
            archive.writestr("b1.npy", npy(B))
        data = stream.getvalue()
    weights(data)


def safetensors(data: bytes) -> None:
    """Parse a safetensors file; a header without its length gets the right one."""
    if data[5:9] != b"\0\0\0{":
        head, _, body = data.removeprefix(b"{").rpartition(b"}")
        header = b"{" + head + b"}"
        data = len(header).to_bytes(8, "little") + header + body.lstrip(b" ")
    weights(data)


def vectors(data: bytes, start: bytes = b"") -> None:
    """Parse vectors, as text or .npy; other bytes than the latter's get its start."""
    values = parse_vectors(data if data.startswith(start[:6]) else start + data, "x")
    assert values.size
    assert np.isfinite(values).all()


def images_and_labels(data: bytes) -> None:
    """Parse images and labels, as they are and gzipped with the right checksum."""
    for axes in (1, 3):
        for packed in (data, gzip.compress(data, 1)):
            with suppress(DatasetError):
                array = read_idx(packed, axes, "x")
                assert (array.dtype.name, array.ndim) == ("uint8", axes)
    read_idx(data, 3, "x")


def labels(list_name: str, data: bytes) -> None:
    """Parse a list of labels in a folder with one picture."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / list_name).write_bytes(data)
        found = read_label_list(Path(folder), list_name, 10, frozenset({"a.png"}))
    assert found.keys() == {"a.png"}
    assert set(found.values()) <= set(range(10))


def dataset(data: bytes) -> None:
    """Parse a file of images and labels, which lies alone in its folder."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images-idx3-ubyte"
        path.write_bytes(data)
        found = load_dataset(path)
    assert found.images.shape == (len(found.labels), *found.images.shape[1:])


def small_picture(data: bytes) -> None:
    """Make a picture small."""
    uri, width, height, _ = thumbnail(with_checksums(data), 8)
    assert uri.startswith("data:image/jpeg;base64,")
    assert 1 <= min(width, height) <= max(width, height) <= 8


def digit(raw: bool, data: bytes) -> None:
    """Read the digit in a picture; raw: take its 28x28 pixels, which takes a tenth of the time."""
    (image,) = read_digits(with_checksums(data), raw=raw)
    assert (image.pixels.shape, image.pixels.dtype.name) == ((28, 28), "uint8")


def page(data: bytes) -> None:
    """Read all numbers in a picture: each digit once, in its own box."""
    (answer,) = classify(NETWORK, [("x", read_digits(with_checksums(data), multiple=True))])
    assert isinstance(answer, Answer)
    boxes = [digit.image.place.box for digit in answer.digits if digit.image.place]
    assert len(set(boxes)) == len(answer.digits) >= 1
    assert all(left < right and top < bottom for left, top, right, bottom in boxes)


def run_command(*args: str) -> None:
    """Run a command to its end, which has a known exit code and comes in time."""
    start = time.process_time()
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2)]
    with (
        redirect_stdout(streams[0]),
        redirect_stderr(streams[1]),
        pytest.raises(SystemExit) as leaving,
    ):
        main([*args, *BUNDLED_WEIGHTS])
    assert leaving.value.code in range(5)
    assert time.process_time() - start < MAX_RUN_CPU_S


def predict_run(data: bytes) -> None:
    """Run predict --multiple on a picture."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.png")
        path.write_bytes(with_checksums(data))
        run_command("predict", "--multiple", "--format", "json", str(path))


def eval_run(list_name: str, data: bytes) -> None:
    """Run eval on a folder with this list, or with class folders of these names, one a line."""
    with tempfile.TemporaryDirectory() as folder:
        names = [b"."] if list_name else data.replace(b"/", b"").split(b"\n")
        for name in names:
            with suppress(OSError, ValueError):
                path = Path(folder, os.fsdecode(name[:200]))
                if path.name != "..":
                    path.mkdir(exist_ok=True)
                    (path / "a.png").write_bytes(PICTURES[0])
        if list_name:
            Path(folder, list_name).write_bytes(data)
        run_command("eval", "--dataset", folder)


def with_checksums(data: bytes) -> bytes:
    """Correct the checksums of a PNG, without which nothing would be parsed."""
    if not data.startswith(PNG_MAGIC):
        return data
    mended, start = bytearray(data), len(PNG_MAGIC)
    while (end := start + 8 + int.from_bytes(data[start : start + 4])) + 4 <= len(data):
        mended[end : end + 4] = zlib.crc32(data[start + 4 : end]).to_bytes(4)
        start = end + 4
    return bytes(mended)


def npy(array: NDArray[Any]) -> bytes:
    """Return an .npy file."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


def archives() -> list[bytes]:
    """Return .npz files and members of them."""
    plain, packed = io.BytesIO(), io.BytesIO()
    np.savez(plain, W1=W, b1=B)
    np.savez_compressed(packed, W1=W, b1=B)
    return [plain.getvalue(), packed.getvalue(), npy(W), npy(np.asfortranarray(W))]


def safetensors_files() -> list[bytes]:
    """Return files with and without metadata, and with and without the length of the header."""
    lists: list[dict[str, tuple[str, ...]]] = [{}, {"activations": ("relu",)}]
    files = [write_safetensors(Contents({"0.weight": W, "0.bias": B}, each)) for each in lists]
    return [*files, *(file[8:] for file in files)]


def pictures(width: int = 9, height: int = 12) -> dict[str, bytes]:
    """Return a picture of a stroke in each format, with several kinds of pixels."""
    image = Image.new("L", (width, height))
    image.paste(200, (4, 2, 6, 10))
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
    files = {name: encoded(kind, name.split()[0]) for name, kind in kinds.items()}
    turned = Image.Exif()
    turned[0x0112] = 6
    files["jpeg turned"] = encoded(image, "jpeg", exif=turned)
    return files | {"ppm plain": b"P2 2 2 9 0 9 9 0"}


def heif_files() -> list[bytes]:
    """Return AVIF files, and HEIC ones if they can be written here."""
    image = Image.frombytes("RGBA", (28, 28), bytes(range(196)) * 16)
    files = [encoded(kind, "avif") for kind in (image, image.convert("RGB"))]
    with suppress(ImportError):
        from pillow_heif import from_pillow

        for options in ({}, {"tile_size": 16}):
            file = io.BytesIO()
            from_pillow(image.convert("RGB")).save(file, **options)
            files.append(file.getvalue())
    return files


PICTURES = list(pictures().values())
IDX = [idx(np.arange(8, dtype=np.uint8).reshape(shape)) for shape in ((2, 2, 2), (8,))]
IDX += [gzip.compress(file, mtime=0) for file in IDX]
TSV = [b"name\tlabel\r\na.png\t7\tby me\r\n"]
CSV = [b'\xef\xbb\xbf"a.png","7"\n', b"a.png,3\n"]
PICKLES = [pickle.dumps({"W1": W, "b1": B}, protocol) for protocol in (2, 3, 4, 5)]
NPY = [npy(W), npy(np.arange(4)), npy(np.asfortranarray(W))]
KERAS = io.BytesIO()
np.savez(KERAS, x_test=np.zeros((2, 2, 2), np.uint8), y_test=np.arange(2))
ROW = b",".join([b"7"] * 785)
DATASETS = [KERAS.getvalue(), b"label,pixel0\n" + ROW, gzip.compress(ROW, mtime=0), IDX[0]]
TARGETS = {
    "pickle": Target(partial(weights, start=b"\x80\x04"), WeightsError, PICKLES),
    "npz": Target(npz, WeightsError, archives()),
    "safetensors": Target(safetensors, WeightsError, safetensors_files()),
    "onnx": Target(weights, WeightsError, [onnx_files.dense(), onnx_files.gemms()]),
    "npy": Target(partial(vectors, start=NPY_MAGIC + b"\1\0"), InputError, NPY),
    "csv": Target(vectors, InputError, [b"1,2\n3,-4.5e1\n", b"\xef\xbb\xbf1 2\r\n\r\n3 4", b"0.5"]),
    "idx": Target(images_and_labels, DatasetError, IDX),
    "dataset": Target(dataset, DatasetError, DATASETS),
    "labels.tsv": Target(partial(labels, "labels.tsv"), DatasetError, TSV),
    "labels.csv": Target(partial(labels, "labels.csv"), DatasetError, CSV),
    # Pictures of another size are not decoded.
    "picture": Target(partial(digit, True), ImageError, list(pictures(28, 28).values())),
    "heif": Target(partial(digit, True), ImageError, heif_files()),
    "thumbnail": Target(small_picture, ImageError, PICTURES),
    "digit": Target(partial(digit, False), ImageError, PICTURES),
    "page": Target(page, ImageError, PICTURES),
    "predict run": Target(predict_run, ImageError, PICTURES),
    "eval labels.tsv": Target(partial(eval_run, "labels.tsv"), DatasetError, TSV),
    "eval labels.csv": Target(partial(eval_run, "labels.csv"), DatasetError, CSV),
    "eval folders": Target(partial(eval_run, ""), DatasetError, [b"7\n3", b"digit 7\n0\n\xff"]),
}

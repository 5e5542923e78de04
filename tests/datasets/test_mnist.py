"""IDX files in, gzipped or not: sound ones to the letter, all others refused in one line."""

import gzip
import math
import os
import struct
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scratchnet_cli.catalog import load_dataset

from scratchnet_cli.datasets import load as dataset_files
from scratchnet_cli.datasets.idx import read_idx
from scratchnet_cli.datasets.load import Dataset, Split, find_dataset, read_dataset
from scratchnet_cli.errors import DatasetError
from tests.conftest import Run, idx

Pack = Callable[[bytes], bytes]

IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
LABELS = np.array([7, 0, 9], np.uint8)


def zipped(data: bytes) -> bytes:
    """The data as a gzip file."""
    return gzip.compress(data, mtime=0)


def in_members(data: bytes, size: int) -> bytes:
    """The data as a gzip file of many members, as ``cat a.gz b.gz`` makes it."""
    return b"".join(zipped(data[i : i + size]) for i in range(0, len(data), size))


def refusal(data: bytes, axes: int = 3) -> str:
    """The one line with which a file is refused, at once and without much memory."""
    tracemalloc.start()
    start = time.perf_counter()
    try:
        with pytest.raises(DatasetError) as refused:
            read_idx(data, axes, "some images")
        elapsed = time.perf_counter() - start
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    message = str(refused.value)
    assert message.startswith("some images: ")
    assert message.isprintable()
    assert len(message) < 200
    assert elapsed < 1
    assert peak < 2**20 + 4 * len(data)
    return message


def write_split(folder: Path, split: str = "t10k", sep: str = "-", end: str = "") -> None:
    """A small split in a folder, named as MNIST is."""
    pack: Pack = zipped if end else bytes
    (folder / f"{split}-images{sep}idx3-ubyte{end}").write_bytes(pack(idx(IMAGES)))
    (folder / f"{split}-labels{sep}idx1-ubyte{end}").write_bytes(pack(idx(LABELS)))


@pytest.mark.parametrize(
    "pack",
    [
        bytes,
        zipped,
        lambda data: in_members(data, 7),
        lambda data: in_members(data, 1),
        lambda data: in_members(data, 16),
        lambda data: gzip.compress(data, 0),
    ],
    ids=["plain", "gzip", "members", "members of one byte", "header by itself", "stored"],
)
@pytest.mark.parametrize("shape", [(60,), (3, 4, 5), (5, 3, 2, 2), (1, 60), (60, 1, 1)])
def test_arrays_come_back_as_they_were_written(shape: tuple[int, ...], pack: Pack) -> None:
    """A file gives the array that was written, plain or gzipped, in one member or in many."""
    array = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    got = read_idx(pack(idx(array)), len(shape), "x")
    np.testing.assert_array_equal(got, array)
    assert (got.dtype, got.shape) == (np.dtype(np.uint8), shape)


def test_images_and_labels_make_a_dataset() -> None:
    """Two files, each gzipped or not, make a dataset as long as they are."""
    for images, labels in [
        (idx(IMAGES), idx(LABELS)),
        (zipped(idx(IMAGES)), idx(LABELS)),
        (idx(IMAGES), zipped(idx(LABELS))),
    ]:
        dataset = read_dataset(images, labels)
        np.testing.assert_array_equal(dataset.images, IMAGES)
        np.testing.assert_array_equal(dataset.labels, LABELS)
        assert len(dataset) == 3


@pytest.mark.parametrize("pack", [bytes, zipped])
@pytest.mark.parametrize(
    "start",
    [
        b"\1\0\x08\x03",
        b"\0\1\x08\x03",
        b"\0\0\x09\x03",
        b"\0\0\x0d\x03",
        b"\x03\x08\0\0",
        b"<!DO",
        b"vers",
        b"\x89PNG",
    ],
)
def test_other_files_are_not_taken_for_idx(start: bytes, pack: Pack) -> None:
    """A file of another kind is refused with the bytes it begins with and those expected."""
    message = refusal(pack(start + idx(IMAGES)[4:]))
    assert "not an IDX file" in message
    assert f"it begins {start[:4].hex(' ')}, expected 00 00 08 03" in message


@pytest.mark.parametrize("pack", [bytes, zipped])
@pytest.mark.parametrize(("array", "axes"), [(LABELS, 3), (IMAGES, 1), (IMAGES[0], 3)])
def test_another_number_of_axes_is_refused(array: NDArray[np.uint8], axes: int, pack: Pack) -> None:
    """Labels given for images, or the other way round, are refused with both numbers of axes."""
    message = refusal(pack(idx(array)), axes)
    assert f"with {axes} axes" in message
    assert f"00 00 08 {array.ndim:02x}" in message


def test_swapped_files_are_told_apart() -> None:
    """Of swapped files the message names the one that is read first as what it should be."""
    with pytest.raises(DatasetError, match=r"\Aimages: not an IDX file"):
        read_dataset(idx(LABELS), idx(IMAGES))
    with pytest.raises(DatasetError, match=r"\Alabels: not an IDX file"):
        read_dataset(idx(IMAGES), idx(IMAGES))


@pytest.mark.parametrize("pack", [bytes, zipped])
def test_a_file_cut_short_anywhere_is_refused(pack: Pack) -> None:
    """Whatever is missing at the end, of the header, the values or the gzip trailer, is missed."""
    data = pack(idx(IMAGES))
    for length in range(len(data)):
        refusal(data[:length])


@pytest.mark.parametrize("pack", [bytes, zipped])
@pytest.mark.parametrize("length", [4, 5, 8, 15])
def test_a_header_cut_short_is_called_so(length: int, pack: Pack) -> None:
    """A file that ends within its header is called damaged."""
    assert "damaged or cut short" in refusal(pack(idx(IMAGES)[:length]))


@pytest.mark.parametrize("pack", [bytes, zipped])
@pytest.mark.parametrize("missing", [1, 20, 60])
def test_a_body_cut_short_is_counted(missing: int, pack: Pack) -> None:
    """A file with fewer values than its header says is refused with both numbers."""
    message = refusal(pack(idx(IMAGES)[:-missing]))
    assert "promises 60 bytes" in message
    assert f"there are {60 - missing}" in message


@pytest.mark.parametrize("pack", [bytes, zipped])
@pytest.mark.parametrize("extra", [b"\0", b"x" * 1000])
def test_a_body_that_is_too_long_is_refused(extra: bytes, pack: Pack) -> None:
    """A file with more values than its header says is refused, even if the rest is zeros."""
    message = refusal(pack(idx(IMAGES) + extra))
    assert "promises 60 bytes, but there are more" in message


@pytest.mark.parametrize("pack", [bytes, zipped])
@pytest.mark.parametrize(
    "shape",
    [
        (2**32 - 1, 2**32 - 1, 2**32 - 1),
        (2**32 - 1, 1, 1),
        (2**31, 1, 1),
        (60_000, 28, 28_000),
        (2**16, 2**16, 0x10),
        (3, 4, 2**28),
    ],
)
def test_a_lying_header_is_refused_at_once(shape: tuple[int, ...], pack: Pack) -> None:
    """A header that promises gigabytes in a file of a few bytes is refused, with no memory used."""
    message = refusal(pack(idx(IMAGES, shape)))
    assert f"promises {math.prod(shape)} bytes" in message


def test_more_than_the_header_says_is_never_unpacked() -> None:
    """A gzip file that holds far more than its header says is refused before it is unpacked."""
    bomb = zipped(idx(IMAGES) + bytes(50 * 2**20))
    assert len(bomb) < 2**17
    assert "there are more" in refusal(bomb)


def test_a_damaged_gzip_file_never_gives_other_values() -> None:
    """Whichever bit of a gzip file is flipped, it is refused, or the bit meant nothing."""
    data = zipped(idx(IMAGES))
    refused = 0
    for position in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[position // 8] ^= 1 << position % 8
        try:
            np.testing.assert_array_equal(read_idx(bytes(damaged), 3, "x"), IMAGES)
        except DatasetError:
            refused += 1
    # 7 bytes of the header hold a time, a system and flags, and the last block ends in padding.
    assert refused >= 8 * (len(data) - 8)


@pytest.mark.parametrize(("start", "end"), [(-8, -4), (-4, None)], ids=["crc", "length"])
def test_the_gzip_trailer_is_checked(start: int, end: int | None) -> None:
    """A gzip file whose checksum or length does not fit its content is called damaged."""
    data = bytearray(zipped(idx(IMAGES)))
    data[start:end] = b"\x12\x34\x56\x78"
    assert "damaged" in refusal(bytes(data))


def test_the_checksum_of_every_member_is_checked() -> None:
    """In a gzip file of two members a wrong checksum in the first is not overlooked."""
    first, second = idx(IMAGES)[:30], idx(IMAGES)[30:]
    member = bytearray(zipped(first))
    member[-8:-4] = struct.pack("<I", zlib.crc32(first) ^ 1)
    assert "damaged" in refusal(bytes(member) + zipped(second))


@pytest.mark.parametrize("garbage", [b"x", b"<html>Service unavailable</html>", b"\x1f\x8b", b"PK"])
def test_garbage_after_gzip_is_refused(garbage: bytes) -> None:
    """Something that follows the gzip data is refused."""
    assert "damaged" in refusal(zipped(idx(IMAGES)) + garbage)


def test_another_gzip_member_after_the_data_is_refused() -> None:
    """A second file put behind the first is refused rather than left unread."""
    assert "more" in refusal(zipped(idx(IMAGES)) + zipped(idx(IMAGES)))


@pytest.mark.parametrize("data", [b"", b"\0", b"\x1f\x8b", b"\x1f\x8b\x08", zipped(b"")])
def test_a_file_with_nothing_in_it_is_refused(data: bytes) -> None:
    """An empty file, or one that unpacks to nothing, is refused in a sentence that reads well."""
    assert "it begins ," not in refusal(data)


@pytest.mark.parametrize(("images", "labels"), [(3, 2), (2, 3)])
def test_counts_must_agree(images: int, labels: int) -> None:
    """As many labels as images are needed, and the message has both counts."""
    with pytest.raises(DatasetError) as refused:
        read_dataset(idx(IMAGES[:images]), idx(LABELS[:labels]))
    assert str(refused.value) == f"{images} images, but {labels} labels"


@pytest.mark.parametrize(
    ("shape", "labels"),
    [
        ((0, 28, 28), 0),
        ((0, 0, 0), 0),
        ((3, 0, 28), 3),
        ((3, 28, 0), 3),
        ((0, 2**32 - 1, 2**32 - 1), 0),
        ((3, 2**32 - 1, 0), 3),
    ],
)
def test_a_dataset_without_pixels_is_refused(shape: tuple[int, ...], labels: int) -> None:
    """Files without an image, or with images without a pixel, are refused as a dataset."""
    with pytest.raises(DatasetError) as refused:
        read_dataset(idx(IMAGES[:0], shape), idx(LABELS[:labels]))
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("sep", ["-", "."])
@pytest.mark.parametrize(("split", "prefix"), [("test", "t10k"), ("train", "train")])
def test_folders_may_name_the_files_in_the_known_ways(
    tmp_path: Path, split: Split, prefix: str, sep: str, end: str
) -> None:
    """Both splits are found, with "-" or "." before "idx", gzipped or not."""
    write_split(tmp_path, prefix, sep, end)
    assert find_dataset(tmp_path, split) == (
        tmp_path / f"{prefix}-images{sep}idx3-ubyte{end}",
        tmp_path / f"{prefix}-labels{sep}idx1-ubyte{end}",
    )


def test_splits_are_not_mixed_up(tmp_path: Path) -> None:
    """In a folder with both splits each is found by its own name."""
    write_split(tmp_path, "t10k", ".")
    write_split(tmp_path, "train", "-", ".gz")
    assert {path.name[:4] for path in find_dataset(tmp_path, "test")} == {"t10k"}
    assert {path.name[:5] for path in find_dataset(tmp_path, "train")} == {"train"}


@pytest.mark.parametrize("kind", ["images", "labels"])
@pytest.mark.parametrize("split", ["test", "train"])
def test_a_folder_that_lacks_a_file_says_which(tmp_path: Path, split: Split, kind: str) -> None:
    """The message names the folder and the file that it lacks."""
    prefix = {"test": "t10k", "train": "train"}[split]
    write_split(tmp_path, "t10k")
    write_split(tmp_path, "train")
    axes = {"images": 3, "labels": 1}[kind]
    missing = tmp_path / f"{prefix}-{kind}-idx{axes}-ubyte"
    missing.unlink()
    with pytest.raises(DatasetError) as refused:
        find_dataset(tmp_path, split)
    assert str(refused.value) == f"{tmp_path}: holds no {missing.name}, gzipped or not"


def test_a_folder_in_a_files_place_counts_only_alone(tmp_path: Path) -> None:
    """MNIST is also handed out with a folder beside the file; alone, it is named for what it is."""
    write_split(tmp_path, "t10k", ".")
    images = tmp_path / "t10k-images.idx3-ubyte"
    folder = tmp_path / "t10k-images-idx3-ubyte"
    folder.mkdir()
    assert find_dataset(tmp_path, "test")[0] == images
    images.unlink()
    with pytest.raises(DatasetError, match="t10k-images-idx3-ubyte: Is a directory"):
        load_dataset(str(tmp_path))


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """A wrong path is refused with its name."""
    with pytest.raises(DatasetError) as refused:
        find_dataset(tmp_path / "nowhere", "test")
    assert str(refused.value).startswith(f"{tmp_path / 'nowhere'}: ")


@pytest.mark.parametrize("flatten", [True, False])
@pytest.mark.parametrize("normalize", [True, False])
def test_arrays_have_the_books_keywords(normalize: bool, flatten: bool) -> None:
    """``normalize`` and ``flatten`` do what they do in the book's ``load_mnist``."""
    x, t = Dataset(IMAGES, LABELS).arrays(normalize=normalize, flatten=flatten)
    in_the_books_order, _ = Dataset(IMAGES, LABELS).arrays(normalize, flatten, False)
    np.testing.assert_array_equal(in_the_books_order, x, strict=True)
    assert x.shape == ((3, 20) if flatten else (3, 1, 4, 5))
    assert x.dtype == (np.float32 if normalize else np.uint8)
    values = [value / 255 if normalize else value for value in range(60)]
    np.testing.assert_allclose(x.flatten(), values, rtol=1e-6)
    np.testing.assert_array_equal(t, LABELS)


def test_arrays_are_normalized_and_flat_unless_told_otherwise() -> None:
    """Without keywords x is what the network takes: rows of float32 from 0 to 1, t digits."""
    x, t = Dataset(np.full((2, 28, 28), 255, np.uint8), LABELS[:2]).arrays()
    assert (x.shape, x.dtype) == ((2, 784), np.dtype(np.float32))
    assert x.min() == x.max() == 1
    assert t.tolist() == [7, 0]


def test_labels_can_be_one_hot() -> None:
    """``one_hot_label`` gives ten columns, a single 1 in that of the digit."""
    _, t = Dataset(IMAGES, LABELS).arrays(one_hot_label=True)
    assert t.tolist() == [
        [0, 0, 0, 0, 0, 0, 0, 1, 0, 0],
        [1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    ]


@pytest.mark.parametrize(("limit", "count"), [(1, 1), (2, 2), (3, 3), (99, 3), (None, 3)])
def test_a_dataset_can_be_cut_to_its_first_images(limit: int | None, count: int) -> None:
    """``first`` keeps images and labels together, and more than there are is no error."""
    dataset = Dataset(IMAGES, LABELS).first(limit)
    np.testing.assert_array_equal(dataset.images, IMAGES[:count])
    np.testing.assert_array_equal(dataset.labels, LABELS[:count])


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("split", ["test", "train"])
def test_a_folder_loads_by_its_path(tmp_path: Path, split: Split, end: str) -> None:
    """A folder of IDX files is a dataset, and its origin names the folder and the file read."""
    prefix = {"test": "t10k", "train": "train"}[split]
    write_split(tmp_path, prefix, end=end)
    dataset, origin = load_dataset(str(tmp_path), split)
    np.testing.assert_array_equal(dataset.images, IMAGES)
    np.testing.assert_array_equal(dataset.labels, LABELS)
    assert origin.name == str(tmp_path)
    assert origin.source == str(tmp_path / f"{prefix}-images-idx3-ubyte{end}")
    assert not origin.fallback


@pytest.mark.skipif(sys.platform == "win32", reason="Unix files")
@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_has_no_end_is_no_dataset(run: Run, tmp_path: Path, name: str, kind: str) -> None:
    """A pipe or a device in a file's place is refused: neither waited for nor read without end."""
    write_split(tmp_path)
    (tmp_path / name).unlink()
    if kind == "pipe":
        os.mkfifo(tmp_path / name)
    else:
        (tmp_path / name).symlink_to("/dev/zero")
    result = run("eval", "--weights", "bundled", "--dataset", tmp_path)
    assert result.exit_code == 3
    assert result.stderr == f"scratchnet: {tmp_path / name}: not a file\n"


def test_a_file_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the limit a file is refused by its size alone, which the message has in MiB."""
    monkeypatch.setattr(dataset_files, "MAX_BYTES", 2**20)
    write_split(tmp_path)
    with (tmp_path / "t10k-images-idx3-ubyte").open("r+b") as file:
        file.truncate(2**20 + 1)
    with pytest.raises(DatasetError, match="idx3-ubyte: larger than 1 MiB, the most that is read"):
        load_dataset(str(tmp_path))


@pytest.mark.parametrize(("kind", "axes"), [("images", 3), ("labels", 1)])
def test_a_damaged_file_in_a_folder_is_named(tmp_path: Path, kind: str, axes: int) -> None:
    """The message names the folder and the file in it that is damaged."""
    write_split(tmp_path)
    path = tmp_path / f"t10k-{kind}-idx{axes}-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DatasetError) as refused:
        load_dataset(str(tmp_path))
    assert str(refused.value).startswith(f"{tmp_path}: {path.name}: ")


def test_the_bundled_sample_is_mnist_like() -> None:
    """The sample that ships with the program has 1000 digits, a hundred of each."""
    dataset, origin = load_dataset("sample")
    assert dataset.images.shape == (1000, 28, 28)
    assert np.bincount(dataset.labels).tolist() == [100] * 10
    assert (origin.name, origin.fallback) == ("sample", False)


def test_the_real_test_set_is_read(real_data: Path) -> None:
    """The real MNIST test set has 10,000 images of 28×28, beginning 7, 2, 1, 0, 4."""
    dataset, _ = load_dataset(str(real_data))
    assert dataset.images.shape == (10_000, 28, 28)
    assert dataset.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert dataset.images.mean() / 255 == pytest.approx(0.1325, abs=5e-4)

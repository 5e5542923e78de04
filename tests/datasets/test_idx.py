"""IDX files, gzipped or not: read exactly, or refused in one line."""

import errno
import gzip
import math
import os
import struct
import sys
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from scratchnet_cli.datasets import idx as idx_module
from scratchnet_cli.datasets.idx import load_idx, read_idx, read_rows
from scratchnet_cli.errors import DatasetError
from tests.conftest import idx

IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
LABELS = np.array([7, 0, 9], np.uint8)


def zipped(data: bytes) -> bytes:
    """Return the data as a gzip file."""
    return gzip.compress(data, mtime=0)


def in_members(data: bytes, size: int) -> bytes:
    """Return the data as a gzip file of many members, as ``cat a.gz b.gz`` makes it."""
    return b"".join(zipped(data[i : i + size]) for i in range(0, len(data), size))


# Plain, gzipped, stored, and in members, of which one may be the header by itself.
PACKS: list[Callable[[bytes], bytes]] = [
    bytes,
    zipped,
    lambda data: gzip.compress(data, 0),
    *(partial(in_members, size=size) for size in (1, 7, 16)),
]


def refusal(data: bytes) -> str:
    """Return the message that refuses a file; check that it is one line and took no memory."""
    tracemalloc.start()
    try:
        with pytest.raises(DatasetError) as refused:
            read_idx(data, 3, "some images")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    label, _, message = str(refused.value).partition(": ")
    assert label == "some images"
    assert message.isprintable()
    assert len(message) < 200
    assert peak < 2**20 + 4 * len(data)
    return message


@given(array=arrays(np.uint8, array_shapes(max_dims=4, max_side=6)), pack=st.sampled_from(PACKS))
def test_idx_gives_what_was_written(
    array: NDArray[np.uint8], pack: Callable[[bytes], bytes]
) -> None:
    """An array of any shape comes back, plain or gzipped, in one member or in many."""
    found = read_idx(pack(idx(array)), array.ndim, "x")
    np.testing.assert_array_equal(found, array, strict=True)


def test_idx_may_compress_as_well_as_deflate_can() -> None:
    """A million zeros are a sound file."""
    assert not read_idx(zipped(idx(np.zeros((1, 1024, 1024), np.uint8))), 3, "x").any()


OTHER_STARTS = (
    b"\1\0\x08\x03", b"\0\1\x08\x03", b"\0\0\x09\x03", b"\x03\x08\0\0", b"<!DO", b"\x89PNG",
    idx(LABELS)[:4], idx(IMAGES[0])[:4],
)  # fmt: skip
CUT_SHORT = "the file is damaged or cut short; download or copy it again"


def wrong_files() -> Iterator[tuple[bytes, str]]:
    """Yield files that are wrong, and how their messages begin."""
    for start in OTHER_STARTS:
        found = f"(it begins {start.hex(' ')}, expected 00 00 08 03)"
        yield start + idx(IMAGES)[4:], f"not an IDX file of bytes with 3 axes {found}"
    yield b"", "the file is empty; save or copy it again"
    for length in (4, 5, 8, 15):
        yield idx(IMAGES)[:length], CUT_SHORT
    for missing in (1, 20, 60):
        found = f"found {60 - missing}"
        yield idx(IMAGES)[:-missing], f"expected 60 bytes after the header, {found}"
    for more in (1, 1000):
        yield idx(IMAGES) + bytes(more), "expected 60 bytes after the header, found more"
    for shape in ((2**32 - 1,) * 3, (2**32 - 1, 1, 1), (60_000, 28, 28_000), (3, 4, 2**28)):
        yield idx(IMAGES, shape), f"expected {math.prod(shape)} bytes after the header, "
    for shape in ((0, 28, 28), (3, 0, 28), (3, 2**32 - 1, 0)):
        yield idx(IMAGES[:0], shape), f"the header states the shape {list(shape)}"


@pytest.mark.parametrize(("data", "message"), [*wrong_files()])
def test_idx_that_is_wrong_is_refused(data: bytes, message: str) -> None:
    """The message has what the header says and what was found, in a gzipped file too."""
    assert refusal(data).startswith(message)
    assert refusal(zipped(data)).startswith(message)


def test_idx_that_is_a_pointer_or_a_page_is_named() -> None:
    """What Git LFS and web sites give in place of a file."""
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 181853\n"
    assert "this is a Git LFS pointer, not the file itself; run git lfs pull" in refusal(pointer)
    assert "this is an HTML page, not the file itself" in refusal(b"<!DOCTYPE html><html></html>")


@pytest.mark.parametrize("pack", [bytes, zipped])
def test_idx_cut_short_anywhere_is_refused(pack: Callable[[bytes], bytes]) -> None:
    """Whatever is missing at the end: of the header, the values or the gzip trailer."""
    for length in range(len(pack(idx(IMAGES)))):
        refusal(pack(idx(IMAGES))[:length])


def test_idx_is_not_unpacked_beyond_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gzip bomb is refused before it is unpacked, and so is an honest file that is too large."""
    bomb = zipped(idx(IMAGES) + bytes(50 * 2**20))
    assert len(bomb) < 2**17
    assert "found more" in refusal(bomb)
    for limit in (60, 59):
        monkeypatch.setattr(idx_module, "MAX_IDX_BYTES", limit)
        if limit == 60:
            assert read_idx(zipped(idx(IMAGES)), 3, "x").shape == IMAGES.shape
        else:
            assert refusal(zipped(idx(IMAGES))).endswith(
                "60 bytes after the header, too many for this file"
            )


def test_idx_with_damaged_gzip_gives_no_other_values() -> None:
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


FIRST, SECOND = idx(IMAGES)[:30], idx(IMAGES)[30:]
SOUND = zipped(idx(IMAGES))
DAMAGED = {
    "checksum": SOUND[:-8] + b"\x12\x34\x56\x78" + SOUND[-4:],
    "length": SOUND[:-4] + b"\x12\x34\x56\x78",
    "checksum of a member": zipped(FIRST)[:-8]
    + struct.pack("<2I", zlib.crc32(FIRST) ^ 1, len(FIRST))
    + zipped(SECOND),
    "byte after it": SOUND + b"x",
    "text after it": SOUND + b"<html>Service unavailable</html>",
    "start of a member": SOUND + b"\x1f\x8b",
    "start": b"\x1f\x8b",
    "method": b"\x1f\x8b\x08",
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_idx_with_damaged_gzip_is_called_so(data: bytes) -> None:
    """Checksums and lengths are checked, and nothing may follow the gzip data."""
    assert refusal(data) == CUT_SHORT
    assert "found more" in refusal(SOUND + SOUND)


@pytest.fixture
def mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an IDX file that is large enough to be mapped."""
    monkeypatch.setattr(idx_module, "MAX_READ_BYTES", 75)
    path = tmp_path / "images"
    path.write_bytes(idx(IMAGES))
    return path


def test_load_idx_maps_files_above_64_mib(tmp_path: Path) -> None:
    """The values are the same; a gzipped file is never mapped."""
    for length, is_mapped in ((2**26 - 16, False), (2**26 - 15, True)):
        path = tmp_path / f"{length}"
        with path.open("wb") as file:
            file.write(idx(np.arange(9, dtype=np.uint8), (1, 1, length)))
            file.truncate(16 + length)
        array = load_idx(path, 3)
        assert isinstance(array, np.memmap) is is_mapped
        assert not array.flags.writeable
        assert array.shape == (1, 1, length)
        assert array[0, 0, :10].tolist() == [*range(9), 0]


def test_load_idx_does_not_map_gzipped_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However large it is, a gzipped file is read."""
    monkeypatch.setattr(idx_module, "MAX_READ_BYTES", 0)
    path = tmp_path / "images.gz"
    path.write_bytes(zipped(idx(IMAGES)))
    np.testing.assert_array_equal(load_idx(path, 3), IMAGES, strict=True)


@pytest.mark.parametrize("data", [idx(IMAGES)[:-1], idx(IMAGES) + b"\0", idx(IMAGES)[:5], b"no"])
def test_load_idx_refuses_a_damaged_file(
    mapped: Path, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folder and name come before the reason, which is the same for mapped files."""
    mapped.write_bytes(data)
    for limit in (2**20, 1):
        monkeypatch.setattr(idx_module, "MAX_READ_BYTES", limit)
        with pytest.raises(DatasetError) as refused:
            load_idx(mapped, 3)
        reason = str(refused.value).removeprefix(f"{mapped.parent}: images: ")
        if limit == 1 and len(data) > 76:
            # The size of a mapped file is known.
            reason = reason.replace("there are 61", "there are more")
        assert reason == refusal(data)


def test_load_idx_refuses_what_cannot_be_read(mapped: Path) -> None:
    """A missing file, a folder, and a file above 4 GiB are named with the reason."""
    for path, reason in (
        (mapped.with_name("missing"), os.strerror(errno.ENOENT)),
        (mapped.parent, os.strerror(errno.EISDIR)),
        (mapped, "larger than 4096 MiB, the maximum; use fewer images"),
    ):
        if path == mapped:
            os.truncate(path, 2**32 + 1)
        with pytest.raises(DatasetError) as refused:
            load_idx(path, 3)
        assert str(refused.value) == f"{path}: {reason}"
    os.truncate(mapped, 2**32)
    with pytest.raises(DatasetError, match="expected 60 bytes after the header, found more"):
        load_idx(mapped, 3)


def test_load_idx_names_a_file_that_cannot_be_mapped(
    mapped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's error has no name of its own."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    monkeypatch.setattr(np, "memmap", refuse)
    with pytest.raises(DatasetError) as refused:
        load_idx(mapped, 3)
    assert str(refused.value) == f"{mapped}: {os.strerror(errno.ENOMEM)}"


@pytest.mark.skipif(sys.platform == "win32", reason="Unix files")
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_load_idx_does_not_wait_for_a_pipe(tmp_path: Path, kind: str) -> None:
    """A pipe or a device is refused: neither awaited nor read without end."""
    path = tmp_path / "images"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(DatasetError, match=r"images: not a file, expected an IDX file$"):
        load_idx(path, 3)


def test_read_rows_notices_a_file_that_shrank(mapped: Path) -> None:
    """The rows that are still there are read; using the map would kill the process."""
    images = load_idx(mapped, 3)
    os.truncate(mapped, 56)
    for array in (images, np.asarray(images), images[1:][:1], images.swapaxes(1, 2)):
        first = 1 if len(array) == 1 else 0
        read = read_rows(array, slice(0, 2))
        expected = IMAGES[first:2]
        assert np.array_equal(read, expected if array.shape[1] == 4 else expected.swapaxes(1, 2))
    for part, start in ((images, 0), (images, 2), (images[1:], 1), (images.swapaxes(1, 2), 2)):
        with pytest.raises(
            DatasetError, match=r"images: the file was cut while it was read; try again$"
        ):
            read_rows(part, slice(start, 3))
    mapped.unlink()
    with pytest.raises(DatasetError, match=f"images: {os.strerror(errno.ENOENT)}$"):
        read_rows(images, slice(0, 1))


def test_read_rows_equals_a_slice(mapped: Path) -> None:
    """Arrays in memory, columns of a map and private copies of it are sliced."""
    private = np.memmap(mapped, np.uint8, "c", offset=16, shape=IMAGES.shape)
    private[0] = 7
    transposed = load_idx(mapped, 3).swapaxes(1, 2)
    for array in (IMAGES, load_idx(mapped, 3)[:, 1:], private, transposed):
        assert np.array_equal(read_rows(array, slice(0, 2)), array[:2])

"""What is kept of pictures that were seen."""

import errno
import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.errors import OutputError
from scratchnet_cli.evaluation import result as seen
from scratchnet_cli.evaluation.result import SeenPictures
from scratchnet_cli.images.digit_image import DigitImage


@contextmanager
def filled(digits: NDArray[np.uint8], keep: bool) -> Iterator[SeenPictures]:
    """Ten pictures in two batches, each of its own class."""
    kept = SeenPictures(keep)
    for start, stop in ((0, 3), (3, 10)):
        numbers = range(start, stop)
        kept.add(
            [f"{i}.png" for i in numbers],
            [DigitImage(digits[i], ("low contrast",) * (i == 4)) for i in numbers],
            list(numbers),
            np.eye(10, dtype=np.float32)[start:stop],
        )
    with closing(kept):
        yield kept


@pytest.mark.parametrize("memory", [2**20, 2000])
def test_pixels_come_back_from_memory_or_disk(
    digits: NDArray[np.uint8], memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By number, in any order; what is too much for memory went into a file."""
    monkeypatch.setattr(seen, "MEMORY_BYTES", memory)
    with filled(digits, keep=True) as kept:
        assert kept.shape == (10, 28, 28)
        for i in (9, 0, 4, -1):
            np.testing.assert_array_equal(kept[i], digits[:10][i])
        with pytest.raises(IndexError):
            kept[10]


def test_names_doubts_and_labels_stay_together(digits: NDArray[np.uint8]) -> None:
    """Place by place, and the hash is of pixels and labels, as IDX files hold them."""
    with filled(digits, keep=False) as kept:
        assert kept.names[4] == "4.png"
        assert [bool(doubts) for doubts in kept.doubts] == [i == 4 for i in range(10)]
        assert kept.predictions.right.all()
        content = digits[:10].tobytes() + bytes(range(10))
        assert kept.sha256() == hashlib.sha256(content).hexdigest()
        with pytest.raises(IndexError, match="not kept"):
            kept[0]


def test_a_full_disk_is_told(digits: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> None:
    """Pixels that cannot be kept are an error that names the way out."""

    def full(_: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with closing(SeenPictures(keep=True)) as kept:
        monkeypatch.setattr(kept._pixels, "write", full)
        with pytest.raises(OutputError, match=r"No space left on device.*TMPDIR"):
            kept.add(["a"], [DigitImage(digits[0])], [0], np.zeros((1, 10)))

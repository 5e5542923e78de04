"""Datasets whose images stay on disk."""

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scratchnet_cli.catalog import load_dataset

from scratchnet_cli.datasets import load as dataset_files
from scratchnet_cli.datasets.idx import StoredImages
from scratchnet_cli.errors import DatasetError
from scratchnet_cli.evaluation import evaluate as batches
from scratchnet_cli.system import pool as workers
from tests.conftest import Run, idx, write_dataset


@pytest.fixture
def dataset(tmp_path: Path, digits: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Path:
    """The sample as IDX files that are not gzipped."""
    return write_dataset(tmp_path / "dataset", digits, labels)


@pytest.mark.parametrize("options", [[], ["--limit", "250"], ["--batch-size", "333"]])
def test_the_numbers_are_those_of_images_in_memory(
    run: Run, dataset: Path, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether images stay on disk changes nothing in the answer, the hash included."""
    answers = []
    for limit in (2**30, 0):
        monkeypatch.setattr(dataset_files, "LARGE_BYTES", limit)
        command = ["eval", "--weights", "bundled", "--dataset", dataset, "--format", "json"]
        answer = json.loads(run(*command, *options).stdout)
        answers.append({key: answer[key] for key in ("confusion", "total", "dataset", "mistakes")})
    assert answers[0] == answers[1]


def test_images_are_read_by_number_and_slice(
    dataset: Path, digits: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in for the array gives what the array gives."""
    monkeypatch.setattr(dataset_files, "LARGE_BYTES", 0)
    images = load_dataset(str(dataset))[0].images
    assert isinstance(images, StoredImages)
    assert images.shape == digits.shape
    assert np.array_equal(images[7], digits[7])
    assert np.array_equal(images[990:2000], digits[990:])
    assert np.array_equal(images[:5][0:9], digits[:5])
    assert np.array_equal(images[-1], digits[-1])
    assert len(np.asarray(images[4:2])) == 0
    assert sum(1 for _ in images) == len(digits)
    for beyond in (len(digits), np.s_[::2]):
        with pytest.raises(IndexError):
            images[beyond]


def test_images_on_disk_become_arrays_all_the_same(
    dataset: Path, digits: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``arrays`` gives what it gives of images in memory."""
    monkeypatch.setattr(dataset_files, "LARGE_BYTES", 0)
    x, t = load_dataset(str(dataset))[0].first(3).arrays(normalize=False, flatten=False)
    assert np.array_equal(x, digits[:3, None])
    assert t.shape == (3,)


def test_a_report_shows_images_that_stay_on_disk(
    run: Run, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages are the same but for the times in them."""
    pages = []
    for limit in (2**30, 0):
        monkeypatch.setattr(dataset_files, "LARGE_BYTES", limit)
        path = tmp_path / f"{limit}.html"
        run("eval", "--weights", "bundled", "--dataset", dataset, "--report", path)
        page = path.read_text(encoding="utf-8")
        page, times = re.subn(r"<time .*?</time>|[\d.]+ s, [\d,]+ images/s", "", page)
        assert times == 2
        pages.append(page)
    assert pages[0] == pages[1]
    assert pages[0].count("data:image") > 100


@pytest.mark.parametrize("size", [3, 1000, 784_015, 784_017])
def test_a_file_of_another_size_than_it_says_is_refused(
    dataset: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut short or too long, it is refused before anything is evaluated."""
    monkeypatch.setattr(dataset_files, "LARGE_BYTES", 0)
    with (dataset / "t10k-images-idx3-ubyte").open("r+b") as file:
        file.truncate(size)
    with pytest.raises(DatasetError, match="t10k-images-idx3-ubyte"):
        load_dataset(str(dataset))


def test_a_file_that_shrinks_meanwhile_is_told(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No images are made up where the file ends too soon."""
    monkeypatch.setattr(dataset_files, "LARGE_BYTES", 0)
    images = load_dataset(str(dataset))[0].images
    with (dataset / "t10k-images-idx3-ubyte").open("r+b") as file:
        file.truncate(784 * 500)
    with pytest.raises(DatasetError, match="shorter"):
        images[600:700]


def test_a_file_that_goes_away_meanwhile_is_told(
    run: Run, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the images cannot be read any more, the run ends in one sentence that names them."""
    path = dataset / "t10k-images-idx3-ubyte"

    def leave(*_: object) -> None:
        path.unlink()

    monkeypatch.setattr(dataset_files, "LARGE_BYTES", 0)
    monkeypatch.setattr("scratchnet_cli.evaluation.evaluate.Forward", leave)
    result = run("eval", "--weights", "bundled", "--dataset", dataset, "-q")
    assert result.exit_code == 3
    assert result.stderr.endswith(f"{path}: No such file or directory\n")
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a file that takes no room")
def test_a_batch_may_be_larger_than_one_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the system hands out less at a time, a batch comes whole."""
    path = tmp_path / "images"
    path.write_bytes(idx(np.zeros((100, 10, 10), np.uint8)))

    class Short(io.FileIO):
        """A file of which one read gives a kilobyte, as Linux gives two gigabytes."""

        def readinto(self, buffer: Any, /) -> int | None:
            return super().readinto(memoryview(buffer)[:1000])

        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(1000)

    images = StoredImages(path)

    def open_short(self: Path, mode: str, buffering: int = -1) -> io.IOBase:
        raw = Short(self, mode)
        return io.BufferedReader(raw) if buffering else raw

    monkeypatch.setattr(Path, "open", open_short)
    assert images[0:100].shape == (100, 10, 10)


@pytest.mark.parametrize("options", [[], ["--batch-size", "7"], ["--batch-size", "400"]])
def test_several_processes_count_what_one_counts(
    run: Run, dataset: Path, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every figure, and the progress, are those of one process, bit for bit and in order."""
    monkeypatch.setattr(dataset_files, "LARGE_BYTES", 0)
    monkeypatch.setattr(batches, "PART", 64)
    command = ["eval", "--weights", "bundled", "--dataset", dataset, "--format", "json", *options]
    told = []
    for cores in (1, 2):
        monkeypatch.setattr(workers, "_cores", lambda cores=cores: cores)
        result = run(*command)
        answer = json.loads(result.stdout)
        for field in ("made", "elapsed_s", "images_per_s"):
            del answer[field]
        told.append((answer, [line for line in result.stderr.splitlines() if "batch" in line]))
    assert told[0] == told[1]
    assert len(told[0][1]) >= 3


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are forked on Linux")
def test_without_processes_large_datasets_are_counted_here(
    run: Run, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system has no process to spare, the answer is the same."""

    def refuse(*_: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    command = ["eval", "--weights", "bundled", "--dataset", dataset, "-q"]
    expected = run(*command)
    monkeypatch.setattr(dataset_files, "LARGE_BYTES", 0)
    monkeypatch.setattr(batches, "PART", 64)
    monkeypatch.setattr(workers, "_cores", lambda: 2)
    monkeypatch.setattr("os.fork", refuse)
    assert run(*command) == expected


def test_the_hash_of_a_large_dataset_is_told_where_it_is_asked_for(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is hashed before; a file that is gone by then is told by its name."""
    monkeypatch.setattr(dataset_files, "LARGE_BYTES", 0)
    _, origin = load_dataset(str(dataset))
    (dataset / "t10k-images-idx3-ubyte").unlink()
    with pytest.raises(DatasetError, match="t10k-images-idx3-ubyte: No such file"):
        _ = origin.sha256

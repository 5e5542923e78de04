"""Datasets whose images stay on disk."""

import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli import dataset_files
from scratchnet_cli.catalog import load_dataset
from scratchnet_cli.errors import DatasetError
from scratchnet_cli.idx import StoredImages
from tests.conftest import Run


@pytest.fixture
def dataset(tmp_path: Path, digits: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Path:
    """The sample as IDX files that are not gzipped."""
    folder = tmp_path / "dataset"
    folder.mkdir()
    header = struct.pack(">4B3I", 0, 0, 8, 3, *digits.shape)
    (folder / "t10k-images-idx3-ubyte").write_bytes(header + digits.tobytes())
    header = struct.pack(">4BI", 0, 0, 8, 1, len(labels))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(header + labels.tobytes())
    return folder


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

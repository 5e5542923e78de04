"""Datasets by name: MNIST's file names, the book's keywords, where images came from."""

import errno
import hashlib
import json
import os
import struct
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.datasets import idx as idx_module
from scratchnet_cli.datasets.idx import INT32
from scratchnet_cli.datasets.load import Dataset, Split, load_dataset, load_mnist
from scratchnet_cli.downloads.assets import MNIST
from scratchnet_cli.errors import DatasetError
from scratchnet_cli.system.origin import Origin
from tests.conftest import BUNDLED, BUNDLED_WEIGHTS, Run, idx
from tests.datasets.test_idx import IMAGES, LABELS, zipped
from tests.downloads.fetching import asset

PREFIXES: dict[Split, str] = {"test": "t10k", "train": "train"}
every_split = pytest.mark.parametrize("split", get_args(Split))


def dataset_of(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Dataset:
    """Return a dataset of arrays."""
    return Dataset(images, labels, Origin("arrays", "arrays"))


def write_split(folder: Path, split: Split = "test", sep: str = "-", end: str = "") -> list[Path]:
    """Write a small split named like MNIST's into a folder; return its two files."""
    paths = []
    for kind, array in (("images", IMAGES), ("labels", LABELS)):
        path = folder / f"{PREFIXES[split]}-{kind}{sep}idx{array.ndim}-ubyte{end}"
        path.write_bytes((zipped if end else bytes)(idx(array)))
        paths.append(path)
    return paths


@every_split
@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("sep", ["-", "."])
def test_folder_may_name_its_files_in_each_known_way(
    tmp_path: Path, split: Split, sep: str, end: str
) -> None:
    """Both splits are found, with "-" or "." before "idx", gzipped or not; the origin says so."""
    other: Split = "train" if split == "test" else "test"
    write_split(tmp_path, other, "." if sep == "-" else "-")
    paths = write_split(tmp_path, split, sep, end)
    dataset = load_dataset(tmp_path, split)
    np.testing.assert_array_equal(dataset.images, IMAGES)
    np.testing.assert_array_equal(dataset.labels, LABELS)
    assert (len(dataset), dataset.split) == (3, split)
    content = b"".join(path.read_bytes() for path in paths)
    assert dataset.origin.fields() == {
        "name": str(tmp_path),
        "source": str(paths[0]),
        "sha256": hashlib.sha256(content).hexdigest(),
        "fallback": False,
    }


@every_split
@pytest.mark.parametrize("missing", [0, 1])
def test_folder_without_a_file_is_refused(tmp_path: Path, split: Split, missing: int) -> None:
    """The message names the folder and the missing file."""
    paths = [write_split(tmp_path, each)[missing] for each in get_args(Split)]
    path = paths[get_args(Split).index(split)]
    path.unlink()
    with pytest.raises(DatasetError) as refused:
        load_dataset(tmp_path, split)
    assert str(refused.value) == f"{tmp_path}: expected {path.name}, gzipped or not"


def test_folder_in_place_of_a_file_counts_only_alone(tmp_path: Path) -> None:
    """MNIST is also distributed with a folder of that name beside the file."""
    images, _ = write_split(tmp_path, sep=".")
    (tmp_path / "t10k-images-idx3-ubyte").mkdir()
    assert load_dataset(tmp_path).origin.source == str(images)
    images.unlink()
    with pytest.raises(DatasetError, match=r"t10k-images-idx3-ubyte: Is a directory$"):
        load_dataset(tmp_path)


def write_set(folder: Path, start: str, labels: bytes = idx(LABELS)) -> Path:
    """Write IMAGES and labels under names with this start; return the images file."""
    folder.mkdir(parents=True, exist_ok=True)
    kind = "idx2-int" if labels[2] == INT32 else "idx1-ubyte"
    (folder / f"{start}-labels-{kind}.gz").write_bytes(zipped(labels))
    path = folder / f"{start}-images-idx3-ubyte.gz"
    path.write_bytes(zipped(idx(IMAGES)))
    return path


QMNIST = np.column_stack((LABELS, np.arange(21).reshape(3, 7) + 1000))


def qmnist_labels(columns: NDArray[Any] = QMNIST) -> bytes:
    """Return an IDX file of int32."""
    return struct.pack(">4B2I", 0, 0, INT32, 2, *columns.shape) + columns.astype(">i4").tobytes()


@every_split
@pytest.mark.parametrize("inner", ["", "raw", "MNIST/raw"])
@pytest.mark.parametrize("name", ["", "emnist-digits", "qmnist"])
def test_folder_may_be_of_emnist_qmnist_or_torchvision(
    tmp_path: Path, split: Split, inner: str, name: str
) -> None:
    """Their files are found, also in ``raw``; of QMNIST's labels the first column counts."""
    start = f"{name}-{split}" if name else PREFIXES[split]
    labels = qmnist_labels() if name == "qmnist" else idx(LABELS)
    images = write_set(tmp_path / inner, start, labels)
    for path in (tmp_path, images):
        dataset = load_dataset(path, split if path == tmp_path else "test")
        np.testing.assert_array_equal(dataset.images, IMAGES)
        assert dataset.labels.tolist() == LABELS.tolist()
        assert dataset.origin.source == str(images)
        assert dataset.split == (split if path == tmp_path else None)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["emnist-letters-test", "emnist-digits-test"], "emnist-digits-test, emnist-letters-test"),
        (["t10k", "qmnist-test"], "t10k, qmnist-test"),
        (["MNIST/raw/t10k", "Fashion/raw/t10k"],
         f"{Path('Fashion/raw/t10k')}, {Path('MNIST/raw/t10k')}"),
    ],
)  # fmt: skip
def test_folder_of_several_datasets_is_refused(
    tmp_path: Path, names: list[str], found: str
) -> None:
    """The message names them, and the images of one, which is a dataset."""
    paths = [write_set((tmp_path / name).parent, Path(name).name) for name in names]
    with pytest.raises(DatasetError) as refused:
        load_dataset(tmp_path)
    first, _, path = str(refused.value).partition("; choose one, as in --dataset ")
    assert first == f"{tmp_path}: contains several datasets ({found})"
    assert Path(path) in paths
    assert len(load_dataset(path)) == 3


@pytest.mark.parametrize(
    ("name", "labels", "message"),
    [
        ("x-images-idx3-ubyte", None, "{folder}: expected x-labels-idx1-ubyte, gzipped or not"),
        ("qmnist-test-images-idx3-ubyte", "qmnist-test-labels-idx1-ubyte",
         "{folder}: expected qmnist-test-labels-idx2-int, gzipped or not"),
        ("x.idx", None, "{folder}/x.idx: expected a file of images, named as in "
         "t10k-images-idx3-ubyte, with the labels beside it"),
        ("qmnist-test-images-idx3-ubyte", "qmnist-test-labels-idx2-int",
         "{folder}/qmnist-test-labels-idx2-int: 7 columns, expected QMNIST's 8"),
    ],
)  # fmt: skip
def test_images_file_without_its_labels_is_refused(
    tmp_path: Path, name: str, labels: str | None, message: str
) -> None:
    """The message names the missing file, or the one that is wrong."""
    (tmp_path / name).write_bytes(idx(IMAGES))
    if labels:
        (tmp_path / labels).write_bytes(qmnist_labels(QMNIST[:, 1:]))
    with pytest.raises(DatasetError) as refused:
        load_dataset(tmp_path / name)
    assert str(refused.value).replace(os.sep, "/") == message.format(folder=tmp_path.as_posix())


@pytest.mark.parametrize("name", ["emnist-digits-test", "t10k"])
@pytest.mark.parametrize("limit", [0, 2**20], ids=["mapped", "read"])
def test_transpose_turns_the_images(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, digits: NDArray[np.uint8],
    labels: NDArray[np.uint8], name: str, limit: int,
) -> None:  # fmt: skip
    """EMNIST's digits are then read as MNIST's are; without it a note says so."""
    monkeypatch.setattr(idx_module, "MAX_READ_BYTES", limit)
    for kind, array in (
        ("images-idx3", digits[:50].swapaxes(1, 2)), ("labels-idx1", labels[:50])
    ):  # fmt: skip
        (tmp_path / f"{name}-{kind}-ubyte").write_bytes(idx(array))
    command = ("eval", *BUNDLED_WEIGHTS, "--dataset", tmp_path, "--progress=none", "--format=json")
    upright = run(*command, "--transpose")
    expected = run("eval", *BUNDLED, "--limit", 50, "--format=json")
    assert upright.stderr == ""
    fields = ("confusion", "mistakes")
    answers = [json.loads(each.stdout) for each in (upright, expected)]
    assert [answers[0][each] for each in fields] == [answers[1][each] for each in fields]
    wrong = run(*command)
    assert json.loads(wrong.stdout)["accuracy"] < 0.7
    note = (
        "warning: emnist-digits-test-images-idx3-ubyte: EMNIST's images are transposed; "
        "use --transpose\n"
    )
    assert wrong.stderr == (note if name != "t10k" else "")


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (LABELS, IMAGES, "t10k-images-idx3-ubyte: not an IDX file of bytes with 3 axes"),
        (IMAGES, IMAGES, "t10k-labels-idx1-ubyte: not an IDX file of bytes with 1 axes"),
        (IMAGES, LABELS[:2], "expected 3 labels, one for each image, found 2"),
        (IMAGES[:2], LABELS, "expected 2 labels, one for each image, found 3"),
    ],
)
def test_folder_with_files_that_do_not_fit_is_refused(
    tmp_path: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8], message: str
) -> None:
    """Swapped files and other counts are refused; the message names the folder first."""
    for path, array in zip(write_split(tmp_path), (images, labels), strict=True):
        path.write_bytes(idx(array))
    with pytest.raises(DatasetError) as refused:
        load_dataset(tmp_path)
    assert str(refused.value).startswith(f"{tmp_path}: {message}")


@pytest.mark.parametrize("shape", [(3, 3), (1, 3), ()])
def test_dataset_needs_one_label_for_each_image(shape: tuple[int, ...]) -> None:
    """One-hot labels are refused with their shape."""
    with pytest.raises(DatasetError, match=r"^expected 3 labels, .* shape \(") as refused:
        dataset_of(IMAGES, np.zeros(shape, np.uint8))
    hint = "; of one-hot labels t, use t.argmax(axis=1)" if shape else ""
    assert str(refused.value).endswith(f"{shape}{hint}")


def test_dataset_needs_labels_of_integers() -> None:
    """The message says how to convert them."""
    with pytest.raises(DatasetError) as refused:
        dataset_of(IMAGES, LABELS / 1)  # type: ignore[arg-type]
    assert str(refused.value) == (
        "labels are float64, expected integers; of labels t, use t.astype(int)"
    )


def test_origin_is_hashed_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash of a large dataset takes long, so loading does not compute it; it is kept."""
    monkeypatch.setattr(idx_module, "MAX_READ_BYTES", 0)
    images, labels = write_split(tmp_path)
    known, unknown = load_dataset(tmp_path).origin, load_dataset(tmp_path).origin
    expected = hashlib.sha256(images.read_bytes() + labels.read_bytes()).hexdigest()
    assert known.sha256 == expected
    labels.unlink()
    assert known.sha256 == expected
    with pytest.raises(DatasetError) as refused:
        _ = unknown.sha256
    assert str(refused.value) == f"{labels}: {os.strerror(errno.ENOENT)}"


@pytest.mark.parametrize("limit", [0, 2**20], ids=["mapped", "read"])
@pytest.mark.parametrize("flatten", [True, False])
@pytest.mark.parametrize("normalize", [True, False])
def test_arrays_have_the_books_keywords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, normalize: bool, flatten: bool, limit: int
) -> None:
    """``normalize`` and ``flatten`` do what they do in the book's ``load_mnist``."""
    monkeypatch.setattr(idx_module, "MAX_READ_BYTES", limit)
    write_split(tmp_path)
    dataset = load_dataset(tmp_path)
    x, t = dataset.arrays(normalize=normalize, flatten=flatten)
    np.testing.assert_array_equal(dataset.arrays(normalize, flatten, False)[0], x, strict=True)
    assert x.shape == ((3, 20) if flatten else (3, 1, 4, 5))
    assert x.dtype == (np.float32 if normalize else np.uint8)
    np.testing.assert_allclose(x.ravel(), np.arange(60) / (255 if normalize else 1), rtol=1e-6)
    np.testing.assert_array_equal(t, LABELS)


def test_arrays_are_normalized_and_flat_by_default() -> None:
    """Without keywords x is what the network takes, rows of float32 from 0 to 1; t is digits."""
    x, t = dataset_of(np.full((2, 28, 28), 255, np.uint8), LABELS[:2]).arrays()
    assert (x.shape, x.dtype) == ((2, 784), np.dtype(np.float32))
    assert x.min() == x.max() == 1
    assert t.tolist() == [7, 0]


@pytest.mark.parametrize(("label", "columns"), [(9, 10), (3, 10), (11, 12)])
def test_arrays_can_be_one_hot(label: int, columns: int) -> None:
    """Labels become ten columns, or as many as there are classes, with a single 1."""
    _, t = dataset_of(IMAGES[:2], np.array([1, label], np.uint8)).arrays(one_hot_label=True)
    assert t.shape == (2, columns)
    assert np.argwhere(t).tolist() == [[0, 1], [1, label]]
    assert t.max() == 1


@pytest.mark.parametrize(("limit", "count"), [(1, 1), (2, 2), (3, 3), (99, 3), (None, 3)])
def test_dataset_can_be_cut_to_its_first_images(limit: int | None, count: int) -> None:
    """``first`` keeps images, labels and origin together; a larger limit is no error."""
    dataset = dataset_of(IMAGES, LABELS).first(limit)
    np.testing.assert_array_equal(dataset.images, IMAGES[:count])
    np.testing.assert_array_equal(dataset.labels, LABELS[:count])
    assert dataset.origin.name == "arrays"


def test_mnist_comes_from_the_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its hash is that of the gzipped files, images first."""
    cache.mkdir()
    data = zipped(idx(IMAGES)), zipped(idx(LABELS))
    assets = tuple(asset(name=f"{i}.gz", data=each) for i, each in enumerate(data))
    for each, content in zip(assets, data, strict=True):
        (cache / each.name).write_bytes(content)
    monkeypatch.setitem(MNIST, "train", assets)
    dataset = load_dataset("mnist", "train")
    np.testing.assert_array_equal(dataset.images, IMAGES)
    np.testing.assert_array_equal(dataset.labels, LABELS)
    digest = hashlib.sha256(b"".join(data)).hexdigest()
    assert dataset.origin == Origin("mnist", str(cache / "0.gz"), digest)
    np.testing.assert_array_equal(load_mnist("train")[0], dataset.arrays()[0])


def test_sample_has_a_hundred_of_each_digit() -> None:
    """The sample that is bundled with the program is a thousand digits."""
    dataset = load_dataset("sample")
    assert dataset.images.shape == (1000, 28, 28)
    assert np.bincount(dataset.labels).tolist() == [100] * 10
    assert (dataset.origin.name, dataset.origin.fallback) == ("sample", False)


def test_real_test_set_is_read(real_data: Path) -> None:
    """The real MNIST test set has 10,000 images of 28x28, which begin 7, 2, 1, 0, 4."""
    dataset = load_dataset(real_data)
    assert dataset.images.shape == (10_000, 28, 28)
    assert dataset.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert dataset.images.mean() / 255 == pytest.approx(0.1325, abs=5e-4)

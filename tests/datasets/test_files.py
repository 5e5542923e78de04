"""Datasets in one file: CSV with a label and the pixels, Keras' mnist.npz, IDX by its path."""

import gzip
import io
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scratchnet_cli.datasets import files
from scratchnet_cli.datasets.files import COLUMNS
from scratchnet_cli.datasets.load import load_dataset
from scratchnet_cli.errors import DatasetError
from tests.conftest import BUNDLED_WEIGHTS, Run, Uint8, write_dataset

HEADING = "label," + ",".join(f"pixel{i}" for i in range(784))
ZEROS = ",".join(["0"] * COLUMNS)
ROWS_CUT_SHORT = gzip.compress(f"{ZEROS}\n".encode() * 9)[:-1]
NO_HEADING = "; only the first line may be a heading"


def csv(images: Uint8, labels: Uint8 | None, heading: str | None = None, end: str = "\n") -> bytes:
    """Return the images as rows of text, each after its label."""
    rows = images.reshape(len(images), -1)
    table = rows if labels is None else np.column_stack((labels, rows))
    lines = [",".join(map(str, row)) for row in table.tolist()]
    return "".join(line + end for line in ([heading] if heading else []) + lines).encode()


def npz(**arrays: Any) -> bytes:
    """Return the arrays as an .npz file."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def refusal(path: Path, data: bytes | None = None, split: Any = "test") -> str:
    """Return the message that refuses a file, without its name."""
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(DatasetError) as refused:
        load_dataset(path, split)
    return str(refused.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("heading", "start", "end"),
    [
        (None, "", "\n"), (HEADING, "", "\n"), (HEADING.replace("pixel", "1x"), "", "\r\n"),
        ('"label"' + HEADING[5:], "", "\n"), (HEADING, "\ufeff", "\n"), (None, "\ufeff", "\n\n"),
        (HEADING.replace(",", ";"), "", "\n"),
    ],
    ids=["no heading", "Kaggle", "Windows", "quoted", "mark", "mark and blank lines", "semicolons"],
)  # fmt: skip
def test_csv_gives_the_images_of_idx_files(
    run: Run, tmp_path: Path, digits: Uint8, labels: Uint8, pack: Callable[[bytes], bytes],
    heading: str | None, start: str, end: str,
) -> None:  # fmt: skip
    """A label and 784 pixels a line, with a heading or not, gzipped or not, whatever the name."""
    path = tmp_path / "train"
    text = csv(digits[:40], labels[:40], heading, end)
    text = text.replace(b",", b";" if ";" in (heading or "") else b",")
    path.write_bytes(pack(start.encode() + text))
    dataset = load_dataset(path)
    np.testing.assert_array_equal(dataset.images, digits[:40], strict=True)
    np.testing.assert_array_equal(dataset.labels, labels[:40], strict=True)
    assert (dataset.origin.source, dataset.split) == (str(path), None)
    folder = write_dataset(tmp_path / "idx", digits[:40], labels[:40])
    answers = [run("eval", *BUNDLED_WEIGHTS, "--dataset", each).stdout for each in (path, folder)]
    assert answers[0] == answers[1] != ""


NO_LABELS = "\nTo classify rows without labels, see reference.md, Datasets."
LINE = "line {} has {} column{}, expected 785 with commas between them: a label, and 28x28 pixels"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([ZEROS, ZEROS[2:]], LINE.format(2, 784, "s") + NO_LABELS),
        ([HEADING, ZEROS, ZEROS + ",0"], LINE.format(3, 786, "s")),
        (["", ZEROS, "no"], LINE.format(3, 1, "")),
        ([ZEROS.replace(",", "|")], LINE.format(1, 1, "")),
        (
            [HEADING, "256" + ZEROS[1:]],
            f"line 2: '256' is not a whole number from 0 to 255{NO_HEADING}",
        ),
        (
            [ZEROS, ZEROS[:-1] + "-1"],
            f"line 2: '-1' is not a whole number from 0 to 255{NO_HEADING}",
        ),
        ([ZEROS[:-1] + "0.5"], f"line 1: '0.5' is not a whole number from 0 to 255{NO_HEADING}"),
        ([ZEROS[:-1]], f"line 1: '' is not a whole number from 0 to 255{NO_HEADING}"),
        ([ZEROS, HEADING], f"line 2: 'label' is not a whole number from 0 to 255{NO_HEADING}"),
        ([ZEROS, "9" * 2**17], LINE.format(2, 1, "")),
        (
            [ZEROS, ZEROS[:-1] + "9"],
            "each line begins with 0 and ends with a digit; if that is the label, put it first",
        ),
        ([HEADING], "the dataset is empty, expected an image or more"),
        ([], "the dataset is empty, expected an image or more"),
        (
            [HEADING.removeprefix("label,")],
            f"the first column is pixels, expected 'label'{NO_LABELS}",
        ),
    ],
    ids=lambda value: str(value)[:20],
)
def test_csv_that_is_wrong_is_refused_by_line(
    tmp_path: Path, lines: list[str], message: str
) -> None:
    """The message has the number of the line, what was found and what was expected."""
    assert refusal(tmp_path / "x.csv", "\n".join(lines).encode()) == message


def test_csv_is_read_up_to_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is on the text, so that a gzip bomb is not unpacked."""
    text = f"{ZEROS}\n".encode() * 100
    monkeypatch.setattr(files, "MAX_CSV_BYTES", len(text))
    for pack in (bytes, gzip.compress):
        path = tmp_path / "x"
        path.write_bytes(pack(text))
        assert len(load_dataset(path)) == 100
        message = "larger than 0 MiB as text, the maximum; split it"
        assert refusal(path, pack(text + b"\n")) == message


@pytest.mark.parametrize(
    "data", [ROWS_CUT_SHORT, b"\x1f\x8b\x08\0", b"\x1f\x8b"], ids=["end", "start", "mark"]
)
def test_csv_with_damaged_gzip_is_refused(tmp_path: Path, data: bytes) -> None:
    """A file that is cut short gives no images."""
    assert (
        refusal(tmp_path / "x.csv.gz", data)
        == "the file is damaged or cut short; download or copy it again"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Unix files")
def test_file_that_is_a_pipe_is_refused(tmp_path: Path) -> None:
    """It is not awaited."""
    os.mkfifo(tmp_path / "x")
    assert refusal(tmp_path / "x") == "not a file, expected CSV, .npz or IDX"


def test_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """Bytes that are no text, and a split of a file that has none."""
    expected = "not a CSV, .npz or IDX file; for pictures, give their folder"
    assert refusal(tmp_path / "x.csv", b"\x89PNG\r\n\x1a\n\0") == expected
    for start, advice in (
        (b"version https://git-lfs", "this is a Git LFS pointer, not the file itself; run git lfs"),
        (b"\n<!doctype html>", "this is an HTML page, not the file itself; download the file"),
    ):
        assert refusal(tmp_path / "x.csv", start).startswith(advice)
    hint = "a pickle, which is not supported; use --dataset mnist for the book's images"
    assert refusal(tmp_path / "mnist.pkl", b"\x80\4}.") == hint
    with pytest.raises(DatasetError, match=r"^\0: not a valid file name$"):
        load_dataset("\0")
    assert refusal(tmp_path / "x.csv", ZEROS.encode(), "train") == (
        "--split is for mnist, .npz files and folders of IDX files; leave it out"
    )


@pytest.mark.parametrize("dtype", ["u1", "<i8", ">i2", "<u4"])
def test_npz_gives_the_split_of_keras(
    tmp_path: Path, digits: Uint8, labels: Uint8, dtype: str
) -> None:
    """Each split has its two arrays; labels are integers of any type."""
    t = labels.astype(dtype)
    keras = {"x_train": digits[:7], "y_train": t[:7], "x_test": digits[7:9], "y_test": t[7:9]}
    path = tmp_path / "mnist"
    path.write_bytes(npz(**keras))
    for split, part in (("train", slice(0, 7)), ("test", slice(7, 9))):
        dataset = load_dataset(path, split)  # type: ignore[arg-type]
        np.testing.assert_array_equal(dataset.images, digits[part], strict=True)
        np.testing.assert_array_equal(dataset.labels, labels[part])
        assert (dataset.split, dataset.origin.source) == (split, str(path))


X, T = np.zeros((2, 28, 28), np.uint8), np.zeros(2, np.uint8)
ARRAYS = "expected the arrays x_test and y_test, as in Keras' mnist.npz"
PIXELS, CLASSES = ", expected uint8 (|u1) and 3", ", expected integers and 1; save y_test."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (npz(W1=np.ones((2, 2)), b1=T), ARRAYS),
        (npz(x_train=X, y_train=T), f"{ARRAYS}; use --split train"),
        (npz(x_test=X), ARRAYS),
        (npz(x_test=X / 255, y_test=T), f"x_test has the type <f8 and 3 axes{PIXELS}"),
        (npz(x_test=X[0], y_test=T), f"x_test has the type |u1 and 2 axes{PIXELS}"),
        (npz(x_test=X, y_test=np.eye(2)), f"y_test has the type <f8 and 2 axes{CLASSES}"
         "argmax(axis=1)"),
        (npz(x_test=X, y_test=T / 1), f"y_test has the type <f8 and 1 axes{CLASSES}"
         "astype(int)"),
        (npz(x_test=X, y_test=T[:1]), "expected 2 labels, one for each image, found 1"),
        (npz(x_test=X, y_test=np.array([{}, {}])), f"y_test has the type |O and 1 axes{CLASSES}"
         "astype(int)"),
        (npz(x_test=np.zeros((2**18, 28, 28), "u1"), y_test=T), "this .npz unpacks to more than 192"
         " MiB, the maximum; save fewer arrays"),
        (b"PK\3\4", "this ZIP archive is damaged or cut short; download or copy it again"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_npz_that_is_wrong_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    """Other arrays, other types, too much of them; pickles are not read."""
    assert refusal(tmp_path / "mnist.npz", data).startswith(message)


def test_npz_is_refused_above_64_mib(tmp_path: Path) -> None:
    """As a weight file is; only the arrays of the split count, and only they are unpacked."""
    path = tmp_path / "mnist.npz"
    path.write_bytes(npz(x_test=X, y_test=T, x_train=np.zeros((2**18, 28, 28), np.uint8)))
    assert len(load_dataset(path)) == 2
    with path.open("r+b") as file:
        file.truncate(2**26 + 1)
    assert refusal(path) == "larger than 64 MiB, the maximum; use a smaller file"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_test.npy", b"\x93NUMPY")
        archive.writestr("y_test.npy", b"")
    assert refusal(path).startswith(
        "a member of this .npz is not an array in NumPy's .npy format; save it again"
    )

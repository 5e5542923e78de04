"""``scratchnet eval`` of labelled pictures: the answers of ``predict``, counted."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.images import read
from scratchnet_cli.system import pool
from tests.conftest import BUNDLED_WEIGHTS, Run, write_dataset

Bytes = NDArray[np.uint8]

DRAWN = 24
TIMES = dict.fromkeys(("made", "elapsed_s", "images_per_s"))


@pytest.fixture
def pictures(tmp_path: Path, digits: Bytes, labels: Bytes) -> Path:
    """Return a folder of enlarged digits, some dark on white, with a list; two labels are wrong."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    lines = []
    for i in range(DRAWN):
        pixels = np.pad(digits[i].repeat(2, 0).repeat(2, 1), 9)
        Image.fromarray(255 - pixels if i % 3 else pixels).save(folder / f"{i:02}.png")
        lines.append(f"{i:02}.png\t{labels[i] if i > 1 else (labels[i] + 1) % 10}\n")
    (folder / "labels.tsv").write_text("".join(lines))
    return folder


@pytest.fixture
def damaged(pictures: Path) -> Path:
    """Return the pictures; one file is not a picture, and one is blank."""
    (pictures / "05.png").write_text("no picture")
    Image.new("L", (50, 50)).save(pictures / "07.png")
    return pictures


def labels_of(pictures: Path) -> dict[str, str]:
    """Return the label of each name in the list."""
    rows = (line.split("\t") for line in (pictures / "labels.tsv").read_text().splitlines())
    return {name: label for name, label, *_ in rows}


def by_class(pictures: Path) -> Path:
    """Return a folder with the same pictures in a folder for each class."""
    folder = pictures.with_name("classes")
    for name, label in labels_of(pictures).items():
        (folder / label).mkdir(parents=True, exist_ok=True)
        shutil.copy(pictures / name, folder / label)
    return folder


def counted(run: Run, pictures: Path, *options: str) -> list[list[int]]:
    """Return the confusion matrix that counting the answers of ``predict`` gives."""
    labels = labels_of(pictures)
    matrix = [[0] * 10 for _ in range(10)]
    for line in run("predict", *options, pictures).stdout.splitlines():
        path, digit, _ = line.split("\t")
        matrix[int(labels[Path(path).name])][int(digit)] += 1
    return matrix


def evaluated(run: Run, folder: Path, *options: str | int | Path) -> dict[str, Any]:
    """Return the JSON of an evaluation of these pictures."""
    result = run("eval", *BUNDLED_WEIGHTS, "--dataset", folder, "--format", "json", *options)
    assert result.exit_code == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


@pytest.mark.parametrize("in_folders", [False, True])
@pytest.mark.parametrize("options", [(), ("--polarity", "dark")])
def test_pictures_are_counted_as_predict_answers(
    run: Run, pictures: Path, in_folders: bool, options: tuple[str, ...]
) -> None:
    """Listed or in class folders, and with the options of ``predict``."""
    expected = counted(run, pictures, *options)
    folder = by_class(pictures) if in_folders else pictures
    answer = evaluated(run, folder, "--skip-unreadable", *options)
    assert answer["confusion"] == expected
    assert answer["total"] == sum(map(sum, expected)) == DRAWN - answer["skipped"]
    assert answer["split"] is None
    assert answer["correct"] <= DRAWN - 2


def test_wild_pictures_are_counted_as_predict_answers(run: Run, tmp_path: Path) -> None:
    """With WILD_PICTURES=FOLDER: what people drew and labelled, in both layouts."""
    wild = os.environ.get("WILD_PICTURES")
    if not wild:
        pytest.skip("WILD_PICTURES does not name a folder of pictures with labels.tsv")
    folder = tmp_path / "wild"
    shutil.copytree(wild, folder)
    rows = (f"{name}\t{label}\n" for name, label in labels_of(folder).items())
    (folder / "labels.tsv").write_text("".join(rows))
    expected = counted(run, folder)
    assert evaluated(run, folder)["confusion"] == expected
    assert evaluated(run, by_class(folder))["confusion"] == expected


@pytest.mark.parametrize("batch_size", [1, 7, 2**31 - 1])
def test_pictures_give_the_same_for_all_batches_and_processes(
    run: Run, pictures: Path, batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is the same if several processes read the pictures, a few at a time."""
    expected = evaluated(run, pictures, "--batch-size", batch_size)
    monkeypatch.setattr(pool, "usable_cores", lambda: 2)
    monkeypatch.setattr(pool, "CHUNK_FILES", 5)
    answer = evaluated(run, pictures, "--batch-size", batch_size)
    assert answer | TIMES == expected | TIMES
    assert answer["confusion"] == counted(run, pictures)


def test_preprocessed_pictures_can_be_evaluated_again(
    run: Run, pictures: Path, tmp_path: Path
) -> None:
    """The PNGs of --save-preprocessed, with labels, give the same figures and the same hash."""
    kept = tmp_path / "kept"
    run("predict", pictures, "--save-preprocessed", kept)
    text = (pictures / "labels.tsv").read_text()
    (kept / "labels.tsv").write_text(text.replace(".png", ".28x28.png"))
    expected = evaluated(run, pictures)
    for options in ((), ("--raw",)):
        answer = evaluated(run, kept, *options)
        assert answer["confusion"] == expected["confusion"]
        assert answer["dataset"]["sha256"] == expected["dataset"]["sha256"]


def test_raw_pictures_are_the_images_of_an_idx_file(
    run: Run, tmp_path: Path, digits: Bytes, labels: Bytes
) -> None:
    """Every figure of 28x28 PNGs with --raw is that of the same images as IDX."""
    folder = tmp_path / "pngs"
    folder.mkdir()
    lines = []
    for i in range(300):
        Image.fromarray(digits[i]).save(folder / f"{i:03}.png")
        lines.append(f'"{i:03}.png",{labels[i]},from the sample\n')
    (folder / "labels.csv").write_text("".join(lines))
    idx = write_dataset(tmp_path / "idx", digits[:300], labels[:300])
    ours, theirs = evaluated(run, folder, "--raw"), evaluated(run, idx)
    assert len(ours["mistakes"]) > 1
    for mistake in ours["mistakes"]:
        assert mistake.pop("path") == str(folder / f"{mistake['index']:03}.png")
    for field in ("confusion", "per_class", "ece", "reliability", "mistakes", "interval"):
        assert ours[field] == theirs[field]


def test_unreadable_pictures_count_as_wrong(run: Run, damaged: Path) -> None:
    """They are named with the reason, are in no cell of the matrix, and the exit code is 3."""
    command = ["eval", *BUNDLED_WEIGHTS, "--dataset", damaged]
    result = run(*command, "--format", "json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 3
    assert (answer["total"], answer["unreadable"], answer["skipped"]) == (DRAWN, 2, 0)
    assert sum(map(sum, answer["confusion"])) == DRAWN - 2
    assert answer["accuracy"] == answer["correct"] / DRAWN
    assert f"error: {damaged / '05.png'}: not a picture of a known format" in result.stderr
    assert f"error: {damaged / '07.png'}: no digit found" in result.stderr
    assert f"{answer['correct']} of {DRAWN} right, 2 unreadable, " in result.stderr
    assert f"{DRAWN}/{DRAWN}  accuracy {answer['accuracy']:.4f}\n" in result.stderr
    assert run(*command, "--quiet").stderr.count("\n") == 2
    markdown = run(*command, "--format", "markdown").stdout
    assert f"of {DRAWN} images right, 2 unreadable, 95%" in markdown
    assert f", sha256 `{answer['dataset']['sha256']}`" in markdown
    assert run(*command, "--min-accuracy", "1").exit_code == 3


def test_content_of_a_file_decides_whether_it_is_a_picture(run: Run, pictures: Path) -> None:
    """In a class's folder every file counts, whatever its name; text is an unreadable picture."""
    expected = counted(run, pictures)
    folder = by_class(pictures)
    for path in [*folder.glob("*/*.png")]:
        path.rename(path.with_name(f"IMG_{path.stem}.HEIC"))
    assert evaluated(run, folder)["confusion"] == expected
    (folder / "3" / "notes.txt").write_text("not a picture")
    command = ("eval", *BUNDLED_WEIGHTS, "--dataset", folder)
    result = run(*command, "--format", "json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["total"], answer["unreadable"]) == (3, DRAWN + 1, 1)
    assert f"{folder / '3' / 'notes.txt'}: not a picture of a known format" in result.stderr
    usage = run(*command, "--transpose")
    assert (usage.exit_code, usage.stdout) == (2, "")
    assert "--transpose is for IDX, CSV and .npz files" in usage.stderr


@pytest.mark.parametrize(
    "command", [["predict"], ["eval", "--dataset"], ["eval", "--skip-unreadable", "--dataset"]]
)
@pytest.mark.parametrize("option", [(), ("--debug",)])
def test_unexpected_error_costs_one_picture(
    run: Run,
    pictures: Path,
    command: list[str],
    option: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its message is one line, and with --debug a traceback follows."""
    data = (pictures / "03.png").read_bytes()
    real = read.read_digits
    monkeypatch.setattr(
        read, "read_digits", lambda got, **options: 1 / (got != data) and real(got, **options)
    )
    result = run(*command, pictures, *BUNDLED_WEIGHTS, *option)
    assert result.exit_code == (0 if "--skip-unreadable" in command else 3)
    kind = "warning" if "--skip-unreadable" in command else "error"
    message = f"{kind}: {pictures / '03.png'}: unexpected ZeroDivisionError: division by zero"
    start = result.stderr.index(message)
    assert ("\nTraceback (most recent call last):\n  File" in result.stderr[start:]) == bool(option)
    assert result.stderr.count("Traceback") == bool(option)
    assert result.stdout.count("\n") == (DRAWN - 1 if command == ["predict"] else 1)


@pytest.mark.skipif(sys.platform != "linux", reason="forked processes")
@pytest.mark.parametrize("options", [(), ("--skip-unreadable",)])
def test_picture_of_a_dead_process_is_not_skipped(
    run: Run, pictures: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    """It may be sound: the exit code is 3, and there is no accuracy without it."""
    data = (pictures / "03.png").read_bytes()
    monkeypatch.setattr(pool, "usable_cores", lambda: 2)
    monkeypatch.setattr(pool, "CHUNK_BYTES", 1)
    real = read.read_digits
    monkeypatch.setattr(
        read,
        "read_digits",
        lambda got, **options: os._exit(9) if got == data else real(got, **options),
    )
    result = run("eval", "--dataset", pictures, *BUNDLED_WEIGHTS, *options)
    assert (result.exit_code, result.stdout == "") == (3, bool(options))
    assert "03.png: the process that had to read it died" in result.stderr


def test_pictures_of_phones_count_and_have_one_warning(
    run: Run, monkeypatch: pytest.MonkeyPatch, pictures: Path
) -> None:
    """Where HEIC cannot be read, its pictures are wrong answers, and one line says what to do."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    folder = by_class(pictures)
    for name in ("a.heic", "b.heic", "c"):
        (folder / "3" / name).write_bytes(b"\0\0\0\x24ftypheic\0\0\0\0mif1heic")
    command = ("eval", *BUNDLED_WEIGHTS, "--dataset", folder, "--progress", "none")
    result = run(*command, "--format", "json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["total"], answer["unreadable"]) == (3, DRAWN + 3, 3)
    assert result.stderr == (
        f"error: {folder / '3' / 'a.heic'} and 2 more: a HEIC picture; "
        'run python -m pip install ".[heic]", or export it as JPEG\n'
    )


def test_unreadable_pictures_can_be_skipped(run: Run, damaged: Path) -> None:
    """With --skip-unreadable they are named, but are neither wrong nor a failure."""
    expected = counted(run, damaged)
    command = ["eval", *BUNDLED_WEIGHTS, "--dataset", damaged, "--skip-unreadable"]
    result = run(*command, "--format", "json", "--batch-size", "1")
    answer = json.loads(result.stdout)
    assert result.exit_code == 0
    assert answer["confusion"] == expected
    assert (answer["total"], answer["unreadable"], answer["skipped"]) == (DRAWN - 2, 0, 2)
    assert "05.png: not a picture" in result.stderr
    assert " right, 2 skipped, " in result.stderr
    progress = [line for line in result.stderr.splitlines() if line.startswith("batch ")]
    assert len(progress) == 10
    last = f"batch {DRAWN}/{DRAWN}  {DRAWN}/{DRAWN}  accuracy {answer['accuracy']:.4f}"
    assert progress[-1] == last
    assert run(*command, "--quiet").stderr == ""
    assert run(*command, "--min-accuracy", "1").exit_code == 1


@pytest.mark.parametrize("options", [(), ("--skip-unreadable",), ("--batch-size", "1")])
def test_pictures_that_are_all_unreadable_have_no_accuracy(
    run: Run, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Exit 3 and no answer."""
    (tmp_path / "labels.csv").write_text("a.png,1\nb.png,2\n")
    for name in ("a.png", "b.png"):
        (tmp_path / name).touch()
    result = run("eval", *BUNDLED_WEIGHTS, "--dataset", tmp_path, *options)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.endswith(
        f"on {tmp_path}: none of the 2 pictures could be read; see above\n"
    )


@pytest.mark.parametrize(
    ("weights", "args", "message"),
    [
        ("small", (), "small.npz: the network takes 15 values for each input, an image has 784"),
        ("many", (), "many.npz: the network has 300 classes, expected at most 256"),
        ("two", (), "{}/labels.tsv: line 2: the label '2' is not a class, expected 0 to 1"),
        ("bundled", ("--split", "train"), "{}: labelled pictures have no train split"),
    ],
)
def test_pictures_that_do_not_fit_are_refused(
    run: Run, pictures: Path, weights: str, args: tuple[str, ...], message: str
) -> None:
    """Another number of pixels or classes, or a split: exit 3 and one sentence."""
    for name, inputs, outputs in (("small", 15, 10), ("many", 784, 300), ("two", 784, 2)):
        np.savez(f"{name}.npz", W1=np.ones((inputs, outputs), "f4"), b1=np.ones(outputs, "f4"))
    path = weights if weights == "bundled" else f"{weights}.npz"
    result = run("eval", "--weights", path, "--dataset", pictures, "-q", *args)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith(f"error: {message.format(pictures)}")
    assert len(result.stderr.splitlines()) == 1


def test_limit_takes_some_of_every_class(run: Run, pictures: Path) -> None:
    """Class folders take turns, so the first ten are one of each; a list keeps its order."""
    expected = [*labels_of(pictures).values()][:10]
    totals = [score["total"] for score in evaluated(run, pictures, "--limit", 10)["per_class"]]
    assert totals == [expected.count(str(label)) for label in range(10)]
    answer = evaluated(run, by_class(pictures), "--limit", 10)
    assert [score["total"] for score in answer["per_class"]] == [1] * 10


def test_idx_files_have_priority(run: Run, pictures: Path, digits: Bytes, labels: Bytes) -> None:
    """In a folder with IDX files and labelled pictures, the IDX files are evaluated."""
    for path in write_dataset(pictures.with_name("idx"), digits[:7], labels[:7]).iterdir():
        shutil.copy(path, pictures)
    assert evaluated(run, pictures)["total"] == 7


def test_picture_called_like_standard_input_is_a_file(
    run: Run, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name in a list is never standard input."""
    shutil.copy(pictures / "03.png", pictures / "-")
    (pictures / "labels.tsv").write_text(f"-\t{labels_of(pictures)['03.png']}\n")
    monkeypatch.chdir(pictures)
    assert evaluated(run, Path())["total"] == 1

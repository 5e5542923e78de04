"""``scratchnet eval`` on labelled pictures: what ``predict`` answers, counted."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.system import pool as workers
from tests.conftest import BUNDLED, BUNDLED_WEIGHTS, Run, write_dataset

DRAWN = 24
TIMES = ("made", "elapsed_s", "images_per_s")


@pytest.fixture
def pictures(tmp_path: Path, digits: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Path:
    """Digits of the sample, enlarged, some dark on white, and labels.tsv; two labels are wrong."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    lines = []
    for i in range(DRAWN):
        pixels = np.pad(digits[i].repeat(2, 0).repeat(2, 1), 9)
        Image.fromarray(255 - pixels if i % 3 else pixels).save(folder / f"{i:02}.png")
        lines.append(f"{i:02}.png\t{labels[i] if i > 1 else (labels[i] + 1) % 10}\n")
    (folder / "labels.tsv").write_text("".join(lines))
    return folder


def by_class(pictures: Path) -> Path:
    """The same pictures in a folder for each class."""
    folder = pictures.with_name("classes")
    for line in (pictures / "labels.tsv").read_text().splitlines():
        name, label = line.split("\t")
        (folder / label).mkdir(parents=True, exist_ok=True)
        shutil.copy(pictures / name, folder / label)
    return folder


def as_listed(pictures: Path) -> Path:
    """The pictures as they are, with their list."""
    return pictures


def counted(run: Run, pictures: Path, *options: str) -> list[list[int]]:
    """The confusion matrix that counting the answers of ``predict`` gives."""
    labels = dict(line.split("\t") for line in (pictures / "labels.tsv").read_text().splitlines())
    matrix = [[0] * 10 for _ in range(10)]
    for line in run("predict", *BUNDLED_WEIGHTS, *options, pictures).stdout.splitlines():
        path, digit, _ = line.split("\t")
        matrix[int(labels[Path(path).name])][int(digit)] += 1
    return matrix


def evaluated(run: Run, folder: Path, *options: str | Path) -> dict[str, Any]:
    """The JSON of an evaluation of these pictures."""
    result = run("eval", *BUNDLED_WEIGHTS, "--dataset", folder, "--format", "json", *options)
    assert result.exit_code == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


@pytest.mark.parametrize("layout", [as_listed, by_class])
@pytest.mark.parametrize("options", [(), ("--polarity", "dark")])
def test_it_counts_what_predict_answers(
    run: Run, pictures: Path, layout: Callable[[Path], Path], options: tuple[str, ...]
) -> None:
    """Listed or in a folder for each class, and whatever the options of the recipe."""
    expected = counted(run, pictures, *options)
    answer = evaluated(run, layout(pictures), "--skip-unreadable", *options)
    assert answer["confusion"] == expected
    assert answer["total"] == sum(map(sum, expected)) == DRAWN - answer["skipped"]
    assert answer["split"] is None
    assert answer["correct"] <= DRAWN - 2


def test_the_real_pictures_are_counted_as_predict_reads_them(run: Run, tmp_path: Path) -> None:
    """With WILD_PICTURES=FOLDER: what people drew and labelled, in both layouts."""
    wild = os.environ.get("WILD_PICTURES")
    if not wild:
        pytest.skip("WILD_PICTURES names no folder of pictures with labels.tsv")
    folder = tmp_path / "wild"
    folder.mkdir()
    for path in Path(wild).iterdir():
        shutil.copy(path, folder)
    rows = [line.split("\t")[:2] for line in (folder / "labels.tsv").read_text().splitlines()]
    (folder / "labels.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    expected = counted(run, folder)
    assert evaluated(run, folder)["confusion"] == expected
    assert evaluated(run, by_class(folder))["confusion"] == expected


@pytest.mark.parametrize("batch_size", ["1", "7"])
def test_neither_batches_nor_processes_change_a_figure(
    run: Run, pictures: Path, batch_size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is the same when several processes read the pictures, a few at a time."""
    expected = evaluated(run, pictures, "--batch-size", batch_size)
    monkeypatch.setattr(workers, "_cores", lambda: 2)
    monkeypatch.setattr(workers, "BATCH_FILES", 15)
    answer = evaluated(run, pictures, "--batch-size", batch_size)
    assert {**answer, **dict.fromkeys(TIMES)} == {**expected, **dict.fromkeys(TIMES)}
    assert answer["confusion"] == counted(run, pictures)


def test_what_predict_kept_can_be_evaluated_again(run: Run, pictures: Path, tmp_path: Path) -> None:
    """The 28x28 PNGs of --save-preprocessed, with labels: the same figures, and the same hash."""
    kept = tmp_path / "kept"
    run("predict", *BUNDLED_WEIGHTS, pictures, "--save-preprocessed", kept)
    text = (pictures / "labels.tsv").read_text()
    (kept / "labels.tsv").write_text(text.replace(".png", ".28x28.png"))
    expected = evaluated(run, pictures)
    for options in ((), ("--raw",)):
        answer = evaluated(run, kept, *options)
        assert answer["confusion"] == expected["confusion"]
        assert answer["dataset"]["sha256"] == expected["dataset"]["sha256"]


def test_raw_pictures_are_the_images_of_an_idx_file(
    run: Run, tmp_path: Path, digits: NDArray[np.uint8], labels: NDArray[np.uint8]
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
    for mistake in ours["mistakes"]:
        assert mistake.pop("path") == str(folder / f"{mistake['index']:03}.png")
    for field in ("confusion", "per_class", "ece", "reliability", "mistakes", "interval"):
        assert ours[field] == theirs[field]


@pytest.fixture
def damaged(pictures: Path) -> Path:
    """The pictures, of which one is none and one is blank."""
    (pictures / "05.png").write_text("no picture")
    Image.new("L", (50, 50)).save(pictures / "07.png")
    return pictures


def test_an_unreadable_picture_counts_as_wrong(run: Run, damaged: Path) -> None:
    """It is named with the reason, it is in no cell of the matrix, and the exit code is 3."""
    command = ["eval", *BUNDLED_WEIGHTS, "--dataset", damaged]
    result = run(*command, "--format", "json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 3
    assert (answer["total"], answer["unreadable"], answer["skipped"]) == (DRAWN, 2, 0)
    assert sum(map(sum, answer["confusion"])) == DRAWN - 2
    assert answer["accuracy"] == answer["correct"] / DRAWN
    assert f"scratchnet: {damaged / '05.png'}: not a picture of a known format" in result.stderr
    assert f"scratchnet: {damaged / '07.png'}: the picture is blank" in result.stderr
    assert f"{answer['correct']} of {DRAWN} right, 2 unreadable, " in result.stderr
    assert run(*command, "--quiet").stderr.count("\n") == 2
    assert (
        f"of {DRAWN} images right, 2 unreadable, 95%" in run(*command, "--format=markdown").stdout
    )
    assert run(*command, "--min-accuracy", "1").exit_code == 3


def test_an_unreadable_picture_can_be_skipped(run: Run, damaged: Path) -> None:
    """--skip-unreadable leaves it out: named, but neither wrong nor a failure."""
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
    assert progress[-1].startswith(f"batch {DRAWN}/{DRAWN}  {DRAWN}/{DRAWN}  accuracy 0.")
    assert run(*command, "--quiet").stderr == ""
    assert run(*command, "--min-accuracy", "1").exit_code == 1


@pytest.mark.parametrize("options", [(), ("--skip-unreadable",), ("--batch-size", "1")])
def test_where_no_picture_can_be_read_there_is_no_accuracy(
    run: Run, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Exit 3 and no answer; a network for other images is told as such."""
    (tmp_path / "labels.csv").write_text("a.png,1\nb.png,2\n")
    for name in ("a.png", "b.png"):
        (tmp_path / name).touch()
    result = run("eval", *BUNDLED_WEIGHTS, "--dataset", tmp_path, *options)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.endswith(f"on {tmp_path}: none of the 2 pictures could be read\n")


def test_a_network_for_other_images_is_refused(run: Run, pictures: Path, tmp_path: Path) -> None:
    """One sentence, exit 3."""
    weights = tmp_path / "small.npz"
    np.savez(weights, W1=np.ones((15, 10)), b1=np.ones(10))
    result = run("eval", "--weights", weights, "--dataset", pictures, "-q")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "the network takes 15 values for each input" in result.stderr


def test_limit_takes_some_of_every_class(run: Run, pictures: Path) -> None:
    """In folders the classes take turns: the first ten are one of each. A list has an order."""
    expected = (pictures / "labels.tsv").read_text().splitlines()[:10]
    answer = evaluated(run, pictures, "--limit", "10")
    totals = [score["total"] for score in answer["per_class"]]
    assert totals == [sum(line.endswith(f"\t{label}") for line in expected) for label in range(10)]
    classes = by_class(pictures)
    assert len(list(classes.iterdir())) == 10
    answer = evaluated(run, classes, "--limit", "10")
    assert [score["total"] for score in answer["per_class"]] == [1] * 10


@pytest.mark.parametrize("option", [["--raw"], ["--polarity", "dark"], ["--skip-unreadable"]])
def test_options_for_pictures_are_for_pictures(run: Run, option: list[str]) -> None:
    """With images that are MNIST's already they mean nothing: exit 2."""
    result = run("eval", *BUNDLED, *option)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "for a folder of labelled pictures" in result.stderr


def test_pictures_without_labels_are_told_how_to_get_them(run: Run, pictures: Path) -> None:
    """A folder that holds neither IDX files nor labels: exit 3, and where labels would stand."""
    (pictures / "labels.tsv").unlink()
    result = run("eval", *BUNDLED_WEIGHTS, "--dataset", pictures)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "holds no t10k-images-idx3-ubyte, gzipped or not; labelled pictures" in result.stderr
    assert "labels.tsv or labels.csv" in result.stderr


def test_raw_pictures_have_no_polarity(run: Run, pictures: Path) -> None:
    """As with ``predict``: exit 2."""
    result = run("eval", "--dataset", pictures, "--raw", "--polarity", "light")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--polarity" in result.stderr


def test_pictures_have_no_train_split(run: Run, pictures: Path) -> None:
    """Exit 3, as for the sample."""
    result = run("eval", *BUNDLED_WEIGHTS, "--dataset", pictures, "--split", "train")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == f"scratchnet: {pictures}: labelled pictures have no train split\n"


def test_idx_files_go_first(
    run: Run, pictures: Path, digits: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> None:
    """A folder with both is what it was before there were labelled pictures."""
    for path in write_dataset(pictures.with_name("idx"), digits[:7], labels[:7]).iterdir():
        shutil.copy(path, pictures)
    assert evaluated(run, pictures)["total"] == 7


def test_a_file_called_like_standard_input_is_a_file(run: Run, pictures: Path) -> None:
    """Nothing that a list names is standard input."""
    shutil.copy(pictures / "03.png", pictures / "-")
    label = (pictures / "labels.tsv").read_text().splitlines()[3].split("\t")[1]
    (pictures / "labels.tsv").write_text(f"-\t{label}\n")
    before = Path.cwd()
    os.chdir(pictures)
    try:
        answer = evaluated(run, Path())
    finally:
        os.chdir(before)
    assert answer["total"] == 1

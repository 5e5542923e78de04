"""``scratchnet eval``: what it prints, where, and the code it leaves with."""

import gzip
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scratchnet_cli.catalog import load_weights

from tests.conftest import BUNDLED, SCRATCHNET, Run, any_file_name, idx
from tests.test_process import needs_unix, run_on_terminal


@pytest.fixture
def dataset(tmp_path: Path, digits: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Path:
    """A folder of the sample's first 100 digits in MNIST's naming."""
    folder = tmp_path / "dataset"
    folder.mkdir()
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(digits[:100])))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(labels[:100]))
    return folder


def expected_accuracy(digits: NDArray[np.uint8], labels: NDArray[np.uint8]) -> float:
    """The bundled network's accuracy, by the textbook's formulas in float64, image by image."""
    network, _ = load_weights("bundled")
    right = 0
    for image, label in zip(digits, labels, strict=True):
        z = image.reshape(-1) / 255.0
        for i, layer in enumerate(network.layers):
            a = z @ layer.W.astype(np.float64) + layer.b
            z = a if i == len(network.layers) - 1 else 1 / (1 + np.exp(-a))
        right += int(np.argmax(z)) == label
    return right / len(labels)


def test_the_answer_alone_is_on_stdout(
    run_process: Run, digits: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> None:
    """A pipe gets one line with the accuracy; progress and summary go to stderr."""
    result = run_process("eval", *BUNDLED)
    assert result.exit_code == 0
    assert result.stdout == f"Accuracy: {expected_accuracy(digits, labels):.4f}\n"
    assert "batch 10/10  1000/1000  accuracy" in result.stderr


@pytest.mark.parametrize("batch_size", [1, 7, 333, 1000, 5000])
def test_the_batch_size_changes_nothing_but_speed(run: Run, batch_size: int) -> None:
    """Every batch size gives the same confusion matrix."""

    def evaluation(*args: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(run("eval", *BUNDLED, "--format", "json", *args).stdout)
        return answer

    assert evaluation("--batch-size", str(batch_size))["confusion"] == evaluation()["confusion"]


def test_json_is_one_object_with_every_number(run: Run) -> None:
    """The fields that scripts depend on are there and agree with each other."""
    result = run("eval", *BUNDLED, "--format", "json", "--progress", "none")
    answer = json.loads(result.stdout)
    assert set(answer) == {
        "accuracy", "correct", "total", "batch_size", "classes", "confusion", "per_class",
        "dataset", "weights", "elapsed_s", "images_per_s",
        "interval", "ece", "reliability", "mistakes", "split", "made", "versions",
        "unreadable", "skipped",
    }  # fmt: skip
    assert set(answer["weights"]) == {"name", "source", "sha256", "fallback"}
    assert answer["dataset"]["name"] == "sample"
    assert answer["dataset"]["fallback"] is False
    assert answer["correct"] == sum(row[i] for i, row in enumerate(answer["confusion"]))
    assert answer["total"] == 1000 == sum(map(sum, answer["confusion"]))
    assert answer["accuracy"] == answer["correct"] / 1000
    assert [score["total"] for score in answer["per_class"]] == [100] * 10
    assert [score["recall"] for score in answer["per_class"]] == [
        score["accuracy"] for score in answer["per_class"]
    ]
    assert answer["interval"]["low"] < answer["accuracy"] < answer["interval"]["high"]
    assert sum(part["count"] for part in answer["reliability"]) == 1000
    assert all(mistake["label"] != mistake["prediction"] for mistake in answer["mistakes"])
    assert result.stderr == ""


def test_the_matrix_is_aligned_and_ends_in_the_accuracy(run: Run) -> None:
    """--confusion prints a line for each digit, its numbers those of the JSON, then the answer."""
    *lines, last = run("eval", *BUNDLED, "--confusion").stdout.splitlines()
    rows = json.loads(run("eval", *BUNDLED, "--format", "json").stdout)["confusion"]
    assert last.startswith("Accuracy: 0.")
    assert lines[1].split() == ["shown", *map(str, range(10))]
    assert [line.split() for line in lines[2:]] == [
        [str(label), *(str(count) if count else "·" for count in row)]
        for label, row in enumerate(rows)
    ]
    ends = {tuple(word.end() for word in re.finditer(r"\S+", line)) for line in lines[1:]}
    assert len(ends) == 1


@needs_unix
@pytest.mark.parametrize("no_colour", [True, False])
def test_the_matrix_has_colour_on_a_terminal(
    no_colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal the matrix is coloured, unless NO_COLOR is set; its text stays the same."""
    monkeypatch.setenv("NO_COLOR", "1" if no_colour else "")
    exit_code, written = run_on_terminal(["eval", *BUNDLED, "--confusion", "-q"])
    assert exit_code == 0
    assert (b"\x1b[38;5;" in written) is not no_colour
    text = re.sub(rb"\x1b\[[0-9;]*m", b"", written).decode()
    plain = subprocess.run(
        [*SCRATCHNET, "eval", *BUNDLED, "--confusion", "-q"], capture_output=True, check=True
    )
    assert text.splitlines() == plain.stdout.decode().splitlines()


def test_markdown_is_tables_for_a_job_summary(run: Run) -> None:
    """The accuracy with its interval, a row for each class, the worst confusions first."""
    answer = json.loads(run("eval", *BUNDLED, "--format", "json").stdout)
    text = run("eval", *BUNDLED, "--format", "markdown").stdout
    assert text.startswith(f"### Accuracy {answer['accuracy']:.4f}: bundled weights on sample")
    interval = answer["interval"]
    assert f"95% interval {interval['low']:.4f} to {interval['high']:.4f}" in text
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    (head, *classes), confused = rows[:11], rows[12:]
    assert head == ["class", "images", "right", "precision", "recall", "F1"]
    assert classes == [
        [
            str(score["class"]),
            str(score["total"]),
            str(score["correct"]),
            *(f"{score[name]:.4f}" for name in ("precision", "recall", "f1")),
        ]
        for score in answer["per_class"]
    ]
    counts = [int(count) for _, _, count in confused]
    assert counts == sorted(counts, reverse=True)
    assert all(answer["confusion"][int(i)][int(j)] == int(count) for i, j, count in confused)


@any_file_name
def test_a_folder_s_name_cannot_write_markdown(run: Run, dataset: Path) -> None:
    """What Markdown and HTML would act on in a name is escaped in the summary."""
    evil = dataset.rename(dataset.with_name("<b>|[x](y) `z`\n# h"))
    text = run("eval", "--weights", "bundled", "--dataset", evil, "--format", "markdown").stdout
    name = r"\<b\>\|\[x\]\(y\) \`z\`\\n\# h"
    assert text.count(name) == 2
    assert not any(line.startswith("# h") for line in text.splitlines())


def test_quiet_leaves_the_answer_and_errors(run: Run) -> None:
    """-q keeps progress, summary and the note of a fallback to itself; a failure is still told."""
    quiet = run("eval", "-q")
    assert (quiet.exit_code, quiet.stderr) == (0, "")
    assert run("eval", "--progress", "none").stderr != ""
    failed = run("eval", *BUNDLED, "--quiet", "--min-accuracy", "1", "--progress", "plain")
    assert failed.exit_code == 1
    assert failed.stderr.startswith("scratchnet: the accuracy 0.")
    assert len(failed.stderr.splitlines()) == 1
    assert "nowhere" in run("eval", "-q", "--weights", "nowhere").stderr


def test_progress_is_about_ten_lines_in_a_log(run: Run) -> None:
    """However many batches there are, a log gets ten lines, and the last one is the whole."""
    lines = run("eval", *BUNDLED, "--batch-size", "1").stderr.splitlines()
    progress = [line for line in lines if line.startswith("batch ")]
    assert len(progress) == 10
    assert progress[0].startswith("batch 100/1000  100/1000  accuracy 0.")
    assert progress[-1].startswith("batch 1000/1000  1000/1000  accuracy 0.")


def test_each_of_a_few_batches_is_shown(run: Run) -> None:
    """Fewer than ten batches are shown one by one, also when the last one is smaller."""
    lines = run("eval", *BUNDLED, "--batch-size", "400").stderr.splitlines()
    shown = [line.split("  ")[:2] for line in lines if line.startswith("batch ")]
    assert shown == [
        ["batch 1/3", "400/1000"],
        ["batch 2/3", "800/1000"],
        ["batch 3/3", "1000/1000"],
    ]


def test_offline_defaults_fall_back_and_say_so(run: Run) -> None:
    """With nothing cached and no network, the bundled network and sample step in, flagged."""
    result = run("eval", "--format", "json", "--progress", "none")
    answer = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (answer["weights"]["name"], answer["weights"]["fallback"]) == ("bundled", True)
    assert (answer["dataset"]["name"], answer["dataset"]["fallback"]) == ("sample", True)
    assert len(result.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("args", "asset"),
    [
        (("--weights", "book", "--dataset", "sample"), "sample_weight.pkl"),
        (("--weights", "bundled", "--dataset", "mnist"), "t10k-images-idx3-ubyte.gz"),
        (("--weights", "bundled", "--split", "train"), "train-images-idx3-ubyte.gz"),
    ],
)
def test_what_was_named_is_never_replaced(run: Run, args: tuple[str, ...], asset: str) -> None:
    """Named and not to be had: exit 4, and each source that was tried stands with its cause."""
    result = run("eval", *args)
    assert result.exit_code == 4
    assert result.stdout == ""
    assert asset in result.stderr
    assert "https://raw.githubusercontent.com/" in result.stderr
    assert "proxy" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_is_a_dataset(run: Run, dataset: Path) -> None:
    """IDX files in MNIST's naming, gzipped or not, are evaluated like MNIST."""
    result = run("eval", "--weights", "bundled", "--dataset", dataset, "--format", "json")
    assert json.loads(result.stdout)["total"] == 100


def test_limit_takes_the_first_images(run: Run) -> None:
    """--limit 10 evaluates ten images."""
    result = run("eval", *BUNDLED, "--limit", "10", "--format", "json")
    assert json.loads(result.stdout)["total"] == 10


@pytest.mark.parametrize(("threshold", "exit_code"), [("0.5", 0), ("0.9999", 1)])
def test_a_threshold_decides_the_exit_code(run: Run, threshold: str, exit_code: int) -> None:
    """Below --min-accuracy the answer is still printed, but the exit code is 1."""
    result = run("eval", *BUNDLED, "--min-accuracy", threshold)
    assert result.exit_code == exit_code
    assert result.stdout.startswith("Accuracy: ")


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (("--batch-size", "0"), "--batch-size"),
        (("--batch-size", "x"), "not a valid whole number"),
        (("--batchsize", "1"), "--batch-size"),
        (("--min-accuracy", "94"), "--min-accuracy"),
        (("--min-accuracy", "nan"), "not in the range 0<=x<=1"),
        (("--weights", ""), "'--weights': the name is empty"),
        (("--dataset", ""), "'--dataset': the name is empty"),
        (("--format", "xml"), "json"),
        (("--format", "json", "--confusion"), "--confusion"),
        (("surplus",), "surplus"),
    ],
)
def test_wrong_usage_is_told_with_a_hint(run: Run, args: tuple[str, ...], hint: str) -> None:
    """Bad input never reaches the command: exit 2 and a hint."""
    result = run("eval", *args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert hint in result.stderr


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("--weights", "nowhere.npz"), "nowhere.npz: No such file"),
        (("--weights", "a\nb"), r"a\nb: No such file"),
        (("--dataset", __file__), f"{__file__}: Not a directory; expected mnist"),
        (("--dataset", "nowhere"), "nowhere: No such file or directory; expected mnist"),
        (("--dataset", "sample", "--split", "train"), "the bundled sample has no train split"),
    ],
)
def test_missing_files_are_one_line(run: Run, args: tuple[str, ...], expected: str) -> None:
    """A weight file or dataset that is not there: exit 3 and one line that names it."""
    result = run("eval", "--weights", "bundled", "--dataset", "sample", *args)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr.startswith(f"scratchnet: {expected}")
    assert len(result.stderr.splitlines()) == 1


def test_a_network_of_another_size_does_not_fit(run: Run, tmp_path: Path) -> None:
    """Weights that take 2 inputs are refused for 28x28 images in one line."""
    weights = tmp_path / "small.npz"
    np.savez(weights, W1=np.ones((2, 10)), b1=np.ones(10))
    result = run("eval", "--weights", weights, "--dataset", "sample")
    assert result.exit_code == 3
    assert result.stderr.startswith(f"scratchnet: {weights} on ")
    assert "the network takes 2 values for each input" in result.stderr


def test_options_can_come_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each option has a SCRATCHNET_<COMMAND>_<OPTION> twin."""
    monkeypatch.setenv("SCRATCHNET_EVAL_FORMAT", "json")
    assert json.loads(run("eval", *BUNDLED).stdout)["total"] == 1000


@pytest.mark.parametrize("batch_size", [1, 7, 999, 10000, 20000])
def test_the_book_figure_on_the_real_files(
    run: Run, real_data: Path, monkeypatch: pytest.MonkeyPatch, batch_size: int
) -> None:
    """The book's weights read 9352 of MNIST's 10,000 test images right at every batch size."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(real_data))
    result = run("eval", "--batch-size", batch_size, "--format", "json")
    answer = json.loads(result.stdout)
    assert answer["correct"] == 9352
    assert answer["weights"]["fallback"] is answer["dataset"]["fallback"] is False

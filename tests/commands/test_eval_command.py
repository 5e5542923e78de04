"""``scratchnet eval``: its output in every format, its messages and its exit codes."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from scratchnet_cli.downloads.assets import MNIST
from tests.conftest import ACCURACY, BUNDLED, BUNDLED_WEIGHTS, SCRATCHNET, Run, any_file_name, idx
from tests.system.test_streams import run_on_terminal

FALLBACK = "not MNIST: bundled weights on the 1,000-digit sample"
NO_PROXY = "the proxy does not work; check HTTPS_PROXY"


@pytest.fixture
def dataset(tmp_path: Path, digits: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Path:
    """Return a folder of the sample's first 100 digits, named like MNIST, one file gzipped."""
    folder = tmp_path / "dataset"
    folder.mkdir()
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(digits[:100])))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(labels[:100]))
    return folder


def evaluated(run: Run, *args: str | int | Path) -> dict[str, Any]:
    """Return the JSON of an evaluation of the sample, or of another dataset."""
    answer: dict[str, Any] = json.loads(run("eval", *BUNDLED, "--format=json", *args).stdout)
    return answer


def test_text_is_one_line(run_process: Run) -> None:
    """Stdout has only the accuracy; progress and summary go to stderr."""
    result = run_process("eval", *BUNDLED)
    assert (result.exit_code, result.stdout) == (0, f"Accuracy: {ACCURACY}\n")
    *_, progress, summary = result.stderr.splitlines()
    assert progress == f"batch 10/10  1000/1000  accuracy {ACCURACY}"
    pattern = r"bundled weights on sample: (\d+) of 1000 right, [\d,]+ images/s"
    (right,) = re.fullmatch(pattern, summary).groups()  # type: ignore[union-attr]
    assert int(right) / 1000 == float(ACCURACY)


def test_json_has_every_figure(run: Run) -> None:
    """The fields that scripts depend on are there and agree with each other."""
    result = run("eval", *BUNDLED, "--format", "json", "--progress", "none")
    answer = json.loads(result.stdout)
    assert list(answer) == [
        "accuracy", "interval", "correct", "total", "unreadable", "skipped", "batch_size",
        "classes", "confusion", "per_class", "ece", "reliability", "mistakes", "dataset", "split",
        "weights", "activations", "made", "versions", "elapsed_s", "images_per_s",
    ]  # fmt: skip
    assert list(answer["weights"]) == ["name", "source", "sha256", "fallback"]
    assert (answer["dataset"]["name"], answer["dataset"]["fallback"]) == ("sample", False)
    assert answer["correct"] == sum(row[i] for i, row in enumerate(answer["confusion"]))
    assert answer["total"] == 1000 == sum(map(sum, answer["confusion"]))
    assert answer["accuracy"] == answer["correct"] / 1000
    assert (answer["split"], answer["batch_size"]) == ("test", 100)
    assert answer["classes"] == list(range(10))
    for score in answer["per_class"]:
        assert score["total"] == 100
        assert score["recall"] == score["accuracy"] == score["correct"] / 100
    assert answer["interval"]["low"] < answer["accuracy"] < answer["interval"]["high"]
    assert sum(part["count"] for part in answer["reliability"]) == 1000
    assert len(answer["mistakes"]) == 1000 - answer["correct"]
    for mistake in answer["mistakes"]:
        assert mistake["label"] != mistake["prediction"]
        assert mistake["probability"] == max(mistake["probabilities"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", answer["made"])
    assert answer["images_per_s"] == pytest.approx(1000 / answer["elapsed_s"])
    assert result.stderr == ""
    np.savez("zeros.npz", W1=np.zeros((784, 10)), b1=np.zeros(10))
    assert len(evaluated(run, "--weights", "zeros.npz")["networks"][1]["mistakes"]) == 24


def test_confusion_is_aligned_and_ends_in_the_accuracy(run: Run) -> None:
    """It is a line for each digit, with the numbers of the JSON, before the answer."""
    head, *lines, last = run("eval", *BUNDLED, "--confusion").stdout.splitlines()
    assert head.strip() == "read as"
    assert last.startswith("Accuracy: 0.")
    assert lines[0].split() == ["shown", *map(str, range(10))]
    assert [line.split() for line in lines[1:]] == [
        [str(label), *(str(count) if count else "·" for count in row)]
        for label, row in enumerate(evaluated(run)["confusion"])
    ]
    assert len({tuple(word.end() for word in re.finditer(r"\S+", line)) for line in lines}) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Unix terminals")
@pytest.mark.parametrize("no_colour", ["1", ""])
def test_confusion_has_colours_on_a_terminal(
    no_colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless NO_COLOR is set; the text stays the same."""
    monkeypatch.setenv("NO_COLOR", no_colour)
    command = ["eval", *BUNDLED, "--confusion", "-q"]
    exit_code, written = run_on_terminal(*command)
    plain = subprocess.run([*SCRATCHNET, *command], capture_output=True, check=True).stdout
    assert exit_code == 0
    text = re.sub(rb"\x1b\[[0-9;]*m", b"", written)
    assert text.decode().splitlines() == plain.decode().splitlines()
    assert (b"\x1b[38;5;" in written) is not bool(no_colour)


def test_markdown_is_tables(run: Run) -> None:
    """The accuracy with its interval, a row for each class, the most frequent confusions."""
    answer = evaluated(run)
    text = run("eval", *BUNDLED, "--format", "markdown").stdout
    low, high = answer["interval"]["low"], answer["interval"]["high"]
    assert text.startswith(
        f"### Accuracy {answer['accuracy']:.4f}: bundled weights on sample, test split\n\n"
        f"{answer['correct']} of 1000 images right, 95% interval {low:.4f} to {high:.4f} (Wilson)."
    )
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    assert rows[:11] == [
        ["class", "images", "right", "precision", "recall", "F1"],
        *(
            [
                *(str(score[name]) for name in ("class", "total", "correct")),
                *(f"{score[name]:.4f}" for name in ("precision", "recall", "f1")),
            ]
            for score in answer["per_class"]
        ),
    ]
    confusions = [[int(cell) for cell in row] for row in rows[12:]]
    counts = [count for _, _, count in confusions]
    assert len(counts) == 10
    assert counts == sorted(counts, reverse=True)
    assert all(answer["confusion"][i][j] == count for i, j, count in confusions)
    assert f"Dataset: sample, sha256 `{answer['dataset']['sha256']}`" in text
    fallback = run("eval", "--format", "markdown").stdout
    assert "\nWeights: bundled, in place of the default, sha256 `" in fallback


@any_file_name
def test_markdown_escapes_names(run: Run, dataset: Path) -> None:
    """A folder's name starts no heading, link or HTML."""
    folder = dataset.rename(dataset.with_name("<b>|[x](y) `z`\n# h"))
    text = run("eval", *BUNDLED_WEIGHTS, "--dataset", folder, "--format", "markdown").stdout
    assert text.count(r"\<b\>\|\[x\]\(y\) \`z\`\\n\# h") == 2
    assert not any(line.startswith("# h") for line in text.splitlines())


def test_quiet_leaves_the_answer_and_errors(run: Run) -> None:
    """-q hides progress, summary and the warning of a fallback; ``none`` hides only progress."""
    quiet = run("eval", "-q")
    assert (quiet.exit_code, quiet.stderr) == (0, "")
    assert run("eval", "--progress", "none").stderr.startswith("warning: not MNIST")
    failed = run("eval", *BUNDLED, "--quiet", "--min-accuracy", "1", "--progress", "plain")
    assert failed.exit_code == 1
    assert failed.stderr.startswith("error: the accuracy 0.")
    assert len(failed.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("batch_size", "shown"),
    [(1, [(100 * i, 1000, 100 * i) for i in range(1, 11)]),
     (400, [(1, 3, 400), (2, 3, 800), (3, 3, 1000)])],
)  # fmt: skip
def test_progress_is_at_most_ten_lines(
    run: Run, batch_size: int, shown: list[tuple[int, int, int]]
) -> None:
    """A log has about every tenth batch, or each of a few; the last line is the whole."""
    lines = run("eval", *BUNDLED, "--batch-size", batch_size).stderr.splitlines()
    assert [line.partition("  accuracy 0.")[0] for line in lines if line.startswith("batch ")] == [
        f"batch {batch}/{batches}  {done}/1000" for batch, batches, done in shown
    ]


def test_defaults_fall_back_without_internet(run: Run) -> None:
    """The bundled weights and the sample replace the defaults."""
    result = run("eval", "--format", "json", "--progress", "none")
    answer = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (answer["weights"]["name"], answer["weights"]["fallback"]) == ("bundled", True)
    assert (answer["dataset"]["name"], answer["dataset"]["fallback"]) == ("sample", True)


@pytest.mark.parametrize("named", [(), ("--weights", "bundled"), ("--dataset", "sample")])
def test_threshold_is_never_passed_by_a_fallback(run: Run, named: tuple[str, ...]) -> None:
    """With a threshold, what cannot be downloaded ends the run."""
    result = run("eval", *named, "--min-accuracy", "0.5")
    assert (result.exit_code, result.stdout) == (4, "")


@pytest.mark.parametrize(
    ("options", "setting", "value", "warning"),
    [
        ((), "OFFLINE", "1", f"{FALLBACK} (SCRATCHNET_OFFLINE is 1)"),
        ((), "OFFLINE", "0", f"{FALLBACK} ({NO_PROXY})"),
        (("--weights", "bundled"), "OFFLINE", "0", f"{FALLBACK} ({NO_PROXY})"),
        (("--dataset", "sample"), "OFFLINE", "0",
         f"not the book's weights: bundled weights on sample ({NO_PROXY})"),
        ((), "MIRROR", "a b",
         f"{FALLBACK} (SCRATCHNET_MIRROR: {Path('a b/FILE')}: No such file or directory)"),
        ((), "MIRROR", "http://me:secret@127.0.0.1:9",
         f"{FALLBACK} (SCRATCHNET_MIRROR: http://127.0.0.1: the connection was refused)"),
    ],
)  # fmt: skip
def test_fallback_is_the_last_line_before_the_answer(
    run: Run, monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...], setting: str, value: str, warning: str,
) -> None:  # fmt: skip
    """One warning says what was evaluated and why; of a mirror it shows no password."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv(f"SCRATCHNET_{setting}", value)
    result = run("eval", *options)
    assert result.exit_code == 0
    *progress, last = result.stderr.splitlines()
    assert last == f"warning: {warning.replace('FILE', MNIST['test'][0].name)}"
    assert not any(line.startswith(("error:", "warning:", "note:")) for line in progress)


@pytest.mark.parametrize(
    ("args", "asset"),
    [
        (("--weights", "book", "--dataset", "sample"), "sample_weight.pkl"),
        (("--weights", "bundled", "--dataset", "mnist"), "t10k-images-idx3-ubyte.gz"),
        (("--weights", "bundled", "--split", "train"), "train-images-idx3-ubyte.gz"),
    ],
)
def test_named_files_are_never_replaced(run: Run, args: tuple[str, ...], asset: str) -> None:
    """What was named and is not available: exit 4, and the cause."""
    result = run("eval", *args)
    assert (result.exit_code, result.stdout) == (4, "")
    assert asset in result.stderr
    assert NO_PROXY in result.stderr
    assert "Traceback" not in result.stderr


def test_dataset_may_be_a_folder(run: Run, dataset: Path) -> None:
    """IDX files are evaluated like MNIST; --limit uses the first images."""
    answer = evaluated(run, "--dataset", dataset, "--limit", 60)
    assert (answer["total"], answer["dataset"]["name"]) == (60, str(dataset))
    assert answer["confusion"] == evaluated(run, "--limit", 60)["confusion"]
    assert evaluated(run, "--dataset", dataset)["total"] == 100


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--weights", "nowhere.npz"), "nowhere.npz: No such file"),
        (("--weights", "a\nb"), r"a\nb: No such file"),
        (("--dataset", __file__), f"{__file__}: line 1 has 2 columns, expected 785"),
        (("--dataset", "nowhere"), "nowhere: No such file or directory; expected mnist"),
        (("--dataset", "."), ".: contains no labelled images (no IDX files, labels list or class "
         "folders)\nSort pictures into folders named after classes (0, 1, …), or list them in "
         "labels.tsv or .csv."),
        (("--dataset", "sample", "--split", "train"), "the bundled sample has no train split"),
        (("--weights", "small.npz"), "small.npz: the network takes 2 values for each input, an "
         "image has 784 (28x28); use other weights"),
        (("--weights", "two.npz"), "{sample} has a label 9, but two.npz has only the"),
    ],
)  # fmt: skip
def test_files_that_do_not_work_are_named(run: Run, args: tuple[str, ...], message: str) -> None:
    """Exit 3 and a message that names the file."""
    np.savez("small.npz", W1=np.ones((2, 10)), b1=np.ones(10))
    np.savez("two.npz", W1=np.ones((784, 2)), b1=np.ones(2))
    source = evaluated(run, "--limit", 1)["dataset"]["source"]
    result = run("eval", *BUNDLED, "-q", *args)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith(f"error: {message.format(sample=source)}")
    assert len(result.stderr.splitlines()) == 1 + message.count("\n")


def test_network_of_more_classes_than_the_dataset_has_a_note(run: Run) -> None:
    """Its accuracy says little, for example if a hidden layer is taken for the last."""
    np.savez("50.npz", W1=np.ones((784, 50)), b1=np.ones(50))
    result = run("eval", "--dataset", "sample", "--weights", "50.npz")
    assert result.exit_code == 0
    assert "the network has 50 classes, but the largest label is 9; check" in result.stderr
    assert "classes" not in run("eval", *BUNDLED, "--limit", "1").stderr


def test_options_may_come_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each option has a variable, ``SCRATCHNET_<COMMAND>_<OPTION>``."""
    monkeypatch.setenv("SCRATCHNET_EVAL_FORMAT", "json")
    assert json.loads(run("eval", *BUNDLED).stdout)["total"] == 1000


@pytest.mark.parametrize("batch_size", [1, 7, 999, 10000, 2**31 - 1])
def test_book_weights_read_9352_of_the_real_set(
    run: Run, real_data: Path, monkeypatch: pytest.MonkeyPatch, batch_size: int
) -> None:
    """The accuracy is the book's for every batch size."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(real_data))
    answer = json.loads(run("eval", "--batch-size", batch_size, "--format", "json").stdout)
    assert (answer["correct"], answer["total"]) == (9352, 10_000)
    assert answer["weights"]["fallback"] is answer["dataset"]["fallback"] is False

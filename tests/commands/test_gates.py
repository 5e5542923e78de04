"""Thresholds in CI: the exit code, and what GitHub Actions is told."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.system.text import annotate, below
from tests.conftest import ACCURACY, BUNDLED, Run, any_file_name


@pytest.fixture
def summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job of GitHub Actions, and the file of its summary."""
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def annotations(stderr: str) -> list[str]:
    """The workflow commands in a log."""
    return [line for line in stderr.splitlines() if line.startswith("::")]


@pytest.mark.parametrize(("threshold", "exit_code"), [("0.93", 0), ("0.9352", 0), ("0.94", 1)])
def test_the_gate_on_the_real_set(
    run: Run,
    real_data: Path,
    summary: Path,
    monkeypatch: pytest.MonkeyPatch,
    threshold: str,
    exit_code: int,
) -> None:
    """0.93 passes and 0.94 fails, with one annotation; stdout is the answer in both cases."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(real_data))
    result = run("eval", "--min-accuracy", threshold)
    assert (result.exit_code, result.stdout) == (exit_code, "Accuracy: 0.9352\n")
    assert len(annotations(result.stderr)) == exit_code
    assert ("Accuracy 0.9352" in summary.read_text(encoding="utf-8")) is bool(exit_code)


def test_a_failed_gate_is_annotated_and_summed_up(run: Run, summary: Path) -> None:
    """One ::error line on stderr, and the summary gets the verdict and the tables appended."""
    plain = run("eval", *BUNDLED, "--format", "markdown").stdout
    result = run("eval", *BUNDLED, "--min-accuracy", "0.999", "--quiet")
    (line,) = annotations(result.stderr)
    assert result.exit_code == 1
    assert result.stdout.startswith("Accuracy: 0.")
    assert len(result.stdout.splitlines()) == 1
    assert line.startswith("::error title=scratchnet eval::the accuracy 0.")
    assert "is below --min-accuracy 0.999" in line
    written = summary.read_text(encoding="utf-8")
    assert written.startswith("before\n**Failed: the accuracy 0.")
    assert plain in written


def test_a_passed_gate_says_nothing_to_github(run: Run, summary: Path) -> None:
    """Neither an annotation nor a summary comes of a run that is good enough."""
    result = run("eval", *BUNDLED, "--min-accuracy", "0.5")
    assert result.exit_code == 0
    assert annotations(result.stderr) == []
    assert summary.read_text() == "before\n"


@pytest.mark.parametrize("threshold", [f"{ACCURACY}0001", "0.999999999"])
def test_a_failed_gate_shows_numbers_that_differ(run: Run, threshold: str) -> None:
    """A threshold is repeated digit by digit, so that nobody reads that 0.98 is below 0.98."""
    stderr = run("eval", *BUNDLED, "--progress", "none", "--min-accuracy", threshold).stderr
    assert stderr == f"scratchnet: the accuracy {ACCURACY} is below --min-accuracy {threshold}\n"


def test_a_probability_that_is_nearly_one_is_not_called_one(
    run: Run, tmp_path: Path, summary: Path, digits: NDArray[np.uint8]
) -> None:
    """Where four decimals hide that an answer is below, more are shown."""
    weights, picture = tmp_path / "w.npz", tmp_path / "x.png"
    np.savez(weights, W1=np.zeros((784, 10)), b1=np.array([18.0] + [0] * 9))
    Image.fromarray(digits[0]).save(picture)
    result = run("predict", "--weights", weights, "--min-confidence", "1", picture)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-2:] == [
        f"scratchnet: {picture}: read as 0 with probability 0.9999999, below --min-confidence 1",
        "::error title=scratchnet predict::1 answer below --min-confidence 1",
    ]
    assert summary.read_text() == "before\n"


@pytest.mark.parametrize(
    ("number", "limit", "text"),
    [
        (0.4, 0.5, "0.4000"),
        (0.99994, 1, "0.9999"),
        (0.99996, 1, "0.99996"),
        (1 - 2**-53, 1, "0.9999999999999999"),
        (2e-12, 3e-12, "0.0000"),
    ],
)
def test_a_number_below_another_is_written_so_that_it_is_seen(
    number: float, limit: float, text: str
) -> None:
    """Four decimals, as everywhere, unless they round it up to the limit."""
    assert below(number, limit) == text
    assert float(text) < limit


@pytest.mark.parametrize("value", ["", "false"])
def test_elsewhere_there_are_no_annotations(
    run: Run, summary: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """Without GITHUB_ACTIONS=true a failed gate is a plain message."""
    monkeypatch.setenv("GITHUB_ACTIONS", value)
    result = run("eval", *BUNDLED, "--min-accuracy", "1")
    assert result.exit_code == 1
    assert "::error" not in result.stderr
    assert summary.read_text() == "before\n"


def test_a_summary_that_cannot_be_written_is_a_note(
    run: Run, summary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict stands, and the message names the file and the reason, each once."""
    path = summary.with_name("missing") / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    result = run("eval", *BUNDLED, "--min-accuracy", "1", "--progress", "none")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        f"scratchnet: the job summary {path} cannot be written (No such file or directory)"
    )


def test_many_pictures_below_are_one_annotation(
    run: Run, summary: Path, tmp_path: Path, digits: NDArray[np.uint8]
) -> None:
    """Predict tells GitHub once how many answers were not sure enough."""
    paths = [tmp_path / f"{i}.png" for i in range(3)]
    for path, pixels in zip(paths, digits, strict=False):
        Image.fromarray(pixels).save(path)
    result = run("predict", "--weights", "bundled", "--format", "json", *paths,
                 "--min-confidence", "1")  # fmt: skip
    below = [json.loads(line)["probability"] < 1 for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert len(below) == 3
    assert sum(below) > 1
    assert annotations(result.stderr) == [
        f"::error title=scratchnet predict::{sum(below)} answers below --min-confidence 1"
    ]
    summary.unlink()
    assert annotations(run("predict", "--weights", "bundled", *paths).stderr) == []


def test_what_could_end_a_workflow_command_is_escaped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Per cent signs, line ends, colons and commas of a title or message stay data."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    annotate("a,b:c%\r\nd", "x%0A\r\n::error::y,:")
    assert capsys.readouterr().err == (
        "::error title=a%2Cb%3Ac%25%0D%0Ad::x%250A\\r\\n::error::y,:\n"
    )


@any_file_name
def test_a_folder_s_name_cannot_forge_a_command(
    run: Run, summary: Path, tmp_path: Path, digits: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> None:
    """A dataset in a folder named like a command is still one annotation, with its name in it."""
    folder = tmp_path / "x\n::warning::forged %0A"
    folder.mkdir()
    head = bytes((0, 0, 8, 3)) + b"".join(n.to_bytes(4, "big") for n in (9, 28, 28))
    (folder / "t10k-images-idx3-ubyte").write_bytes(head + digits[:9].tobytes())
    head = bytes((0, 0, 8, 1)) + (9).to_bytes(4, "big")
    (folder / "t10k-labels-idx1-ubyte").write_bytes(head + ((labels[:9] + 1) % 10).tobytes())
    result = run("eval", "--weights", "bundled", "--dataset", folder, "--min-accuracy", "1")
    (line,) = annotations(result.stderr)
    assert "x\\n::warning::forged %250A" in line
    assert "\n::warning" not in summary.read_text(encoding="utf-8")

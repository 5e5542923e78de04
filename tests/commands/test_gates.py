"""Thresholds in CI: exit codes, and what GitHub Actions receives."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.system.text import annotate, format_below
from tests.conftest import ACCURACY, BUNDLED, BUNDLED_WEIGHTS, Run, any_file_name, write_dataset

Bytes = NDArray[np.uint8]


@pytest.fixture
def summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Act as a job of GitHub Actions; return the file of its summary."""
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def annotations(stderr: str) -> list[str]:
    """Return the workflow commands in a log."""
    return [line for line in stderr.splitlines() if line.startswith("::")]


@pytest.mark.parametrize(("threshold", "exit_code"), [("0.93", 0), ("0.9352", 0), ("0.94", 1)])
def test_gate_on_the_real_set(
    run: Run, real_data: Path, monkeypatch: pytest.MonkeyPatch, threshold: str, exit_code: int
) -> None:
    """0.93 passes and 0.94 fails; stdout is the answer in both cases."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(real_data))
    result = run("eval", "--min-accuracy", threshold)
    assert (result.exit_code, result.stdout) == (exit_code, "Accuracy: 0.9352\n")


def test_failed_gate_is_annotated_and_summed_up(run: Run, summary: Path) -> None:
    """Stderr has one ::error line, and the verdict and the tables are appended to the summary."""
    plain = run("eval", *BUNDLED, "--format", "markdown").stdout
    result = run("eval", *BUNDLED, "--min-accuracy", "0.999", "--quiet")
    assert (result.exit_code, result.stdout) == (1, f"Accuracy: {ACCURACY}\n")
    message = f"the accuracy {ACCURACY} is below --min-accuracy 0.999"
    assert result.stderr.splitlines() == [
        f"error: {message}",
        f"::error title=scratchnet eval::{message}: bundled weights on sample, test split",
    ]
    written = summary.read_text(encoding="utf-8")
    assert written == f"before\n**Failed: {message}**\n\n{plain.rstrip()}\n\n"


def test_passed_gate_is_silent(run: Run, summary: Path) -> None:
    """A run that is good enough makes neither an annotation nor a summary."""
    for threshold in ("0.5", ACCURACY):
        result = run("eval", *BUNDLED, "--min-accuracy", threshold)
        assert (result.exit_code, annotations(result.stderr)) == (0, [])
    assert summary.read_text() == "before\n"


@pytest.mark.parametrize("threshold", [f"{ACCURACY}0001", "0.999999999", "1"])
def test_failed_gate_shows_numbers_that_differ(run: Run, threshold: str) -> None:
    """A threshold is repeated digit by digit: no message says that 0.98 is below 0.98."""
    stderr = run("eval", *BUNDLED, "--progress", "none", "--min-accuracy", threshold).stderr
    assert stderr == f"error: the accuracy {ACCURACY} is below --min-accuracy {threshold}\n"


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
def test_number_below_a_limit_is_shown_below_it(number: float, limit: float, text: str) -> None:
    """It has four decimals, or more if they would round it up to the limit."""
    assert format_below(number, limit) == text
    assert float(text) < limit


def test_answers_below_are_one_annotation(run: Run, summary: Path, digits: Bytes) -> None:
    """``predict`` annotates how many there are; more decimals show what four would hide."""
    np.savez("w.npz", W1=np.zeros((784, 10)), b1=np.array([18.0] + [0] * 9))
    names = ["0.png", "1.png"]
    for name, pixels in zip(names, digits, strict=False):
        Image.fromarray(pixels).save(name)
    for count in (1, 2):
        shown = names[:count]
        result = run("predict", "--weights", "w.npz", "--min-confidence", "1", *shown)
        below = "0 (0.9999999): below --min-confidence 1"
        assert result.exit_code == 1
        assert result.stderr.splitlines() == [
            *(f"error: {name}: {below}" for name in shown),
            f"::error title=scratchnet predict::answers below --min-confidence 1: {count}",
        ]
    passed = run("predict", "--weights", "w.npz", "--min-confidence", "0.9", *names)
    assert annotations(passed.stderr) == []
    assert summary.read_text() == "before\n"


@pytest.mark.parametrize("value", ["", "false"])
def test_gate_elsewhere_makes_no_annotation(
    run: Run, summary: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """Without GITHUB_ACTIONS=true a failed gate is a plain message."""
    monkeypatch.setenv("GITHUB_ACTIONS", value)
    result = run("eval", *BUNDLED, "--min-accuracy", "1")
    assert result.exit_code == 1
    assert "::error" not in result.stderr
    assert summary.read_text() == "before\n"


def test_summary_that_cannot_be_written_is_a_message(
    run: Run, summary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code stays, and the message names the file and the reason."""
    path = summary.with_name("missing") / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    result = run("eval", *BUNDLED, "--min-accuracy", "1", "--progress", "none")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        f"warning: GITHUB_STEP_SUMMARY {path}: cannot be written (No such file or directory)"
    )


def test_annotation_escapes_what_ends_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Per cent signs, line ends, colons and commas of a title or message stay data."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    annotate("a,b:c%\r\nd", "x%0A\r\n::error::y,:")
    assert capsys.readouterr().err == (
        "::error title=a%2Cb%3Ac%25%0D%0Ad::x%250A\\r\\n::error::y,:\n"
    )


@any_file_name
@pytest.mark.parametrize(
    "command",
    [f"eval --dataset ##[f] --format {name}" for name in ("text", "json", "markdown")]
    + [f"inspect --format {name}" for name in ("text", "json")],
)
def test_answer_contains_no_command_on_github(
    run: Run, monkeypatch: pytest.MonkeyPatch, digits: Bytes, command: str
) -> None:
    """Names of folders, pictures and weights are escaped in each format; JSON stays the same."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    Path("##[f]/1").mkdir(parents=True)
    Image.fromarray(digits[0]).save("##[f]/1/##[error]x.png")
    run("convert", "bundled", "##[w].npz")
    option = ("--weights",) if command.startswith("eval") else ()
    there = run(*command.split(), *option, "##[w].npz")
    assert there.exit_code == 0
    assert "##[" not in there.stdout + there.stderr
    if "json" in command:
        assert "##[w].npz" in str(json.loads(there.stdout))


@any_file_name
def test_annotation_of_a_folder_named_like_a_command_is_one(
    run: Run, summary: Path, tmp_path: Path, digits: Bytes, labels: Bytes
) -> None:
    """Its name is in the annotation and starts no other."""
    folder = tmp_path / "x\n::warning::forged %0A"
    write_dataset(folder, digits[:9], (labels[:9] + 1) % 10)
    result = run("eval", *BUNDLED_WEIGHTS, "--dataset", folder, "--min-accuracy", "1")
    (line,) = annotations(result.stderr)
    assert "x\\n::warning::forged %250A" in line
    assert "\n::warning" not in summary.read_text(encoding="utf-8")

"""Files and command lines that nobody would think of; ``make fuzz`` tries many more of them."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from scratchnet_cli.system.text import printable
from tests.conftest import Run
from tests.fuzz.targets import TARGETS

# A failure of the default suite must come again, so it draws the same examples each time.
EXAMPLES = int(os.environ.get("SCRATCHNET_TEST_EXAMPLES", "0"))
within_reason = settings(
    max_examples=EXAMPLES or 150,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@some.composite
def mutated(draw: some.DrawFn, seeds: list[bytes]) -> bytes:
    """A sound file in which a few stretches were replaced, taken out or put in."""
    data = bytearray(draw(some.sampled_from(seeds)))
    for _ in range(draw(some.integers(1, 4))):
        start = draw(some.integers(0, len(data)))
        end = start + draw(some.sampled_from((0, 1, 2, 4, 20)))
        data[start:end] = draw(some.binary(max_size=8))
    return bytes(data)


@pytest.mark.parametrize("parser", TARGETS)
@within_reason
@given(draw=some.data())
def test_a_changed_file_is_read_or_refused(parser: str, draw: some.DataObject) -> None:
    """A file that was sound once gives an answer or one sentence, whatever became of it."""
    TARGETS[parser].check(draw.draw(mutated(TARGETS[parser].seeds)))


@pytest.mark.parametrize("parser", TARGETS)
@within_reason
@given(data=some.binary(max_size=200))
def test_any_bytes_are_read_or_refused(parser: str, data: bytes) -> None:
    """So do bytes that were never a file."""
    TARGETS[parser].check(data)


WORDS = [
    "eval", "predict", "download", "cache", "verify", "list", "clear", "path", "help", "-", "--",
    "forward", "inspect", "convert", "three-layer", "new.npz", "new.pkl", "new.html", "softmax",
    "--report", "--save-preprocessed", "--trace", "--confusion", "--output", "--quiet", "0.5",
    "--batch-size", "--weights", "--dataset", "--split", "--limit", "--format", "--min-accuracy",
    "--progress", "--files-from", "--top", "--show", "--min-confidence", "--polarity", "--raw",
    "--force", "--help", "--version", "-h", "--multiple", "--progress=none", "--limit=3",
    "bundled", "sample", "book", "mnist", "test", "train", "json", "text", "tsv", "plain", "dark",
    "0", "1", "-1", "3", "1e3", "nan", "inf", "-0", "9" * 30, "0x10", "٣", "", " ", "\n",
    "\x1b[31m", "\udcff", "no such file", ".", "/", "/dev/null", "a" * 300, "--weights=", "---",
]  # fmt: skip


COMMANDS = ["eval", "predict", "forward", "inspect", "convert", "download", "cache", None]
# Without a slash, for some of these words become the names of new files.
ANY_WORD = some.text(max_size=3).filter(lambda word: "/" not in word)


@within_reason
@given(
    command=some.sampled_from(COMMANDS),
    words=some.lists(some.sampled_from(WORDS) | ANY_WORD, max_size=6),
)
def test_any_command_line_ends_with_a_known_exit_code(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str | None, words: list[str]
) -> None:
    """Odd words in odd places give an answer or a message, never a traceback."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    result = run(*([command] if command else []), *words)
    assert result.exit_code in range(5)
    for line in result.stderr.split("\n"):
        assert printable(line) == line
    assert result.stdout or result.stderr or result.exit_code == 0

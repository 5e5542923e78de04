"""Random files and command lines; ``make fuzz`` tries many more of them."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from scratchnet_cli.system.text import escape
from tests.conftest import Run
from tests.fuzz.targets import TARGETS

# The default suite draws the same examples each time, so that a failure is repeated.
EXAMPLES = int(os.environ.get("SCRATCHNET_TEST_EXAMPLES", "0"))
limited = settings(
    max_examples=EXAMPLES or 75, derandomize=not EXAMPLES, database=None, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@some.composite
def mutated(draw: some.DrawFn, seeds: list[bytes]) -> bytes:
    """Return a valid file in which a few parts were replaced, removed or inserted."""
    data = bytearray(draw(some.sampled_from(seeds)))
    for _ in range(draw(some.integers(1, 4))):
        start = draw(some.integers(0, len(data)))
        end = start + draw(some.sampled_from((0, 1, 2, 4, 20)))
        data[start:end] = draw(some.binary(max_size=8))
    return bytes(data)


@pytest.mark.parametrize("parser", TARGETS)
@limited
@given(draw=some.data(), data=some.binary(max_size=200))
def test_fuzz_files_are_read_or_refused(parser: str, draw: some.DataObject, data: bytes) -> None:
    """Random bytes, and a valid file after a few changes, give a result or one sentence."""
    TARGETS[parser].check(data)
    TARGETS[parser].check(draw.draw(mutated(TARGETS[parser].seeds)))


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
COMMANDS = ["eval", "predict", "forward", "inspect", "convert", "download", "cache"]
# Without a slash, because some of these words become the names of new files.
ANY_WORD = some.text(max_size=3).filter(lambda word: "/" not in word)


@limited
@given(
    command=some.sampled_from([*([name] for name in COMMANDS), []]),
    words=some.lists(some.sampled_from(WORDS) | ANY_WORD, max_size=6),
)
def test_fuzz_command_lines_end_with_a_known_exit_code(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: list[str], words: list[str]
) -> None:
    """Random words in random places give an answer or a message, never a traceback."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", "1")
    result = run(*command, *words)
    assert result.exit_code in range(5)
    for line in result.stderr.split("\n"):
        assert escape(line) == line
    assert result.stdout or result.stderr or result.exit_code == 0

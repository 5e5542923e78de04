"""Shell completion, which is Click's own."""

import os
import subprocess
from pathlib import Path

import pytest

from scratchnet_cli.cli import COMMANDS
from tests.conftest import BUNDLED, SCRATCHNET, Run

REFERENCE = Path(__file__).parents[2] / ".github" / "docs" / "reference.md"


def answer(**variables: str) -> list[str]:
    """Return what the program prints for a shell that sets these variables."""
    done = subprocess.run(
        SCRATCHNET, env={**os.environ, **variables}, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("",), [f"plain,{name}" for name in COMMANDS]),
        (("pre",), ["plain,predict"]),
        (("cache", "v"), ["plain,verify"]),
        (("eval", "--lim"), ["plain,--limit"]),
        (("eval", "--format", "m"), ["plain,markdown"]),
        (("eval", "--weights", "b"), ["file,b"]),
        (("inspect", "b"), ["file,b"]),
        (("predict", "pict"), ["file,pict"]),
        (("predict", "--save-preprocessed", "o"), ["dir,o"]),
    ],
    ids=" ".join,
)
def test_completion_offers_commands_options_and_files(
    words: tuple[str, ...], expected: list[str]
) -> None:
    """Bash is offered commands, options and choices; paths are left to the shell."""
    found = answer(
        _SCRATCHNET_COMPLETE="bash_complete",
        COMP_WORDS=" ".join(("scratchnet", *words)),
        COMP_CWORD=str(len(words)),
    )
    assert found == expected


@pytest.mark.parametrize(
    ("instruction", "words", "exit_code"),
    [
        ("nope", "scratchnet", 2),
        ("bash_nope", "scratchnet", 2),
        ("bash_complete", None, 2),
        ("bash_complete", "scratchnet", 2),
        ("", None, 1),
    ],
)
def test_completion_that_no_shell_asked_for_is_wrong_usage(
    run: Run, monkeypatch: pytest.MonkeyPatch, instruction: str, words: str | None, exit_code: int
) -> None:
    """One line says what to do; an empty variable is none, and the command runs."""
    monkeypatch.setenv("_SCRATCHNET_COMPLETE", instruction)
    if words:
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", "x")
    result = run("eval", *BUNDLED, "-q", "--min-accuracy", "1")
    assert (result.exit_code, result.stderr.count("\n")) == (exit_code, 1)
    assert result.stderr.startswith("error: _SCRATCHNET_COMPLETE") == (exit_code == 2)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_has_a_line_in_the_reference(shell: str) -> None:
    """The line asks the program for the shell's script, and the program prints it."""
    text = REFERENCE.read_text(encoding="utf-8")
    assert text.count(f"_SCRATCHNET_COMPLETE={shell}_source scratchnet") == 1
    assert "_scratchnet_completion" in "\n".join(answer(_SCRATCHNET_COMPLETE=f"{shell}_source"))

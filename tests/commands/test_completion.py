"""Shell completion: Click's protocol, and a real bash that speaks it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scratchnet_cli.cli import COMMANDS
from tests.conftest import SCRATCHNET

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BASH = shutil.which("bash")


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


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_has_a_line_in_the_readme(shell: str) -> None:
    """The README's line asks the program for the shell's script, and the program prints it."""
    assert README.count(f"_SCRATCHNET_COMPLETE={shell}_source scratchnet") == 1
    assert "_scratchnet_completion" in "\n".join(answer(_SCRATCHNET_COMPLETE=f"{shell}_source"))


@pytest.mark.skipif(BASH is None or sys.platform == "win32", reason="no bash")
def test_completion_works_in_bash(tmp_path: Path) -> None:
    """After the README's line, bash itself completes ``--format j``."""
    (line,) = (part for part in README.splitlines() if "bash_source" in part)
    assert BASH
    command = tmp_path / "scratchnet"
    command.write_text(f'#!/bin/sh\nexec {SCRATCHNET[0]} -m scratchnet_cli "$@"\n')
    command.chmod(0o755)
    script = f"""
compopt() {{ :; }}
{line.split("#")[0]}
COMP_WORDS=(scratchnet eval --format j) COMP_CWORD=3
_scratchnet_completion scratchnet
echo "${{COMPREPLY[@]}}"
complete -p scratchnet
"""
    done = subprocess.run(
        [BASH, "--norc", "-c", script],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[0] == "json"
    assert "-F _scratchnet_completion scratchnet" in done.stdout

"""Shell completion: Click's protocol, and a real bash that speaks it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SCRATCHNET

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BASH = shutil.which("bash")


def completions(shell: str, *words: str) -> list[str]:
    """What the program answers to a shell that asks how the last word goes on."""
    index = words[-1] if shell == "fish" else str(len(words))
    done = subprocess.run(
        SCRATCHNET,
        env={
            **os.environ,
            "_SCRATCHNET_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": " ".join(("scratchnet", *words)),
            "COMP_CWORD": index,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("eval", "--weights", "b"), ["file,b", "plain,book", "plain,bundled"]),
        (("predict", "--weights", "bo"), ["file,bo", "plain,book"]),
        (("bench", "--weights", "t"), ["file,t", "plain,three-layer"]),
        (("inspect", "b"), ["file,b", "plain,book", "plain,bundled"]),
        (("forward", "t"), ["file,t", "plain,three-layer"]),
        (("forward", "three-layer", "x"), ["file,x"]),
        (("convert", "bo"), ["file,bo", "plain,book"]),
        (("convert", "book", "o"), ["file,o"]),
        (("eval", "--dataset", "m"), ["dir,m", "plain,mnist"]),
        (("eval", "--dataset", "x"), ["dir,x"]),
        (("eval", "--format", "m"), ["plain,markdown"]),
        (("predict", "pict"), ["file,pict"]),
        (("predict", "--files-from", "l"), ["file,l"]),
        (("predict", "--report", "o"), ["file,o"]),
        (("pre",), ["plain,predict"]),
    ],
)
def test_names_and_paths_complete(words: tuple[str, ...], expected: list[str]) -> None:
    """Where a name or a path is expected both are offered, the request for paths first."""
    assert completions("bash", *words) == expected


def test_every_shell_gets_the_names() -> None:
    """zsh and fish hear of the same names, each in its own form."""
    triples = completions("zsh", "eval", "--weights", "")
    assert triples[0::3] == ["file", "plain", "plain", "plain"]
    assert triples[1::3] == ["./", "book", "bundled", "three-layer"]
    offered = [line.split(",")[1] for line in completions("fish", "eval", "--weights", "b")]
    assert {"book", "bundled"} <= set(offered)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_readme_has_a_line_for_each_shell(shell: str) -> None:
    """The README's line asks the program for the shell's script, and it gives one."""
    assert README.count(f"_SCRATCHNET_COMPLETE={shell}_source scratchnet") == 1
    done = subprocess.run(
        SCRATCHNET,
        env={**os.environ, "_SCRATCHNET_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "_scratchnet_completion" in done.stdout


@pytest.mark.skipif(BASH is None or sys.platform == "win32", reason="no bash")
def test_bash_completes_with_the_readme_s_line(tmp_path: Path) -> None:
    """After the README's line, bash itself turns `--weights b` into the two names."""
    (line,) = (part for part in README.splitlines() if "bash_source" in part)
    assert BASH
    command = tmp_path / "scratchnet"
    command.write_text(f'#!/bin/sh\nexec {SCRATCHNET[0]} -m scratchnet_cli "$@"\n')
    command.chmod(0o755)
    done = subprocess.run(
        [BASH, "--norc", "-c", f"""
compopt() {{ :; }}
{line.split("#")[0]}
COMP_WORDS=(scratchnet eval --weights b) COMP_CWORD=3
_scratchnet_completion scratchnet
echo "${{COMPREPLY[@]}}"
complete -p scratchnet
"""],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[0] == "book bundled"
    assert "-F _scratchnet_completion scratchnet" in done.stdout

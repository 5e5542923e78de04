"""The README tells the truth: its examples, help texts and tables are held against the program."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scratchnet_cli.cli import COMMANDS

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```console\n\$ (scratchnet .*)\n((?:.*\n)*?)```$", README, re.MULTILINE)


def output_of(command: str, folder: Path) -> str:
    """What the command writes, stderr and stdout as they come."""
    done = subprocess.run(
        [sys.executable, "-m", "scratchnet_cli", *command.split()[1:]],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("command", "expected"), [pair for pair in EXAMPLES if pair[0].endswith("--help")]
)
def test_help_texts_are_the_program_s(command: str, expected: str, tmp_path: Path) -> None:
    """Each help text in the README is what the program prints."""
    assert output_of(command, tmp_path) == expected


@pytest.mark.parametrize(
    ("command", "expected"), [pair for pair in EXAMPLES if not pair[0].endswith("--help")]
)
def test_examples_print_what_the_readme_shows(
    command: str,
    expected: str,
    tmp_path: Path,
    real_data: Path,
    monkeypatch: pytest.MonkeyPatch,
    digits: NDArray[np.uint8],
) -> None:
    """Each example, run on the real files, prints the README's text ("..." stands for anything)."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", os.fspath(real_data.resolve()))
    for name, digit in (("seven", 7), ("two", 2)):
        Image.fromarray(digits[digit]).save(tmp_path / f"{name}.png")
    shown = output_of(command, tmp_path)
    assert doctest.OutputChecker().check_output(expected, shown, doctest.ELLIPSIS), shown


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example(command: str) -> None:
    """The table of commands shows each of them in use."""
    assert re.search(rf"^\| `{command}[ `].*scratchnet {command} ?.*\|$", README, re.MULTILINE)

"""The README, compared with the program: examples, help texts, scripts and jobs."""

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scratchnet_cli.cli import COMMANDS
from scratchnet_cli.downloads.assets import all_assets
from tests.conftest import run_python

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```console\n\$ (scratchnet .*)\n((?:.*\n)*?)```$", README, re.MULTILINE)


def output_of(command: str, folder: Path) -> str:
    """Return what the command prints, stderr and stdout in their order."""
    to_stdout = {"capture_output": False, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    words = ["-m", "scratchnet_cli", *command.split()[1:]]
    return run_python(*words, cwd=folder, **to_stdout).stdout


def block(start: str) -> str:
    """Return the only block of code that starts so."""
    (text,) = re.findall(rf"^{start}.*?^```$", README, re.MULTILINE | re.DOTALL)
    return str(text).partition("\n")[2].removesuffix("```")


def run_prompts(text: str) -> int:
    """Run what is typed at prompts; return how many, if each gives what is below it."""
    test = doctest.DocTestParser().get_doctest(text, {}, "README", None, None)
    results = doctest.DocTestRunner().run(test)
    assert results.failed == 0
    return results.attempted


@pytest.mark.parametrize(("command", "expected"), [e for e in EXAMPLES if "--help" in e[0]])
def test_readme_help_texts_are_the_programs(command: str, expected: str, tmp_path: Path) -> None:
    """Each help text in the README is what the program prints."""
    assert output_of(command, tmp_path) == expected


@pytest.mark.parametrize(("command", "expected"), [e for e in EXAMPLES if "--help" not in e[0]])
def test_readme_examples_print_what_they_show(
    command: str, expected: str, tmp_path: Path, real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each example, run on the real files, prints the README's text ("..." is any text)."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", os.fspath(real_data.resolve()))
    shutil.copytree(ROOT / ".github" / "assets", tmp_path / ".github" / "assets")
    shown = output_of(command, tmp_path)
    assert doctest.OutputChecker().check_output(expected, shown, doctest.ELLIPSIS), shown


def test_readme_python_section_runs(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines for notebooks, fifteen at most, give what is below them."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", os.fspath(real_data.resolve()))
    monkeypatch.chdir(ROOT)
    lines = block("```python")
    assert len(lines.splitlines()) <= 15
    assert run_prompts(lines) >= 6


def test_readme_pipeline_example_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The prompt under *Many machines* gives what is below it."""
    monkeypatch.chdir(ROOT)
    assert run_prompts(block("```pycon")) == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_has_an_example_of_each_command(command: str) -> None:
    """The table of commands shows each of them in use."""
    assert re.search(rf"^\| `{command}[ `].*scratchnet {command} ?.*\|$", README, re.MULTILINE)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize(
    ("old", "new", "exit_code", "stdout"),
    [
        ("0", "0", 0, "good enough: Accuracy: 0."),
        ("0.93", "0.9999", 1, "not good enough: Accuracy: 0."),
        ("bundled", "missing.npz", 3, ""),
    ],
)
def test_readme_shell_script_distinguishes_failures(
    tmp_path: Path, old: str, new: str, exit_code: int, stdout: str
) -> None:
    """In CI the script passes, fails on a higher threshold, and keeps the code of a failure."""
    script = block("```sh\n#!/bin/sh")
    assert old in script
    program = f'scratchnet() {{ {sys.executable} -m scratchnet_cli "$@"; }}\n'
    (tmp_path / "gate.sh").write_text(program + script.replace(old, new))
    command = ["/bin/sh", "-eu", "gate.sh"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == exit_code
    assert done.stdout.startswith(stdout)
    assert "Traceback" not in done.stderr


def test_readme_jobs_run(real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The GitHub and the GitLab job run the same line, which passes and leaves its artifact."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", os.fspath(real_data.resolve()))
    first, second = re.findall(r"^ *- (?:run: )?(scratchnet .*)$", README, re.MULTILINE)
    assert first == second
    assert output_of(first, tmp_path).splitlines()[-1] == "Accuracy: 0.9352"
    assert (tmp_path / "report.html").exists()


def test_readme_jobs_cache_by_the_pinned_hashes() -> None:
    """Both jobs key their cache on the file with all hashes, and keep the cache folder."""
    keys = ["".join(key) for key in re.findall(r"hashFiles\('(.*)'\)|files: \[(.*)\]", README)]
    assert keys == ["scratchnet_cli/downloads/assets.py"] * 2
    text = (ROOT / keys[0]).read_text(encoding="utf-8")
    assert all(asset.sha256 in text for asset in all_assets())
    assert README.count("path: .scratchnet\n") == README.count("paths: [.scratchnet]\n") == 1

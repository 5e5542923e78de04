"""The README, compared with the program: examples, options, scripts and jobs."""

import doctest
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from scratchnet_cli.cli import COMMANDS, scratchnet
from scratchnet_cli.downloads.assets import all_assets
from tests.conftest import run_python

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```console\n\$ (scratchnet .*)\n((?:.*\n)*?)```$", README, re.MULTILINE)


def output_of(command: str) -> str:
    """Return what the command prints, stderr and stdout in their order."""
    to_stdout = {"capture_output": False, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return run_python("-m", "scratchnet_cli", *command.split()[1:], **to_stdout).stdout


def block(start: str) -> str:
    """Return the only block of code that starts so."""
    (text,) = re.findall(rf"^{start}.*?^```$", README, re.MULTILINE | re.DOTALL)
    return str(text).partition("\n")[2].removesuffix("```")


def run_prompts(text: str) -> int:
    """Run what is typed at prompts; return how many, if each gives what is below it."""
    test = doctest.DocTestParser().get_doctest(text, {}, "README", None, None)
    failed, attempted = doctest.DocTestRunner().run(test)
    return 0 if failed else attempted


@pytest.fixture
def _mirror(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the folder of the real files the mirror."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(real_data.resolve()))


def test_readme_names_only_options_that_exist() -> None:
    """Every option in the text is one of a command, or of another program in an example."""
    context = click.Context(scratchnet)
    commands = [scratchnet, *(scratchnet.get_command(context, name) for name in COMMANDS)]
    known = {option for command in commands if command for p in command.params for option in p.opts}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README))
    assert named - known == {"--help", "--json-lines"}


@pytest.mark.usefixtures("_mirror")
@pytest.mark.parametrize(("command", "expected"), EXAMPLES)
def test_readme_examples_print_what_they_show(command: str, expected: str) -> None:
    """Each example, run on the real files, prints the README's text ("..." is any text)."""
    shutil.copytree(ROOT / ".github" / "assets", ".github/assets")
    shown = output_of(command)
    assert doctest.OutputChecker().check_output(expected, shown, doctest.ELLIPSIS), shown


@pytest.mark.usefixtures("_mirror")
def test_readme_python_section_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines for notebooks, fifteen at most, give what is below them."""
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
def test_readme_script_explains_failures(old: str, new: str, exit_code: int, stdout: str) -> None:
    """In CI the script passes, fails on a higher threshold, and keeps the code of a failure."""
    script = block("```sh\n#!/bin/sh")
    assert old in script
    program = f'scratchnet() {{ {sys.executable} -m scratchnet_cli "$@"; }}\n'
    command = ["/bin/sh", "-euc", program + script.replace(old, new)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == exit_code
    assert done.stdout.startswith(stdout)
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("_mirror")
def test_readme_jobs_run() -> None:
    """The GitHub and the GitLab job run the same line, which passes and leaves its artifact."""
    first, second = re.findall(r"^ *- (?:run: )?(scratchnet .*)$", README, re.MULTILINE)
    assert first == second
    assert output_of(first).splitlines()[-1] == "Accuracy: 0.9352"
    assert Path("report.html").exists()


def test_readme_jobs_cache_by_the_pinned_hashes() -> None:
    """Both jobs key their cache on the file with all hashes, and keep the cache folder."""
    keys = ["".join(key) for key in re.findall(r"hashFiles\('(.*)'\)|files: \[(.*)\]", README)]
    assert keys == ["scratchnet_cli/downloads/assets.py"] * 2
    text = (ROOT / keys[0]).read_text(encoding="utf-8")
    assert all(asset.sha256 in text for asset in all_assets())
    assert README.count("path: .scratchnet\n") == README.count("paths: [.scratchnet]\n") == 1

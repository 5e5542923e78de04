"""The README tells the truth: its examples, help texts and tables are held against the program."""

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import scratchnet_cli
from scratchnet_cli.cli import COMMANDS
from scratchnet_cli.downloads.assets import ALL

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
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
) -> None:
    """Each example, run on the real files, prints the README's text ("..." stands for anything)."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", os.fspath(real_data.resolve()))
    shutil.copytree(ROOT / ".github" / "assets", tmp_path / ".github" / "assets")
    shown = output_of(command, tmp_path)
    assert doctest.OutputChecker().check_output(expected, shown, doctest.ELLIPSIS), shown


def test_the_python_section_runs(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines for notebooks, fifteen at most, give what stands below them."""
    (lines,) = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert len(lines.splitlines()) <= 15
    monkeypatch.setenv("SCRATCHNET_MIRROR", os.fspath(real_data.resolve()))
    monkeypatch.chdir(ROOT)
    section = doctest.DocTestParser().get_doctest(lines, {}, "README", None, None)
    results = doctest.DocTestRunner().run(section)
    assert results.attempted >= 6
    assert results.failed == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example(command: str) -> None:
    """The table of commands shows each of them in use."""
    assert re.search(rf"^\| `{command}[ `].*scratchnet {command} ?.*\|$", README, re.MULTILINE)


def script_of_the_readme() -> str:
    """The shell script in *In CI*."""
    (script,) = re.findall(r"^```sh\n(#!/bin/sh\n.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return str(script)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize(
    ("old", "new", "exit_code", "said"),
    [
        ("", "", 0, "good enough: Accuracy: 0."),
        ("0.93", "0.9999", 1, "not good enough: Accuracy: 0."),
        ("bundled", "missing.npz", 3, ""),
    ],
)
def test_the_shell_script_tells_verdicts_from_failures(
    tmp_path: Path, old: str, new: str, exit_code: int, said: str
) -> None:
    """In CI the script passes, fails on a higher threshold, and keeps the code of a failure."""
    script = tmp_path / "gate.sh"
    script.write_text(script_of_the_readme().replace(old, new) if old else script_of_the_readme())
    command = tmp_path / "scratchnet"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m scratchnet_cli "$@"\n')
    command.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-eu", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exit_code
    assert done.stdout.startswith(said)
    assert "Traceback" not in done.stderr


JOB_LINES = re.findall(r"^ *- (?:run: )?(scratchnet .*)$", README, re.MULTILINE)


def test_the_jobs_run_as_written(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the GitHub and the GitLab job run is one line, which passes and leaves its artifact."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", os.fspath(real_data.resolve()))
    first, second = JOB_LINES
    assert first == second
    assert output_of(first, tmp_path).splitlines()[-1] == "Accuracy: 0.9352"
    assert (tmp_path / "report.html").exists()


def test_the_jobs_cache_by_the_table_of_hashes() -> None:
    """Both jobs key their cache on the file that pins the hashes, and keep what they cache."""
    keys = re.findall(r"hashFiles\('(.*)'\)|files: \[(.*)\]", README)
    for path in ("".join(key) for key in keys):
        text = (Path(scratchnet_cli.__file__).parents[1] / path).read_text(encoding="utf-8")
        assert all(asset.sha256 in text for asset in ALL)
    assert len(keys) == 2
    assert README.count("path: .scratchnet\n") == README.count("paths: [.scratchnet]\n") == 1

"""The release: reproducible archives, one version, types, a changelog."""

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import scratchnet_cli
from tests.conftest import run_python

ROOT = Path(__file__).parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
CHANGELOG = (ROOT / ".github" / "CHANGELOG.md").read_text(encoding="utf-8")
# Not part of a clone.
TOOL_FILES = shutil.ignore_patterns(
    ".git", ".venv", "build", "dist", "__pycache__", ".*_cache", ".hypothesis"
)


def build(folder: Path, umask: int, **environment: str) -> dict[str, Path]:
    """Build the wheel and the source archive there; return them by their suffixes."""
    options = {"cwd": folder, "umask": umask, "env": {**os.environ, **environment}, "check": True}
    run_python("-m", "build", "--no-isolation", **options)
    return {path.suffix: path for path in (folder / "dist").iterdir()}


@pytest.mark.slow
def test_release_is_reproducible(tmp_path: Path) -> None:
    """Other file modes, times, time zone, locale and private files give identical archives."""
    first, second = tmp_path / "one", tmp_path / "elsewhere" / "two"
    for folder in (first, second):
        shutil.copytree(ROOT, folder, ignore=TOOL_FILES)
    for path in second.rglob("*"):
        os.utime(path, (10**9, 10**9))
        path.chmod(path.stat().st_mode & 0o700)
    (second / "holiday").mkdir()
    for name in ("holiday/photo.jpg", "notes.txt"):
        (second / name).write_text("private")
    archives = build(first, umask=0o022, TZ="UTC", LC_ALL="C", PYTHONHASHSEED="1")
    changed = {"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"}
    others = build(second, umask=0o077, **changed)
    for suffix, path in archives.items():
        assert path.read_bytes() == others[suffix].read_bytes()
    with zipfile.ZipFile(archives[".whl"]) as wheel:
        names = wheel.namelist()
    assert {re.split("[/-]", name)[0] for name in names} == {"scratchnet_cli"}
    assert {"scratchnet_cli/py.typed", "scratchnet_cli/bundled/bundled.npz"} <= set(names)
    with tarfile.open(archives[".gz"]) as source:
        inside = {name.partition("/")[2] for name in source.getnames()}
    assert {"pyproject.toml", "Makefile", "README.md", "LICENSE", "weights/train.py"} <= inside
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")} <= inside


def test_tests_import_the_installed_package() -> None:
    """Here and in other processes the tests run the installed package, not a checkout nearby."""
    elsewhere = run_python("-c", "import scratchnet_cli; print(scratchnet_cli.__file__)").stdout
    assert elsewhere.strip() == scratchnet_cli.__file__
    installed = importlib.metadata.distribution("scratchnet-cli")
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    editable = origin.get("dir_info", {}).get("editable")
    expected = (ROOT.joinpath if editable else installed.locate_file)("scratchnet_cli/__init__.py")
    assert Path(scratchnet_cli.__file__).samefile(str(expected))


def test_version_is_stated_once() -> None:
    """Only pyproject.toml states it; the program, the package and the changelog agree."""
    assert run_python("-m", "scratchnet_cli", "--version").stdout == f"scratchnet {VERSION}\n"
    assert importlib.metadata.version("scratchnet-cli") == VERSION
    assert re.findall(r"^## (\S+), 20\d\d-\d\d-\d\d$", CHANGELOG, re.MULTILINE)[0] == VERSION
    sources = Path(scratchnet_cli.__file__).parent.rglob("*.py")
    assert [path for path in sources if VERSION in path.read_text(encoding="utf-8")] == []


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize("tag", [f"v{VERSION}", VERSION, "v99.0.0"])
def test_release_needs_the_tag_of_its_version(tag: str) -> None:
    """The workflow stops before it builds anything if the tag is not the version."""
    workflow = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    (script,) = re.findall(r"run: \|\n((?: {10}.*\n)+)", workflow)
    environment = {**os.environ, "GITHUB_REF_NAME": tag}
    command = ["/bin/bash", "-e", "-c", script]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    assert (done.returncode == 0) is (tag == f"v{VERSION}")


TYPED = """
from scratchnet_cli import Network, Prediction, Predictor, load_weights, predict_files

network: Network = load_weights("bundled").network
rows: list[Prediction] = Predictor(network)([b"", "seven.png"])
reveal_type(rows[0].digit)
reveal_type(predict_files(["seven.png"], load_weights()))
Predictor(7)
"""


@pytest.mark.slow
def test_package_is_typed(tmp_path: Path) -> None:
    """Under mypy --strict the public names have types, and a wrong argument is an error."""
    (tmp_path / "user.py").write_text(TYPED)
    done = run_python("-m", "mypy", "--strict", "user.py")
    digit, answers, error, _ = done.stdout.splitlines()
    assert re.search(r"note: .*int \| None", digit)
    assert re.search(r"note: .*Generator\[scratchnet_cli.prediction.answers.Answer \| ", answers)
    assert re.search("error: .*incompatible type", error)

"""What is released: archives that anyone can build again, one version, types, a changelog."""

import hashlib
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
from tests.conftest import SCRATCHNET
from tests.test_process import needs_unix

ROOT = Path(__file__).parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
CHANGELOG = (ROOT / ".github" / "CHANGELOG.md").read_text(encoding="utf-8")
# What the developers' tools leave in a checkout.
LEFT_BY_TOOLS = shutil.ignore_patterns(
    ".git", ".venv", "build", "dist", "__pycache__", ".*_cache", ".hypothesis"
)


def built_in(folder: Path, **environment: str) -> dict[str, Path]:
    """The wheel and the source archive that are built there, by their endings."""
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation"],
        cwd=folder,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    return {path.suffix: path for path in (folder / "dist").iterdir()}


def sha256_of(path: Path) -> str:
    """The hash that is published with a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.slow
def test_two_builds_are_one(tmp_path: Path) -> None:
    """Wheel and source have one hash, whoever builds them, and hold nothing but our files.

    Of the two builders one has other rights, clocks and languages, and files of his own about.
    """
    first, second = tmp_path / "one", tmp_path / "elsewhere" / "two"
    for folder in (first, second):
        shutil.copytree(ROOT, folder, ignore=LEFT_BY_TOOLS)
    for path in second.rglob("*"):
        os.utime(path, (10**9, 10**9))
        path.chmod(path.stat().st_mode & 0o700)
    (second / "holiday").mkdir()
    (second / "holiday" / "photo.jpg").write_bytes(b"private")
    (second / "notes.txt").write_text("private")
    before = os.umask(0o022)
    try:
        archives = built_in(first, TZ="UTC", LC_ALL="C", PYTHONHASHSEED="1")
        os.umask(0o077)
        others = built_in(second, TZ="Asia/Tokyo", LC_ALL="C.UTF-8", PYTHONHASHSEED="2")
    finally:
        os.umask(before)
    assert {ending: sha256_of(path) for ending, path in archives.items()} == {
        ending: sha256_of(path) for ending, path in others.items()
    }
    with zipfile.ZipFile(archives[".whl"]) as wheel:
        names = wheel.namelist()
    assert {re.split("[/-]", name)[0] for name in names} == {"scratchnet_cli"}
    assert {"scratchnet_cli/py.typed", "scratchnet_cli/bundled/bundled.npz"} <= set(names)
    with tarfile.open(archives[".gz"]) as source:
        inside = {name.partition("/")[2] for name in source.getnames()}
    assert {"pyproject.toml", "Makefile", "README.md", "LICENSE", "weights/train.py"} <= inside
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")} <= inside


def test_what_is_tested_is_what_is_installed() -> None:
    """Here and in a process of its own it is the installed package, not a checkout nearby."""
    script = "import scratchnet_cli; print(scratchnet_cli.__file__)"
    command = [sys.executable, "-c", script]
    elsewhere = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert elsewhere == scratchnet_cli.__file__
    installed = importlib.metadata.distribution("scratchnet-cli")
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable"):
        expected = ROOT / "scratchnet_cli" / "__init__.py"
    else:
        expected = Path(str(installed.locate_file("scratchnet_cli/__init__.py")))
    assert Path(elsewhere).samefile(expected)


def test_the_version_has_one_place() -> None:
    """pyproject.toml alone states it; the program, the package and the changelog agree."""
    said = subprocess.run([*SCRATCHNET, "--version"], capture_output=True, text=True, check=True)
    assert said.stdout == f"scratchnet {VERSION}\n"
    assert importlib.metadata.version("scratchnet-cli") == VERSION
    assert re.findall(r"^## (\S+), 20\d\d-\d\d-\d\d$", CHANGELOG, re.MULTILINE)[0] == VERSION
    sources = Path(scratchnet_cli.__file__).parent.rglob("*.py")
    assert [path for path in sources if VERSION in path.read_text(encoding="utf-8")] == []


@needs_unix
@pytest.mark.parametrize(
    ("tag", "passes"), [(f"v{VERSION}", True), (VERSION, False), ("v99.0.0", False)]
)
def test_a_release_needs_its_own_tag(tag: str, passes: bool) -> None:
    """The workflow stops where the tag is not the version, before anything is built."""
    workflow = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    (script,) = re.findall(r"run: \|\n((?: {10}.*\n)+)", workflow)
    done = subprocess.run(
        ["/bin/bash", "-e", "-c", script],
        cwd=ROOT,
        env={**os.environ, "GITHUB_REF_NAME": tag},
        check=False,
    )
    assert (done.returncode == 0) is passes


TYPED = """
from scratchnet_cli import Network, Prediction, Predictor, load_weights

network: Network = load_weights("bundled")[0]
rows: list[Prediction] = Predictor(network)([b"", "seven.png"])
reveal_type(rows[0].digit)
Predictor(7)
"""


@pytest.mark.slow
def test_types_reach_those_who_use_it(tmp_path: Path) -> None:
    """Under mypy --strict the public names have their types, and a wrong argument is found."""
    (tmp_path / "user.py").write_text(TYPED)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "user.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line.partition(": ")[2] for line in done.stdout.splitlines()]
    assert [line.split(":")[0] for line in told] == ["note", "error", ""]
    assert "int | None" in told[0]
    assert "incompatible type" in told[1]

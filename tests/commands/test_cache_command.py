"""``scratchnet cache``: what it prints, finds and deletes; and the table of the real assets."""

import gzip
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from unittest.mock import Mock

import platformdirs
import pytest

from scratchnet_cli.downloads import assets
from scratchnet_cli.downloads.cache import cache_folder
from scratchnet_cli.system.files import PART_SUFFIX
from tests.conftest import Run
from tests.downloads.fetching import asset, files, replace_assets

CONTENTS = {
    "sample_weight.pkl": b"weights " * 100,
    "t10k-images-idx3-ubyte.gz": gzip.compress(b"test images", mtime=0),
    "t10k-labels-idx1-ubyte.gz": gzip.compress(b"test labels", mtime=0),
    "train-images-idx3-ubyte.gz": gzip.compress(b"train images", mtime=0),
    "train-labels-idx1-ubyte.gz": gzip.compress(b"train labels", mtime=0),
}
WEIGHTS, *OTHERS = CONTENTS
SIZE = len(CONTENTS[WEIGHTS])
REAL_ASSETS = assets.all_assets()


@pytest.fixture
def full(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a cache that contains every asset; all assets are replaced by small ones."""
    replace_assets(monkeypatch, CONTENTS)
    cache.mkdir()
    for name, content in CONTENTS.items():
        (cache / name).write_bytes(content)
    return cache


@pytest.mark.parametrize("home", ["/home/anna", "/home/anna/", "", "anna", None])
@pytest.mark.parametrize("caches", ["/var/anna", "/var/anna/", "", "anna", "~/anna", None])
def test_cache_folder_is_that_of_platformdirs(
    home: str | None, caches: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every value of the environment, the folder is this system's place for caches."""
    # An empty variable is an unset one.
    monkeypatch.setenv("SCRATCHNET_CACHE_DIR", "")
    for name, value in (("HOME", home), ("XDG_CACHE_HOME", caches)):
        monkeypatch.setenv(name, value or "")
        if value is None:
            monkeypatch.delenv(name)
    assert cache_folder() == platformdirs.user_cache_path("scratchnet", appauthor=False)


def test_cache_path_prints_the_folder(
    run: Run, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``cache path`` prints the folder, and does not create it; ~ is the home folder."""
    result = run("cache", "path")
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{cache}\n", "")
    assert not cache.exists()
    monkeypatch.setenv("HOME", str(cache.parent))
    monkeypatch.setenv("USERPROFILE", str(cache.parent))
    monkeypatch.setenv("SCRATCHNET_CACHE_DIR", "~/digits")
    assert run("cache", "path").stdout == f"{cache.with_name('digits')}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Unix users")
def test_cache_without_a_home_folder(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home folder gets a message, and the work is done without a cache."""
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    for name in ("SCRATCHNET_CACHE_DIR", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    message = "no home folder for the cache; set SCRATCHNET_CACHE_DIR to a folder"
    result = run("cache", "path")
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", f"error: {message}\n")
    monkeypatch.setattr("scratchnet_cli.weights.load.BOOK_WEIGHTS", asset(name="x", data=b"x"))
    result = run("inspect", "book")
    assert result.exit_code == 4
    assert "error: x: cannot be downloaded" in result.stderr
    Path("x").write_bytes(b"x")
    monkeypatch.setenv("SCRATCHNET_MIRROR", ".")
    result = run("inspect", "book")
    assert result.exit_code == 3
    assert result.stderr.startswith(f"warning: downloaded, but not cached: {message}\n")


@pytest.mark.parametrize("command", ["list", "verify", "clear"])
@pytest.mark.parametrize("kind", ["missing", "empty"])
def test_cache_that_is_empty_is_no_error(run: Run, cache: Path, command: str, kind: str) -> None:
    """If nothing is cached, nothing is wrong, and only verify prints something."""
    if kind == "empty":
        cache.mkdir()
    result = run("cache", command)
    assert (result.exit_code, result.stderr) == (0, "")
    missing = [f"{cache / name}\tmissing" for name in CONTENTS] if command == "verify" else []
    assert result.stdout.splitlines() == missing


@pytest.mark.skipif(sys.platform == "win32", reason="links")
@pytest.mark.parametrize("command", ["list", "verify", "clear"])
@pytest.mark.parametrize("is_link", [True, False])
def test_cache_that_is_no_folder_is_an_error(
    run: Run, cache: Path, command: str, is_link: bool
) -> None:
    """A file or a loop of links in the folder's place is one line and exit 3, and stays."""
    if is_link:
        cache.symlink_to(cache)
    else:
        cache.write_bytes(b"mine")
    result = run("cache", command)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith(f"error: {cache}: cannot be read (")
    assert result.stderr.endswith("; set SCRATCHNET_CACHE_DIR to another folder\n")
    assert result.stderr.count("\n") == 1
    assert cache.is_symlink() or cache.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CONTENTS[WEIGHTS] * 9, f"damaged, or another file (expected {SIZE} bytes, found more)"),
        (None, "cannot be read (not a file)"),
    ],
    ids=["longer", "a folder"],
)
def test_cache_commands_name_a_damaged_file(
    run: Run, full: Path, content: bytes | None, message: str
) -> None:
    """Verify and clear name a file with another content, clear does not delete it: exit 3."""
    path = full / WEIGHTS
    path.unlink()
    listed = [f"{full / name}\t{len(CONTENTS[name])}" for name in OTHERS]
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
        listed.insert(0, f"{path}\t{len(content)}")
    line = re.escape(f"error: {path}: {message}")
    advice = "Delete it." if content is None else "It is .* `scratchnet download` replaces it."
    result = run("cache", "list")
    assert result.exit_code == (3 if content is None else 0)
    assert re.fullmatch(f"{line}\n{advice}\n" if content is None else "", result.stderr)
    assert result.stdout.splitlines() == listed
    result = run("cache", "verify")
    assert result.exit_code == 3
    assert re.fullmatch(f"{line}\n{advice}\n", result.stderr)
    assert result.stdout.splitlines() == [
        f"{full / name}\t{'damaged' if name == WEIGHTS else 'ok'}" for name in CONTENTS
    ]
    result = run("cache", "clear")
    assert result.exit_code == 3
    assert result.stdout.splitlines() == [str(full / name) for name in OTHERS]
    assert result.stderr == f"error: {path}: {message}; delete it yourself\n"
    assert path.is_dir() if content is None else files(full) == {WEIGHTS: content}


def test_cache_clear_deletes_nothing_else(run: Run, full: Path, tmp_path: Path) -> None:
    """Assets and temporary files are deleted; other files, folders and targets of links stay."""
    part = full / f".0123456789ab{PART_SUFFIX}"
    part.write_bytes(b"half")
    kept = ["notes.txt", ".hidden", f"my{PART_SUFFIX}", f"{WEIGHTS}.bak", "t10k-images-idx3-ubyte"]
    for name in kept:
        (full / name).write_bytes(b"mine")
    for name in ("folder", f".x{PART_SUFFIX}"):
        (full / name).mkdir()
        (full / name / WEIGHTS).write_bytes(b"mine")
    (tmp_path / "linked").write_bytes(CONTENTS[OTHERS[0]])
    with suppress(OSError):
        (full / "link").symlink_to(tmp_path / "linked")
        (full / "link").replace(full / OTHERS[0])
    result = run("cache", "clear")
    assert result.exit_code == 3
    assert result.stderr.startswith(f"error: {full / f'.x{PART_SUFFIX}'}: cannot be deleted (")
    assert result.stdout.splitlines() == [str(full / name) for name in CONTENTS] + [str(part)]
    folders = ["folder", f".x{PART_SUFFIX}"]
    assert sorted(path.name for path in full.iterdir()) == sorted([*kept, *folders])
    for name in folders:
        assert files(full / name) == {WEIGHTS: b"mine"}
    assert (tmp_path / "linked").read_bytes() == CONTENTS[OTHERS[0]]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes no open file")
def test_cache_clear_names_a_file_that_it_cannot_delete(
    run: Run, full: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the system refuses, the exit code is 3."""
    monkeypatch.setattr(Path, "unlink", Mock(side_effect=PermissionError(13, "Not permitted")))
    result = run("cache", "clear")
    assert (result.exit_code, result.stdout) == (3, "")
    assert f"{full / WEIGHTS}: cannot be deleted (Not permitted)\n" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no such names on Windows")
def test_cache_commands_print_a_line_for_each_file(
    run: Run, full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control characters in the folder's name are escaped, but by ``cache path``."""
    folder = full.rename(tmp_path / "a\tb\nc\x1b[31md")
    shown = f"{tmp_path}{os.sep}a\\tb\\nc\\x1b[31md{os.sep}{WEIGHTS}"
    monkeypatch.setenv("SCRATCHNET_CACHE_DIR", str(folder))
    assert run("cache", "path").stdout == f"{folder}\n"
    assert run("download").stdout.splitlines()[0] == shown
    assert run("cache", "list").stdout.splitlines()[0] == f"{shown}\t{SIZE}"
    assert run("cache", "verify").stdout.splitlines()[0] == f"{shown}\tok"
    assert run("cache", "clear").stdout.splitlines()[0] == shown


def test_assets_are_pinned_and_come_over_https() -> None:
    """Each of the five assets has a size, a whole hash, and at least two https sources."""
    assert [wanted.name for wanted in REAL_ASSETS] == list(CONTENTS)
    for wanted in REAL_ASSETS:
        assert wanted.size > 0
        assert re.fullmatch(r"[0-9a-f]{64}", wanted.sha256)
        assert len(set(wanted.folders)) == len(wanted.folders) >= 2
        # The original host, yann.lecun.com, has refused downloads for years.
        for url in wanted.folders:
            assert re.fullmatch(r"https://[^/]+(?<!lecun\.com)(/.*[^/])?", url)

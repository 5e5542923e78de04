"""``scratchnet cache`` and ``scratchnet download``: what they print, keep, notice and delete."""

import gzip
import hashlib
import os
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs
import pytest

from scratchnet_cli.downloads import assets
from scratchnet_cli.downloads.cache import Asset, cache_folder
from scratchnet_cli.system.files import PART_SUFFIX
from tests.conftest import Run

CONTENTS = {
    "sample_weight.pkl": b"weights " * 100,
    "t10k-images-idx3-ubyte.gz": gzip.compress(b"test images", mtime=0),
    "t10k-labels-idx1-ubyte.gz": gzip.compress(b"test labels", mtime=0),
    "train-images-idx3-ubyte.gz": gzip.compress(b"train images", mtime=0),
    "train-labels-idx1-ubyte.gz": gzip.compress(b"train labels", mtime=0),
}
WEIGHTS, *TEST_SPLIT = list(CONTENTS)[:3]
TRAIN_SPLIT = list(CONTENTS)[3:]
REAL_ASSETS = assets.ALL
REAL_TABLE = (assets.BOOK_WEIGHTS, assets.MNIST)


@pytest.mark.parametrize("home", ["/home/anna", "/home/anna/", "", "anna", None])
@pytest.mark.parametrize("caches", ["/var/anna", "/var/anna/", "", "anna", "~/anna", None])
def test_the_folder_is_where_platformdirs_has_it(
    home: str | None, caches: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the environment says of home and caches, the place is this system's for caches."""
    monkeypatch.delenv("SCRATCHNET_CACHE_DIR")
    for name, value in (("HOME", home), ("XDG_CACHE_HOME", caches)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert cache_folder() == platformdirs.user_cache_path("scratchnet", appauthor=False)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror folder with small files, which the table of assets is made to describe."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    table = {}
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
        table[name] = Asset(name, len(content), hashlib.sha256(content).hexdigest(), ())
    splits = {
        "test": tuple(table[name] for name in TEST_SPLIT),
        "train": tuple(table[name] for name in TRAIN_SPLIT),
    }
    monkeypatch.setattr(assets, "BOOK_WEIGHTS", table[WEIGHTS])
    monkeypatch.setattr(assets, "MNIST", splits)
    monkeypatch.setattr(assets, "ALL", tuple(table.values()))
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(folder))
    return folder


@pytest.fixture
def full(mirror: Path, cache: Path) -> Path:
    """A cache that holds every asset, and no mirror left to get them from."""
    cache.mkdir()
    for name in CONTENTS:
        (mirror / name).rename(cache / name)
    return cache


def names(folder: Path) -> list[str]:
    """What is in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


# --- download ---


@pytest.mark.usefixtures("mirror")
@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param((), [WEIGHTS, *TEST_SPLIT], id="default"),
        pytest.param(("--split", "test"), [WEIGHTS, *TEST_SPLIT], id="test"),
        pytest.param(("--split", "train"), [WEIGHTS, *TRAIN_SPLIT], id="train"),
        pytest.param(("--split", "all"), [WEIGHTS, *TEST_SPLIT, *TRAIN_SPLIT], id="all"),
    ],
)
def test_download_gets_the_split_that_was_asked_for(
    run: Run, cache: Path, args: tuple[str, ...], expected: list[str]
) -> None:
    """The book's weights and one part of MNIST, the small one by default; each path is printed."""
    result = run("download", *args)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [str(cache / name) for name in expected]
    assert {name: (cache / name).read_bytes() for name in names(cache)} == {
        name: CONTENTS[name] for name in expected
    }


def test_download_leaves_what_is_cached(run: Run, full: Path) -> None:
    """A second download needs no source, and prints the paths all the same."""
    result = run("download")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [str(full / name) for name in [WEIGHTS, *TEST_SPLIT]]
    assert result.stderr == ""


def test_forced_download_needs_a_source(run: Run, full: Path) -> None:
    """``--force`` is not content with the cache; where there is no source, that stays as it was."""
    result = run("download", "--force")
    assert result.exit_code == 4
    assert result.stdout == ""
    assert names(full) == sorted(CONTENTS)


def test_forced_download_replaces_the_cached_file(run: Run, mirror: Path, cache: Path) -> None:
    """``--force`` writes the files anew."""
    assert run("download").exit_code == 0
    old = (cache / WEIGHTS).stat()
    (mirror / WEIGHTS).write_bytes(CONTENTS[WEIGHTS])
    assert run("download", "--force").exit_code == 0
    new = (cache / WEIGHTS).stat()
    assert (old.st_ino, old.st_mtime_ns) != (new.st_ino, new.st_mtime_ns)
    assert names(cache) == sorted([WEIGHTS, *TEST_SPLIT])


def test_download_tries_every_file(run: Run, mirror: Path, cache: Path) -> None:
    """A file that cannot be had does not stop the others, and each failure is told: exit 4."""
    (mirror / WEIGHTS).unlink()
    (mirror / TEST_SPLIT[1]).unlink()
    result = run("download", "--split", "all")
    assert result.exit_code == 4
    assert names(cache) == sorted([TEST_SPLIT[0], *TRAIN_SPLIT])
    for name in (WEIGHTS, TEST_SPLIT[1]):
        assert f"scratchnet: {name} could not be downloaded to {cache}:\n" in result.stderr


@pytest.mark.usefixtures("mirror")
def test_download_replaces_a_file_of_yours_only_when_forced(run: Run, cache: Path) -> None:
    """Another file under such a name stays, the others come, exit 3; ``--force`` replaces it."""
    cache.mkdir()
    (cache / WEIGHTS).write_bytes(b"<html>")
    result = run("download")
    assert result.exit_code == 3
    assert result.stderr == (
        f"scratchnet: {cache / WEIGHTS}: damaged or not ours (expected 800 bytes, found 6): "
        "going on without it; scratchnet download --force replaces a file\n"
    )
    assert result.stdout.splitlines() == [str(cache / name) for name in TEST_SPLIT]
    assert (cache / WEIGHTS).read_bytes() == b"<html>"
    assert run("download", "--force").exit_code == 0
    assert (cache / WEIGHTS).read_bytes() == CONTENTS[WEIGHTS]


def test_a_cache_that_is_the_mirror_keeps_what_is_not_ours(
    run: Run, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where both are one folder, an odd file in it is neither replaced nor deleted."""
    monkeypatch.setenv("SCRATCHNET_CACHE_DIR", str(mirror))
    (mirror / WEIGHTS).write_bytes(b"mine")
    assert run("download").exit_code == 4
    assert run("cache", "clear").exit_code == 3
    assert names(mirror) == [WEIGHTS]
    assert (mirror / WEIGHTS).read_bytes() == b"mine"


# --- path ---


def test_path_is_the_folder_of_the_environment(run: Run, cache: Path) -> None:
    """``cache path`` prints the folder, ready for a script, and does not create it."""
    result = run("cache", "path")
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{cache}\n", "")
    assert not cache.exists()


def test_path_knows_the_home_folder(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A ``~`` that no shell has replaced means the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("SCRATCHNET_CACHE_DIR", "~/digits")
    assert run("cache", "path").stdout == f"{tmp_path / 'digits'}\n"


@pytest.mark.parametrize("unset", [None, ""], ids=["unset", "empty"])
def test_path_is_the_systems_own_by_default(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unset: str | None
) -> None:
    """Without a wish of the user the cache lies where the system keeps caches."""
    if unset is None:
        monkeypatch.delenv("SCRATCHNET_CACHE_DIR")
    else:
        monkeypatch.setenv("SCRATCHNET_CACHE_DIR", unset)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = Path(run("cache", "path").stdout.removesuffix("\n"))
    assert path.is_absolute()
    assert "scratchnet" in path.parts
    if sys.platform == "linux":
        assert path == tmp_path / "scratchnet"


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whom the system does not know, as containers run them, without HOME."""
    pwd = pytest.importorskip("pwd")

    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("SCRATCHNET_CACHE_DIR", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.skipif(sys.platform == "win32", reason="Unix users")
@pytest.mark.usefixtures("homeless")
def test_without_a_home_folder_path_is_a_sentence(run: Run) -> None:
    """There is no place for a cache, and what to do about it is said: exit 3."""
    result = run("cache", "path")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == (
        "scratchnet: there is no home folder to keep a cache in; "
        "SCRATCHNET_CACHE_DIR can name a folder\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Unix users")
@pytest.mark.usefixtures("homeless", "mirror")
def test_without_a_home_folder_the_work_is_done_without_a_cache(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The defaults are answered, and a download is used though it cannot be kept."""
    monkeypatch.chdir(tmp_path)
    result = run("inspect", "book")
    assert result.exit_code == 3
    assert "no home folder to keep a cache in" in result.stderr
    assert "downloaded, but not cached" in result.stderr
    monkeypatch.setenv("SCRATCHNET_OFFLINE", "1")
    monkeypatch.delenv("SCRATCHNET_MIRROR")
    result = run("eval", "--limit", "10", "--quiet")
    assert result.exit_code == 0
    assert result.stdout.startswith("Accuracy: ")


# --- list ---


def test_list_is_a_table_of_paths_and_sizes(run: Run, full: Path) -> None:
    """``cache list`` prints PATH<TAB>BYTES for each of our files, and for no other."""
    (full / "notes.txt").write_text("mine")
    (full / WEIGHTS).write_bytes(b"damaged")
    (full / TEST_SPLIT[0]).unlink()
    result = run("cache", "list")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.splitlines() == [f"{full / WEIGHTS}\t7"] + [
        f"{full / name}\t{len(CONTENTS[name])}" for name in [TEST_SPLIT[1], *TRAIN_SPLIT]
    ]


def test_list_goes_on_after_what_is_no_file(run: Run, full: Path) -> None:
    """A folder in the place of a file is named, the others are listed, and the exit code is 3."""
    (full / WEIGHTS).unlink()
    (full / WEIGHTS).mkdir()
    result = run("cache", "list")
    assert result.exit_code == 3
    assert f"{full / WEIGHTS}: cannot be read (not a file" in result.stderr
    assert len(result.stdout.splitlines()) == len([*TEST_SPLIT, *TRAIN_SPLIT])


@pytest.mark.usefixtures("mirror")
@pytest.mark.parametrize("command", ["list", "verify", "clear"])
@pytest.mark.parametrize("kind", ["missing", "empty"])
def test_an_empty_cache_is_nothing_bad(run: Run, cache: Path, command: str, kind: str) -> None:
    """Where nothing is cached nothing is wrong, and only verify has something to print."""
    if kind == "empty":
        cache.mkdir()
    result = run("cache", command)
    assert (result.exit_code, result.stderr) == (0, "")
    missing = [f"{cache / name}\tmissing" for name in CONTENTS] if command == "verify" else []
    assert result.stdout.splitlines() == missing


@pytest.mark.parametrize("command", ["list", "verify", "clear"])
@pytest.mark.parametrize("kind", ["a file", "a loop of links"])
def test_a_cache_that_is_no_folder_is_told_of(
    run: Run, cache: Path, command: str, kind: str
) -> None:
    """Something else in the folder's place, or one that cannot be read: one line, exit 3."""
    if kind == "a file":
        cache.write_bytes(b"mine")
    else:
        cache.symlink_to(cache)
    result = run("cache", command)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith(f"scratchnet: {cache}: cannot be read (")
    assert result.stderr.count("\n") == 1
    assert cache.is_symlink() or cache.read_bytes() == b"mine"


@pytest.mark.parametrize("args", [("list",), ("clear",), ("clear", "--force")])
def test_a_folder_in_a_files_place_is_told_of(run: Run, full: Path, args: tuple[str, ...]) -> None:
    """What is no file of ours is not passed over in silence, and not deleted: exit 3."""
    (full / WEIGHTS).unlink()
    (full / WEIGHTS).mkdir()
    result = run("cache", *args)
    assert result.exit_code == 3
    assert result.stderr.startswith(f"scratchnet: {full / WEIGHTS}: cannot be read (not a file")
    assert names(full) == sorted(CONTENTS if args == ("list",) else [WEIGHTS])


@pytest.mark.skipif(sys.platform == "win32", reason="no such names on Windows")
@pytest.mark.usefixtures("mirror")
def test_rows_stay_rows(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the folder's name, each file has a line; ``cache path`` has it exactly."""
    folder = tmp_path / "a\tb\nc\x1b[31md"
    shown = f"{tmp_path}{os.sep}a\\tb\\nc\\x1b[31md{os.sep}{WEIGHTS}"
    monkeypatch.setenv("SCRATCHNET_CACHE_DIR", str(folder))
    assert run("cache", "path").stdout == f"{folder}\n"
    assert run("download").stdout.splitlines()[0] == shown
    assert run("cache", "list").stdout.splitlines()[0] == f"{shown}\t800"
    assert run("cache", "verify").stdout.splitlines()[0] == f"{shown}\tok"
    assert run("cache", "clear").stdout.splitlines()[0] == shown


# --- verify ---


def test_verify_finds_sound_files_ok(run: Run, full: Path) -> None:
    """Sound files are listed as ok, those not cached as missing, which is no damage: exit 0."""
    (full / TRAIN_SPLIT[0]).unlink()
    result = run("cache", "verify")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        f"{full / name}\t{'missing' if name == TRAIN_SPLIT[0] else 'ok'}" for name in CONTENTS
    ]


@pytest.mark.parametrize(
    ("damaged", "defect"),
    [
        pytest.param(b"", "expected 800 bytes, found 0", id="empty"),
        pytest.param(CONTENTS[WEIGHTS][:-1], "expected 800 bytes, found 799", id="truncated"),
        pytest.param(CONTENTS[WEIGHTS] * 9, "expected 800 bytes, found more", id="longer"),
        pytest.param(b"x" + CONTENTS[WEIGHTS][1:], "expected sha256", id="one byte"),
        pytest.param(None, "cannot be read", id="a folder"),
    ],
)
def test_verify_finds_damage(run: Run, full: Path, damaged: bytes | None, defect: str) -> None:
    """One damaged file among sound ones: it is marked, explained on stderr, left alone; exit 3."""
    path = full / WEIGHTS
    path.unlink()
    if damaged is None:
        path.mkdir()
    else:
        path.write_bytes(damaged)
    result = run("cache", "verify")
    assert result.exit_code == 3
    assert result.stdout.splitlines() == [f"{path}\tdamaged"] + [
        f"{full / name}\tok" for name in list(CONTENTS)[1:]
    ]
    assert len(result.stderr.splitlines()) == 1
    assert str(path) in result.stderr
    assert defect in result.stderr
    assert path.is_dir() if damaged is None else path.read_bytes() == damaged


def test_verify_ends_with_the_worst(run: Run, full: Path) -> None:
    """Damage anywhere decides the exit code, also where the last file is sound."""
    (full / TEST_SPLIT[1]).write_bytes(b"")
    (full / TRAIN_SPLIT[0]).write_bytes(b"")
    result = run("cache", "verify")
    assert result.exit_code == 3
    assert [line.split("\t")[1] for line in result.stdout.splitlines()] == [
        "ok", "ok", "damaged", "damaged", "ok",
    ]  # fmt: skip


# --- clear ---


def test_clear_deletes_our_files_and_no_others(run: Run, full: Path, tmp_path: Path) -> None:
    """Assets and what killed downloads left go; whatever else is there stays."""
    leftover = full / f".{WEIGHTS}.0123456789ab{PART_SUFFIX}"
    leftover.write_bytes(b"half")
    kept = ["notes.txt", ".hidden", f"my{PART_SUFFIX}", f"{WEIGHTS}.bak", "t10k-images-idx3-ubyte"]
    for name in kept:
        (full / name).write_text("mine")
    (full / "folder").mkdir()
    (full / "folder" / WEIGHTS).write_text("mine")
    (tmp_path / WEIGHTS).write_text("mine")
    result = run("cache", "clear")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert set(result.stdout.splitlines()) == {
        str(path) for path in [*(full / name for name in CONTENTS), leftover]
    }
    assert names(full) == sorted([*kept, "folder"])
    assert (full / "folder" / WEIGHTS).read_text() == "mine"
    assert (tmp_path / WEIGHTS).read_text() == "mine"


def test_clear_deletes_another_file_only_when_forced(run: Run, full: Path) -> None:
    """What has the name of an asset and is another file stays, is told of, and the code is 3."""
    (full / WEIGHTS).write_bytes(b"mine")
    result = run("cache", "clear")
    assert result.exit_code == 3
    assert result.stderr == (
        f"scratchnet: {full / WEIGHTS}: damaged or not ours (expected 800 bytes, found 4): "
        "not deleted; --force deletes a file\n"
    )
    assert names(full) == [WEIGHTS]
    result = run("cache", "clear", "--force")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{full / WEIGHTS}\n"
    assert names(full) == []


def test_clear_deletes_a_link_and_not_what_it_leads_to(
    run: Run, full: Path, tmp_path: Path
) -> None:
    """Who has linked a file into the cache keeps the file."""
    (tmp_path / "mine").write_bytes(CONTENTS[WEIGHTS])
    (full / WEIGHTS).unlink()
    try:
        (full / WEIGHTS).symlink_to(tmp_path / "mine")
    except OSError:
        pytest.skip("this system does not let us make links")
    assert run("cache", "clear").exit_code == 0
    assert names(full) == []
    assert (tmp_path / "mine").read_bytes() == CONTENTS[WEIGHTS]


def test_a_cleared_cache_is_filled_again(run: Run, mirror: Path, cache: Path) -> None:
    """``clear`` and ``download`` undo each other."""
    assert run("download", "--split", "all").exit_code == 0
    assert run("cache", "clear").exit_code == 0
    assert names(cache) == []
    assert run("download", "--split", "all").exit_code == 0
    assert names(cache) == names(mirror)
    assert run("cache", "verify").exit_code == 0


# --- the table of the real assets ---


@pytest.mark.parametrize("asset", REAL_ASSETS, ids=lambda asset: asset.name)
def test_each_asset_is_pinned_and_comes_over_https(asset: Asset) -> None:
    """A real asset has a plain name, a size, a whole hash, and https sources that serve it."""
    assert re.fullmatch(r"[a-z0-9_-]+\.[a-z]+", asset.name)
    assert asset.size > 0
    assert re.fullmatch(r"[0-9a-f]{64}", asset.sha256)
    assert len(asset.urls) >= 2
    assert len(set(asset.urls)) == len(asset.urls)
    for url in asset.urls:
        assert urlsplit(url).scheme == "https"
        assert url.endswith("/" + asset.name)
        # The original host has refused downloads for years.
        assert not (urlsplit(url).hostname or "").endswith("lecun.com")


def test_the_table_names_each_file_once() -> None:
    """``cache`` looks after exactly the files that the other commands fetch."""
    weights, mnist = REAL_TABLE
    fetched = [weights, *mnist["test"], *mnist["train"]]
    assert sorted(asset.name for asset in REAL_ASSETS) == sorted(asset.name for asset in fetched)
    assert set(REAL_ASSETS) == set(fetched)
    assert len({asset.name for asset in fetched}) == len(fetched) == 5


def test_the_real_files_are_the_pinned_ones(real_data: Path) -> None:
    """The real test set and the book's weights pass their own check."""
    sound = [
        asset.name
        for asset in REAL_ASSETS
        if (real_data / asset.name).exists()
        and asset.defect((real_data / asset.name).read_bytes()) is None
    ]
    assert {WEIGHTS, *TEST_SPLIT} <= set(sound)

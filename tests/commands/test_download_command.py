"""``scratchnet download``: what it prints, what it keeps, what it advises."""

from pathlib import Path

import pytest

from scratchnet_cli.downloads.cache import Asset
from tests.conftest import Run
from tests.downloads.fetching import files
from tests.downloads.server import Server


def test_download_prints_where_the_files_are(
    run: Run,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    small_assets: tuple[Asset, Asset],
    cache: Path,
) -> None:
    """``scratchnet download`` prints the paths alone; from where is told on stderr."""
    server.paths |= {"/sample_weight.pkl": b"weights", "/t10k-images-idx3-ubyte.gz": b"images"}
    monkeypatch.setenv("SCRATCHNET_MIRROR", server.url("/"))
    result = run("download")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [str(cache / each.name) for each in small_assets]
    assert [line.split(" ")[:2] for line in result.stderr.splitlines()] == [
        ["downloading", server.url(f"/{each.name}")] for each in small_assets
    ]
    assert run("download").stderr == ""
    assert server.requests == {f"/{each.name}": 1 for each in small_assets}


@pytest.mark.usefixtures("small_assets")
def test_download_fails_with_4_and_the_causes(
    run: Run,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    cache: Path,
) -> None:
    """What cannot be had ends ``download`` with 4; what came before it stays cached."""
    server.paths["/sample_weight.pkl"] = b"weights"
    monkeypatch.setenv("SCRATCHNET_MIRROR", server.url("/"))
    result = run("download")
    assert result.exit_code == 4
    assert result.stdout.splitlines() == [str(cache / "sample_weight.pkl")]
    assert f"{server.url('/t10k-images-idx3-ubyte.gz')}: HTTP 404" in result.stderr
    assert "Traceback" not in result.stderr
    assert files(cache) == {"sample_weight.pkl": b"weights"}


@pytest.mark.usefixtures("small_assets")
def test_a_mirror_of_another_kind_is_told_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with SCRATCHNET_MIRROR itself is said once, not for every file."""
    monkeypatch.setenv("SCRATCHNET_MIRROR", "ftp://mirror.example")
    for command in (("download",), ("eval", "--weights", "book")):
        result = run(*command)
        assert result.exit_code == 4
        assert result.stderr == (
            "scratchnet: SCRATCHNET_MIRROR is 'ftp://mirror.example', "
            "expected a folder or an http:// or https:// address\n"
        )


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        (("eval", "--weights", "book"), "`scratchnet download`"),
        (("eval", "--weights", "bundled", "--dataset", "mnist"), "`scratchnet download`"),
        (("eval", "--split", "train"), "`scratchnet download --split train`"),
    ],
)
def test_the_advice_is_a_command_that_fetches_the_file(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], advice: str
) -> None:
    """What is missing offline is what the advised command downloads."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", "1")
    result = run(*command)
    assert result.exit_code == 4
    assert result.stderr.splitlines()[-1] == f"With a network, {advice} fetches it."


@pytest.mark.usefixtures("small_assets")
def test_download_does_not_advise_itself(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ``download`` fails, no line sends the user to ``download``."""
    monkeypatch.setenv("SCRATCHNET_OFFLINE", "1")
    result = run("download")
    assert result.exit_code == 4
    assert "SCRATCHNET_MIRROR can name" in result.stderr
    assert "`scratchnet download" not in result.stderr


@pytest.mark.usefixtures("small_assets")
def test_a_failed_force_keeps_the_cached_file(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    cache: Path,
    tmp_path: Path,
) -> None:
    """If ``--force`` finds no source, the good file stays."""
    (tmp_path / "sample_weight.pkl").write_bytes(b"weights")
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(b"images")
    monkeypatch.setenv("SCRATCHNET_MIRROR", str(tmp_path))
    assert run("download").exit_code == 0
    monkeypatch.delenv("SCRATCHNET_MIRROR")
    result = run("download", "--force")
    assert result.exit_code == 4
    assert len(files(cache)) == 2

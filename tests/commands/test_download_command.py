"""``scratchnet download``: what it prints, caches and advises."""

from pathlib import Path

import pytest

from tests.conftest import Run
from tests.downloads.fetching import files, replace_assets
from tests.downloads.server import Server

CONTENTS = {name: name.encode() for name in ("weights.pkl", "test-x.gz", "test-t.gz", "train-x.gz")}
WEIGHTS, *TEST, TRAIN = CONTENTS
ADVICE = "Try again later, or set SCRATCHNET_MIRROR to a folder with the file, or HTTPS_PROXY."


@pytest.fixture
def mirror(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Return a mirror that serves small files in the place of the real assets."""
    replace_assets(monkeypatch, CONTENTS)
    monkeypatch.setenv("SCRATCHNET_MIRROR", server.url("/"))
    server.paths |= {f"/{name}": data for name, data in CONTENTS.items()}
    return server


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((), [WEIGHTS, *TEST]),
        (("--split", "train"), [WEIGHTS, TRAIN]),
        (("--split", "all"), list(CONTENTS)),
    ],
)
def test_download_prints_the_path_of_each_file(
    run: Run, mirror: Server, cache: Path, args: tuple[str, ...], expected: list[str]
) -> None:
    """The weights and one split are downloaded once; only paths are printed on stdout."""
    result = run("download", *args)
    paths = "".join(f"{cache / name}\n" for name in expected)
    assert (result.exit_code, result.stdout) == (0, paths)
    assert result.stderr.splitlines() == [
        f"downloading {name} from http://127.0.0.1 ({len(name)} bytes)" for name in expected
    ]
    assert files(cache) == {name: CONTENTS[name] for name in expected}
    result = run("download", *args)
    assert (result.exit_code, result.stdout, result.stderr) == (0, paths, "")
    assert mirror.requests == {f"/{name}": 1 for name in expected}
    assert run("download", *args, "--force").stdout == paths
    assert mirror.requests == {f"/{name}": 2 for name in expected}


def test_download_tries_every_file(run: Run, mirror: Server, cache: Path) -> None:
    """A file without a source does not stop the others: exit 4, and each failure is printed."""
    del mirror.paths[f"/{WEIGHTS}"]
    result = run("download", "--split", "all")
    assert result.exit_code == 4
    assert result.stdout.splitlines() == [str(cache / name) for name in [*TEST, TRAIN]]
    start = result.stderr.index("error: ")
    assert result.stderr[start:].startswith(
        f"error: {WEIGHTS}: cannot be downloaded to {cache}:\n"
        "  http://127.0.0.1: HTTP 404\n"
        "  http://127.0.0.1: the connection was refused\n"
        f"downloading {TEST[0]} from "
    )
    # Once, after all files.
    assert result.stderr.endswith(f"\n{ADVICE}\n")


@pytest.mark.parametrize(("missing", "exit_code"), [((), 3), ((WEIGHTS,), 4)])
def test_download_without_a_cache_fails(
    run: Run, mirror: Server, cache: Path, missing: tuple[str, ...], exit_code: int
) -> None:
    """If the cache cannot be written, the command stops with one error; the highest code counts."""
    for name in missing:
        del mirror.paths[f"/{name}"]
    cache.write_bytes(b"mine")
    result = run("download")
    assert (result.exit_code, result.stdout) == (exit_code, "")
    notes = [line for line in result.stderr.splitlines() if "not cached" in line]
    first = TEST[0] if missing else WEIGHTS
    assert notes == [
        f"warning: downloaded, but not cached: {cache / first}: cannot be written (File exists); "
        "set SCRATCHNET_CACHE_DIR to another folder"
    ]
    last = "error: the cache cannot be written; the other files were not downloaded"
    assert result.stderr.splitlines()[-1] == last

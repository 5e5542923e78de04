"""Work spread over processes: order, memory, death."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest

from scratchnet_cli.errors import ImageError
from scratchnet_cli.system import pool
from scratchnet_cli.system.pool import CHUNK_FILES, map_in_order
from tests.conftest import run_python

needs_unix = pytest.mark.skipif(sys.platform == "win32", reason="Unix signals and /proc")


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use processes on a machine with a single core too, and chunks of one size."""
    monkeypatch.setattr(pool, "usable_cores", lambda: 2)
    monkeypatch.setattr(pool, "FIRST_CHUNK_FILES", CHUNK_FILES)


def shout(name: str) -> tuple[str, int]:
    """Return the name in capitals, and the process; the first chunk is the slowest."""
    time.sleep(0.05 if name == "0" else 0)
    return name.upper(), os.getpid()


def die(name: str) -> bytes:
    """End the process for the name ``300``; else return, later, a result that fits in no pipe."""
    if name == "300":
        os._exit(9)
    time.sleep(0.5 if name == "0" else 0)
    return bytes(10_000)


def test_map_keeps_the_order() -> None:
    """A thousand names come back in order with their results, from other processes."""
    names = [f"n{i}" if i else "0" for i in range(1000)]
    with closing(map_in_order(shout, [names])) as chunks:
        results: list[tuple[str, Any]] = [result for chunk in chunks for result in chunk]
    assert [name for name, _ in results] == names
    assert [shouted for _, (shouted, _) in results] == [name.upper() for name in names]
    assert os.getpid() not in {process for _, (_, process) in results}
    assert active_children() == []


def test_map_works_here_on_small_groups() -> None:
    """No process is started for a handful of names, and each result comes by itself."""
    expected = [[(name, (name.upper(), os.getpid()))] for name in "abc"]
    assert list(map_in_order(shout, [["a", "b"], [], ["c"]])) == expected


@needs_unix
def test_map_works_here_if_no_process_can_be_started() -> None:
    """If the system has no room for the connections of a pool, all names are answered."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        chunks: list[Any] = list(map_in_order(shout, [[str(i) for i in range(2 * CHUNK_FILES)]]))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert {result[1] for chunk in chunks for _, result in chunk} == {os.getpid()}


def test_map_reads_standard_input_here() -> None:
    """Workers have no standard input, so the chunk with ``-`` is worked on here, in its place."""
    names = [f"name {i}" for i in range(3 * CHUNK_FILES)]
    names[CHUNK_FILES + 5] = "-"
    chunks: list[Any] = list(map_in_order(shout, [names]))
    assert [name for chunk in chunks for name, _ in chunk] == names
    assert [chunk[0][1][1] == os.getpid() for chunk in chunks] == [False, True, False]


def test_map_answers_a_group_before_it_requests_the_next() -> None:
    """Names that come through a pipe are answered while the pipe is empty."""
    events: list[str] = []

    def groups() -> Iterator[list[str]]:
        for number in range(2):
            events.append(f"request {number}")
            yield [f"of {number}"] * 2 * CHUNK_FILES

    events.extend(f"answer {chunk[0][0][-1]}" for chunk in map_in_order(shout, groups()))
    assert events == ["request 0", "answer 0", "answer 0", "request 1", "answer 1", "answer 1"]


def test_map_makes_small_chunks_of_large_files(tmp_path: Path) -> None:
    """Photographs are distributed few at a time, so that the first answer comes soon."""
    for i in range(6):
        (tmp_path / f"{i}").write_bytes(bytes(pool.CHUNK_BYTES // 2))
    chunks = map_in_order(shout, [[str(path) for path in sorted(tmp_path.iterdir())]])
    assert [len(chunk) for chunk in chunks] == [2, 2, 2]


def test_map_starts_with_small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answers come at once; larger chunks cost less."""
    monkeypatch.setattr(pool, "FIRST_CHUNK_FILES", 64)
    chunks = map_in_order(shout, [[str(i) for i in range(700)]])
    assert [len(chunk) for chunk in chunks] == [64, 128, 256, 252]


@pytest.mark.parametrize(("jobs", "processes"), [(1, 1), (2, 2), (3, 3), (None, 2)])
def test_map_uses_as_many_processes_as_jobs(jobs: int | None, processes: int) -> None:
    """One job is done here, without another process; without a number there is one a core."""
    with closing(map_in_order(shout, [["a"] * 9 * CHUNK_FILES], jobs)) as chunks:
        next(chunks)
        assert len(active_children()) == (processes if processes > 1 else 0)


def test_map_holds_few_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks are made only as their results are taken."""
    monkeypatch.setattr(pool, "FIRST_CHUNK_FILES", 1)
    monkeypatch.setattr(pool, "CHUNK_FILES", 1)
    names: Any = iter([str(i) for i in range(100)])
    with closing(map_in_order(shout, [names])) as chunks:
        next(chunks)
        assert len(list(names)) == 95


def test_map_reports_what_a_worker_had_when_it_died() -> None:
    """Each name of its chunk has an error; all others are answered."""
    names = [str(i) for i in range(1000)]
    results = [result for chunk in map_in_order(die, [names]) for result in chunk]
    assert [name for name, _ in results] == names
    errors = {name: str(found) for name, found in results if isinstance(found, ImageError)}
    assert list(errors) == names[256:512]
    assert set(errors.values()) == {"the process that had to read it died (out of memory?)"}


@needs_unix
def test_map_replaces_two_idle_workers_that_died() -> None:
    """Their death costs nothing; once all are dead, an error says what was not read."""
    names = [str(i) for i in range(1000)]

    def groups() -> Iterator[list[str]]:
        while True:
            yield names
            for child in active_children():
                child.kill()
                child.join()

    chunks = map_in_order(shout, groups())
    results: list[Any] = [result for chunk in islice(chunks, 8) for result in chunk]
    assert [name for name, (_, _) in results] == 2 * names
    with pytest.raises(ImageError, match=r"^0: not read, nor those after it; all processes died"):
        next(chunks)


def test_map_ends_when_all_workers_died() -> None:
    """Two workers and two in their place have each a chunk; the rest is not started."""
    chunks = map_in_order(die, [["300"] * 4 * CHUNK_FILES + ["last"]])
    assert len(list(islice(chunks, 4))) == 4
    with pytest.raises(ImageError, match=r"^last: not read, nor those after it; "):
        next(chunks)


def test_map_raises_what_a_worker_raises() -> None:
    """A bug in a worker is a bug here."""
    with pytest.raises(ValueError, match="'x'"):
        list(map_in_order(int, [[*map(str, range(1000)), "x"]]))


def is_running(process: Path) -> bool:
    """Return whether a process of that number exists and has not ended."""
    try:
        return ") Z" not in Path(f"/proc/{process.name}/stat").read_text()
    except OSError:
        return False


# Works for ever, with processes that write their number into a folder.
ENDLESS = """
import os, sys, time
from scratchnet_cli.system import pool
pool.usable_cores = lambda: 2
def work(name):
    open(os.path.join(sys.argv[1], str(os.getpid())), 'w').close()
    time.sleep(0.001)
import scratchnet_cli.cli
def run():
    for _ in pool.map_in_order(work, [['name'] * 100_000]): pass
scratchnet_cli.cli.main = run
from scratchnet_cli.__main__ import main
main()
"""


@needs_unix
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_map_leaves_no_workers_behind(tmp_path: Path, number: signal.Signals) -> None:
    """However the parent ends, even by kill -9 or by Ctrl-C in its terminal, its workers end."""
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(tmp_path)],
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as parent:
        wait_until(lambda: len(list(tmp_path.iterdir())) == 2)
        (os.killpg if number == signal.SIGINT else os.kill)(parent.pid, number)
        _, stderr = parent.communicate(timeout=60)
    assert parent.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}.get(number, -number)
    assert stderr.strip() == b""
    wait_until(lambda: not any(map(is_running, tmp_path.iterdir())))


@needs_unix
def test_python_ends_with_results_left() -> None:
    """A script that takes only the first results ends, and its workers with it."""
    script = (
        "from scratchnet_cli.system import pool; pool.usable_cores = lambda: 2\n"
        "chunks = pool.map_in_order(len, [['name'] * 10_000]); print(len(next(chunks)))"
    )
    assert run_python("-c", script, timeout=60).stdout == "64\n"


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; fail after thirty seconds."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.02)

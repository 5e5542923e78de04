"""Work spread over processes: order, memory, death."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import active_children
from pathlib import Path
from unittest.mock import patch

import pytest

from scratchnet_cli.errors import ImageError
from scratchnet_cli.system import pool
from scratchnet_cli.system.pool import CHUNK_FILES, map_in_order

needs_unix = pytest.mark.skipif(sys.platform == "win32", reason="Unix signals and /proc")


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use processes on a machine with a single core too."""
    monkeypatch.setattr(pool, "usable_cores", lambda: 2)


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
        results = [result for chunk in chunks for result in chunk]
    assert [name for name, _ in results] == names
    assert [shouted for _, (shouted, _) in results] == [name.upper() for name in names]
    assert os.getpid() not in {process for _, (_, process) in results}
    assert active_children() == []


def test_map_works_here_on_small_groups() -> None:
    """No process is started for a handful of names, and each result comes by itself."""
    expected = [[(name, (name.upper(), os.getpid()))] for name in "abc"]
    assert list(map_in_order(shout, [["a", "b"], [], ["c"]])) == expected


def test_map_reads_standard_input_here() -> None:
    """Workers have no standard input, so the chunk with ``-`` is worked on here, in its place."""
    names = [f"name {i}" for i in range(3 * CHUNK_FILES)]
    names[CHUNK_FILES + 5] = "-"
    chunks = list(map_in_order(shout, [names]))
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


def test_map_holds_few_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks are submitted only as their results are taken."""
    monkeypatch.setattr(pool, "CHUNK_FILES", 1)
    real = ProcessPoolExecutor.submit
    with (
        patch.object(ProcessPoolExecutor, "submit", autospec=True, side_effect=real) as submit,
        closing(map_in_order(shout, [[str(i) for i in range(100)]])) as chunks,
    ):
        next(chunks)
        # One more starts the processes.
        assert submit.call_count == 1 + 5


def test_map_reports_a_worker_that_died() -> None:
    """The results before it are given, then an error names the files; no result is awaited."""
    names = [str(i) for i in range(1000)]
    found: list[str] = []
    with pytest.raises(ImageError) as failure:
        found.extend(name for chunk in map_in_order(die, [names]) for name, _ in chunk)
    assert found == names[: len(found)]
    assert str(failure.value) == (
        f"a process died while it read pictures from {names[len(found)]!r} to "
        f"{names[len(found) + CHUNK_FILES - 1]!r} (out of memory?); those before them were read"
    )


@needs_unix
def test_map_reports_workers_that_died_between_groups() -> None:
    """If they die while nothing is to be done, the next group fails in the same way."""

    def groups() -> Iterator[list[str]]:
        yield [str(i) for i in range(1000)]
        for child in active_children():
            child.kill()
        yield [str(i) for i in range(1000)]

    with pytest.raises(ImageError, match="died while it read pictures from '0' to '255'"):
        list(map_in_order(shout, groups()))


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


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; fail after thirty seconds."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.02)

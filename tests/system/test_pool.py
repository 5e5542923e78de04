"""Work spread over processes: order, memory, death."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

import pytest

from scratchnet_cli.errors import ImageError
from scratchnet_cli.system import pool as workers
from scratchnet_cli.system.pool import BATCH_FILES, spread, spread_parts

needs_unix = pytest.mark.skipif(sys.platform == "win32", reason="Unix signals and /proc")


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are used on a machine with a single core too."""
    monkeypatch.setattr(workers, "_cores", lambda: 2)


def shouted(names: list[str]) -> list[tuple[str, int]]:
    """Each name in capitals, and who did it; later batches are done sooner."""
    time.sleep(0.05 if names[0] == "0" else 0)
    return [(name.upper(), os.getpid()) for name in names]


def fatal(names: list[str]) -> list[str]:
    """End the process that works on the name ``300``."""
    if "300" in names:
        os._exit(9)
    return names


def test_results_keep_the_order_of_the_names() -> None:
    """A thousand names come back in order, though other processes worked on them."""
    names = [str(i) for i in range(1000)]
    with closing(spread(shouted, [names], here="-")) as batches:
        results = [result for batch in batches for result in batch]
    assert [name for name, _ in results] == names
    assert os.getpid() not in {process for _, process in results}


def test_few_names_are_worked_on_here_one_by_one() -> None:
    """No process is started for a handful of pictures, and each answer comes by itself."""
    batches = list(spread(shouted, [["a", "b"], ["c"]], here="-"))
    assert batches == [[("A", os.getpid())], [("B", os.getpid())], [("C", os.getpid())]]


def test_standard_input_is_read_by_the_parent() -> None:
    """Workers have no standard input, so the batch that names it stays here, in its place."""
    names = [f"name {i}" for i in range(3 * BATCH_FILES)]
    names[BATCH_FILES + 5] = "-"
    batches = list(spread(shouted, [names], here="-"))
    assert [name for batch in batches for name, _ in batch] == [name.upper() for name in names]
    assert [batch[0][1] == os.getpid() for batch in batches] == [False, True, False]


def test_a_burst_is_answered_before_the_next_is_asked_for() -> None:
    """Whoever sends names through a pipe gets all answers so far while the pipe is empty."""
    events: list[str] = []

    def bursts() -> Iterator[list[str]]:
        for number in range(2):
            events.append(f"asked for burst {number}")
            yield [f"{number}"] * 2 * BATCH_FILES

    batches = spread(shouted, bursts(), here="-")
    events.extend(f"answer to burst {batch[0][0]}" for batch in batches)
    assert events == [
        f"{event} burst {number}"
        for number in (0, 1)
        for event in ("asked for", "answer to", "answer to")
    ]


def test_large_files_make_small_batches(tmp_path: Path) -> None:
    """Photographs are handed out few at a time, so that the first answer comes soon."""
    for i in range(6):
        (tmp_path / f"{i}").write_bytes(bytes(workers.BATCH_BYTES // 2))
    batches = list(spread(shouted, [[str(path) for path in sorted(tmp_path.iterdir())]], here="-"))
    assert [len(batch) for batch in batches] == [2, 2, 2]


def test_without_processes_the_work_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a system refuses more processes, everything is worked on here."""

    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", refuse)
    results = list(spread(shouted, [["name"] * 2 * BATCH_FILES], here="-"))
    assert results == [[("NAME", os.getpid())]] * 2 * BATCH_FILES


def test_a_worker_that_dies_ends_in_a_sentence() -> None:
    """The answers before it are given, then the names that it had are told."""
    names = [str(i) for i in range(1000)]
    answers: list[str] = []
    with pytest.raises(ImageError, match="died while it read pictures from '"):
        answers.extend(chain.from_iterable(spread(fatal, [names], here="-")))
    assert answers == names[: len(answers)]


def large_or_fatal(numbers: range) -> bytes:
    """For number 1 the end; for any other, later, a result that no pipe holds."""
    if 1 in numbers:
        os._exit(9)
    time.sleep(0.5)
    return bytes(1_000_000)


def test_a_death_is_told_though_another_process_has_much_to_say() -> None:
    """What waits to hand over its result is not waited for."""
    with pytest.raises(ImageError, match="died while it read pictures from "):
        list(spread_parts(large_or_fatal, [range(1), range(1, 2)]))


def test_parts_come_in_order() -> None:
    """Each part is worked on as it is, by several processes; a single one is done here."""
    parts = [["0", "1"], ["2"], ["3", "4", "5"]]
    results = list(spread_parts(shouted, parts))
    assert [[name for name, _ in part] for part in results] == parts
    assert os.getpid() not in {process for part in results for _, process in part}
    assert list(spread_parts(shouted, [["0"]])) == [[("0", os.getpid())]]


@needs_unix
def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    """Not even kill -9 leaves processes behind."""
    script = (
        "import os, sys, time\n"
        "from scratchnet_cli.prediction import workers\n"
        "workers._cores = lambda: 2\n"
        "def work(names):\n"
        "    open(os.path.join(sys.argv[1], str(os.getpid())), 'w').close()\n"
        "    time.sleep(0.1)\n"
        "for _ in workers.spread(work, [['name'] * 100_000], here='-'): pass\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)]) as parent:
        wait_until(lambda: len(list(tmp_path.iterdir())) == 2)
        parent.send_signal(signal.SIGKILL)
    workers_of_it = [int(path.name) for path in tmp_path.iterdir()]
    wait_until(lambda: not any(is_running(process) for process in workers_of_it))


def is_running(process: int) -> bool:
    """Whether a process of that number exists and has not ended."""
    try:
        return ") Z" not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; fail after ten seconds."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.02)

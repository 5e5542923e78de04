"""Work on many files in several processes, with the results in the order of the files."""

import gc
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

from scratchnet_cli.errors import ImageError
from scratchnet_cli.system.inputs import STDIN

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

# A chunk ends at whichever comes first: small pictures share the cost of the transfer between
# processes, and a folder of photographs still gives its first answers at once.
CHUNK_FILES = 256
CHUNK_BYTES = 2**20
# The process that collects the results cannot keep up with more.
MAX_WORKERS = 8
SIGNALS = (signal.SIGINT, signal.SIGTERM)

Result = TypeVar("Result")


def map_in_order(
    work: Callable[[str], Result], groups: Iterable[Sequence[str]]
) -> Generator[list[tuple[str, Result]], None, None]:
    """Yield each name with its result, chunk by chunk, in the order of the names.

    A group is a list of names that are known at the same time; all its results come before the
    next group is requested. A group of several chunks is spread over processes; a smaller one is
    worked on here, name by name, and so is standard input.
    """
    # ``main`` turned it off for short runs.
    gc.enable()
    pool: ProcessPoolExecutor | None = None
    try:
        for group in groups:
            chunks = _chunks(group)
            # The processes start their work before all chunks are known.
            first = list(islice(chunks, 2))
            if len(first) > 1 and usable_cores() > 1:
                pool = pool or _start(usable_cores())
            if len(first) > 1 and pool is not None:
                yield from _spread(pool, work, chain(first, chunks))
            else:
                yield from (_work_on(work, [name]) for name in group)
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)


def usable_cores() -> int:
    """Return how many processes or threads may run at once."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(usable or 1, MAX_WORKERS)


def _work_on(work: Callable[[str], Result], names: Sequence[str]) -> list[tuple[str, Result]]:
    return [(name, work(name)) for name in names]


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for name in names:
        chunk.append(name)
        with suppress(OSError, ValueError):
            size += os.stat(name).st_size  # noqa: PTH116
        if len(chunk) == CHUNK_FILES or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _spread(
    pool: "ProcessPoolExecutor", work: Callable[[str], Result], chunks: Iterable[list[str]]
) -> Iterator[list[tuple[str, Result]]]:
    from concurrent.futures.process import BrokenProcessPool

    # Memory contains the results of this many chunks, whatever the number of files.
    max_pending = 2 * usable_cores() + 1
    pending: deque[tuple[list[str], Callable[[], list[tuple[str, Result]]]]] = deque()
    try:
        for chunk in chunks:
            # Only this process can read standard input.
            get = partial(_work_on, work, chunk)
            pending.append((chunk, get if STDIN in chunk else pool.submit(get).result))
            if len(pending) == max_pending:
                yield pending[0][1]()
                pending.popleft()
        while pending:
            yield pending[0][1]()
            pending.popleft()
    except BrokenProcessPool as error:
        # They ignore SIGTERM, and one that has a result to send would wait for ever.
        _kill_workers()
        names = pending[0][0] if pending else chunk
        raise ImageError(
            f"a process died while it read pictures from {names[0]!r} to {names[-1]!r} "
            "(out of memory?); those before them were read"
        ) from error


def _start(processes: int) -> "ProcessPoolExecutor":
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Forking saves each process from importing NumPy and Pillow again, where it is safe.
    context = get_context("fork" if sys.platform == "linux" else "spawn")
    with _signals_blocked():
        pool = ProcessPoolExecutor(processes, context, _initialize_worker)
        # The first task starts the processes.
        pool.submit(int)
    return pool


def _kill_workers() -> None:
    from multiprocessing import active_children

    for child in active_children():
        child.kill()


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Delay Ctrl-C and SIGTERM: an exception in the middle of a fork would be lost."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _initialize_worker() -> None:
    """Leave signals to the parent, and end the worker when the parent was killed."""
    from multiprocessing import parent_process
    from threading import Thread

    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    # Looking through the parent's objects for garbage would copy its memory page by page.
    gc.freeze()

    def wait() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    with suppress(RuntimeError):
        Thread(target=wait, daemon=True).start()

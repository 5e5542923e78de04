"""Process many files in several processes; the results keep the order of the files."""

import gc
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from typing import Any, Generic, TypeAlias, TypeVar

from scratchnet_cli.errors import ImageError, WorkerError
from scratchnet_cli.system.inputs import STDIN

# A chunk is what a process gets at once. It ends after this many files or bytes. The files share
# the cost of the transfer between processes.
CHUNK_FILES = 256
CHUNK_BYTES = 2**20
# The first chunks are smaller, so that the first answers come soon.
FIRST_CHUNK_FILES = 64
# The process that collects the results cannot keep up with more.
MAX_WORKERS = 8
# How many workers that died are replaced.
MAX_RESTARTS = 2
SIGNALS = (signal.SIGINT, signal.SIGTERM)

Result = TypeVar("Result")
Work: TypeAlias = Callable[[str], Result | ImageError]
Results: TypeAlias = list[tuple[str, Result | ImageError]]


def map_in_order(
    work: Work[Result], groups: Iterable[Sequence[str]], jobs: int | None = None
) -> Generator[Results[Result], None, None]:
    """Yield each name with its result, chunk by chunk, in the order of the names.

    Each group is finished before the next group is requested. A group of one chunk is processed
    here, name by name. The chunks of a larger group go to worker processes, but standard input is
    always read here. If a worker dies, the results of its chunk are errors.

    work: returns the result for a name; jobs: the largest number of processes.
    """
    # ``main`` turned garbage collection off for short runs.
    gc.enable()
    pool: _Pool[Result] | None = None
    jobs = min(jobs or usable_cores(), MAX_WORKERS)
    try:
        for group in groups:
            chunks = _chunks(group)
            # Two chunks show that the group is large. The others follow while processes work.
            first = list(islice(chunks, 2))
            if len(first) > 1 and jobs > 1:
                # If no process can be started, the files are processed here.
                with suppress(OSError):
                    pool = pool or _Pool(work, jobs)
            if len(first) > 1 and pool is not None:
                yield from pool.map(chain(first, chunks))
            else:
                yield from (_work_on(work, [name]) for name in group)
    finally:
        if pool is not None:
            pool.stop()


def usable_cores() -> int:
    """Return how many processes or threads may run at once."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(usable or 1, MAX_WORKERS)


def _work_on(work: Work[Result], names: Sequence[str]) -> Results[Result]:
    return [(name, work(name)) for name in names]


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size, max_files = 0, FIRST_CHUNK_FILES
    for name in names:
        chunk.append(name)
        with suppress(OSError, ValueError):
            size += os.stat(name).st_size  # noqa: PTH116
        if len(chunk) == max_files or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
            max_files = min(2 * max_files, CHUNK_FILES)
    if chunk:
        yield chunk


class _Worker:
    """A process that takes one chunk after the other.

    Each has its own connection. If the process dies, the parent sees it; only its chunk is lost.
    """

    def __init__(self, work: Work[Any]) -> None:
        from multiprocessing import get_context

        # A forked process need not import NumPy and Pillow again. Forking is safe on Linux only.
        context: Any = get_context("fork" if sys.platform == "linux" else "spawn")
        self.connection, other_end = context.Pipe()
        # This end notices that the process died if no other process has the other end open.
        with other_end, _signals_blocked():
            self.process = context.Process(target=_serve, args=(work, other_end), daemon=True)
            self.process.start()

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


class _Pool(Generic[Result]):
    """Worker processes: idle ones, and busy ones with the names and results of their chunks."""

    def __init__(self, work: Work[Result], jobs: int) -> None:
        self._work = work
        self._idle = [_Worker(work) for _ in range(jobs)]
        self._busy: dict[Any, tuple[_Worker, list[str], Results[Result]]] = {}
        self._restarts = 0
        # The largest number of chunks whose results are in memory.
        self._max_pending = 2 * len(self._idle) + 1

    def map(self, chunks: Iterator[list[str]]) -> Iterator[Results[Result]]:
        """Yield the results of each chunk, in order."""
        from multiprocessing.connection import wait

        # The names of each chunk and its results, which are empty until they are known.
        pending: deque[tuple[list[str], Results[Result]]] = deque()
        while True:
            while len(pending) < self._max_pending and self._find_idle():
                names = next(chunks, None)
                if names is None:
                    break
                pending.append((names, []))
                # Only this process can read standard input.
                if STDIN not in names:
                    worker = self._idle.pop()
                    self._busy[worker.connection] = (worker, *pending[-1])
                    # If the process died, ``_receive`` notices.
                    with suppress(OSError):
                        worker.connection.send(names)
            if not pending:
                break
            names, results = pending[0]
            # Give finished workers their next chunk before the caller uses these results.
            if ready := wait(self._busy, 0 if results or STDIN in names else None):
                for connection in ready:
                    self._receive(connection)
            else:
                pending.popleft()
                yield results or _work_on(self._work, names)
        if names := next(chunks, None):
            raise ImageError(
                f"{names[0]}: not read, nor those after it; all processes died (out of memory?); "
                "use fewer --jobs"
            )

    def _find_idle(self) -> bool:
        """Replace workers that died while they were idle; return whether there is one."""
        while self._idle and not self._idle[-1].process.is_alive():
            self._replace(self._idle.pop())
        return bool(self._idle)

    def _receive(self, connection: Any) -> None:
        """Add the results of a chunk, or errors if its process died."""
        worker, names, results = self._busy[connection]
        try:
            reply: Results[Result] | Exception = connection.recv()
        except (EOFError, OSError):
            error = WorkerError("the process that had to read it died (out of memory?)")
            results += [(name, error) for name in names]
            del self._busy[connection]
            self._replace(worker)
            return
        if isinstance(reply, Exception):
            raise reply
        results += reply
        del self._busy[connection]
        self._idle.append(worker)

    def _replace(self, worker: _Worker) -> None:
        worker.stop()
        if self._restarts < MAX_RESTARTS:
            self._restarts += 1
            # If the process cannot be started, there is one worker less.
            with suppress(OSError):
                self._idle.append(_Worker(self._work))

    def stop(self) -> None:
        for worker in (*self._idle, *(worker for worker, *_ in self._busy.values())):
            worker.stop()


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


def _serve(work: Work[Any], connection: Any) -> None:
    """Process the chunks that come through the connection; this runs in a worker."""
    from multiprocessing import parent_process
    from threading import Thread

    # The parent handles Ctrl-C. When it exits, ``multiprocessing`` sends SIGTERM; if it was killed,
    # the thread below ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    # Garbage collection of the parent's objects would copy its memory page by page.
    gc.freeze()

    def wait() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    with suppress(RuntimeError):
        Thread(target=wait, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            names = connection.recv()
            try:
                reply: Results[Any] | Exception = _work_on(work, names)
            except Exception as error:
                reply = error
            connection.send(reply)

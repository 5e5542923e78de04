"""Work on many files, spread over the processor's cores, its results in order."""

import gc
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from scratchnet_cli.errors import ImageError

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor


# A batch ends at whichever comes first: small pictures share what handing them over costs, and a
# folder of photographs still gives its first answers at once.
BATCH_FILES = 256
BATCH_BYTES = 2**20
# Beyond this, the one process that collects the results is what limits.
MOST_WORKERS = 8

Part = TypeVar("Part", bound=Sequence[object])
Result = TypeVar("Result")


def spread(
    work: Callable[[list[str]], Result], bursts: Iterable[list[str]], here: str
) -> Generator[Result]:
    """What ``work`` makes of each batch of names, in their order and as soon as it is known.

    A burst is a list of names that are known at the same time; all its results come before the
    next burst is asked for. A burst of more than one batch is spread over processes; a smaller one
    is worked on here, name by name, and so is the name ``here``.

    Raises:
        ImageError: a process died at its work.
    """
    gc.enable()
    pool: ProcessPoolExecutor | None = None
    try:
        for burst in bursts:
            batches = _batches(burst)
            first, second = next(batches, []), next(batches, [])
            batches = chain((first, second), batches)
            if second and _cores() > 1:
                pool = pool or start(_cores())
            if second and pool is not None:
                yield from _in_order(pool, work, batches, here)
            else:
                yield from (work([name]) for name in chain.from_iterable(batches))
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)


def spread_parts(work: Callable[[Part], Result], parts: Sequence[Part]) -> Generator[Result]:
    """What ``work`` makes of each part of a whole, in their order, spread over processes.

    Raises:
        ImageError: a process died at its work.
    """
    gc.enable()
    pool = start(_cores(), work) if len(parts) > 1 and _cores() > 1 else None
    if pool is None:
        yield from map(work, parts)
        return
    try:
        yield from _in_order(pool, work_on, parts)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(
    pool: "ProcessPoolExecutor",
    work: Callable[[Part], Result],
    batches: Iterable[Part],
    here: str | None = None,
) -> Iterator[Result]:
    from concurrent.futures.process import BrokenProcessPool

    # Few at a time: whatever the number of files, memory holds the results of these.
    most = 2 * _cores() + 1
    pending: deque[tuple[Part, Future[Result]]] = deque()
    try:
        for batch in batches:
            pending.append(
                (batch, _done(work(batch)) if here in batch else pool.submit(work, batch))
            )
            if len(pending) == most:
                yield pending[0][1].result()
                pending.popleft()
        while pending:
            yield pending[0][1].result()
            pending.popleft()
    except BrokenProcessPool as error:
        # They ignore the pool's SIGTERM, and one with a result to hand over would wait for ever.
        kill_all()
        batch = pending[0][0]
        raise ImageError(
            f"a process died while it read pictures from {batch[0]!r} to {batch[-1]!r} "
            "(out of memory?); those before them were read"
        ) from error


def _done(result: Result) -> "Future[Result]":
    from concurrent.futures import Future

    future: Future[Result] = Future()
    future.set_result(result)
    return future


def _batches(names: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for name in names:
        batch.append(name)
        size += _size(name)
        if len(batch) == BATCH_FILES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _size(name: str) -> int:
    try:
        return os.stat(name).st_size  # noqa: PTH116
    except (OSError, ValueError):
        return 0


def _cores() -> int:
    """How many processes can run at once, within reason."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(usable or 1, MOST_WORKERS)


SIGNALS = (signal.SIGINT, signal.SIGTERM)
# In a worker: what it was started for.
_work: Callable[..., object] | None = None


def start(
    processes: int, work: Callable[..., object] | None = None
) -> "ProcessPoolExecutor | None":
    """Running processes, which ``work_on`` has do some work; None where there are no means."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Where forking is sound it saves each process from importing NumPy and Pillow again.
    context = get_context("fork" if sys.platform == "linux" else "spawn")
    try:
        with _signals_wait():
            pool = ProcessPoolExecutor(processes, context, _begin, (work,))
            # The first task starts the processes.
            pool.submit(int)
    except (ImportError, NotImplementedError, OSError, RuntimeError):
        # RuntimeError: no thread can be started. A process without it would wait for ever.
        kill_all()
        return None
    return pool


def work_on(part: object) -> Any:
    """A part of the work that this process was started for."""
    return _work(part) if _work else None


def kill_all() -> None:
    """End every process that was started here."""
    from multiprocessing import active_children

    for child in active_children():
        child.kill()


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back: in the middle of forking an exception would just be lost."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(work: Callable[..., object] | None) -> None:
    """Keep the work, which may be large, for all its parts.

    Signals are the parent's to answer; and where it was killed, its workers end as well.

    A worker that died while it sends a result would leave the parent waiting for the rest of it.
    """
    from multiprocessing import parent_process
    from threading import Thread

    global _work
    _work = work
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    # What is there stays; to look at it for garbage would copy the parent's memory page by page.
    gc.freeze()

    def wait() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    with suppress(RuntimeError):
        Thread(target=wait, daemon=True).start()

"""Work on many files, spread over the processor's cores, its results in order."""

import gc
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from scratchnet_cli.errors import ImageError
from scratchnet_cli.prediction.processes import kill_all, start, work_on

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

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

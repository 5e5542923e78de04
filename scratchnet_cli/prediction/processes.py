"""The processes that work is spread over: how they start, what they keep, how they end."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

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

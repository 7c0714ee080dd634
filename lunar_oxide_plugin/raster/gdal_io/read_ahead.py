"""Reading the next blocks while the last one is worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, wait
from typing import TypeVar

from ...core.threads import ThreadPool

T = TypeVar("T")
Item = TypeVar("Item")  # a window, or what else tells which block

#: How often a wait is interrupted to see whether the user has cancelled, in seconds.
PATIENCE = 0.1

#: For what is being read at the end is waited this long, in seconds. Blocks take less.
_LAST_WAIT = 0.4


def read_ahead(
    read: Callable[[Item], T],
    windows: Iterable[Item],
    check: Callable[[], None],
    threads: int = 1,
) -> Generator[tuple[Item, T], None, None]:
    """Blocks in order, of which the next are read while the caller works on the last.

    To be used with `contextlib.closing`: once it is closed, nothing is being read any more, but
    what a server or disk keeps waiting. That is left to its thread, and ends by its own timeout.

    Parameters
    ----------
    read : callable
        Reads a window; called in threads of its own.
    windows : iterable
        Windows, or whatever `read` takes.
    check : callable
        Called in the caller's thread every tenth of a second while it waits; raises to stop.
    threads : int
        Windows that are read at a time. Each is another block in memory.

    Yields
    ------
    (window, what `read` gave)
    """
    readers = ThreadPool(threads, "read")
    waiting: deque[tuple[Item, Future[T]]] = deque()
    try:
        for window in windows:
            waiting.append((window, readers.submit(read, window)))
            if len(waiting) > threads:
                yield waiting[0][0], finished(waiting[0][1], check)
                waiting.popleft()
        while waiting:
            yield waiting[0][0], finished(waiting[0][1], check)
            waiting.popleft()
    finally:
        readers.shutdown(wait=False, cancel_futures=True)
        begun = [future for _, future in waiting if not future.cancelled()]
        if not wait(begun, _LAST_WAIT).not_done:
            readers.shutdown()


def finished(future: Future[T], check: Callable[[], None]) -> T:
    """Result of a future, waited for with an eye on the user's wish to cancel."""
    check()
    while not wait([future], PATIENCE).done:
        check()
    return future.result()


def answering(work: Callable[[], T], check: Callable[[], None]) -> T:
    """Result of work that cannot be stopped, waited for with an eye on the user's wish to cancel.

    After a cancel the work goes on in a thread of its own to its end, which nobody waits for:
    it must be bounded, and touch nothing else.
    """
    pool = ThreadPool(1, "work")
    future: Future[T] = pool.submit(work)
    pool.shutdown(wait=False)
    return finished(future, check)

"""Reading the next block while the last one is worked on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from .blocks import Window

T = TypeVar("T")

#: How often a wait is interrupted to see whether the user has cancelled, in seconds.
PATIENCE = 0.1


def read_ahead(
    read: Callable[[Window], T], windows: Iterable[Window], check: Callable[[], None]
) -> Generator[tuple[Window, T], None, None]:
    """Blocks in order, of which the next is read while the caller works on the last.

    To be used with `contextlib.closing`: once it is closed, nothing is being read any more.

    Parameters
    ----------
    read : callable
        Reads a window; called in one thread of its own, for one window at a time.
    windows : iterable of Window
    check : callable
        Called in the caller's thread every tenth of a second while it waits; raises to stop.

    Yields
    ------
    (Window, what `read` gave)
    """
    with ThreadPoolExecutor(1, "read") as reader:
        waiting: tuple[Window, Future[T]] | None = None
        try:
            for window in windows:
                following = window, reader.submit(read, window)
                if waiting is not None:
                    yield waiting[0], finished(waiting[1], check)
                waiting = following
            if waiting is not None:
                yield waiting[0], finished(waiting[1], check)
        finally:
            reader.shutdown(cancel_futures=True)


def finished(future: Future[T], check: Callable[[], None]) -> T:
    """Result of a future, waited for with an eye on the user's wish to cancel."""
    check()
    while not wait([future], PATIENCE).done:
        check()
    return future.result()

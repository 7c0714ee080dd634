"""Progress and cancelling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

from qgis.core import QgsProcessingFeedback

from ..core.errors import CancelledError
from ..raster.ahead import read_ahead
from ..raster.blocks import Window, blocks

T = TypeVar("T")

#: Threads that read: beyond, what the caller does with the blocks takes longer than reading.
_MOST_THREADS = 4


@contextmanager
def each_block(
    work: Callable[[Window], T], area: Window, feedback: QgsProcessingFeedback, threads: int = 1
) -> Iterator[Iterator[tuple[Window, T]]]:
    """What a function makes of each block of an area, while the caller works on the last ones.

    Use: ``with each_block(read, area, feedback, threads) as done: for window, values in done``.
    Blocks come in order, with progress; afterwards nothing is under way any more.

    Parameters
    ----------
    work : callable
        Reads a block, and may compute; called in threads of its own.
    area : Window
    feedback : QgsProcessingFeedback
    threads : int
        Blocks that are worked on at a time, each of some 10 MiB; more than a few are not used.

    Raises
    ------
    CancelledError
        In the loop, within a tenth of a second after the user has cancelled.
    """

    def check() -> None:
        stop_if_cancelled(feedback)

    def counted(ahead: Iterator[tuple[Window, T]]) -> Iterator[tuple[Window, T]]:
        done = 0
        for window, result in ahead:
            yield window, result
            done += window.size
            feedback.setProgress(100 * done / area.size)
            check()

    with closing(read_ahead(work, blocks(area), check, min(threads, _MOST_THREADS))) as ahead:
        yield counted(ahead)


def stop_if_cancelled(feedback: QgsProcessingFeedback) -> None:
    """Raise CancelledError once the user has cancelled."""
    if feedback.isCanceled():
        raise CancelledError("Cancelled. No output was written.")


def progress_or_cancel(feedback: QgsProcessingFeedback) -> Callable[[float], None]:
    """Takes the part that is done, 0 ... 1, as progress; raises once the user has cancelled."""

    def report(done: float) -> None:
        stop_if_cancelled(feedback)
        feedback.setProgress(100 * done)

    return report

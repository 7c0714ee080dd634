"""Progress and cancelling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Protocol, TypeVar

from qgis.core import QgsProcessingFeedback

from ..core.errors import CancelledError
from ..raster.gdal_io.blocks import BlockPlan, Window
from ..raster.gdal_io.read_ahead import read_ahead
from ..raster.moon.crs import Grid

T = TypeVar("T")

#: Threads that read: beyond, what the caller does with the blocks takes longer than reading.
_MOST_THREADS = 4


class InBlocks(Protocol):
    """What is read in blocks: `Raster`, `Mosaic` or `Resampled`."""

    grid: Grid

    def plan(self) -> BlockPlan:
        """The blocks to read it in."""


@contextmanager
def each_block(
    work: Callable[[Window], T],
    source: InBlocks,
    feedback: QgsProcessingFeedback,
    threads: int = 1,
) -> Iterator[Iterator[tuple[Window, T]]]:
    """What a function makes of each block of a raster, while the caller works on the last ones.

    Use: ``with each_block(read, raster, feedback, threads) as done: for window, values in done``.
    Blocks come in order, with progress; afterwards nothing is under way any more.

    Parameters
    ----------
    work : callable
        Reads a block, and may compute; called in threads of its own.
    source : Raster, Mosaic or Resampled
        Read whole.
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

    plan, area = source.plan(), source.grid.window
    threads = plan.threads(min(threads, _MOST_THREADS))
    feedback.setProgress(0)  # else 100 of one step after 100 of another would not be shown
    with closing(read_ahead(work, plan.blocks(area), check, threads)) as ahead:
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

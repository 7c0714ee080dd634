"""One loop for all products: blocks read ahead by threads while the caller works on the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Protocol, TypeVar

from ...core.watch import Watch
from ..gdal_io.blocks import BlockPlan, Window
from ..gdal_io.read_ahead import read_ahead
from ..moon.crs import Grid

T = TypeVar("T")

#: Threads that read: with more, what the caller does with the blocks takes longer than reading.
MOST_THREADS = 4


class InBlocks(Protocol):
    """What is read in blocks: `Raster`, `Mosaic` or `Resampled`."""

    grid: Grid

    def plan(self) -> BlockPlan:
        """The blocks to read it in."""


@contextmanager
def each_block(
    work: Callable[[Window], T], source: InBlocks, watch: Watch, threads: int = 1
) -> Iterator[Iterator[tuple[Window, T]]]:
    """What a function makes of each block of a raster.

    Use: ``with each_block(read, raster, watch, threads) as done: for window, values in done``.
    Blocks come in order, with progress; afterwards no thread is working any more.

    Parameters
    ----------
    work : callable
        Reads a block, and may compute; called in threads.
    source : Raster, Mosaic or Resampled
        Read whole.
    watch : Watch
        Stops the loop within a tenth of a second.
    threads : int
        Blocks that are worked on at a time, each of some 10 MiB; at most four are used.
    """

    def counted(ahead: Iterator[tuple[Window, T]]) -> Iterator[tuple[Window, T]]:
        done = 0
        for window, result in ahead:
            yield window, result
            done += window.size
            watch.progress(done / area.size)

    plan, area = source.plan(), source.grid.window
    threads = plan.threads(min(threads, MOST_THREADS))
    watch.progress(0)  # else 100 of one step after 100 of another would not be shown
    with closing(read_ahead(work, plan.blocks(area), watch.check, threads)) as ahead:
        yield counted(ahead)

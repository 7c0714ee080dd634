"""Progress and cancelling."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from qgis.core import QgsProcessingFeedback

from ..core.errors import CancelledError
from ..raster.blocks import Window, blocks


def blocks_with_progress(area: Window, feedback: QgsProcessingFeedback) -> Iterator[Window]:
    """Blocks of an area, with progress, and an end when the user cancels.

    Raises
    ------
    CancelledError
        Before the next block, once the user has cancelled.
    """
    done = 0
    for window in blocks(area):
        stop_if_cancelled(feedback)
        yield window
        done += window.size
        feedback.setProgress(100 * done / area.size)


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

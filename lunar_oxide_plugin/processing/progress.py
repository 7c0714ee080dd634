"""Progress and cancelling."""

from __future__ import annotations

from collections.abc import Iterator

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

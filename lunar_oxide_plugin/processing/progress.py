"""Progress, messages and cancelling, from QGIS's feedback."""

from __future__ import annotations

from qgis.core import QgsProcessingFeedback

from ..core.errors import CancelledError
from ..core.watch import Watch


class FeedbackWatch(Watch):
    """Shows progress and messages in the dialog or on the command line; stops on Cancel."""

    def __init__(self, feedback: QgsProcessingFeedback) -> None:
        self.feedback = feedback

    def check(self) -> None:
        """Raise CancelledError once the user has cancelled."""
        stop_if_cancelled(self.feedback)

    def progress(self, done: float) -> None:
        """Show the fraction done, 0 ... 1."""
        self.check()
        self.feedback.setProgress(100 * done)

    def note(self, text: str) -> None:
        """Show it in the log."""
        self.feedback.pushInfo(text)

    def warn(self, text: str) -> None:
        """Show it as a warning in the log."""
        self.feedback.pushWarning(text)


def stop_if_cancelled(feedback: QgsProcessingFeedback) -> None:
    """Raise CancelledError once the user has cancelled."""
    if feedback.isCanceled():
        raise CancelledError("Cancelled. No output was written.")

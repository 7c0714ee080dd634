"""What a run reports to whoever started it, and how it learns that it should stop."""

from __future__ import annotations


class Watch:
    """Takes progress and messages of a run; this one is silent and never stops it.

    Every loop over pixels takes one, so that a notebook, scale-out and an algorithm in QGIS run
    the same loop. A loop calls `check` or `progress` at least every tenth of a second.
    """

    def check(self) -> None:
        """Raise to stop the run: nothing is written then."""

    def progress(self, done: float) -> None:
        """Take the fraction done, 0 ... 1; raises as `check` does."""
        self.check()

    def note(self, text: str) -> None:
        """Take what is good to know."""

    def warn(self, text: str) -> None:
        """Take what has to be known before the result is used."""

    def step(self, number: float, count: float) -> Watch:
        """A watch for one of several steps, whose progress is that part of the whole.

        Of steps that differ in length, both are counted in steps as long as this one.
        """
        return _Step(self, number, count)


class _Step(Watch):
    def __init__(self, whole: Watch, number: float, count: float) -> None:
        self._whole, self._number, self._count = whole, number, count
        self.check, self.note, self.warn = whole.check, whole.note, whole.warn  # type: ignore[method-assign]

    def progress(self, done: float) -> None:
        self._whole.progress((self._number + done) / self._count)


#: A watch for runs that nobody looks at.
SILENT = Watch()

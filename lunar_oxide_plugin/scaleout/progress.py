"""The progress of a run, in one line."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

#: Seconds between two lines where a line cannot be overwritten, as in a log file.
_IN_A_LOG = 30.0

_BAR = 20


class Progress:
    """Shows on a stream what is done and how long the rest will take.

    Parameters
    ----------
    stream : TextIO
    windows, pixels : int
        Of the whole run.
    """

    def __init__(self, stream: TextIO, windows: int, pixels: int) -> None:
        self._stream = stream
        self._windows, self._pixels = windows, pixels
        self._done_windows = self._done_pixels = self._computed = self.failed = 0
        self._start = time.monotonic()
        self._shown = -_IN_A_LOG
        self._over = stream.isatty()

    def add(self, pixels: int, computed: bool = True) -> None:
        """Count a window; those of an earlier run do not count for the speed."""
        self._done_windows += 1
        self._done_pixels += pixels
        self._computed += pixels if computed else 0

    def show(self, workers: Callable[[], str], last: bool = False) -> None:
        """Overwrite the last line, or in a log write a new one from time to time.

        `workers` is called only when a line is written: it may ask the scheduler.
        """
        now = time.monotonic()
        if not (self._over or last or now - self._shown > _IN_A_LOG):
            return
        self._shown = now
        line = self.line(now - self._start, workers())
        self._stream.write(f"\r\x1b[K{line}" if self._over else f"{line}\n")
        if self._over and last:
            self._stream.write("\n")
        self._stream.flush()

    def say(self, text: str) -> None:
        """Write a message on its own line."""
        self._stream.write(f"\r\x1b[K{text}\n" if self._over else f"{text}\n")
        self._stream.flush()

    def line(self, seconds: float, workers: str) -> str:
        """The progress line after some seconds of work."""
        part = self._done_pixels / self._pixels if self._pixels else 1.0
        speed = self._computed / seconds if seconds > 0 else 0.0
        filled = "#" * int(part * _BAR)
        left = f", {_duration((self._pixels - self._done_pixels) / speed)} left" if speed else ""
        failed = f", {self.failed} failed" if self.failed else ""
        return (
            f"[{filled:<{_BAR}}] {self._done_windows}/{self._windows} windows, {100 * part:.1f} %, "
            f"{speed / 1e6:.3f} Mpx/s{left}, {workers}{failed}"
        )


def _duration(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"

"""How many threads may compute, and starting them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from .errors import LunarOxideError


def available_cores() -> int:
    """Processor cores that this process may use; a batch system or container may allow fewer."""
    if hasattr(os, "sched_getaffinity"):  # Linux alone has it
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class ThreadPool(ThreadPoolExecutor):
    """A pool of threads that says what to do where the system lets no further thread start."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a thread call a function; LunarOxideError when the system refuses another thread."""
        try:
            return super().submit(fn, *args, **kwargs)
        except RuntimeError as error:  # "can't start new thread"
            if "thread" not in str(error):
                raise
            raise LunarOxideError(
                f"The system lets no further thread start ({error}): a limit of processes or of "
                "memory is reached. Close other programs, or let fewer threads compute (THREADS, "
                "or Options > Rendering of QGIS)."
            ) from error

"""How many threads may compute."""

from __future__ import annotations

import os


def available_cores() -> int:
    """Processor cores that this process may use; a batch system or container may allow fewer."""
    if hasattr(os, "sched_getaffinity"):  # Linux alone has it
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

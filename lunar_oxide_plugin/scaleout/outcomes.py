"""Windows computed in this process, and what becomes of one wherever it is computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ..core.errors import LunarOxideError
from .job import Job, Part
from .window import predict_window


class Outcome(NamedTuple):
    """What became of a window."""

    part: Part
    #: Its record, or None when every attempt failed
    record: dict[str, Any] | None
    #: Why the last attempt failed
    error: str = ""
    attempts: int = 1


def compute_here(
    job: Job, parts: Iterable[Part], folder: str, threads: int, attempts: int
) -> Iterator[Outcome]:
    """Compute windows one after the other in this process, without Dask."""
    for part in parts:
        for attempt in range(1, attempts + 1):
            try:
                yield Outcome(part, predict_window(job, part, folder, threads), "", attempt)
            except (LunarOxideError, OSError, MemoryError) as error:
                if attempt == attempts:
                    yield Outcome(part, None, in_words(error), attempt)
            else:
                break


def in_words(error: BaseException) -> str:
    """An error for the list of failures; ours say all by themselves."""
    if isinstance(error, LunarOxideError):
        return str(error)
    return f"{type(error).__name__}: {error}"

"""Long arrays a piece after the other."""

from __future__ import annotations

from collections.abc import Iterator

#: Values per piece. What is computed from a piece as float64 takes half a MiB: it stays in the
#: processor's cache, and the C library keeps the memory for the next piece. From whole blocks it
#: would have to get pages from the system again and again, which takes three times as long.
PIECE = 1 << 16


def pieces(count: int, size: int = 1) -> Iterator[slice]:
    """Slices that cover so many items, of `size` values each, about `PIECE` values at a time."""
    step = max(PIECE // size, 1)
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))

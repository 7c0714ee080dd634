"""GDAL's cache of blocks, held small while one call of GDAL writes a whole raster."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from osgeo import gdal

#: Bytes. Overviews of five bands of 6000 x 6000 pixels: GDAL asks at least every 0.3 s whether to
#: go on, instead of 1.2 s with its own size (5 % of 24 GiB), and takes no longer in all.
_SMALL = 24 << 20

_lock = threading.Lock()
_held: list[int] = []


@contextmanager
def small_cache() -> Iterator[None]:
    """Let GDAL write as it goes on, with questions between, not all that it made at its end.

    The size is one for the whole process; the first of several that are under way at a time makes
    it small, the last one gives it back.
    """
    with _lock:
        _held.append(gdal.GetCacheMax())
        gdal.SetCacheMax(min(_held[0], _SMALL))
    try:
        yield
    finally:
        with _lock:
            before = _held[0]
            _held.pop()
            if not _held:
                gdal.SetCacheMax(before)

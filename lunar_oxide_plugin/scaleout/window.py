"""Predicting windows: one on a worker, or one after the other in this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from ..core.errors import LunarOxideError
from ..raster.maps.prediction import Counts, write_prediction
from ..raster.maps.run import Run
from ..raster.sources.mi_source import MiSource
from ..raster.sources.mosaic import Mosaic, Tile
from ..raster.writing.outputs import OutputFiles
from .item import item
from .job import Job, Part
from .models import model_of
from .results import Results, write_json
from .tiles import Reading, open_tile

#: Sources that a thread keeps open, so that a raster or tile shared by several windows is opened
#: only once.
_KEPT = 16

_of_thread = threading.local()


class _NothingValidError(Exception):
    """The window has no valid pixel, so no rasters are written."""


class Outcome(NamedTuple):
    """The result of a window, wherever it is computed."""

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
    """An error for the list of failures; our own errors need no class name."""
    if isinstance(error, LunarOxideError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def predict_window(job: Job, part: Part, folder: str, threads: int) -> dict[str, Any]:
    """Predict one window and write its rasters, then its record.

    Parameters
    ----------
    job : Job
    part : Part
    folder : str
        Of the run, see `results.py`.
    threads : int
        Number of computing threads.

    Returns
    -------
    dict
        The record; the existing one if the window is already finished, as when a worker was lost
        after writing it.

    Raises
    ------
    LunarOxideError
    """
    results = Results(folder)
    results.require(job)
    found = results.finished(job, part)
    if found is not None:
        return found
    start = time.perf_counter()
    try:
        mosaic = _mosaic(job, part)
        counts, written = _write(job, part, mosaic, results, threads)
    except Exception:
        # A file may be repaired before the next attempt, so no open source is kept.
        _of_thread.__dict__.clear()
        raise
    record = item(job, part, results, written, counts, time.perf_counter() - start)
    write_json(results.record(part), record)
    return record


def _mosaic(job: Job, part: Part) -> Mosaic:
    """The tiles of a window, arranged as in the whole mosaic."""
    if not hasattr(_of_thread, "open"):
        # For each thread, as no two threads may read one dataset; keyed by content too, as a tile
        # may have been replaced under the same name.
        _of_thread.open = lru_cache(_KEPT)(_opened)
    open_source: Callable[[tuple[str, ...], Reading, str, str], MiSource] = _of_thread.open
    tiles = [
        Tile(open_source(tile.names, job.reading, tile.state, tile.sample), tile.place)
        for tile in part.tiles
    ]
    return Mosaic.of_tiles(job.grid.part(part.window), tiles)


def _opened(names: tuple[str, ...], reading: Reading, state: str, sample: str) -> MiSource:
    return open_tile(names, reading, state)


def _write(
    job: Job, part: Part, mosaic: Mosaic, results: Results, threads: int
) -> tuple[Counts, list[str]]:
    """Write the rasters of a window; returns the pixel counts and the products written."""
    model = model_of(job.model_path, job.model_sha256)
    results.record(part).parent.mkdir(parents=True, exist_ok=True)
    metadata = job.provenance(mosaic.synthetic)
    try:
        with OutputFiles(mosaic.files) as files:
            paths = {product: results.raster(part, product.values) for product in job.rasters}
            run = Run(files, metadata, job.stored, threads)
            counts = write_prediction(run, mosaic, model, paths, styled=False)
            if not counts.valid:
                raise _NothingValidError
            # The command may have been killed, and another run started in its folder.
            results.require(job)
    except _NothingValidError:
        results.remove_rasters(part)  # of an earlier run in which the window had valid pixels
        return Counts(), []
    return counts, list(job.products)

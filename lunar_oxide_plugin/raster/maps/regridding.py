"""A raster on the pixels of a coarser one: spherical means over the area of each."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..gdal_io.blocks import Window
from ..gdal_io.read_ahead import read_ahead
from ..moon.areas import PixelAreas
from ..moon.crs import FloatArray, Grid
from ..moon.pixel_mapping import Caps, Place, Places
from ..sources.raster import Raster
from .each_block import MOST_THREADS

#: Part of a pixel's area that must be valid, as when MI tiles are averaged.
LEAST_AREA = 0.5

#: Rounding of the sums, as a part of the area.
_ROUNDING = 1e-6

#: About the pixels of the blocks that are read.
_PIXELS = 512**2

#: Between maps without parallel rows, pixels are divided until they are at most a quarter as large
#: as those they go into, but into no more than 16 x 16, beside the pole of a cylindrical map.
_PARTS, _MOST_PARTS = 4, 16

#: Values [bands, height, width] of a window, NaN where not valid.
Read = Callable[[Window], NDArray[np.floating]]


class AreaMeans:
    """Means of a raster over the pixels of another grid, by windows of that grid.

    A pixel of the grid is the mean over the valid part of its area on the sphere, and valid where
    at least half of its area is. Between maps whose rows and columns are parallel, such as two
    cylindrical ones, source pixels across an edge count on each side by the part that lies there.
    Between others they are divided into up to 16 x 16 parts, a quarter as large as the pixels of
    the grid, which count where their centres lie.

    The pixels of `raster` have the values that `read` gives, in worker threads; the grid has larger
    ones, and a raster of this `name` for messages. Either without lunar CRS or position is refused.
    """

    def __init__(self, raster: Raster, read: Read, grid: Grid, name: str, threads: int = 1) -> None:
        self._read, self._grid = read, grid
        self._raster = raster
        self._of_thread = threading.local()
        self._pixel_areas()
        self._grid_areas = PixelAreas(grid, name)
        self._places = Places(raster.grid, grid)
        plan = raster.plan(_PIXELS, rows=False)
        self._threads = plan.threads(min(threads, MOST_THREADS))
        self._blocks = list(plan.blocks(raster.grid.window))
        self._caps = Caps(raster.grid, self._blocks)

    def each(
        self, windows: Sequence[Window], progress: Callable[[float], None] = lambda done: None
    ) -> Generator[tuple[Window, FloatArray | None], None, None]:
        """Means of windows of the grid, float64 [bands, height, width], one after the other.

        NaN where less than half of the area is valid; None where no pixel lies. Memory grows with
        the size of the windows, not of the raster. `progress` takes the fraction done after each
        block of the raster and at least every tenth of a second, and raises to stop.
        """
        done = 0.0
        totals: FloatArray | None = None

        def check() -> None:
            progress(done)

        with closing(read_ahead(self._sums, self._jobs(windows), check, self._threads)) as ahead:
            for job, parts in ahead:
                for rows, columns, planes in parts:
                    if totals is None:
                        size = (job.window.height, job.window.width)
                        totals = np.zeros((*planes.shape[:2], *size))
                    totals[:, :, rows, columns] += planes
                done = job.done
                check()
                if job.last:
                    yield job.window, None if totals is None else self._means(job.window, totals)
                    totals = None

    def _jobs(self, windows: Sequence[Window]) -> Iterator[_Job]:
        """The blocks of the raster that may touch each window, window by window."""
        for number, window in enumerate(windows):
            touching = self._caps.touching(Caps(self._grid, [window]))
            below = [self._blocks[index] for index in np.flatnonzero(touching)]
            for index, block in enumerate(below or [None]):
                count = max(len(below), 1)
                done = (number + (index + 1) / count) / len(windows)
                yield _Job(window, block, index + 1 == count, done)

    def _means(self, window: Window, totals: FloatArray) -> FloatArray:
        areas, products = totals
        enough = areas >= (LEAST_AREA - _ROUNDING) * self._grid_areas.of(window)
        enough &= areas > 0
        return np.divide(products, areas, out=np.full(areas.shape, np.nan), where=enough)

    def _sums(self, job: _Job) -> list[_Sums]:
        """What a block adds to a window of the grid."""
        if job.block is None:
            return []
        found = [
            self._overlaps(place, job.window) if place.separable else self._parts(place, job.window)
            for place in self._places.of(job.block)
        ]
        return [each for each in found if each is not None]

    def _overlaps(self, place: Place, window: Window) -> _Sums | None:
        """Of pixels whose columns and rows are parallel to the grid's: shares of them."""
        column_edges, row_edges = place.edges()
        across = _shares(column_edges, window.x, window.width, self._places.turn)
        down = _shares(row_edges, window.y, window.height, 0.0)
        if not (across.any() and down.any()):
            return None
        (columns, new_columns), (rows, new_rows) = _bounds(across > 0), _bounds(down > 0)
        weighted = self._weighted(_part(place.window, rows, columns))
        planes = down[rows, new_rows].T @ weighted @ across[columns, new_columns]
        return _Sums(new_rows, new_columns, planes)

    def _parts(self, place: Place, window: Window) -> _Sums | None:
        """Of any other pixels: parts of them, by their centres."""
        size = place.pixel_size()
        if not math.isfinite(size):
            return None
        columns, rows = place.at(0.5, 0.5, place.window)
        # Beside a pole one pixel may reach into all columns, wherever its centre lies.
        all_columns = bool(self._places.turn) and not place.smooth
        around = window._replace(x=0, width=math.ceil(self._places.turn))
        near = self._inside(columns, rows, around if all_columns else window, margin=size)
        if not near.any():
            return None
        new_columns = slice(0, window.width)
        # Where both ends may be near, all columns are taken as well.
        if not (all_columns or 0 < self._places.turn < window.width + 2 * size):
            counted = self._columns(columns, window.x, size)[near]
            new_columns = _range(counted, size, window.width)
        new_rows = _range(rows[near] - window.y, size, window.height)
        touched = _part(window, new_rows, new_columns)
        part = _part(place.window, *_bounds(near))
        count = min(max(math.ceil(_PARTS * size), 1), _MOST_PARTS)
        weighted = self._weighted(part) / count**2
        planes = weighted.reshape(-1, part.size)
        sums = np.zeros((len(planes), touched.size))
        offsets = (np.arange(count) + 0.5) / count
        for y, x in product(offsets, offsets):
            columns, rows = place.at(x, y, part)
            inside = self._inside(columns, rows, touched).ravel()
            new = self._columns(columns, touched.x).ravel()[inside]
            index = np.floor(rows.ravel()[inside] - touched.y) * touched.width + np.floor(new)
            index = index.astype(np.int64)
            for total, plane in zip(sums, planes):
                np.add(total, np.bincount(index, plane[inside], touched.size), out=total)
        sums = sums.reshape(*weighted.shape[:2], touched.height, touched.width)
        return _Sums(new_rows, new_columns, sums)

    def _inside(
        self, columns: FloatArray, rows: FloatArray, window: Window, margin: float = 0.0
    ) -> NDArray[np.bool_]:
        """Which places lie in a window of the grid, or in a margin around it."""
        columns = self._columns(columns, window.x, margin) + margin
        rows = rows - window.y + margin
        with np.errstate(invalid="ignore"):
            across = (columns >= 0) & (columns < window.width + 2 * margin)
            return across & (rows >= 0) & (rows < window.height + 2 * margin)

    def _columns(self, columns: FloatArray, first: int, margin: float = 0.0) -> FloatArray:
        """Columns counted from the first of a window, around the Moon where necessary."""
        counted = columns - first
        if self._places.turn:
            counted = (counted + margin) % self._places.turn - margin
        return counted

    def _weighted(self, part: Window) -> FloatArray:
        """Areas of the valid pixels, and these times their values: [2, bands, height, width]."""
        values = self._read(part)
        areas = np.broadcast_to(self._pixel_areas().of(part), values.shape[1:])
        valid = np.isfinite(values)
        weights = np.where(valid, areas, 0.0)
        return np.stack([weights, weights * np.where(valid, values, 0)])

    def _pixel_areas(self) -> PixelAreas:
        """Of the raster, one for each thread: two may not share a transformation."""
        if not hasattr(self._of_thread, "areas"):
            self._of_thread.areas = PixelAreas(self._raster.grid, self._raster.name)
        areas: PixelAreas = self._of_thread.areas
        return areas


class _Job(NamedTuple):
    """A block of the raster for a window of the grid."""

    window: Window
    #: None when no block touches the window
    block: Window | None
    #: whether it is the window's last, and the fraction of all that is done with it
    last: bool
    done: float


class _Sums(NamedTuple):
    """Areas, and areas times values [2, bands, rows, columns], for a part of a window."""

    rows: slice
    columns: slice
    planes: FloatArray


def _shares(edges: FloatArray, first: int, count: int, turn: float) -> FloatArray:
    """Shares [n, count] of pixels with these edges [n + 1] in whole pixels from the first on."""
    low, high = np.minimum(edges[:-1], edges[1:]) - first, np.maximum(edges[:-1], edges[1:]) - first
    wide = np.maximum(high - low, 1e-12)[:, np.newaxis]
    pixels = np.arange(count)
    shares = np.zeros((len(low), count))
    turns = [0.0]
    if turn:
        nearest = -turn * np.floor(low.min() / turn)
        turns = [nearest + turn * step for step in (-2, -1, 0, 1)]
        turns = [shift for shift in turns if low.min() + shift < count and high.max() + shift > 0]
    for shift in turns:
        left = np.maximum(low[:, np.newaxis] + shift, pixels)
        right = np.minimum(high[:, np.newaxis] + shift, pixels + 1)
        shares += np.maximum(right - left, 0) / wide
    return shares


def _range(places: FloatArray, size: float, count: int) -> slice:
    """The whole pixels, of 0 to count, that places and their surroundings may touch."""
    low, high = math.floor(places.min() - size), math.ceil(places.max() + size)
    return slice(min(max(low, 0), count - 1), min(max(high, 1), count))


def _bounds(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The first and second axis around all that is true."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _part(window: Window, rows: slice, columns: slice) -> Window:
    width, height = columns.stop - columns.start, rows.stop - rows.start
    return Window(window.x + columns.start, window.y + rows.start, width, height)

"""Two maps of oxides brought to the same pixels, or one to the cells of a table."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...core.results.cells import Cells
from ...core.results.comparison import CellPairs, Comparison, Thumbnail
from ..gdal_io.blocks import TILE_SIZE, Window, divided_rows
from ..gdal_io.read_ahead import read_ahead
from ..moon.areas import PixelAreas
from ..moon.crs import GEOGRAPHIC_WKT, FloatArray, Grid
from ..moon.pixel_mapping import Places
from .each_block import MOST_THREADS
from .oxide_maps import OxideMap
from .regridding import LEAST_AREA, AreaMeans

#: About the pixels of the blocks that pairs come in: a tile of a GeoTIFF of ours.
_PIXELS = TILE_SIZE**2

#: The same for a map that is averaged over cells.
_CELL_PIXELS = 512**2

#: Degrees as pixels: column = longitude + 180, row = 90 - latitude.
_DEGREES = Grid(GEOGRAPHIC_WKT, (-180.0, 1.0, 0.0, 90.0, 0.0, -1.0), 360, 180)

#: Rounding of areas, as a part of them.
_ROUNDING = 1e-6

#: Takes the fraction done, 0 ... 1, at least every tenth of a second; raises to stop.
Progress = Callable[[float], None]

#: How a map was brought to cells, for reports.
CELLS_DESCRIPTION = (
    "{} was averaged over the area of each cell, where at least half of it is valid; a pixel "
    "belongs to the cell that contains its centre."
)


class Pairs(NamedTuple):
    """Two maps in a window of the common grid, wt% [oxides, height, width], NaN where not valid."""

    window: Window
    values: NDArray[np.floating]
    reference: NDArray[np.floating]
    #: km2 [height, width]
    areas: FloatArray


class MapPairs:
    """Input and reference on the grid of the coarser one, to which the finer one is averaged.

    The coarser one has the larger pixels in km2; it is the reference when both are alike. Maps on
    the same pixels are taken as they are. Either without a lunar CRS or position is refused.
    """

    def __init__(self, ours: OxideMap, theirs: OxideMap, threads: int = 1) -> None:
        self._ours = ours
        #: What the planes of the input hold.
        self.oxides = ours.oxides
        self._fine, self._coarse = ours, theirs
        same = ours.raster.grid.same_pixels(theirs.raster.grid)
        # Rounding must not decide between maps of one resolution.
        if not same and ours.pixel_area > theirs.pixel_area * (1 + _ROUNDING):
            self._fine, self._coarse = theirs, ours
        coarse = self._coarse.raster
        #: The common grid.
        self.grid = coarse.grid
        self._means: AreaMeans | None = None
        if not same:
            fine = self._fine
            self._means = AreaMeans(fine.raster, fine.values, self.grid, coarse.name, threads)
        #: The blocks that pairs come in.
        self.plan = coarse.plan(_PIXELS, rows=False)
        if any(one.raster.in_wide_strips for one in (ours, theirs)):
            self.plan = divided_rows(self.grid.size)
        self._areas = PixelAreas(self.grid, coarse.name)

    @property
    def description(self) -> str:
        """How both were brought together, for reports."""
        if self._means is None:
            return "Both maps have the same pixels."
        return (
            f"{self._fine.raster.name} was averaged over the area of each pixel of "
            f"{self._coarse.raster.name}, where at least half of it is valid."
        )

    def each(self, progress: Progress) -> Generator[Pairs, None, None]:
        """Pairs block by block; blocks where one map has no pixel are left out."""
        windows = list(self.plan.blocks(self.grid.window))
        if self._means is None:
            for number, window in enumerate(windows, start=1):
                yield self._pairs(window, self._ours.values(window))
                progress(number / len(windows))
            return
        with closing(self._means.each(windows, progress)) as means:
            for window, found in means:
                if found is not None and np.isfinite(found).any():
                    yield self._pairs(window, found)

    def _pairs(self, window: Window, averaged: NDArray[np.floating]) -> Pairs:
        areas = np.broadcast_to(self._areas.of(window), (window.height, window.width))
        direct = self._coarse.values(window)
        if self._coarse is self._ours:
            averaged, direct = direct, averaged
        return Pairs(window, averaged, direct, areas)


def compare_maps(
    pairs: MapPairs,
    comparison: Comparison,
    progress: Progress,
    write: Callable[[Window, NDArray[np.floating]], None] | None = None,
) -> None:
    """Compare two maps block by block; `write` takes differences [oxides, height, width] in wt%."""
    pictures = [Thumbnail(*pairs.grid.size) for _ in comparison.oxides]
    with closing(pairs.each(progress)) as each:
        for window, values, reference, areas in each:
            flat = values.reshape(len(values), -1)
            feo = _feo(flat, pairs.oxides)
            comparison.add(flat, reference.reshape(-1, areas.size), areas.ravel(), feo)
            differences = values[: len(reference)] - reference
            differences[:, areas <= 0] = np.nan
            for picture, plane in zip(pictures, differences):
                picture.add(window.x, window.y, plane)
            if write:
                write(window, differences)
    for oxide, picture in zip(comparison.oxides, pictures):
        oxide.shown = picture.means


def compare_cells(
    ours: OxideMap, cells: Cells, comparison: Comparison, progress: Progress, threads: int = 1
) -> None:
    """Compare a map with a table of cells; parameters as of `cell_means`."""
    means = cell_means(ours, cells, progress, threads)
    reference = np.stack([cells.oxides[each.oxide] for each in comparison.oxides])
    feo = _feo(means, ours.oxides)
    comparison.add(means, reference, cells.areas, feo)
    mare = None if comparison.mare_feo is None or feo is None else feo >= comparison.mare_feo
    for oxide, values, theirs in zip(comparison.oxides, means, reference):
        oxide.shown = CellPairs(cells.bounds, values, theirs, mare)


def _feo(values: NDArray[np.floating], oxides: Sequence[str]) -> NDArray[np.floating] | None:
    return values[oxides.index("FeO")] if "FeO" in oxides else None


def cell_means(ours: OxideMap, cells: Cells, progress: Progress, threads: int = 1) -> FloatArray:
    """Area-weighted means of a map in the cells of a table.

    Float64 [oxides, cells], NaN where less than half of a cell's area is valid. A pixel belongs to
    a cell when its centre lies inside; cells may overlap.
    """
    raster = ours.raster
    areas = PixelAreas(raster.grid, raster.name)
    places = Places(raster.grid, _DEGREES)
    weights = np.zeros((len(ours.oxides), len(cells.bounds)))
    sums = np.zeros_like(weights)
    plan = raster.plan(_CELL_PIXELS)
    windows = list(plan.blocks(raster.grid.window))
    done = 0

    def check() -> None:
        progress(done / len(windows))

    threads = plan.threads(min(threads, MOST_THREADS))
    with closing(read_ahead(ours.values, windows, check, threads)) as ahead:
        for window, values in ahead:
            for place in places.of(window) if np.isfinite(values).any() else ():
                part = place.window
                columns, rows = place.at(0.5, 0.5, part)
                pixels = values[(slice(None), *part.relative_to(window.x, window.y).slices)]
                weight = np.broadcast_to(areas.of(part), columns.shape)
                _add_to_cells(cells, (columns - 180, 90 - rows), pixels, weight, (weights, sums))
            done += 1
            check()
    enough = weights >= (LEAST_AREA - _ROUNDING) * cells.areas
    return np.divide(sums, weights, out=np.full(sums.shape, np.nan), where=enough)


def _add_to_cells(
    cells: Cells,
    where: tuple[FloatArray, FloatArray],
    values: NDArray[np.floating],
    areas: FloatArray,
    totals: tuple[FloatArray, FloatArray],
) -> None:
    """Add pixels at longitudes and latitudes [height, width] to weights and sums of cells."""
    lon, lat = where
    on_moon = np.isfinite(lon) & np.isfinite(lat) & (areas > 0)
    if not on_moon.any():
        return
    lowest, highest = float(lat[on_moon].min()), float(lat[on_moon].max())
    south, north = cells.bounds[:, 0], cells.bounds[:, 1]
    weights, sums = totals
    for index in np.flatnonzero((south <= highest) & ((north > lowest) | (north == 90))):
        inside = on_moon & cells.inside(int(index), lon, lat)
        if not inside.any():
            continue
        area = areas[inside]
        for number, plane in enumerate(values):
            found = plane[inside].astype(np.float64)
            valid = np.isfinite(found)
            weights[number, index] += area[valid].sum()
            sums[number, index] += (area[valid] * found[valid]).sum()

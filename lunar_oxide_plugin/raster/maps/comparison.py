"""Two maps of oxides brought to the same pixels, or one to the cells of a table."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...core.errors import RasterError
from ...core.oxides.content_units import ContentUnit
from ...core.oxides.valid_range import valid_range
from ...core.results.cells import Cells
from ..gdal_io.blocks import TILE_SIZE, Window, divided_rows, sample_windows
from ..gdal_io.read_ahead import read_ahead
from ..moon.areas import PixelAreas
from ..moon.crs import GEOGRAPHIC_WKT, FloatArray, Grid
from ..moon.pixel_mapping import Places
from ..sources.raster import Raster
from .regridding import LEAST_AREA, AreaMeans, mean_pixel_area

#: About the pixels of the blocks that pairs come in: a tile of a GeoTIFF of ours.
_PIXELS = TILE_SIZE**2

#: And of those of a map that are averaged over cells.
_CELL_PIXELS = 512**2

#: Degrees as pixels: column = longitude + 180, row = 90 - latitude.
_DEGREES = Grid(GEOGRAPHIC_WKT, (-180.0, 1.0, 0.0, 90.0, 0.0, -1.0), 360, 180)

#: Rounding that is no lack of area.
_ROUNDING = 1e-6

Progress = Callable[[float], None]


class OxideMap:
    """Oxides of a raster in wt%, whatever unit they are stored in.

    Parameters
    ----------
    raster : Raster
    numbers : sequence of int
        Its bands, counted from 1.
    oxides : sequence of str
        What each holds.
    unit : ContentUnit
        In which.
    """

    def __init__(
        self,
        raster: Raster,
        numbers: Sequence[int],
        oxides: Sequence[str],
        unit: ContentUnit = ContentUnit.OXIDE_PERCENT,
    ) -> None:
        self.raster = raster
        self.numbers, self.oxides = list(numbers), list(oxides)
        factors = np.array([unit.factor(oxide) for oxide in oxides], np.float32)
        self._factors = factors[:, np.newaxis, np.newaxis]
        raster.expect(
            {n: valid_range(oxide).before(unit.factor(oxide)) for n, oxide in zip(numbers, oxides)}
        )

    def values(self, window: Window) -> NDArray[np.float32]:
        """wt% [oxides, height, width] of a window, NaN where not valid."""
        values = self.raster.values(window, self.numbers)
        values *= self._factors
        return values

    @property
    def pixel_area(self) -> float:
        """Mean area of its pixels in km2."""
        grid = self.raster.grid
        return mean_pixel_area(grid, self.raster.name, sample_windows(grid.window))


class Pairs(NamedTuple):
    """Two maps in a window of the common grid, wt% [oxides, height, width], NaN where not valid."""

    window: Window
    values: NDArray[np.floating]
    reference: NDArray[np.floating]
    #: km2 [height, width]
    areas: FloatArray


class MapPairs:
    """Two maps on the grid of the coarser one, to which the finer one is averaged.

    The coarser is the one with the larger pixels in km2; the reference when
    both are alike. Maps on the same pixels are taken as they are.

    Parameters
    ----------
    ours, theirs : OxideMap
        Input and reference.
    threads : int
        How many read.

    Raises
    ------
    RasterError
        When one of both has no lunar CRS or no position.
    """

    def __init__(self, ours: OxideMap, theirs: OxideMap, threads: int = 1) -> None:
        self._ours, self._theirs = ours, theirs
        #: What the planes of the input hold.
        self.oxides = ours.oxides
        self._means: AreaMeans | None = None
        coarse = theirs
        self._fine_is_ours = True
        if not ours.raster.grid.same_pixels(theirs.raster.grid):
            fine = ours
            # Rounding must not decide between maps of one resolution.
            if ours.pixel_area > theirs.pixel_area * (1 + _ROUNDING):
                fine, coarse = theirs, ours
                self._fine_is_ours = False
            self._means = AreaMeans(
                fine.raster, fine.values, coarse.raster.grid, coarse.raster.name, threads
            )
        self._coarse = coarse
        #: The common grid.
        self.grid = coarse.raster.grid
        #: The blocks that pairs come in.
        self.plan = coarse.raster.plan(_PIXELS, rows=False)
        if any(one.raster.in_wide_strips for one in (ours, theirs)):
            self.plan = divided_rows(self.grid.size)
        self._areas = PixelAreas(self.grid, coarse.raster.name)

    @property
    def description(self) -> str:
        """How both were brought together, for reports."""
        if self._means is None:
            return "Both maps have the same pixels."
        fine, coarse = self._ours.raster, self._theirs.raster
        if not self._fine_is_ours:
            fine, coarse = coarse, fine
        return (
            f"{fine.name} was averaged over the area of each pixel of {coarse.name}, where at "
            f"least half of it is valid."
        )

    def each(self, progress: Progress) -> Generator[Pairs, None, None]:
        """Pairs block by block; blocks where one map has no pixel are left out.

        `progress` is called with the part that is done, 0 ... 1, and raises to stop.
        """
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
        if not self._fine_is_ours:
            averaged, direct = direct, averaged
        return Pairs(window, averaged, direct, areas)


def cell_means(ours: OxideMap, cells: Cells, progress: Progress, threads: int = 1) -> FloatArray:
    """Area-weighted means of a map in the cells of a table.

    A pixel belongs to a cell when its centre lies inside.

    Parameters
    ----------
    ours : OxideMap
    cells : Cells
        They may overlap.
    progress : callable
        Called with the part that is done, 0 ... 1, after each block; raises to stop.
    threads : int
        How many read.

    Returns
    -------
    ndarray of float64, shape (oxides, cells)
        NaN where less than half of a cell's area is valid.

    Raises
    ------
    RasterError
        When the map has no lunar CRS or no position.
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

    with closing(read_ahead(ours.values, windows, check, plan.threads(threads))) as ahead:
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


def require_unit(
    raster: Raster,
    contents: dict[int, str],
    unit: ContentUnit,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Refuse a reference whose values do not fit the unit it is said to be in.

    Judged on samples spread over the raster; where these hold no data, block by block until one
    does.

    Parameters
    ----------
    raster : Raster
    contents : dict of int to str
        Band number and oxide.
    unit : ContentUnit
    check : callable
        Called before each window is read; raises to stop.

    Raises
    ------
    RasterError
        Naming the unit that would fit.
    """
    # A map in per cent that is said to be of fractions shall be known by its values.
    raster.expect({number: valid_range(oxide) for number, oxide in contents.items()})
    for number, oxide in contents.items():
        found = _samples(raster, number, check)
        if not found.size and raster.out_of_range(number).many_values:
            raise RasterError(f"REFERENCE {raster.described_out_of_range(number)}.")
        if unit.contradicted(oxide, found):
            raise RasterError(
                f"{raster.name} (REFERENCE): band {number}, {oxide}, reaches {found.max():.3g}, "
                f"which does not fit {unit.title}. Set REFERENCE_UNIT to {unit.other:d} "
                f"({unit.other.title})."
            )


def _samples(raster: Raster, number: int, check: Callable[[], None]) -> NDArray[np.float32]:
    """Valid values [n] of a band; none where there are none."""

    def valid(window: Window) -> NDArray[np.float32]:
        check()
        values = raster.values(window, [number])
        return values[np.isfinite(values)]

    found = np.concatenate([valid(window) for window in sample_windows(raster.grid.window, 8)])
    for window in raster.plan().blocks(raster.grid.window) if not found.size else ():
        found = valid(window)
        if found.size:
            break
    return found

"""Statistics of a raster inside polygons, weighted by area on the sphere."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import NamedTuple, Optional

import numpy as np
from numpy.typing import NDArray
from osgeo import ogr

from ..core.units import BandSummary
from ..core.zone_statistics import Areas, Values, ZoneStatistics
from .ahead import read_ahead
from .areas import PixelAreas
from .blocks import Window
from .polygons import inside, outline, polygon_area, polygon_on_grid
from .raster import Raster
from .uncertainty import Uncertainty
from .zone_plan import Part, Pass, Zone, passes


class ZonalStatistics:
    """Statistics inside polygons over one raster.

    A pixel belongs to a polygon when its centre lies inside. Values are
    weighted by the pixels' areas on the sphere. Each block of the raster is
    read once for all polygons in it, and once more for those so large that
    their values cannot be kept in memory for the median.

    Parameters
    ----------
    raster : Raster
        A lunar raster, in any projection.
    numbers : sequence of int
        The bands, counted from 1.
    uncertainty : Uncertainty, optional
        Of these bands or some of them. The model errs alike in neighbouring
        pixels, so their errors do not average out: the uncertainty of a mean
        is the weighted mean of the pixels' sigmas. That is its value when all
        errors are fully correlated, and for any other correlation it is an
        upper bound (triangle inequality).
    threads : int
        How many read.

    Raises
    ------
    RasterError
        When the raster has no lunar CRS or no position.
    """

    def __init__(
        self,
        raster: Raster,
        numbers: Sequence[int],
        uncertainty: Uncertainty | None = None,
        threads: int = 1,
    ) -> None:
        self._raster = raster
        self._numbers = list(numbers)
        self._uncertainty = uncertainty
        self._threads = threads
        self._areas = PixelAreas(raster.grid, raster.name)

    def zone(self, wkb: bytes, wkt: str) -> Zone:
        """Bring a polygon onto the raster.

        Parameters
        ----------
        wkb : bytes
            A polygon or multipolygon. Where it crosses itself it is repaired.
        wkt : str
            Its CRS, on the Moon.

        Raises
        ------
        RasterError
            When the polygon is empty or does not fit on the raster's projection.
        """
        grid = self._raster.grid
        polygon = polygon_on_grid(wkb, wkt, grid)
        area = polygon_area(polygon, grid.wkt)
        left, right, bottom, top = polygon.GetEnvelope()
        touched = grid.touched(left, bottom, right, top)
        covered = 0.0
        if touched is not None:
            covered = polygon_area(polygon.Intersection(outline(grid)), grid.wkt)
        return Zone(polygon, area, covered, touched)

    def summarise(
        self, zones: Sequence[Zone], progress: Callable[[float], None]
    ) -> list[list[BandSummary]]:
        """Band statistics of each zone.

        Parameters
        ----------
        zones : sequence of Zone
            They may overlap.
        progress : callable
            Called with the part that is done, 0 ... 1, before each zone of each block and at
            least every tenth of a second while waiting for one; raises to stop.

        Returns
        -------
        list of list of BandSummary
            One per zone and band; without any valid pixel its values are NaN.
        """
        known = self._uncertainty.bands if self._uncertainty else {}
        with_sigma = [number in known for number in self._numbers]
        summaries = [
            ZoneStatistics(with_sigma, keep=True).summaries(zone.area, zone.covered)
            for zone in zones
        ]
        statistics: dict[int, ZoneStatistics] = {}
        plan = passes(zones, self._raster.grid, len(self._numbers))
        with closing(self._pixels(zones, plan, progress)) as pixels:
            for again, (index, _, keep, last), (area, values, areas, sigmas) in pixels:
                if index not in statistics:
                    statistics[index] = ZoneStatistics(with_sigma, keep)
                if again:
                    statistics[index].add_again(values, areas)
                else:
                    statistics[index].add(area, values, areas, sigmas)
                if last and (keep or again):
                    zone = zones[index]
                    summaries[index] = statistics.pop(index).summaries(zone.area, zone.covered)
                elif last:
                    statistics[index].refine()
        return summaries

    def _pixels(
        self, zones: Sequence[Zone], plan: Sequence[Pass], progress: Callable[[float], None]
    ) -> Generator[tuple[bool, Part, _Pixels], None, None]:
        """The pixels inside each part of the zones, and whether it is the second time."""
        total = sum(block.window.size for one in plan for block in one.blocks)
        done = 0.0

        def check() -> None:
            progress(done / total if total else 1.0)

        for again, blocks in plan:
            read = self._values if again else self._values_and_sigmas
            windows = [block.window for block in blocks]
            with closing(read_ahead(read, windows, check, self._threads)) as ahead:
                for (window, parts), (_, planes) in zip(blocks, ahead):
                    for part in parts:
                        check()
                        polygon = zones[part.zone].polygon
                        yield again, part, self._inside(polygon, part.window, window, planes)
                        done += window.size / len(parts)
        check()

    def _values(self, window: Window) -> _Planes:
        return self._raster.values(window, self._numbers), None

    def _values_and_sigmas(self, window: Window) -> _Planes:
        values, sigmas = self._raster.values(window, self._numbers), None
        if self._uncertainty:
            sigmas = self._uncertainty.values(window, self._numbers)
        return values, sigmas

    def _inside(
        self, polygon: ogr.Geometry, part: Window, block: Window, planes: _Planes
    ) -> _Pixels:
        """The pixels of a part of a block that lie in a polygon."""
        mask = inside(polygon, self._raster.grid.part(part))
        areas = np.broadcast_to(self._areas.of(part), mask.shape)
        mask &= areas > 0  # not beyond the projection's edge
        pixel_area = float(areas[mask].sum())
        cut = (slice(None), *part.relative_to(block.x, block.y).slices)
        values, sigmas = planes
        mask &= np.isfinite(values[cut]).any(axis=0)
        places = np.flatnonzero(mask)
        return _Pixels(
            pixel_area,
            _taken(values[cut], places),
            areas[mask],
            None if sigmas is None else _taken(sigmas[cut], places),
        )


#: Values and, where wanted, uncertainties of a block, float32 [bands, height, width].
_Planes = tuple[NDArray[np.float32], Optional[NDArray[np.float32]]]


class _Pixels(NamedTuple):
    """Values [bands, n], areas [n] and uncertainties [bands, n] of the pixels valid in any band."""

    #: Of all pixels, valid or not.
    area: float
    values: Values
    areas: Areas
    sigmas: Values | None


def _taken(plane: NDArray[np.float32], places: NDArray[np.intp]) -> Values:
    """Values [bands, n] at some places counted along the rows of [bands, height, width]."""
    return plane.reshape(len(plane), -1).take(places, axis=1)

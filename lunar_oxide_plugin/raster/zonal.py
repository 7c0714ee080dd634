"""Statistics of a raster inside polygons, weighted by area on the sphere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from osgeo import ogr

from ..core.statistics import ExactQuantile, Moments
from ..core.units import BandSummary
from .areas import PixelAreas
from .blocks import Window, blocks
from .polygons import inside, outline, polygon_area, polygon_on_grid
from .raster import Raster
from .uncertainty import Uncertainty


class ZonalStatistics:
    """Statistics inside polygons over one raster.

    A pixel belongs to a polygon when its centre lies inside. Values are
    weighted by the pixels' areas on the sphere.

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

    Raises
    ------
    RasterError
        When the raster has no lunar CRS or no position.
    """

    def __init__(
        self, raster: Raster, numbers: Sequence[int], uncertainty: Uncertainty | None = None
    ) -> None:
        self._raster = raster
        self._numbers = list(numbers)
        self._uncertainty = uncertainty
        self._areas = PixelAreas(raster.grid, raster.name)

    def summarise(
        self, wkb: bytes, wkt: str, check: Callable[[], None]
    ) -> tuple[float, list[BandSummary]]:
        """Area and band statistics of one polygon.

        Parameters
        ----------
        wkb : bytes
            A polygon or multipolygon. Where it crosses itself it is repaired.
        wkt : str
            Its CRS, on the Moon.
        check : callable
            Called before every block; raises to stop.

        Returns
        -------
        area : float
            The polygon's area on the sphere, km2.
        summaries : list of BandSummary
            One per band; without any valid pixel its values are NaN.

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
        moments = [Moments() for _ in self._numbers]
        medians = [ExactQuantile() for _ in self._numbers]
        sigmas = [Moments() for _ in self._numbers]
        if touched is None:
            return area, self._summaries(moments, medians, sigmas, 0.0)
        pixel_area = 0.0
        for window, mask, weights in self._pixels(polygon, touched, check):
            pixel_area += float(weights.sum())
            values = self._values(window, mask)
            for band, moment, median in zip(values, moments, medians):
                valid = np.isfinite(band)
                moment.add(band[valid], weights[valid])
                median.add(band[valid], weights[valid])
            if self._uncertainty:
                planes = self._uncertainty.values(window, self._numbers)[:, mask]
                for band, plane, sigma in zip(values, planes, sigmas):
                    valid = np.isfinite(band) & np.isfinite(plane)
                    sigma.add(plane[valid], weights[valid])
        for median in medians:
            median.refine()
        for window, mask, weights in self._pixels(polygon, touched, check):
            for band, median in zip(self._values(window, mask), medians):
                valid = np.isfinite(band)
                median.add(band[valid], weights[valid])
        # What lies beyond the raster's edge holds no valid pixel, but belongs to the polygon.
        covered = polygon_area(polygon.Intersection(outline(grid)), grid.wkt) / area
        scale = covered / pixel_area if pixel_area else 0.0
        return area, self._summaries(moments, medians, sigmas, scale)

    def _pixels(
        self, polygon: ogr.Geometry, touched: Window, check: Callable[[], None]
    ) -> Iterator[tuple[Window, NDArray[np.bool_], NDArray[np.float64]]]:
        """Block by block, where pixels lie inside [height, width], and their areas [n]."""
        for window in blocks(touched):
            check()
            mask = inside(polygon, self._raster.grid.part(window))
            if mask.any():
                areas = np.broadcast_to(self._areas.of(window), mask.shape)
                mask &= areas > 0  # not beyond the projection's edge
                yield window, mask, areas[mask]

    def _values(self, window: Window, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Values [bands, n] of the pixels inside."""
        return self._raster.values(window, self._numbers)[:, mask]

    def _summaries(
        self,
        moments: list[Moments],
        medians: list[ExactQuantile],
        sigmas: list[Moments],
        scale: float,
    ) -> list[BandSummary]:
        known = self._uncertainty.bands if self._uncertainty else {}
        return [
            BandSummary(
                moment.count,
                moment.weight * scale,
                moment.mean,
                moment.std,
                moment.minimum,
                median.value(),
                moment.maximum,
                *((sigma.mean, moment.count - sigma.count) if number in known else ()),
            )
            for number, moment, median, sigma in zip(self._numbers, moments, medians, sigmas)
        ]

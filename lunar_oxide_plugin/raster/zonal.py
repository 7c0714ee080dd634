"""Statistics of a raster inside polygons, weighted by area on the sphere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from osgeo import gdal, ogr, osr

from ..core.errors import RasterError
from ..core.sphere import ring_area
from ..core.statistics import ExactQuantile, Moments
from ..core.units import BandSummary
from .blocks import Window, blocks
from .gdal_errors import gdal_errors
from .moon import CylindricalRows, Grid, full_turn, spatial_reference
from .raster import Raster

#: An edge is at most this part of its polygon's extent before it is transformed.
_SEGMENTS = 100


class ZonalStatistics:
    """Statistics inside polygons over one raster.

    A pixel belongs to a polygon when its centre lies inside. Values are
    weighted by the pixels' areas on the sphere.

    Parameters
    ----------
    raster : Raster
        A lunar raster in a cylindrical projection.
    numbers : sequence of int
        The bands, counted from 1.

    Raises
    ------
    RasterError
        When the raster has no lunar CRS or its rows are not parallels.
    """

    def __init__(self, raster: Raster, numbers: Sequence[int]) -> None:
        self._raster = raster
        self._numbers = list(numbers)
        self._rows = CylindricalRows(raster.grid, raster.name)

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
            When the polygon is empty or cannot be transformed to the raster's CRS.
        """
        polygon = _in_crs(wkb, wkt, self._raster.grid)
        area = self._area(polygon)
        left, right, bottom, top = polygon.GetEnvelope()
        inside = self._raster.grid.touched(left, bottom, right, top)
        moments = [Moments() for _ in self._numbers]
        medians = [ExactQuantile() for _ in self._numbers]
        if inside is None:
            return area, self._summaries(moments, medians, 0.0)
        pixel_area = 0.0
        for weights, values in self._pixels(polygon, inside, check):
            pixel_area += float(weights.sum())
            for band, moment, median in zip(values, moments, medians):
                valid = np.isfinite(band)
                moment.add(band[valid], weights[valid])
                median.add(band[valid], weights[valid])
        for median in medians:
            median.refine()
        for weights, values in self._pixels(polygon, inside, check):
            for band, median in zip(values, medians):
                valid = np.isfinite(band)
                median.add(band[valid], weights[valid])
        # What lies beyond the raster's edge holds no valid pixel, but belongs to the polygon.
        covered = self._area(polygon.Intersection(_outline(self._raster.grid))) / area
        scale = covered / pixel_area if pixel_area else 0.0
        return area, self._summaries(moments, medians, scale)

    def _pixels(
        self, polygon: ogr.Geometry, inside: Window, check: Callable[[], None]
    ) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float32]]]:
        """Areas [n] and values [bands, n] of the pixels inside, block by block."""
        for window in blocks(inside):
            check()
            mask = _mask(polygon, self._raster.grid.part(window))
            if mask.any():
                areas = self._rows.areas(window.y, window.height)
                weights = np.broadcast_to(areas[:, np.newaxis], mask.shape)[mask]
                yield weights, self._raster.values(window, self._numbers)[:, mask]

    def _area(self, polygon: ogr.Geometry) -> float:
        if polygon.GetGeometryName() != "POLYGON":
            return sum(self._area(part) for part in _polygons(polygon))
        x0, dx = self._raster.grid.geotransform[:2]
        rings = []
        for ring in polygon:
            points = np.asarray(ring.GetPoints())
            lon = (points[:, 0] - x0) / dx * self._rows.dlon
            rings.append(ring_area(lon, self._rows.latitude_at(points[:, 1])))
        return rings[0] - sum(rings[1:])

    @staticmethod
    def _summaries(
        moments: list[Moments], medians: list[ExactQuantile], scale: float
    ) -> list[BandSummary]:
        return [
            BandSummary(
                moment.count,
                moment.weight * scale,
                moment.mean,
                moment.std,
                moment.minimum,
                median.value(),
                moment.maximum,
            )
            for moment, median in zip(moments, medians)
        ]


def _in_crs(wkb: bytes, wkt: str, grid: Grid) -> ogr.Geometry:
    """A valid multipolygon in the CRS of the grid, on its side of the globe."""
    polygon = ogr.CreateGeometryFromWkb(wkb)
    if polygon is None or polygon.IsEmpty():
        raise RasterError("it is empty")
    polygon.FlattenTo2D()
    own, target = spatial_reference(wkt), spatial_reference(grid.wkt)
    if not own.IsSame(target):
        # Straight in its own CRS, an edge may be curved in the raster's.
        left, right, bottom, top = polygon.GetEnvelope()
        polygon.Segmentize(max(right - left, top - bottom) / _SEGMENTS)
        with gdal_errors("it cannot be transformed to the raster's CRS"):
            polygon.Transform(osr.CoordinateTransformation(own, target))
    if not polygon.IsValid():
        polygon = polygon.MakeValid()
    parts = ogr.Geometry(ogr.wkbMultiPolygon)
    for part in _polygons(polygon):
        parts.AddGeometry(_near(part, grid, full_turn(grid.wkt)))
    if parts.GetArea() == 0:
        raise RasterError("it has no area")
    return parts


def _polygons(geometry: ogr.Geometry) -> Iterator[ogr.Geometry]:
    """The polygons in a geometry of any kind."""
    if geometry.GetGeometryName() == "POLYGON":
        yield geometry
        return
    for index in range(geometry.GetGeometryCount()):
        part = geometry.GetGeometryRef(index)
        if part.GetDimension() == 2:
            yield from _polygons(part)


def _near(polygon: ogr.Geometry, grid: Grid, turn: float) -> ogr.Geometry:
    """The polygon with every vertex within half a turn of the raster's middle.

    The x of one place can differ by a whole turn: 310 E is 50 W, and a mosaic
    across 180 degrees goes on beyond it.
    """
    middle = grid.position(grid.width / 2, 0)[0]
    moved = polygon.Clone()
    for ring in moved:
        for index in range(ring.GetPointCount()):
            x, y = ring.GetPoint_2D(index)
            ring.SetPoint_2D(index, x - turn * round((x - middle) / turn), y)
    return moved


def _outline(grid: Grid) -> ogr.Geometry:
    (left, top), (right, bottom) = grid.position(0, 0), grid.position(grid.width, grid.height)
    ring = ogr.Geometry(ogr.wkbLinearRing)
    for x, y in ((left, top), (right, top), (right, bottom), (left, bottom), (left, top)):
        ring.AddPoint_2D(x, y)
    outline = ogr.Geometry(ogr.wkbPolygon)
    outline.AddGeometry(ring)
    return outline


def _mask(polygon: ogr.Geometry, grid: Grid) -> NDArray[np.bool_]:
    """Pixels whose centre lies inside, bool [height, width]."""
    target = gdal.GetDriverByName("MEM").Create("", grid.width, grid.height, 1, gdal.GDT_Byte)
    target.SetGeoTransform(grid.geotransform)
    target.SetProjection(grid.wkt)
    vector = ogr.GetDriverByName("Memory").CreateDataSource("")
    layer = vector.CreateLayer("polygon", spatial_reference(grid.wkt))
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetGeometry(polygon)
    layer.CreateFeature(feature)
    gdal.RasterizeLayer(target, [1], layer, burn_values=[1])
    return target.ReadAsArray().astype(bool)

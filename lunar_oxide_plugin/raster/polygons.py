"""Polygons brought onto a raster's grid, and their areas on the sphere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from osgeo import gdal, ogr, osr

from ..core.errors import RasterError
from ..core.sphere import ring_area, unit_vectors, vector_ring_area
from .gdal_errors import gdal_errors
from .moon import Cylinder, FloatArray, Grid, Transform, cylinder, spatial_reference

#: Where edges may bend, they are at most this part of their polygon's extent.
_SEGMENTS = 1000

#: Largest relative difference of a polygon's area in its own CRS and in the raster's.
_AREA_TOLERANCE = 0.01


def polygon_on_grid(wkb: bytes, wkt: str, grid: Grid) -> ogr.Geometry:
    """A polygon in the CRS of a grid, ready to be laid over its pixels.

    In a cylindrical CRS one place has many x, a turn apart. There an edge goes
    the shorter way around the Moon (one of exactly a turn goes all around), and
    a ring that does not come back to its start goes around the nearer pole.

    Parameters
    ----------
    wkb : bytes
        Polygon or multipolygon. Where it crosses itself it is repaired.
    wkt : str
        Its CRS, on the Moon.
    grid : Grid
        Of any projection. On a cylindrical one the result lies within half a
        turn of the grid's middle.

    Returns
    -------
    ogr.Geometry
        A valid multipolygon.

    Raises
    ------
    RasterError
        When it is empty or has no area, or reaches beyond the projection of
        the grid. The message has no subject.
    """
    polygon = ogr.CreateGeometryFromWkb(wkb)
    if polygon is None or polygon.IsEmpty():
        raise RasterError("it is empty")
    polygon = polygon.GetLinearGeometry()
    polygon.FlattenTo2D()
    own, target = cylinder(wkt), cylinder(grid.wkt)
    polygon = _repaired(_continuous(polygon, own) if own else polygon)
    if polygon.GetArea() == 0:
        raise RasterError("it has no area")
    if not spatial_reference(wkt).IsSame(spatial_reference(grid.wkt)):
        area = polygon_area(polygon, wkt)
        # Straight in its own CRS, an edge may be curved in the raster's.
        left, right, bottom, top = polygon.GetEnvelope()
        polygon.Segmentize(max(right - left, top - bottom) / _SEGMENTS)
        advice = "cut it to what the raster shows, or warp the raster to IAU_2015:30110"
        with gdal_errors(f"it reaches beyond the raster's projection; {advice}"):
            polygon.Transform(
                osr.CoordinateTransformation(spatial_reference(wkt), spatial_reference(grid.wkt))
            )
        polygon = _repaired(_continuous(polygon, target) if target else polygon)
        if not np.isclose(polygon_area(polygon, grid.wkt), area, rtol=_AREA_TOLERANCE):
            raise RasterError(f"it crosses the edge of the raster's projection; {advice}")
    if target:
        polygon = _collected(_near(part, grid, target.turn) for part in _polygons(polygon))
    return polygon


def polygon_area(polygon: ogr.Geometry, wkt: str) -> float:
    """Area on the sphere in km2 of a valid geometry, its edges straight in its CRS.

    Exact in geographic and equirectangular CRSs, where each edge has a closed
    form; elsewhere edges are divided into great circles of a thousandth of the
    extent.
    """
    to_degrees, measures = Transform(wkt), cylinder(wkt)

    def area(ring: FloatArray) -> float:
        x, y = ring.T
        if measures:
            return ring_area(x / measures.turn * 360, to_degrees(np.zeros_like(x), y)[1])
        if np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) < 0:
            x, y = x[::-1], y[::-1]
        vectors = unit_vectors(*to_degrees(x, y))
        # PROJ cannot place the very pole in some oblique projections; its neighbours will do.
        return vector_ring_area(vectors[np.isfinite(vectors).all(axis=1)])

    if not measures:
        polygon = polygon.Clone()
        left, right, bottom, top = polygon.GetEnvelope()
        polygon.Segmentize(max(right - left, top - bottom) / _SEGMENTS or 1)
    total = 0.0
    for part in _polygons(polygon):
        outer, *holes = (area(_points(ring)) for ring in part)
        total += outer - sum(holes)
    return total


def outline(grid: Grid) -> ogr.Geometry:
    """The edge of a grid as a polygon."""
    columns = np.array([0, grid.width, grid.width, 0])
    rows = np.array([0, 0, grid.height, grid.height])
    return _polygon(np.column_stack(grid.position(columns, rows)))


def rings_of(polygon: ogr.Geometry) -> list[list[FloatArray]]:
    """Vertices [n, 2] of the rings of each part, the outer first, the first vertex not repeated."""
    return [[_points(ring) for ring in part] for part in _polygons(polygon)]


def inside(polygon: ogr.Geometry, grid: Grid) -> np.ndarray:
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
    return np.asarray(target.ReadAsArray(), bool)


def _continuous(polygon: ogr.Geometry, measures: Cylinder) -> ogr.Geometry:
    """The polygon with no edge across the seam of a cylindrical CRS."""
    turn = measures.turn
    parts = []
    for part in _polygons(polygon):
        rings = [_points(ring) for ring in part]
        unrolled = [_unrolled(ring, measures) for ring in rings]
        if all(new is old for new, old in zip(unrolled, rings)):
            parts.append(part)
            continue
        region = _repaired(_polygon(unrolled[0]))
        left, right = region.GetEnvelope()[:2]
        for ring in unrolled[1:]:
            # A hole may have been unrolled a turn away from its polygon.
            near = round(((left + right) / 2 - ring[:, 0].mean()) / turn)
            for turns in (near - 1, near, near + 1):
                hole = _repaired(_polygon(ring + np.array([turns * turn, 0])))
                region = region.Difference(hole)
        parts.append(region)
    return _collected(parts)


def _unrolled(ring: FloatArray, measures: Cylinder) -> FloatArray:
    """A ring [n, 2] with continuous x, closed over the pole it goes around; itself if it was."""
    turn, pole = measures
    steps = np.diff(ring[:, 0], append=ring[0, 0])
    # A thousandth of a turn less than one is still drawn as a whole turn.
    around = (np.abs(steps) > turn / 2) & (np.abs(steps) < 0.999999 * turn)
    if not around.any():
        return ring
    steps[around] -= np.copysign(turn, steps[around])
    x = ring[0, 0] + np.concatenate([[0.0], np.cumsum(steps)])
    unrolled = np.column_stack([x, np.append(ring[:, 1], ring[0, 1])])
    if abs(x[-1] - x[0]) > turn / 2:
        # In a projection that never shows the pole, as Mercator, any y far off stands for it.
        height = pole if np.isfinite(pole) else 20 * turn
        over = np.copysign(height, ring[:, 1].mean())
        unrolled = np.concatenate([unrolled, [[x[-1], over], [x[0], over]]])
    return unrolled


def _near(polygon: ogr.Geometry, grid: Grid, turn: float) -> ogr.Geometry:
    """The polygon moved by whole turns to the raster, cut where it passes its far side.

    310 E is 50 W, and a mosaic across 180 degrees goes on beyond it.
    """
    middle = grid.position(grid.width / 2, grid.height / 2)[0]
    left, right, bottom, top = polygon.GetEnvelope()
    turns = round(((left + right) / 2 - middle) / turn)
    moved = _shifted(polygon, -turns * turn)
    left, right = left - turns * turn, right - turns * turn
    west, east = middle - turn / 2, middle + turn / 2
    if left >= west and right <= east:
        return moved
    corners = [(west, bottom), (east, bottom), (east, top), (west, top)]
    strip = _polygon(np.array(corners))
    near = moved.Intersection(strip)
    for shift in (-turn, turn):
        near = near.Union(_shifted(moved, shift).Intersection(strip))
    return near


def _shifted(polygon: ogr.Geometry, shift: float) -> ogr.Geometry:
    if shift == 0:
        return polygon
    return _polygon(*(_points(ring) + np.array([shift, 0]) for ring in polygon))


def _repaired(polygon: ogr.Geometry) -> ogr.Geometry:
    """A valid multipolygon."""
    return _collected([polygon if polygon.IsValid() else polygon.MakeValid()])


def _collected(geometries: Iterable[ogr.Geometry]) -> ogr.Geometry:
    parts = ogr.Geometry(ogr.wkbMultiPolygon)
    for geometry in geometries:
        for part in _polygons(geometry):
            parts.AddGeometry(part)
    return parts


def _polygons(geometry: ogr.Geometry | None) -> Iterator[ogr.Geometry]:
    """The polygons in a geometry of any kind."""
    if geometry is None:
        return
    if geometry.GetGeometryName() == "POLYGON":
        yield geometry
        return
    for index in range(geometry.GetGeometryCount()):
        part = geometry.GetGeometryRef(index)
        if part.GetDimension() == 2:
            yield from _polygons(part)


def _points(ring: ogr.Geometry) -> FloatArray:
    """Vertices [n, 2] of a ring, the first not repeated."""
    points = np.asarray(ring.GetPoints(), np.float64)[:, :2]
    return points[:-1] if len(points) > 1 and (points[0] == points[-1]).all() else points


def _polygon(*rings: FloatArray) -> ogr.Geometry:
    polygon = ogr.Geometry(ogr.wkbPolygon)
    for points in rings:
        ring = ogr.Geometry(ogr.wkbLinearRing)
        for x, y in points:
            ring.AddPoint_2D(float(x), float(y))
        ring.CloseRings()
        polygon.AddGeometry(ring)
    return polygon

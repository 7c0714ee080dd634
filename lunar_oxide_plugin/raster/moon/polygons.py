"""Polygons brought onto a raster's grid, and their areas on the sphere."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from osgeo import gdal, ogr, osr

from ...core.errors import RasterError
from ...core.mathematics.sphere import MOON_RADIUS_KM, ring_area, unit_vectors, vector_ring_area
from ..gdal_io.gdal_errors import gdal_errors
from .crs import Cylinder, FloatArray, Grid, Transform, cylinder, spatial_reference
from .extent import PlateCarree
from .region import Region, region_of
from .rings import collected, polygon_of, polygons_in, rings_of

#: Where edges may bend, they are at most this part of their polygon's extent.
_SEGMENTS = 1000

#: Largest relative difference of a polygon's area in its own CRS and in the raster's.
_AREA_TOLERANCE = 0.01

#: Latitudes may pass a pole by so much, in degrees: half a pixel of a coarse map.
_BEYOND_POLE = 0.05

#: An edge of so much of a turn goes all around the Moon, as those of a band from -180 to 180;
#: one that is shorter, by 0.3 m of the equator, goes the other way: a unit across 180 degrees may
#: have vertices on both sides a few metres apart.
_WHOLE_TURN = 1 - 3e-8

#: Turns around the Moon within which x lies in a cylindrical CRS, and radii of the Moon in others.
_MOST_TURNS, _MOST_RADII = 10, 1000

#: Areas that differ by less are told as one.
_SAME_AREA = 1e-4


class OnGrid(NamedTuple):
    """A polygon in the CRS of a grid."""

    #: A valid multipolygon.
    polygon: ogr.Geometry
    #: How it was repaired, for users; "" when it was valid.
    note: str


def polygon_on_grid(
    wkb: bytes, wkt: str, grid: Grid, check: Callable[[], None] = lambda: None
) -> OnGrid:
    """A polygon in the CRS of a grid, ready to be laid over its pixels.

    In a cylindrical CRS one place has many x, a turn apart. There an edge goes
    the shorter way around the Moon (one of exactly a turn goes all around), and
    a ring that does not come back to its start goes around the nearer pole.

    Parameters
    ----------
    wkb : bytes
        Polygon or multipolygon. Where it touches or crosses itself it is repaired by
        the rule of `region_of`.
    wkt : str
        Its CRS, on the Moon.
    grid : Grid
        Of any projection. On a cylindrical one the result lies within half a
        turn of the grid's middle.
    check : callable
        Called now and then; raises to stop.

    Raises
    ------
    RasterError
        When it is empty or no polygon, has no area or coordinates beyond the Moon,
        crosses itself too often, or reaches beyond the projection of the grid. The
        message has no subject.
    """
    polygon = _read(wkb)
    _require_places(polygon, wkt)
    own, target = cylinder(wkt), cylinder(grid.wkt)
    continuous = _continuous(polygon, own) if own else polygon
    region = region_of(continuous, check)
    note = _repair_note(region, wkt) if _crosses_itself(polygon, continuous, region) else ""
    polygon = region.polygon
    if polygon.GetArea() == 0:
        raise RasterError("it has no area")
    if not spatial_reference(wkt).IsSame(spatial_reference(grid.wkt)):
        polygon = _transformed(polygon, wkt, grid.wkt, check)
    if target:
        polygon = collected(_near(part, grid, target.turn) for part in polygons_in(polygon))
        # Parts a turn apart may have come to lie over each other.
        polygon = region_of(polygon, check).polygon
    return OnGrid(polygon, note)


def polygon_area(
    polygon: ogr.Geometry, wkt: str, check: Callable[[], None] = lambda: None
) -> float:
    """Area on the sphere in km2 of a valid geometry, its edges straight in its CRS.

    Exact in geographic and equirectangular CRSs, where each edge has a closed
    form; elsewhere edges are divided into pieces of a thousandth of the extent.
    `check` is called before each ring, and raises to stop.
    """
    to_degrees, measures = Transform(wkt), cylinder(wkt)
    # Edges that are straight there are so in longitude and latitude: not in Mercator's.
    straight = PlateCarree.of(wkt) is not None

    def area(ring: FloatArray) -> float:
        check()
        x, y = ring.T
        if measures:
            return ring_area(x / measures.turn * 360, to_degrees(np.zeros_like(x), y)[1])
        if np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) < 0:
            x, y = x[::-1], y[::-1]
        vectors = unit_vectors(*to_degrees(x, y))
        # PROJ cannot place the very pole in some oblique projections; its neighbours will do.
        return vector_ring_area(vectors[np.isfinite(vectors).all(axis=1)])

    if not straight:
        polygon = polygon.Clone()
        left, right, bottom, top = polygon.GetEnvelope()
        polygon.Segmentize(max(right - left, top - bottom) / _SEGMENTS or 1)
    total = 0.0
    for part in rings_of(polygon):
        outer, *holes = map(area, part)
        total += outer - sum(holes)
    return total


def area_on(polygon: ogr.Geometry, grid: Grid) -> float:
    """Area on the sphere in km2 of the part of a valid polygon that lies on a grid."""
    columns = np.array([0, grid.width, grid.width, 0])
    rows = np.array([0, 0, grid.height, grid.height])
    edge = polygon_of([np.column_stack(grid.position(columns, rows))])
    with gdal_errors("it cannot be cut at the raster's edge"):
        return polygon_area(polygon.Intersection(edge), grid.wkt)


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


def _read(wkb: bytes) -> ogr.Geometry:
    if not wkb:
        raise RasterError("it has no geometry")
    with gdal_errors("it cannot be read"):
        geometry = ogr.CreateGeometryFromWkb(wkb)
        if geometry.IsEmpty():
            raise RasterError("it is empty")
        geometry = geometry.GetLinearGeometry()
    polygon = collected([geometry])
    polygon.FlattenTo2D()
    if polygon.IsEmpty():
        raise RasterError("it is not a polygon")
    return polygon


def _require_places(polygon: ogr.Geometry, wkt: str) -> None:
    """Refuse coordinates that are no place on the Moon."""
    rings = [ring for part in rings_of(polygon) for ring in part]
    if not rings:
        raise RasterError("it has no area")
    points = np.concatenate(rings)
    if not np.isfinite(points).all():
        raise RasterError("it has coordinates that are no numbers")
    measures, farthest = cylinder(wkt), np.abs(points).max(axis=0)
    if measures:
        extremes = np.array([points[:, 1].min(), points[:, 1].max()])
        latitudes = Transform(wkt)(np.zeros(2), extremes)[1]
        on_moon = bool((np.abs(latitudes) <= 90 + _BEYOND_POLE).all())
        on_moon &= bool(farthest[0] <= _MOST_TURNS * measures.turn)
    else:
        unit = spatial_reference(wkt).GetLinearUnits()
        on_moon = bool(farthest.max() * unit <= _MOST_RADII * MOON_RADIUS_KM * 1000)
    if not on_moon:
        x, y = points[np.abs(points).max(axis=1).argmax()]
        raise RasterError(
            f"it has coordinates beyond the Moon, as {x:.9g}, {y:.9g}; correct them, or the "
            "coordinate reference system of its layer"
        )


def _transformed(
    polygon: ogr.Geometry, wkt: str, target: str, check: Callable[[], None]
) -> ogr.Geometry:
    area, measures = polygon_area(polygon, wkt), cylinder(target)
    # Straight in its own CRS, an edge may be curved in the raster's.
    left, right, bottom, top = polygon.GetEnvelope()
    polygon.Segmentize(max(right - left, top - bottom) / _SEGMENTS)
    advice = "cut it to what the raster shows, or warp the raster to IAU_2015:30110"
    with gdal_errors(f"it reaches beyond the raster's projection; {advice}"):
        polygon.Transform(
            osr.CoordinateTransformation(spatial_reference(wkt), spatial_reference(target))
        )
    check()
    if measures:  # no edge goes all around, so short are they now
        polygon = _continuous(polygon, measures, math.inf)
    polygon = region_of(polygon, check).polygon
    if not np.isclose(polygon_area(polygon, target), area, rtol=_AREA_TOLERANCE):
        raise RasterError(f"it crosses the edge of the raster's projection; {advice}")
    return polygon


def _crosses_itself(given: ogr.Geometry, continuous: ogr.Geometry, region: Region) -> bool:
    """Whether a polygon was drawn invalid; made continuous it may touch itself at a pole."""
    if region.drawn is None or continuous is given:
        return region.drawn is not None
    with gdal_errors("it cannot be read"):
        shells = [polygon_of([ring]) for part in rings_of(continuous) for ring in part]
        return not all(shell.IsValid() for shell in shells)


def _repair_note(region: Region, wkt: str) -> str:
    note = "it touches or crosses itself and was repaired"
    if region.drawn is None or region.drawn is region.polygon:
        return note
    area, drawn = (polygon_area(one, wkt) for one in (region.polygon, region.drawn))
    if abs(drawn - area) <= _SAME_AREA * area:
        return note
    return f"{note}: its shell less its holes (filled as drawn it would have {drawn:.6g} km2)"


def _continuous(
    polygon: ogr.Geometry, measures: Cylinder, whole: float = _WHOLE_TURN
) -> ogr.Geometry:
    """The polygon with no edge across the seam of a cylindrical CRS; itself if it has none.

    Its parts lie around the first, where those that are the same a turn apart are seen to be so.
    """
    turn = measures.turn
    given = rings_of(polygon)
    parts: list[list[FloatArray]] = []
    for rings in given:
        part = [_unrolled(ring, measures, whole) for ring in rings]
        shell = _middle(part[0])
        if any(new is not old for new, old in zip(part, rings)) or any(
            abs(_middle(hole) - shell) > turn / 2 for hole in part[1:]
        ):
            part = [part[0], *_within(part[0], part[1:], turn)]
        turns = round((_middle(parts[0][0]) - _middle(part[0])) / turn) if parts else 0
        parts.append([ring + np.array([turns * turn, 0]) for ring in part] if turns else part)
    if all(new is old for part, rings in zip(parts, given) for new, old in zip(part, rings)):
        return polygon
    return collected(map(polygon_of, parts))


def _middle(ring: FloatArray) -> float:
    return float(ring[:, 0].min() + ring[:, 0].max()) / 2


def _within(shell: FloatArray, holes: Sequence[FloatArray], turn: float) -> list[FloatArray]:
    """Holes at all places by a shell: one may have been unrolled a turn away from it."""
    left, right = shell[:, 0].min(), shell[:, 0].max()
    found = []
    for ring in holes:
        near = round((_middle(shell) - ring[:, 0].mean()) / turn)
        for turns in (near - 1, near, near + 1):
            hole = ring + np.array([turns * turn, 0])
            if hole[:, 0].max() > left and hole[:, 0].min() < right:
                found.append(hole)
    return found


def _unrolled(ring: FloatArray, measures: Cylinder, whole: float) -> FloatArray:
    """A ring [n, 2] with continuous x, closed over the pole it goes around; itself if it was."""
    turn, pole = measures
    steps = np.diff(ring[:, 0], append=ring[0, 0])
    around = (np.abs(steps) > turn / 2) & (np.abs(steps) < whole * turn)
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
    strip = polygon_of([np.array([(west, bottom), (east, bottom), (east, top), (west, top)])])
    with gdal_errors("it cannot be cut at the raster's far side"):
        near = moved.Intersection(strip)
        for shift in (-turn, turn):
            near = near.Union(_shifted(moved, shift).Intersection(strip))
    return near


def _shifted(polygon: ogr.Geometry, shift: float) -> ogr.Geometry:
    if shift == 0:
        return polygon
    (rings,) = rings_of(polygon)
    return polygon_of([ring + np.array([shift, 0]) for ring in rings])

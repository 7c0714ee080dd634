"""Random polygons, as users draw and break them, and the region that each stands for.

The rule: of each part the area inside its outer ring (by even-odd where it crosses itself) without
the areas inside its holes; the parts together, each place once. The region is built from the faces
of the rings' linework, each tested by counting crossings: no repair of GEOS takes part.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from osgeo import ogr, osr

from . import projections
from .scenes import Place

#: Pieces of an edge, where it becomes a curve in the raster's CRS.
_PIECES = 400


class Drawn(NamedTuple):
    """A polygon: its rings in its own CRS, each part's outer ring first; None for no geometry."""

    name: str
    kind: str
    parts: list | None


def random_polygons(random, place: Place):
    """Some polygons around a raster, and the projection that they are drawn in."""
    own = place.projection
    if random.random() < 0.4 and (own.turn is not None or _far_from_a_pole(place)):
        own = random.choice(
            [projections.geographic, projections.equirectangular, projections.mercator]
        )()
    found = []
    for number in range(random.integers(1, 6)):
        kind = random.choice(["star"] * 5 + ["beside", "none", *_MAKERS])
        parts = None if kind == "none" else _parts(random, kind, place)
        if parts is not None:
            parts = [[_carried(place, own, ring) for ring in part] for part in parts]
        found.append(Drawn(f"unit {number}", str(kind), parts))
    return own, found


def _far_from_a_pole(place):
    """Whether no polygon of a map that is not cylindrical may reach around a pole."""
    if "stereographic" not in place.projection.name:
        return True
    x, y = (float(part[0]) for part in place.pixel(0.0, 0.0))
    return np.hypot(x - place.width / 2, y - place.height / 2) > 5 * (place.width + place.height)


def _parts(random, kind, place):
    """Rings in pixels of the raster, of each part."""
    size = max(min(place.height, place.width), 1.5)
    middle = np.array([random.uniform(0, place.width), random.uniform(0, place.height)])
    if kind == "beside":
        middle = np.array([place.width + 2 * size, place.height / 2])
    radius = size * random.uniform(0.05, 0.9)
    return _MAKERS.get(kind, _plain)(random, middle, radius)


def _plain(random, middle, radius):
    return [[_star(random, middle, radius)]]


def _on_the_pixels(random, middle, radius):
    """A box, its corners on those of pixels or not."""
    low = np.floor(middle - radius) if random.random() < 0.5 else middle - radius
    return [[_box(*low, *(low + np.ceil(radius + 1)))]]


def _with_a_hole(random, middle, radius):
    ring = _star(random, middle, radius)
    return [[ring, middle + 0.3 * (ring - middle)]]


def _bow_tie(random, middle, radius):
    return [[_square(middle, radius)[[0, 2, 1, 3]]]]


def _crossing(random, middle, radius):
    """Vertices in any order."""
    ring = _star(random, middle, radius)
    return [[ring[random.permutation(len(ring))]]]


def _two(random, middle, radius):
    return [[_star(random, middle + step, radius)] for step in (0, np.array([2.5 * radius, 0]))]


def _overlapping(random, middle, radius):
    return [[_star(random, middle + step, radius)] for step in (0, radius / 2)]


def _triangle_hole(reach):
    """A hole whose western edge lies on that of its square (1) or farther west."""

    def made(random, middle, radius):
        west = middle[0] - radius * reach
        corners = [[west, middle[1] - radius / 2], [west, middle[1] + radius / 2], middle]
        return [[_square(middle, radius), np.array(corners)]]

    return made


def _equal_holes(random, middle, radius):
    hole = _star(random, middle, 0.4 * radius)
    return [[_square(middle, radius), hole, hole]]


_MAKERS = {
    "box": _on_the_pixels,
    "star with a hole": _with_a_hole,
    "parts": _two,
    "bow tie": _bow_tie,
    "crossing": _crossing,
    "hole at the edge": _triangle_hole(1),
    "hole across the edge": _triangle_hole(1.3),
    "equal holes": _equal_holes,
    "overlapping parts": _overlapping,
}


def _star(random, middle, radius):
    count = random.integers(3, 24)
    angles = np.sort(random.uniform(0, 2 * np.pi, count))
    # No gap of half a turn or more: it would lie beside its middle, and its hole outside of it.
    angles = (
        np.linspace(0, 2 * np.pi, count, endpoint=False)
        + 0.9 * (angles - angles.mean()) / np.ptp(angles) * np.pi / count
    )
    reach = radius * random.uniform(0.5, 1, count)
    return middle + np.column_stack([reach * np.cos(angles), reach * np.sin(angles)])


def _square(middle, radius):
    return _box(*(middle - radius), *(middle + radius))


def _box(west, north, east, south):
    return np.array([[west, north], [east, north], [east, south], [west, south]], float)


def _carried(place, own, ring):
    """A ring from the raster's pixels into a CRS; only its corners, edges are straight there."""
    x, y = place.position(*ring.T)
    if own is place.projection:
        return np.column_stack([x, y])
    lon, lat = place.projection.inverse(x, y)
    lon = lon - 360 * round(float(lon.mean()) / 360)
    x, y = own.forward(lon, np.clip(lat, -89.9, 89.9))
    return np.column_stack([x, y])


def write_points(path, places):
    """A GeoPackage of points, longitudes and latitudes [n, 2], named by their numbers."""
    reference = osr.SpatialReference()
    reference.ImportFromWkt(projections.geographic().wkt)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    dataset = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = dataset.CreateLayer("sites", reference, ogr.wkbPoint)
    layer.CreateField(ogr.FieldDefn("site", ogr.OFTString))
    for number, (lon, lat) in enumerate(places):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["site"] = f"site {number}"
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT({float(lon)!r} {float(lat)!r})"))
        layer.CreateFeature(feature)
    layer = dataset = None


def write(path, own, drawn, random):
    """Write them as a GeoPackage or GeoJSON-like layer, with x a turn off for some vertices."""
    reference = osr.SpatialReference()
    reference.ImportFromWkt(own.wkt)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    dataset = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = dataset.CreateLayer("zones", reference, ogr.wkbUnknown)
    layer.CreateField(ogr.FieldDefn("unit", ogr.OFTString))
    for polygon in drawn:
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["unit"] = polygon.name
        if polygon.parts is not None:
            feature.SetGeometry(ogr.CreateGeometryFromWkb(_wkb(polygon, own, random)))
        layer.CreateFeature(feature)
    layer = dataset = None


def _wkb(polygon, own, random):
    way = int(random.integers(6)) if own.turn else 0
    turns = {1: 1, 2: -1}.get(way, 0)
    wraps = way == 3  # each vertex in half a turn east or west of the middle
    parts = []
    for part in polygon.parts:
        rings = []
        for ring in part:
            x = ring[:, 0] + turns * (own.turn or 0)
            if wraps:
                x = (x + own.turn / 2) % own.turn - own.turn / 2
            rings.append(np.column_stack([x, ring[:, 1]]))
        parts.append(shapely.Polygon(rings[0], rings[1:]))
    shape = shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0]
    return shapely.to_wkb(shape)


def region(polygon, own, place=None):
    """The region as a shapely geometry: in its own CRS, or in pixels of a raster."""
    parts = []
    for part in polygon.parts:
        rings = [_continuous(ring, own.turn) for ring in part]
        if own.turn is not None:  # holes beside their outer ring
            middle = rings[0][:, 0].mean()
            turns = [round((ring[:, 0].mean() - middle) / own.turn) for ring in rings]
            rings = [ring - [own.turn * n, 0] for ring, n in zip(rings, turns)]
        if place is not None:
            rings = [_on_pixels(ring, own, place) for ring in rings]
        outer, *holes = (_inside(ring) for ring in rings)
        parts.append(outer.difference(shapely.union_all(holes)) if holes else outer)
    return shapely.union_all(parts)


def _continuous(ring, turn):
    """Without a jump across the seam of a cylindrical map: an edge goes the shorter way."""
    if turn is None:
        return ring
    x = np.unwrap(ring[:, 0], period=turn)
    return np.column_stack([x, ring[:, 1]])


def _on_pixels(ring, own, place):
    """A ring in pixels of a raster, its edges divided where they may bend, next to the raster."""
    if own is not place.projection:
        closed = np.concatenate([ring, ring[:1]])
        share = np.linspace(0, 1, _PIECES, endpoint=False)[:, None]
        ring = np.concatenate(
            [start + share * (stop - start) for start, stop in zip(closed, closed[1:])]
        )
        lon, lat = own.inverse(*ring.T)
        ring = np.column_stack(place.projection.forward(lon, lat))
    turn = place.projection.turn
    if turn is not None:
        ring = _continuous(ring, turn)
        middle = place.position(place.width / 2, place.height / 2)[0]
        ring = ring - [turn * round((ring[:, 0].mean() - middle) / turn), 0]
    return np.column_stack(place.pixel(*ring.T))


def _inside(ring):
    """What lies inside a ring by the even-odd rule: the faces of its linework, each tested."""
    line = shapely.linearrings(ring)
    if line.is_simple:
        return shapely.Polygon(line)
    faces = shapely.polygonize([shapely.unary_union(shapely.LineString(line.coords))])
    kept = []
    for face in faces.geoms:
        point = face.representative_point()
        if _crossings(ring, point.x, point.y) % 2:
            kept.append(face)
    return shapely.union_all(kept)


def _crossings(ring, x, y):
    (x0, y0), (x1, y1) = ring.T, np.roll(ring, -1, axis=0).T
    spans = (y0 > y) != (y1 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x0 + (y - y0) / (y1 - y0) * (x1 - x0)
    return int((spans & (x < at)).sum())


def area(shape, own):
    """km2 on the sphere of a region in its CRS: sin(latitude) integrated along its edges."""
    total = 0.0
    for part in shapely.get_parts(shape):
        if part.geom_type != "Polygon":
            continue
        rings = (part.exterior, *part.interiors)
        outer, *holes = (_ring_area(np.asarray(ring.coords), own) for ring in rings)
        total += outer - sum(holes)
    return total


def _ring_area(closed, own):
    share = np.linspace(0, 1, _PIECES, endpoint=False)[:, None]
    dense = np.concatenate(
        [start + share * (stop - start) for start, stop in zip(closed, closed[1:])]
    )
    lon, lat = own.inverse(*dense.T)
    lon = np.unwrap(np.radians(np.append(lon, lon[0])))
    sine = np.sin(np.radians(np.append(lat, lat[0])))
    # Around a pole: what lies between the ring and the pole that is nearer.
    nearer = np.sign(sine.mean()) or 1.0
    middle = (sine[:-1] + sine[1:]) / 2
    return abs(np.sum((nearer - middle) * np.diff(lon))) * (projections.RADIUS / 1000) ** 2

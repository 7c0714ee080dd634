"""Polygons of OGR as rings of numpy, and back."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from osgeo import ogr

from .crs import FloatArray

#: Header of a polygon in little-endian WKB: byte order, type, number of rings; of a ring its size.
_POLYGON, _RING = struct.Struct("<BII"), struct.Struct("<I")


def polygons_in(geometry: ogr.Geometry | None) -> Iterator[ogr.Geometry]:
    """The polygons in a geometry of any kind, without empty ones."""
    if geometry is None or geometry.IsEmpty():
        return
    if geometry.GetGeometryName() == "POLYGON":
        yield geometry
        return
    for index in range(geometry.GetGeometryCount()):
        part = geometry.GetGeometryRef(index)
        if part.GetDimension() == 2:
            yield from polygons_in(part)


def rings_of(geometry: ogr.Geometry | None) -> list[list[FloatArray]]:
    """Vertices [n, 2] of the rings of each polygon, the outer first, the first vertex not repeated.

    Rings of fewer than three vertices hold nothing and are left out.
    """
    found = []
    for polygon in polygons_in(geometry):
        outer, *holes = _rings(polygon)
        if len(outer) > 2:
            found.append([outer, *(hole for hole in holes if len(hole) > 2)])
    return found


def polygon_of(rings: Sequence[FloatArray]) -> ogr.Geometry:
    """A polygon of rings [n, 2], the outer first, whose first vertex need not be repeated."""
    parts = [_POLYGON.pack(1, ogr.wkbPolygon, len(rings))]
    for ring in rings:
        closed = np.concatenate([ring, ring[:1]])
        parts += [_RING.pack(len(closed)), closed.astype("<f8").tobytes()]
    return ogr.CreateGeometryFromWkb(b"".join(parts))


def collected(geometries: Iterable[ogr.Geometry | None]) -> ogr.Geometry:
    """All polygons in some geometries as one multipolygon."""
    parts = ogr.Geometry(ogr.wkbMultiPolygon)
    for geometry in geometries:
        for part in polygons_in(geometry):
            parts.AddGeometry(part)
    return parts


def signed_area(ring: FloatArray) -> float:
    """Planar area of a ring [n, 2], positive counterclockwise; loops count as often as wound."""
    # Small numbers keep the digits of their differences.
    x, y = (ring - ring[0]).T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)


def _rings(polygon: ogr.Geometry) -> list[FloatArray]:
    if polygon.Is3D() or polygon.IsMeasured():
        polygon = polygon.Clone()
        polygon.FlattenTo2D()
    data = bytes(polygon.ExportToWkb(ogr.wkbNDR))
    count, start = _POLYGON.unpack_from(data)[2], _POLYGON.size
    found = []
    for _ in range(count):
        (size,) = _RING.unpack_from(data, start)
        start += _RING.size
        points = np.frombuffer(data, "<f8", 2 * size, start).reshape(size, 2)
        start += points.nbytes
        closed = size > 1 and bool((points[0] == points[-1]).all())
        found.append(points[:-1] if closed else points)
    return found

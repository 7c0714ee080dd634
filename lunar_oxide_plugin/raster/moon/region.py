"""What belongs to a polygon that touches or crosses itself: its shell less its holes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from osgeo import ogr

from ...core.errors import RasterError
from ..gdal_io.gdal_errors import gdal_errors
from .crs import FloatArray
from .rings import collected, polygons_in, rings_of, signed_area

#: So many crossings take GEOS some 3 s; it needs time and memory for each.
MOST_CROSSINGS = 30_000

#: Pairs of edges, or of edges and places, that are looked at between two looks at the user's wish.
_PAIRS = 1 << 19

#: Largest difference of a ring's area and that of the faces in it, relative to the latter.
_TOLERANCE = 1e-6

_FAILURE = "it crosses itself and cannot be repaired (try Fix geometries)"

Check = Callable[[], None]


class Region(NamedTuple):
    """The region of a polygon."""

    #: Valid, a multipolygon.
    polygon: ogr.Geometry
    #: What the even-odd rule over all rings, by which maps are drawn, takes; the same where it
    #: takes the same, and None where the polygon was valid as it stood.
    drawn: ogr.Geometry | None = None


def region_of(polygon: ogr.Geometry, check: Check) -> Region:
    """What belongs to a polygon: of each part the inside of its shell less those of its holes.

    A ring that crosses itself has inside what its own line goes around an odd number of
    times, as a map is filled. So a hole takes away and never adds, wherever it lies: one that
    shares an edge with its shell, reaches out of it, overlaps another or is there twice. Parts
    that overlap count once. The rings' lines are cut where they cross, and each of the faces
    between them belongs as a whole or not at all.

    Parameters
    ----------
    polygon : ogr.Geometry
        Polygon or multipolygon, its coordinates finite.
    check : callable
        Called now and then; raises to stop.

    Raises
    ------
    RasterError
        When it crosses itself too often, or the areas of the faces do not add up to those of
        the rings. The message has no subject.
    """
    with gdal_errors(_FAILURE):  # also keeps GEOS's remarks from the log
        if polygon.IsValid():
            return Region(collected([polygon]))
    parts = rings_of(polygon)
    if not parts:
        return Region(collected([]))
    rings = [ring for part in parts for ring in part]
    _require_few_crossings(rings, check)
    check()
    with gdal_errors(_FAILURE):
        whole = _cut(rings).Polygonize()  # its faces live as long as it does
        faces = list(polygons_in(whole))
        check()
        areas = np.array([face.GetArea() for face in faces])
        points = [face.PointOnSurface().GetPoint_2D() for face in faces]
    inside, odd = np.zeros(len(faces), bool), np.zeros(len(faces), bool)
    places = _Places(np.array(points, np.float64).reshape(-1, 2))
    for shell, *holes in parts:
        within = _inside(shell, places, areas, check)
        odd ^= within
        for hole in holes:
            taken = _inside(hole, places, areas, check)
            odd ^= taken
            within &= ~taken
        inside |= within
    polygon = _joined(_chosen(faces, inside))
    return Region(polygon, polygon if (odd == inside).all() else _chosen(faces, odd))


def _cut(rings: Sequence[FloatArray]) -> ogr.Geometry:
    """The rings' lines, cut where they cross and each counted once."""
    lines = ogr.Geometry(ogr.wkbMultiLineString)
    for ring in rings:
        line = ogr.Geometry(ogr.wkbLineString)
        for x, y in np.concatenate([ring, ring[:1]]).tolist():
            line.AddPoint_2D(x, y)
        lines.AddGeometry(line)
    # A union cuts; GDAL before 3.7 has none of one geometry.
    one = ogr.Geometry(ogr.wkbLineString)
    (x, y), (right, top) = rings[0][:2].tolist()
    one.AddPoint_2D(x, y)
    one.AddPoint_2D(right, top)
    return lines.Union(one)


def _chosen(faces: Sequence[ogr.Geometry], taken: NDArray[np.bool_]) -> ogr.Geometry:
    return collected(faces[index] for index in np.flatnonzero(taken).tolist())


def _joined(faces: ogr.Geometry) -> ogr.Geometry:
    """Faces that may have edges in common, as a valid multipolygon."""
    with gdal_errors(_FAILURE):
        return faces if faces.IsValid() else collected([faces.UnionCascaded()])


class _Places:
    """Places [n, 2], sorted by y."""

    def __init__(self, points: FloatArray) -> None:
        self.order = np.argsort(points[:, 1], kind="stable")
        self.x, self.y = points[self.order].T


def _inside(
    ring: FloatArray, places: _Places, areas: FloatArray, check: Check
) -> NDArray[np.bool_]:
    """Which faces, given by a place in each, a ring goes around an odd number of times.

    The area of a ring is that of all faces, each as often as it is gone around: whether the
    faces' are the same says whether they are all there and rightly placed.
    """
    windings = _windings(ring, places, check)
    found, expected = float(windings @ areas), signed_area(ring)
    largest = float(np.abs(ring).max())
    length = float(np.hypot(*(np.roll(ring, -1, axis=0) - ring).T).sum())
    rounding = 1e-12 * largest * length
    if abs(found - expected) > _TOLERANCE * float(np.abs(windings) @ areas) + rounding:
        raise RasterError(
            "it crosses itself, and its repaired area differs from that of its rings; repair it "
            "with Fix geometries and check its area"
        )
    return windings.astype(np.int64) % 2 == 1


def _windings(ring: FloatArray, places: _Places, check: Check) -> FloatArray:
    """How often a ring [n, 2] goes around each place, counterclockwise; at most 2^53 times."""
    ends = np.roll(ring, -1, axis=0)
    low, high = np.minimum(ring[:, 1], ends[:, 1]), np.maximum(ring[:, 1], ends[:, 1])
    first, last = np.searchsorted(places.y, low), np.searchsorted(places.y, high)
    windings = np.zeros(len(places.y))
    for edge, place in _ranges(first, last, check):
        (x0, y0), (x1, y1) = ring[edge].T, ends[edge].T
        x, y = places.x[place], places.y[place]
        side = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)
        up = y0 < y1
        counts = np.where(up & (side > 0), 1.0, np.where(~up & (side < 0), -1.0, 0.0))
        windings += np.bincount(place, counts, windings.size)
    sorted_back = np.empty_like(windings)
    sorted_back[places.order] = windings
    return sorted_back


def _ranges(
    first: NDArray[np.intp], last: NDArray[np.intp], check: Check
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Every index with every number of its range, some at a time."""
    counts = np.maximum(last - first, 0)
    reached = np.cumsum(counts)
    start, done = 0, 0
    while start < len(counts):
        check()
        stop = max(int(np.searchsorted(reached, done + _PAIRS, "right")), start + 1)
        of = np.repeat(np.arange(start, stop), counts[start:stop])
        begins = reached[start:stop] - counts[start:stop]
        within = np.arange(done, int(reached[stop - 1])) - begins[of - start]
        yield of, first[of] + within
        start, done = stop, int(reached[stop - 1])


def _require_few_crossings(rings: Sequence[FloatArray], check: Check) -> None:
    """Refuse rings whose edges cross each other too often, in less time than cutting them takes."""
    a = np.concatenate(rings)
    b = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
    low, high = np.minimum(a, b), np.maximum(a, b)
    left, bottom = low.min(axis=0)
    width, height = (high.max(axis=0) - low.min(axis=0)).tolist()
    # Strips of y, so many that most edges lie in one or two.
    rise = float((high[:, 1] - low[:, 1]).sum())
    strips = int(np.clip(len(a) * height / rise, 1, 1 << 16)) if rise > 0 else 1
    size = height / strips if height > 0 else 1.0
    lowest = np.minimum((low[:, 1] - bottom) // size, strips - 1).astype(np.int64)
    highest = np.minimum((high[:, 1] - bottom) // size, strips - 1).astype(np.int64)
    count = highest - lowest + 1
    edge = np.repeat(np.arange(len(a)), count)
    strip = lowest[edge] + np.arange(edge.size) - np.repeat(np.cumsum(count) - count, count)
    turn = 2 * width or 1.0
    key = strip * turn + (low[edge, 0] - left)
    order = np.argsort(key)
    edge, strip, key = edge[order], strip[order], key[order]
    last = np.searchsorted(key, strip * turn + (high[edge, 0] - left), "right")
    found = 0
    for one, other in _ranges(np.arange(1, len(edge) + 1), last, check):
        i, j = edge[one], edge[other]
        # Of a pair in several strips, the first counts.
        meet = (low[i, 1] < high[j, 1]) & (low[j, 1] < high[i, 1])
        meet &= strip[one] == np.maximum(lowest[i], lowest[j])
        i, j = i[meet], j[meet]
        crossing = _sides(a[i], b[i], a[j]) * _sides(a[i], b[i], b[j]) < 0
        crossing &= _sides(a[j], b[j], a[i]) * _sides(a[j], b[j], b[i]) < 0
        found += int(np.count_nonzero(crossing))
        if found > MOST_CROSSINGS:
            raise RasterError(
                f"it crosses itself more than {MOST_CROSSINGS:,} times; repair it, or draw it anew"
            )


def _sides(a: FloatArray, b: FloatArray, point: FloatArray) -> FloatArray:
    """On which side of the lines from a to b places lie: 1, 0 or -1."""
    return np.sign(
        (b[:, 0] - a[:, 0]) * (point[:, 1] - a[:, 1])
        - (b[:, 1] - a[:, 1]) * (point[:, 0] - a[:, 0])
    )

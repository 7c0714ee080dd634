"""Areas on the lunar sphere.

QGIS's own ellipsoidal areas are NaN on the Moon, and planar areas in an
equirectangular projection ignore the cosine of latitude.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Radius of the Moon in km (IAU 2015; also that of the MI MAP projection).
MOON_RADIUS_KM = 1737.4

#: Of a place and one opposite to another: 1 and the cosine between them, at least.
_CLEARANCE = 1e-3


def cell_area(lat_north: ArrayLike, lat_south: ArrayLike, dlon: float) -> NDArray[np.float64]:
    """Area of cells bounded by parallels and meridians, R^2 dlon (sin lat1 - sin lat2).

    From degrees, in km2, never negative.
    """
    north, south = np.radians(lat_north), np.radians(lat_south)
    return np.abs(MOON_RADIUS_KM**2 * np.radians(dlon) * (np.sin(north) - np.sin(south)))


def ring_area(lon: ArrayLike, lat: ArrayLike) -> float:
    """Area in km2 inside a ring whose edges are straight lines in longitude and latitude.

    That is how a polygon drawn on a cylindrical map is bounded. Each edge
    contributes the exact integral of R^2 sin(lat) dlon along itself. The vertices
    [n], in degrees, are closed or not, in either direction. Longitudes are
    continuous: a ring across 180 degrees goes on to values beyond 180.
    """
    x, y = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    dx, dy = np.roll(x, -1) - x, np.roll(y, -1) - y
    # The mean of sin(lat) over an edge is sin(middle) sinc(half the latitude step).
    mean_sine = np.sin(y + dy / 2) * np.sinc(dy / 2 / np.pi)
    return float(abs(MOON_RADIUS_KM**2 * np.sum(dx * mean_sine)))


def unit_vectors(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    """Places [...] in degrees as unit vectors [..., 3], NaN where not finite."""
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    finite = np.isfinite(lon) & np.isfinite(lat)
    x, y = np.radians(np.where(finite, lon, np.nan)), np.radians(np.where(finite, lat, np.nan))
    return np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=-1)


def vector_ring_area(vectors: ArrayLike) -> float:
    """Area in km2 to the left of a ring whose edges are great circles.

    The ring is a fan of spherical triangles at its first vertex, or at another
    place when a vertex lies opposite to that; the area is the sum of their signed
    excesses (Eriksson 1990, Mathematics Magazine 63). Poles and the longitude 180
    are places like any other. The vertices are unit vectors [n, 3], closed or not,
    counterclockwise, seen from outside, around what is inside. The area is from 0
    to that of the whole sphere; 0 for fewer than three vertices.
    """
    v = np.asarray(vectors, np.float64)
    if len(v) < 3:
        return 0.0
    a, b, c = _apex(v), v, np.roll(v, -1, axis=0)
    # a . (b x c), from small differences so that small rings keep their digits.
    volume = np.cross(b - a, c - a) @ a
    scale = 1 + b @ a + c @ a + np.sum(b * c, axis=1)
    excess = float(np.sum(2 * np.arctan2(volume, scale))) % (4 * np.pi)
    # Rounding must not turn nothing into everything; 1e-12 are 3 m2.
    return MOON_RADIUS_KM**2 * (0.0 if 4 * np.pi - excess < 1e-12 else excess)


def _apex(v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the fan of a ring starts: a place with no vertex opposite to it, seen from the centre.

    No great circle is the one through two opposite places: half the Moon had no area else.
    """
    places = np.concatenate([v[:1], np.eye(3), -np.eye(3)])
    clearance = (1 + places @ v.T).min(axis=1)
    return places[0 if clearance[0] > _CLEARANCE else int(clearance.argmax())]

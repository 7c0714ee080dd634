"""Areas on the lunar sphere, in closed form.

QGIS's own ellipsoidal areas are NaN on the Moon, and planar areas in an
equirectangular projection ignore the cosine of latitude.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Radius of the Moon in km (IAU 2015; also that of the MI MAP projection).
MOON_RADIUS_KM = 1737.4


def cell_area(lat_north: ArrayLike, lat_south: ArrayLike, dlon: float) -> NDArray[np.float64]:
    """Area of cells bounded by parallels and meridians, R^2 dlon (sin lat1 - sin lat2).

    Parameters
    ----------
    lat_north, lat_south : array_like
        Bounding latitudes in degrees.
    dlon : float
        Width in degrees of longitude.

    Returns
    -------
    ndarray of float64
        Areas in km2, never negative.
    """
    north, south = np.radians(lat_north), np.radians(lat_south)
    return np.abs(MOON_RADIUS_KM**2 * np.radians(dlon) * (np.sin(north) - np.sin(south)))


def ring_area(lon: ArrayLike, lat: ArrayLike) -> float:
    """Area inside a ring whose edges are straight lines in longitude and latitude.

    That is how a polygon drawn on a cylindrical map is bounded. Each edge
    contributes the exact integral of R^2 sin(lat) dlon along itself.

    Parameters
    ----------
    lon, lat : array_like, shape (n,)
        Vertices in degrees, closed or not, in either direction. Longitudes are
        continuous: a ring across 180 degrees goes on to values beyond 180.

    Returns
    -------
    float
        Area in km2, not negative.
    """
    x, y = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    dx, dy = np.roll(x, -1) - x, np.roll(y, -1) - y
    # The mean of sin(lat) over an edge is sin(middle) sinc(half the latitude step).
    mean_sine = np.sin(y + dy / 2) * np.sinc(dy / 2 / np.pi)
    return float(abs(MOON_RADIUS_KM**2 * np.sum(dx * mean_sine)))

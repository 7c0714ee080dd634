"""Rectangles on the Moon, carried from CRS to CRS whole, also across 180 degrees."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from osgeo import osr

from ...core.errors import RasterError
from ..gdal_io.gdal_errors import gdal_errors
from .crs import GEOGRAPHIC_WKT, Transform, spatial_reference

#: Points along each edge of a rectangle that becomes a curved one.
_EDGE_POINTS = 33

#: Degrees between points along the edges of a rectangle of longitudes and latitudes. On a
#: polar map an arc reaches at most 1 m beyond points at this distance, 90 degrees from the pole.
_STEP = 0.05

_FAILURE = "The extent cannot be carried into the CRS of the tiles"


class Extent(NamedTuple):
    """A rectangle in map coordinates of a lunar CRS.

    In a cylindrical CRS it may lie beyond 180 degrees: 179 ... 181 is the
    piece of two degrees there, where -179 ... 179 is nearly the whole Moon.
    """

    wkt: str
    left: float
    bottom: float
    right: float
    top: float

    def to(self, wkt: str) -> Extent:
        """The rectangle around it in another CRS; without one the numbers stay.

        Raises
        ------
        RasterError
            When it does not exist there.
        """
        if not wkt or not self.wkt or wkt == self.wkt:
            return self._replace(wkt=wkt or self.wkt)
        here, there = PlateCarree.of(self.wkt), PlateCarree.of(wkt)
        if here and there:
            west, south = here.degrees(self.left, self.bottom)
            east, north = here.degrees(self.right, self.top)
            south, north = max(south, -90.0), min(north, 90.0)
            return Extent(wkt, *there.position(west, south), *there.position(east, north))
        if here:
            west, south = here.degrees(self.left, self.bottom)
            east, north = here.degrees(self.right, self.top)
            return _around(wkt, (west, max(south, -90.0), east, min(north, 90.0)))
        with gdal_errors(_FAILURE):
            transformation = osr.CoordinateTransformation(
                spatial_reference(self.wkt), spatial_reference(wkt)
            )
            left, bottom, right, top = transformation.TransformBounds(*self[1:], _EDGE_POINTS)
        if not np.isfinite([left, bottom, right, top]).all():
            raise RasterError(f"{_FAILURE}. Draw it in the tiles' own CRS.")
        if there and right < left:  # PROJ's sign of an extent across 180 degrees
            right += there.turn
        return Extent(wkt, left, bottom, right, top)

    def moved(self, x: float) -> Extent:
        """The rectangle x further east, in its own units."""
        return self._replace(left=self.left + x, right=self.right + x)

    def grown(self, x: float, y: float) -> Extent:
        """The rectangle with a margin on every side, in its own units."""
        return self._replace(
            left=self.left - x, bottom=self.bottom - y, right=self.right + x, top=self.top + y
        )


def _around(wkt: str, degrees: tuple[float, float, float, float]) -> Extent:
    """The rectangle in a CRS that is not cylindrical around west, south, east and north."""
    west, south, east, north = degrees
    # On a polar map parallels reach furthest at quarters of a turn.
    quarters = 90 * np.arange(np.ceil(west / 90), np.floor(east / 90) + 1)
    lon = np.concatenate([_steps(west, east), quarters])
    lat = _steps(south, north)
    x, y = Transform(GEOGRAPHIC_WKT, wkt)(
        np.concatenate([lon, lon, np.full_like(lat, west), np.full_like(lat, east)]),
        np.concatenate([np.full_like(lon, south), np.full_like(lon, north), lat, lat]),
    )
    there = np.isfinite(x) & np.isfinite(y)
    if not there.any():
        raise RasterError(f"{_FAILURE}. Draw it in the tiles' own CRS.")
    x, y = x[there], y[there]
    return Extent(wkt, float(x.min()), float(y.min()), float(x.max()), float(y.max()))


def _steps(first: float, last: float) -> NDArray[np.float64]:
    # An extent drawn around everything may be many turns wide.
    return np.linspace(first, last, int(min(abs(last - first), 720) / _STEP) + 2)


class PlateCarree(NamedTuple):
    """A CRS in which longitude and latitude are linear: geographic or equirectangular.

    PROJ wraps longitudes at 180 degrees and so tears what lies across it;
    these straight lines do not.
    """

    lon0: float
    lat0: float
    degrees_per_x: float
    degrees_per_y: float

    @classmethod
    @lru_cache(maxsize=32)  # PROJ takes 20 ms
    def of(cls, wkt: str) -> PlateCarree | None:
        """Its lines, or None for any other CRS."""
        if not wkt:
            return None
        reference = spatial_reference(wkt)
        if reference.IsGeographic():
            return cls(0.0, 0.0, 1.0, 1.0)
        if reference.GetAttrValue("PROJECTION") != "Equirectangular":
            return None
        geographic = reference.CloneGeogCS()
        geographic.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        to_degrees = osr.CoordinateTransformation(reference, geographic)
        length = 1e5
        (lon0, lat0, _), (lon1, lat1, _) = to_degrees.TransformPoints([(0, 0), (length, length)])
        if not all(map(math.isfinite, (lon0, lat0, lon1, lat1))):
            return None
        return cls(lon0, lat0, (lon1 - lon0) % 360 / length, (lat1 - lat0) / length)

    @property
    def turn(self) -> float:
        """By how much x changes once around the Moon."""
        return 360 / self.degrees_per_x

    def degrees(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Longitude, going on beyond 180, and latitude of a position."""
        return self.lon0 + x * self.degrees_per_x, self.lat0 + y * self.degrees_per_y

    def position(self, lon: float, lat: float) -> tuple[float, float]:
        """Map coordinates of a longitude and latitude."""
        return (lon - self.lon0) / self.degrees_per_x, (lat - self.lat0) / self.degrees_per_y

"""Georeferencing on the Moon."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from osgeo import osr

from ..core.errors import RasterError
from ..core.sphere import MOON_RADIUS_KM, cell_area
from .blocks import Window

#: Length of one degree of the equirectangular projection, in metres.
METRES_PER_DEGREE = float(np.radians(1) * MOON_RADIUS_KM * 1000)

#: Relative difference of a sphere's radius up to which it counts as the Moon:
#: radii of 1737.4 (IAU), 1738.0 and 1738.1 km are in use.
_RADIUS_TOLERANCE = 0.005

_DATUM = (
    'DATUM["Moon (2015) - Sphere",ELLIPSOID["Moon (2015) - Sphere",1737400,0,'
    'LENGTHUNIT["metre",1]]],'
    'PRIMEM["Reference Meridian",0,ANGLEUNIT["degree",0.0174532925199433]]'
)

#: WKT of IAU_2015:30100, longitude and latitude. CRSs are passed as WKT, never
#: as PROJ strings: QGIS silently returns the input of a transform to a CRS made
#: from a PROJ string with R=1737400.
GEOGRAPHIC_WKT = (
    f'GEOGCRS["Moon (2015) - Sphere / Ocentric",{_DATUM},CS[ellipsoidal,2],'
    'AXIS["geodetic latitude (Lat)",north,ORDER[1],ANGLEUNIT["degree",0.0174532925199433]],'
    'AXIS["geodetic longitude (Lon)",east,ORDER[2],ANGLEUNIT["degree",0.0174532925199433]],'
    'ID["IAU",30100,2015]]'
)

#: WKT of IAU_2015:30110, simple cylindrical on the sphere: that of the MI MAP tiles.
EQUIRECTANGULAR_WKT = (
    'PROJCRS["Moon (2015) - Sphere / Ocentric / Equirectangular, clon = 0",'
    f'BASEGEOGCRS["Moon (2015) - Sphere / Ocentric",{_DATUM},ID["IAU",30100,2015]],'
    'CONVERSION["Equirectangular, clon = 0",METHOD["Equidistant Cylindrical",ID["EPSG",1028]],'
    'PARAMETER["Latitude of 1st standard parallel",0,'
    'ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8823]],'
    'PARAMETER["Longitude of natural origin",0,'
    'ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8802]],'
    'PARAMETER["False easting",0,LENGTHUNIT["metre",1],ID["EPSG",8806]],'
    'PARAMETER["False northing",0,LENGTHUNIT["metre",1],ID["EPSG",8807]]],'
    'CS[Cartesian,2],AXIS["(E)",east,ORDER[1],LENGTHUNIT["metre",1]],'
    'AXIS["(N)",north,ORDER[2],LENGTHUNIT["metre",1]],ID["IAU",30110,2015]]'
)


class Grid(NamedTuple):
    """Where a raster's pixels lie: CRS, GDAL geotransform and size."""

    wkt: str
    geotransform: tuple[float, float, float, float, float, float]
    width: int
    height: int

    @property
    def window(self) -> Window:
        """All pixels."""
        return Window(0, 0, self.width, self.height)

    def position(self, column: float, row: float) -> tuple[float, float]:
        """Map coordinates of a pixel position; whole numbers are pixel edges."""
        x0, dx, rx, y0, ry, dy = self.geotransform
        return x0 + column * dx + row * rx, y0 + column * ry + row * dy

    def touched(self, left: float, bottom: float, right: float, top: float) -> Window | None:
        """The pixels that a rectangle in map coordinates touches; None when there are none.

        Only for north-up grids. A millionth of a pixel is not counted, so that
        rounding in an edge does not add a row.
        """
        x0, dx, _, y0, _, dy = self.geotransform
        first_column, last_column = (left - x0) / dx + 1e-6, (right - x0) / dx - 1e-6
        first_row, last_row = (top - y0) / dy + 1e-6, (bottom - y0) / dy - 1e-6
        column, row = math.floor(first_column), math.floor(first_row)
        return Window(
            column, row, math.ceil(last_column) - column, math.ceil(last_row) - row
        ).intersection(self.window)

    def described(self) -> str:
        """Size, pixel, projection and corner in words, for reports."""
        x0, dx, _, y0, _, dy = self.geotransform
        text = f"{self.width} x {self.height} pixels of {dx:.9g} x {-dy:.9g}"
        if not self.wkt:
            return f"{text}, no coordinate reference system"
        reference = spatial_reference(self.wkt)
        unit = "degrees" if reference.IsGeographic() else reference.GetLinearUnitsName()
        return f"{text} {unit}, upper left corner at {x0:.9g}, {y0:.9g} in {reference.GetName()}"

    def part(self, window: Window) -> Grid:
        """The grid of a window of this one."""
        x, y = self.position(window.x, window.y)
        _, dx, rx, _, ry, dy = self.geotransform
        return Grid(self.wkt, (x, dx, rx, y, ry, dy), window.width, window.height)


def spatial_reference(wkt: str) -> osr.SpatialReference:
    """A CRS with longitude (or easting) first, as GDAL's rasters have it."""
    reference = osr.SpatialReference()
    reference.ImportFromWkt(wkt)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return reference


def full_turn(wkt: str) -> float:
    """By how much x changes once around the Moon in a cylindrical CRS, in its units.

    360 in degrees; in metres less than the equator's length where the standard
    parallel is not the equator.
    """
    reference = spatial_reference(wkt)
    if reference.IsGeographic():
        return 360.0
    geographic = reference.CloneGeogCS()
    geographic.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    from_degrees = osr.CoordinateTransformation(geographic, reference)
    x = np.asarray(from_degrees.TransformPoints([(lon, 0.0) for lon in (0, 1, 90, 91)]))[:, 0]
    # One of the two degrees may lie across the map's edge.
    return float(360 * min(abs(x[1] - x[0]), abs(x[3] - x[2])))


def is_moon(wkt: str) -> bool:
    """Whether a CRS lies on the Moon, told from the radius of its ellipsoid."""
    if not wkt:
        return False
    radius = spatial_reference(wkt).GetSemiMajor() / 1000
    return bool(abs(radius / MOON_RADIUS_KM - 1) <= _RADIUS_TOLERANCE)


def require_moon(wkt: str, name: str) -> None:
    """Refuse a CRS of another body.

    Raises
    ------
    RasterError
        When there is no CRS or it is not on the Moon.
    """
    if not wkt:
        raise RasterError(
            f"{name} has no coordinate reference system. Assign its lunar CRS, "
            "for example IAU_2015:30110 for an MI MAP tile."
        )
    if not is_moon(wkt):
        radius = spatial_reference(wkt).GetSemiMajor() / 1000
        raise RasterError(
            f"{name} lies on a body of {radius:.1f} km radius, not on the Moon "
            f"({MOON_RADIUS_KM} km). Use data in a lunar CRS such as IAU_2015:30100; if the "
            "coordinates already are lunar and only the CRS is wrong, assign the right one."
        )


class CylindricalRows:
    """Latitudes, longitudes and cell areas of a grid whose rows are parallels.

    Raises
    ------
    RasterError
        When the grid is no cylindrical one (geographic, equirectangular,
        Mercator ...): there, areas are not constant along a row.
    """

    def __init__(self, grid: Grid, name: str) -> None:
        require_moon(grid.wkt, name)
        self._grid = grid
        reference = spatial_reference(grid.wkt)
        geographic = reference.CloneGeogCS()
        geographic.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        self._to_degrees = osr.CoordinateTransformation(reference, geographic)
        x0, dx, rx, _, ry, dy = grid.geotransform
        if rx or ry or dx <= 0 or dy >= 0:
            raise RasterError(f"{name} is rotated or flipped. Warp it to a north-up grid first.")
        # The middle row too: a sinusoidal grid across the equator has two equal outer rows.
        columns = np.array([0, 1, grid.width])
        rows = np.array([0, grid.height / 2, grid.height])
        lon, lat = (
            values.reshape(len(rows), len(columns))
            for values in self._lon_lat(
                np.tile(x0 + dx * columns, len(rows)),
                np.repeat(grid.geotransform[3] + dy * rows, len(columns)),
            )
        )
        # Longitudes wrap at 180 degrees, the step of one pixel does not.
        with np.errstate(invalid="ignore"):  # infinite outside the projection
            steps = (lon[:, 1] - lon[:, 0]) % 360
            parallel = np.ptp(lat, axis=1).max() <= 1e-9
        self.dlon = float(steps[0])
        if not parallel or not np.allclose(steps, self.dlon, rtol=1e-6, atol=0):
            raise RasterError(
                f"{name} is in a projection whose rows are not parallels of latitude, where areas "
                "vary along a row. Warp it to IAU_2015:30110 (equirectangular) first."
            )

    def latitude_at(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Latitudes in degrees at map coordinates y, [n]."""
        return self._lon_lat(np.full(y.shape, self._grid.geotransform[0]), y)[1]

    def latitudes(self, first: int, count: int) -> NDArray[np.float64]:
        """Latitudes in degrees of the edges of rows first ... first + count, [count + 1]."""
        _, _, _, y0, _, dy = self._grid.geotransform
        return self.latitude_at(y0 + dy * np.arange(first, first + count + 1, dtype=np.float64))

    def areas(self, first: int, count: int) -> NDArray[np.float64]:
        """Area in km2 of one pixel of each row, [count]."""
        lat = self.latitudes(first, count)
        return cell_area(lat[:-1], lat[1:], self.dlon)

    def _lon_lat(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        points = np.asarray(self._to_degrees.TransformPoints(np.column_stack([x, y])))
        return points[:, 0], points[:, 1]


def wrapped_longitude(lon: float) -> float:
    """The same longitude in -180 <= lon < 180."""
    return (lon + 180) % 360 - 180

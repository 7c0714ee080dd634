"""Georeferencing on the Moon."""

from __future__ import annotations

import math
import threading
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from osgeo import gdal, osr

from ...core.errors import RasterError
from ...core.mathematics.sphere import MOON_RADIUS_KM, unit_vectors
from ..gdal_io.blocks import Window
from ..gdal_io.gdal_errors import gdal_errors

#: Length of one degree of the equirectangular projection, in metres.
METRES_PER_DEGREE = float(np.radians(1) * MOON_RADIUS_KM * 1000)

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

#: What each thread keeps for itself.
_of_thread = threading.local()

_MOST_TRANSFORMATIONS = 32

FloatArray = NDArray[np.float64]

#: Grids are the same when their pixels are, to within this part of one.
_ALIGNMENT = 1e-3

#: What GDAL says of a raster without a position.
_NO_GEOTRANSFORM = (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


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

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    @property
    def positioned(self) -> bool:
        """Whether the raster says where it lies: it has a CRS and a geotransform."""
        return bool(self.wkt) and tuple(self.geotransform) != _NO_GEOTRANSFORM

    def position(self, column: Any, row: Any) -> tuple[Any, Any]:
        """Map coordinates of pixel positions, numbers or arrays; whole numbers are pixel edges."""
        x0, dx, rx, y0, ry, dy = self.geotransform
        return x0 + column * dx + row * rx, y0 + column * ry + row * dy

    def pixel(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Column and row of places in map coordinates; whole numbers are pixel edges."""
        x0, dx, rx, y0, ry, dy = self.geotransform
        x, y = x - x0, y - y0
        if rx == ry == 0:
            return x / dx, y / dy
        determinant = dx * dy - rx * ry
        return (dy * x - rx * y) / determinant, (dx * y - ry * x) / determinant

    def touched(self, left: float, bottom: float, right: float, top: float) -> Window | None:
        """The pixels that a rectangle in map coordinates touches; None when there are none.

        In a rotated grid, those touched by the smallest upright rectangle of
        pixels around it. A millionth of a pixel is not counted, so that
        rounding in an edge does not add a row.
        """
        columns, rows = self.pixel(
            np.array([left, right, left, right]), np.array([top, top, bottom, bottom])
        )
        column, row = math.floor(columns.min() + 1e-6), math.floor(rows.min() + 1e-6)
        return Window(
            column,
            row,
            math.ceil(columns.max() - 1e-6) - column,
            math.ceil(rows.max() - 1e-6) - row,
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

    def same_pixels(self, other: Grid) -> bool:
        """Whether both have the same pixels, everywhere to within a thousandth of one."""
        if (self.width, self.height) != (other.width, other.height):
            return False
        if bool(self.wkt) != bool(other.wkt):
            return False
        if self.wkt and not self._same_places(other):
            return False
        _, dx, rx, _, ry, dy = self.geotransform
        pixel = min(math.hypot(dx, ry), math.hypot(rx, dy))
        steps = np.array([1, self.width, self.height, 1, self.width, self.height])
        shift = np.abs(np.subtract(self.geotransform, other.geotransform)) * steps
        return bool(shift.max() <= _ALIGNMENT * pixel)

    def _same_places(self, other: Grid) -> bool:
        """Whether both CRSs give this grid's coordinates the same places on the Moon.

        Formats keep the definition of a CRS, but not its names, on which PROJ's comparison rests.
        """
        if spatial_reference(self.wkt).IsSame(spatial_reference(other.wkt)):
            return True
        columns, rows = np.meshgrid([0, 1, self.width], [0, 1, self.height])
        x, y = self.position(columns, rows)
        here, there = (unit_vectors(*Transform(wkt)(x, y)) for wkt in (self.wkt, other.wkt))
        pixel = np.linalg.norm(here[0, 0] - here[1, 1])
        return bool(np.abs(here - there).max() <= _ALIGNMENT * pixel)

    def part(self, window: Window) -> Grid:
        """The grid of a window of this one."""
        x, y = self.position(window.x, window.y)
        _, dx, rx, _, ry, dy = self.geotransform
        return Grid(self.wkt, (x, dx, rx, y, ry, dy), window.width, window.height)


def grid_of(dataset: gdal.Dataset) -> Grid:
    """Where an open dataset lies, as it says itself.

    Raises
    ------
    RasterError
        When its CRS is damaged.
    """
    failure = f"The coordinate reference system of {dataset.GetDescription()} cannot be read"
    wkt = ""
    with gdal_errors(failure):
        reference = dataset.GetSpatialRef()
        if reference:
            wkt = reference.ExportToWkt(["FORMAT=WKT2_2019"])
            if not isinstance(wkt, str):  # bytes where it is no UTF-8
                raise RasterError(f"{failure}.")
    return Grid(
        wkt,
        dataset.GetGeoTransform(),
        dataset.RasterXSize,
        dataset.RasterYSize,
    )


def spatial_reference(wkt: str) -> osr.SpatialReference:
    """A CRS with longitude (or easting) first, as GDAL's rasters have it; heights are left out."""
    reference = osr.SpatialReference()
    reference.ImportFromWkt(wkt)
    if reference.IsCompound():
        reference.StripVertical()
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return reference


class Transform:
    """From one lunar CRS to another, by default to longitude and latitude in degrees.

    Raises
    ------
    RasterError
        When PROJ knows no way between them.
    """

    def __init__(self, source: str, target: str = GEOGRAPHIC_WKT) -> None:
        # Making one takes PROJ 20 ms, longer than opening a tile; and no two threads may use one.
        known: dict[tuple[str, str], Any] = _of_thread.__dict__.setdefault("transformations", {})
        if (source, target) not in known:
            if len(known) >= _MOST_TRANSFORMATIONS:
                known.clear()
            with gdal_errors("No transformation between these CRSs is available"):
                known[source, target] = osr.CoordinateTransformation(
                    spatial_reference(source), spatial_reference(target)
                )
        self._transformation = known[source, target]

    def __call__(self, x: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Transform points; coordinates of any one shape, infinite outside a projection."""
        x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        points = np.column_stack([x.ravel(), y.ravel()])
        gdal.PushErrorHandler("CPLQuietErrorHandler")
        try:
            moved = self._points(points)
        finally:
            gdal.PopErrorHandler()
        return moved[:, 0].reshape(x.shape), moved[:, 1].reshape(x.shape)

    def _points(self, points: FloatArray) -> FloatArray:
        if len(points) == 0:
            return points
        try:
            return np.asarray(self._transformation.TransformPoints(points))[:, :2]
        except RuntimeError:  # another plugin enabled GDAL's exceptions: one point spoils all
            if len(points) == 1:
                return np.full((1, 2), np.inf)
            half = len(points) // 2
            return np.concatenate([self._points(points[:half]), self._points(points[half:])])


class Cylinder(NamedTuple):
    """A CRS whose parallels are straight and evenly divided: geographic, equirectangular ..."""

    #: by how much x changes once around the Moon, and y of the northern pole, in the CRS's units
    turn: float
    pole: float


@lru_cache(maxsize=32)
def cylinder(wkt: str) -> Cylinder | None:
    """The measures of a cylindrical CRS; None for one of another kind."""
    reference = spatial_reference(wkt)
    if reference.IsGeographic():
        degree = math.radians(1) / reference.GetAngularUnits()
        return Cylinder(360 * degree, 90 * degree)
    from_degrees = Transform(GEOGRAPHIC_WKT, wkt)
    lon, lat = np.meshgrid([0.0, 1.0, 90.0, 91.0], [0.0, 30.0, 60.0])
    x, y = from_degrees(lon, lat)
    if not np.isfinite([x, y]).all():
        return None
    # One of the two degrees may lie across the map's edge.
    degrees = np.minimum(np.abs(x[:, 1] - x[:, 0]), np.abs(x[:, 3] - x[:, 2]))
    size = float(degrees[0])
    if np.ptp(y, axis=1).max() > 1e-9 * size or np.ptp(degrees) > 1e-9 * size:
        return None
    return Cylinder(360 * size, float(from_degrees(0.0, 90.0)[1]))


def full_turn(wkt: str) -> float:
    """By how much x changes once around the Moon in a cylindrical CRS, in its units.

    360 in degrees; in metres less than the equator's length where the standard
    parallel is not the equator; 0 in a CRS that is not cylindrical.
    """
    found = cylinder(wkt)
    return found.turn if found else 0.0


def wrapped_longitude(lon: float) -> float:
    """The same longitude in -180 <= lon < 180."""
    return (lon + 180) % 360 - 180

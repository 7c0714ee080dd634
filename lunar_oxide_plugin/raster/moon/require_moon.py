"""The guard of every algorithm: data lie on the Moon, where their CRS says, or are refused."""

from __future__ import annotations

import math

import numpy as np
from osgeo import osr

from ...core.errors import RasterError
from ...core.mathematics.sphere import MOON_RADIUS_KM
from ..gdal_io.gdal_errors import gdal_errors
from .crs import Grid, Transform, cylinder, spatial_reference

#: Relative difference of a radius up to which it counts as the Moon: spheres of
#: 1737, 1737.4 (IAU), 1738 and 1738.1 km are in use, and ellipsoids of 1738.1 by
#: 1736 km. Longitudes and latitudes are taken as they are, areas on the sphere
#: of 1737.4 km.
_RADIUS_TOLERANCE = 0.005

#: Pixels smaller than this, in metres, are no lunar map: an MI pixel in degrees
#: (0.0005) or kilometres (0.015) is taken for metres.
_SMALLEST_PIXEL = 0.1

#: Below this many metres per pixel a whole raster within 360 by 90 metres of the
#: origin is one in degrees. MI has 15 m.
_FINE_PIXEL = 5.0

_ASSIGN = (
    "Assign its lunar CRS, for example IAU_2015:30110 for an MI MAP tile or IAU_2015:30100 for "
    "longitude and latitude."
)


def is_moon(wkt: str) -> bool:
    """Whether a CRS lies on the Moon, told from the radii of its ellipsoid."""
    try:
        require_moon(wkt, "")
    except RasterError:
        return False
    return True


def require_moon(wkt: str, name: str) -> None:
    """Refuse a CRS that is not on the Moon.

    Geographic and projected ones pass, in any unit and with any of the Moon's
    radii in use; of a compound CRS the horizontal part counts.

    Raises
    ------
    RasterError
        When there is no CRS, it lies on another body or on none, or PROJ cannot
        tell longitude and latitude from it.
    """
    if not wkt:
        raise RasterError(f"{name} has no coordinate reference system. {_ASSIGN}")
    with gdal_errors(f"{name} has a coordinate reference system that cannot be read"):
        reference = spatial_reference(wkt)
    title = reference.GetName() or "unnamed"
    if not (reference.IsGeographic() or reference.IsProjected()):
        kind = "geocentric" if reference.IsGeocentric() else "local"
        raise RasterError(
            f"{name} has the {kind} coordinate reference system '{title}', which gives no "
            f"longitude and latitude on the Moon. {_ASSIGN}"
        )
    _require_radius(reference, name, title)
    unit = reference.GetLinearUnits() if reference.IsProjected() else reference.GetAngularUnits()
    if not (math.isfinite(unit) and unit > 0):
        raise RasterError(f"{name}: its CRS '{title}' has a unit of length {unit:g}. {_ASSIGN}")
    try:
        Transform(wkt)
    except RasterError as error:
        raise RasterError(
            f"{name}: PROJ cannot tell longitude and latitude from its CRS '{title}' (a rotated "
            "pole, for example). Warp it to IAU_2015:30100 with a program that knows it."
        ) from error


def require_moon_grid(grid: Grid, name: str) -> None:
    """Refuse a raster that is not on the Moon, or not where its CRS says.

    Coordinates in another unit than the CRS's are the frequent case: degrees
    with a CRS in metres, or metres with one in degrees.

    Raises
    ------
    RasterError
        As `require_moon`; when the pixels have no size; when the coordinates do
        not fit the CRS. A raster that does not say where it is
        (`Grid.positioned`) passes when its CRS, if any, is lunar.
    """
    if grid.wkt:
        require_moon(grid.wkt, name)
    if not grid.positioned:
        return
    _, dx, rx, _, ry, dy = grid.geotransform
    if not np.isfinite(grid.geotransform).all() or dx * dy == rx * ry:
        raise RasterError(
            f"{name} has pixels without a size: its geotransform is "
            f"{tuple(grid.geotransform)}. Georeference it again."
        )
    columns, rows = np.meshgrid(np.linspace(0, grid.width, 33), np.linspace(0, grid.height, 33))
    x, y = grid.position(columns, rows)
    reference = spatial_reference(grid.wkt)
    if reference.IsProjected():
        _require_metres(x, y, math.hypot(dx, ry), reference, name)
    measures = cylinder(grid.wkt)
    if measures:
        # MI's polar tiles reach half a pixel beyond the pole.
        slack = min(math.hypot(rx, dy), measures.pole / 90)
        if np.abs(y).max() > measures.pole + slack or np.abs(x).max() > 2 * measures.turn:
            raise RasterError(
                f"{name} is said to be in {_unit(reference)}, but its coordinates reach "
                f"x {_farthest(x):g}, y {_farthest(y):g}, which is off the Moon: they are in "
                f"another unit or projection, often metres. {_ASSIGN}"
            )
    elif not np.isfinite(Transform(grid.wkt)(x, y)).any():
        raise RasterError(
            f"{name} lies outside its own projection '{reference.GetName()}': no pixel of it is "
            "on the Moon. Its coordinates belong to another CRS; assign that one."
        )


def _require_radius(reference: osr.SpatialReference, name: str, title: str) -> None:
    radii = [reference.GetSemiMajor() / 1000, reference.GetSemiMinor() / 1000]
    if all(abs(radius / MOON_RADIUS_KM - 1) <= _RADIUS_TOLERANCE for radius in radii):
        return
    if all(abs(radius * 1000 / MOON_RADIUS_KM - 1) <= _RADIUS_TOLERANCE for radius in radii):
        raise RasterError(
            f"{name}: its CRS '{title}' gives the Moon's radius as {radii[0] * 1000:g} m; it is "
            f"written in kilometres where metres belong. {_ASSIGN}"
        )
    size = f"{radii[0]:.1f} km"
    if abs(radii[0] / MOON_RADIUS_KM - 1) <= _RADIUS_TOLERANCE:
        size = f"{radii[0]:.1f} by {radii[1]:.1f} km"
    raise RasterError(
        f"{name} is not on the Moon: its CRS '{title}' has a body of radius {size}, not "
        f"{MOON_RADIUS_KM} km. Use data in a lunar CRS such as IAU_2015:30100; if the coordinates "
        "are lunar and only the CRS is wrong, assign the right one."
    )


def _require_metres(
    x: np.ndarray, y: np.ndarray, pixel: float, reference: osr.SpatialReference, name: str
) -> None:
    unit = reference.GetLinearUnits()
    near_origin = np.abs(x).max() * unit <= 361 and np.abs(y).max() * unit <= 91
    if pixel * unit >= (_FINE_PIXEL if near_origin else _SMALLEST_PIXEL):
        return
    raise RasterError(
        f"{name} is said to be in {_unit(reference)}, with pixels of {pixel:g}: its coordinates "
        f"look like {'degrees' if near_origin else 'kilometres'} (x {x.min():g} to {x.max():g}, "
        f"y {y.min():g} to {y.max():g}). Assign the CRS they are in"
        + (", IAU_2015:30100 for longitude and latitude." if near_origin else ".")
    )


def _unit(reference: osr.SpatialReference) -> str:
    if reference.IsGeographic():
        return f"{reference.GetAngularUnitsName().lower()}s"
    return f"{reference.GetLinearUnitsName()}s".replace("foots", "feet").replace("unknowns", "m")


def _farthest(values: np.ndarray) -> float:
    return float(values.flat[np.abs(values).argmax()])

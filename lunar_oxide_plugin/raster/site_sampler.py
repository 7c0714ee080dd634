"""Spectra of an MI raster around points."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from osgeo import gdal, osr

from ..core.errors import NoValidPixelError
from ..core.site_samples import NO_VALID_PIXEL, OUTSIDE, Sample, first_pixel, window_sample
from .blocks import Window
from .moon import Grid, full_turn, require_moon, spatial_reference
from .source import MiSource

Points = Sequence[tuple[float, float]]


def sample_points(
    source: MiSource, wkt: str, points: Points, size: int, check: Callable[[], None]
) -> list[Sample]:
    """Mean spectra of the valid pixels around points.

    A point outside the raster is not sampled, also where its window would touch
    the raster. At the raster's edge the window is what the raster has of it.

    Parameters
    ----------
    source : MiSource
    wkt : str
        CRS of the points, on the Moon.
    points : sequence of (x, y)
        Longitude and latitude in a geographic CRS.
    size : int
        Width and height of the window, 2 or 3 pixels.
    check : callable
        Called before every point; raises to stop.

    Returns
    -------
    list of Sample
        One per point.

    Raises
    ------
    RasterError
        When the raster has no CRS, or either does not lie on the Moon.
    """
    require_moon(source.grid.wkt, source.name)
    require_moon(wkt, "The sites' layer")
    samples = []
    for column, row in pixel_positions(source.grid, wkt, points):
        check()
        samples.append(_sample(source, column, row, size))
    return samples


def _sample(source: MiSource, column: float, row: float, size: int) -> Sample:
    grid = source.grid
    if not (0 <= column < grid.width and 0 <= row < grid.height):  # also where they are NaN
        return Sample(OUTSIDE)
    window = Window(first_pixel(column, size), first_pixel(row, size), size, size)
    inside = window.intersection(grid.window)
    if inside is None:
        return Sample(OUTSIDE)
    try:
        reflectance, valid = source.spectra(inside)
    except NoValidPixelError:
        return Sample(NO_VALID_PIXEL)
    used = f"{source.name}, mean of {int(valid.sum())} pixels of {size} x {size}"
    if source.synthetic:
        used = f"SYNTHETIC {used}"
    return window_sample(reflectance, valid, used, source.synthetic)


def pixel_positions(grid: Grid, wkt: str, points: Points) -> NDArray[np.float64]:
    """Column and row of points on a grid, [n, 2]; NaN where its CRS cannot show them.

    Whole numbers are edges of pixels. On a cylindrical map the same place
    recurs with every turn around the Moon; the one nearest to the grid's middle
    is taken, so that 50 W is found on a grid from 0 to 360 degrees.
    """
    found = transformed(wkt, grid.wkt, points)
    found[~np.isfinite(found).all(axis=1)] = np.nan
    if _is_cylindrical(grid.wkt):
        turn = full_turn(grid.wkt)
        middle = grid.position(grid.width / 2, grid.height / 2)[0]
        found[:, 0] -= turn * np.round((found[:, 0] - middle) / turn)
    x0, dx, rx, y0, ry, dy = grid.geotransform
    return np.asarray((found - [x0, y0]) @ np.linalg.inv([[dx, rx], [ry, dy]]).T)


def longitudes_latitudes(wkt: str, points: Points) -> NDArray[np.float64]:
    """Longitudes (-180 to 180) and latitudes of points in degrees, [n, 2]."""
    found = transformed(wkt, _geographic(wkt), points)
    found[:, 0] = (found[:, 0] + 180) % 360 - 180
    return found


def transformed(own: str, target: str, points: Points) -> NDArray[np.float64]:
    """Points in another CRS, [n, 2]; infinite where that one cannot show them."""
    transform = osr.CoordinateTransformation(spatial_reference(own), spatial_reference(target))
    gdal.PushErrorHandler("CPLQuietErrorHandler")  # a pole is no error, it is not on the map
    try:
        found = transform.TransformPoints([tuple(point) for point in points])
    finally:
        gdal.PopErrorHandler()
    return np.array(found, np.float64).reshape(-1, 3)[:, :2]


def _is_cylindrical(wkt: str) -> bool:
    """Whether meridians are upright lines and parallels level ones."""
    places = [(lon, lat) for lon in (10.0, 50.0) for lat in (0.0, 40.0)]
    (west, north_west, east, north_east) = transformed(_geographic(wkt), wkt, places)
    upright = np.allclose([west[0], east[0]], [north_west[0], north_east[0]], atol=1e-6)
    level = np.allclose([west[1], north_west[1]], [east[1], north_east[1]], atol=1e-6)
    return upright and level


def _geographic(wkt: str) -> str:
    return str(spatial_reference(wkt).CloneGeogCS().ExportToWkt(["FORMAT=WKT2_2019"]))

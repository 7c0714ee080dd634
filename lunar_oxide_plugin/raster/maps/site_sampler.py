"""Spectra of an MI raster around points."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.errors import NoValidPixelError, RasterError
from ...core.sites.site_samples import (
    NO_POSITION,
    NO_VALID_PIXEL,
    OUTSIDE,
    Sample,
    first_pixel,
    window_sample,
)
from ...core.watch import Watch
from ..gdal_io.blocks import Window
from ..moon.crs import Grid, Transform, full_turn
from ..moon.require_moon import require_moon
from ..sources.mi_source import MiSource
from ..sources.mosaic import Mosaic

#: Differences up to this part of a pixel are rounding.
_ROUNDING = 1e-6

Points = Sequence[tuple[float, float]]


def sample_sources(
    sources: Sequence[MiSource],
    wkt: str,
    points: Sequence[tuple[float, float] | None],
    size: int,
    watch: Watch,
) -> list[Sample]:
    """The spectra around points, each from the first of several sources that has it.

    As `sample_points`, which raises the same; a point that is None has no position. Every source
    is closed after its turn.
    """
    samples = [Sample(OUTSIDE if point else NO_POSITION) for point in points]
    for done, source in enumerate(sources, start=1):
        wanted = {
            index: point
            for index, (point, sample) in enumerate(zip(points, samples))
            if point and sample.status in (OUTSIDE, NO_VALID_PIXEL)
        }
        found = sample_points(source, wkt, list(wanted.values()), size, watch.check)
        for index, sample in zip(wanted, found):
            if sample.status != OUTSIDE:
                samples[index] = sample
        for note in source.notes:
            watch.note(note)
        source.close()
        watch.progress(done / len(sources))
    return samples


def sample_points(
    source: MiSource | Mosaic, wkt: str, points: Points, size: int, check: Callable[[], None]
) -> list[Sample]:
    """Mean spectra of the valid pixels around points.

    A point outside the raster is not sampled, also where its window would touch
    the raster. At the raster's edge the window is what the raster has of it.

    Parameters
    ----------
    source : MiSource or Mosaic
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
        When the raster has no CRS, either is not on the Moon, or the points are not pairs.
    """
    require_moon(source.grid.wkt, _name(source))
    require_moon(wkt, "The sites' layer")
    samples = []
    for column, row in pixel_positions(source.grid, wkt, points):
        check()
        samples.append(_sample(source, column, row, size))
    return samples


def _name(source: MiSource | Mosaic) -> str:
    if isinstance(source, MiSource):
        return source.name
    return f"Mosaic of {len(source.sources)} tiles"


def _sample(source: MiSource | Mosaic, column: float, row: float, size: int) -> Sample:
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
    used = f"{_name(source)}, mean of {int(valid.sum())} pixels of {size} x {size}"
    if source.synthetic:
        used = f"SYNTHETIC {used}"
    return window_sample(reflectance, valid, used, source.synthetic)


def pixel_positions(grid: Grid, wkt: str, points: Points) -> NDArray[np.float64]:
    """Column and row of points on a grid, [n, 2]; NaN where its CRS cannot show them.

    Whole numbers are edges of pixels. On a cylindrical map the same place
    recurs with every turn around the Moon; the one nearest to the grid's middle
    is taken, so that 50 W is found on a grid from 0 to 360 degrees.
    """
    x, y = Transform(wkt, grid.wkt)(*_columns(points))
    found = np.column_stack([x, y])
    found[~np.isfinite(found).all(axis=1)] = np.nan
    turn = full_turn(grid.wkt)
    if turn:
        middle = grid.position(grid.width / 2, grid.height / 2)[0]
        found[:, 0] -= turn * np.round((found[:, 0] - middle) / turn)
    x0, dx, rx, y0, ry, dy = grid.geotransform
    pixels = np.asarray((found - [x0, y0]) @ np.linalg.inv([[dx, rx], [ry, dy]]).T)
    if turn and rx == ry == 0 and grid.width * abs(dx) > turn - _ROUNDING * abs(dx):
        # All around the Moon the right edge is the left one, and inside.
        beyond = np.abs(pixels[:, 0] - grid.width) <= _ROUNDING
        pixels[beyond | (np.abs(pixels[:, 0]) <= _ROUNDING), 0] = 0
    return pixels


def longitudes_latitudes(wkt: str, points: Points) -> NDArray[np.float64]:
    """Longitudes (-180 to 180) and latitudes of points in degrees, [n, 2]."""
    lon, lat = Transform(wkt)(*_columns(points))
    return np.column_stack([(lon + 180) % 360 - 180, lat])


def _columns(points: Points) -> NDArray[np.float64]:
    pairs = np.array(points, np.float64)
    if pairs.size == 0:
        return np.empty((2, 0))
    if pairs.ndim != 2 or pairs.shape[1] != 2:  # two rows of n would be other points in silence
        raise RasterError(
            f"The points are an array of shape {pairs.shape}, not pairs (x, y). Give [n, 2]."
        )
    return pairs.T

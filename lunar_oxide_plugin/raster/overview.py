"""A small image of a raster, to be drawn in a report."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from osgeo import ogr

from ..core.overview import Overview
from .blocks import Window
from .moon import FloatArray, Grid, Transform, cylinder
from .polygons import rings_of
from .raster import Raster

#: Longest side in pixels.
_LONGEST = 700

#: Lines of the image that are read at a time, so that a user can cancel.
_LINES = 32


def overview(raster: Raster, number: int, window: Window, check: Callable[[], None]) -> Overview:
    """Read every n-th pixel of a window.

    Parameters
    ----------
    raster : Raster
        North-up or not; the axes are those of its pixels.
    number : int
        The band, counted from 1.
    window : Window
        The part that is shown.
    check : callable
        Called between strips; raises to stop.
    """
    step = max(max(window.width, window.height) / _LONGEST, 1)
    width, height = max(round(window.width / step), 1), max(round(window.height / step), 1)
    strips = []
    for top in range(0, height, _LINES):
        check()
        bottom = min(top + _LINES, height)
        first, last = (round(row * window.height / height) for row in (top, bottom))
        strip = Window(window.x, window.y + first, window.width, max(last - first, 1))
        strips.append(raster.values(strip, [number], (bottom - top, width))[0])
    return Overview(np.concatenate(strips), *_axes(raster.grid, window))


def outline_on(image: Overview, polygon: ogr.Geometry) -> list[FloatArray]:
    """Rings [n, 2] of a polygon on the axes of an image, as fine as its pixels show them."""
    left, right, bottom, top = image.extent
    height, width = image.values.shape
    pixel = min(abs(right - left) / width, abs(top - bottom) / height) * image.scale
    simple = polygon.SimplifyPreserveTopology(pixel / 2)
    return [ring / image.scale for part in rings_of(simple) for ring in part]


def _axes(
    grid: Grid, window: Window
) -> tuple[tuple[float, float, float, float], str, float, float]:
    left, top = grid.position(window.x, window.y)
    right, bottom = grid.position(window.x + window.width, window.y + window.height)
    measures = cylinder(grid.wkt)
    if measures is None:
        return (left / 1000, right / 1000, bottom / 1000, top / 1000), "km", 1000.0, 1.0
    degree = measures.turn / 360
    # On the Moon a degree of longitude is shorter by the cosine of the latitude.
    _, latitude = Transform(grid.wkt)(np.array([left]), np.array([(top + bottom) / 2]))
    aspect = 1 / max(float(np.cos(np.radians(latitude[0]))), 0.05)
    return (left / degree, right / degree, bottom / degree, top / degree), "°", degree, aspect

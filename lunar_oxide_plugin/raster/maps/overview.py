"""A small image of a raster, to be drawn in a report."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from osgeo import ogr

from ...core.results.units import Overview
from ..gdal_io.blocks import Window, blocks
from ..moon.crs import FloatArray, Grid, Transform, cylinder
from ..moon.rings import rings_of
from ..sources.raster import Raster

#: Longest side in pixels.
_LONGEST = 700

#: Pixels of the raster along a side that are read at a time: GDAL holds their tiles of all bands,
#: and a user can cancel in between.
_SIDE = 2048


def overview(raster: Raster, number: int, window: Window, check: Callable[[], None]) -> Overview:
    """Read every n-th pixel of a window of a band, counted from 1; the axes are its pixels' own.

    `check` is called before each piece and raises to stop.
    """
    step = max(max(window.width, window.height) / _LONGEST, 1)
    width, height = max(round(window.width / step), 1), max(round(window.height / step), 1)
    image = np.empty((height, width), np.float32)
    side = max(int(_SIDE / step), 1)
    for piece in blocks(Window(0, 0, width, height), side, side):
        check()
        x, right = (edge * window.width // width for edge in (piece.x, piece.x + piece.width))
        y, bottom = (edge * window.height // height for edge in (piece.y, piece.y + piece.height))
        source = Window(window.x + x, window.y + y, right - x, bottom - y)
        shape = piece.height, piece.width
        image[piece.slices] = raster.values(source, [number], shape)[0]
    return Overview(image, *_axes(raster.grid, window))


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

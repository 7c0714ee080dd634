"""Polygons of a raster of classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal, ogr

from ...core.errors import RasterError
from ..gdal_io.blocks import Window, around, plan_blocks
from ..gdal_io.gdal_errors import gdal_errors
from ..moon.crs import Grid, grid_of, spatial_reference
from ..moon.polygons import polygon_area
from ..writing.geopackage import write_polygons
from ..writing.geotiff import Progress, stoppable

#: Connected areas that GDAL may number while it looks for small ones, of some 30 bytes each.
_MOST_PIECES = 5_000_000

#: Pixel sides between classes that polygons may be drawn along: 100 bytes each at the most.
_MOST_SIDES = 3_000_000

#: Square kilometres; of pixels that are whole numbers of them, rounding must not add one.
_ROUNDING = 1e-6


def write_class_polygons(
    raster: Path,
    names: Sequence[str],
    minimum_area: float,
    pixel_area: float,
    path: Path,
    final: str,
    progress: Progress,
) -> int:
    """Write the connected areas of each class as polygons.

    Areas are connected across the sides of pixels. Those below a least area become part of their
    largest neighbour, but for those that touch no other class.

    Parameters
    ----------
    raster : Path
        One band of class numbers, 0 where there is none.
    names : sequence of str
        Of the classes from 1 on.
    minimum_area : float
        km2, turned into a number of pixels of the mean area; 0: none.
    pixel_area : float
        Mean area of a pixel in km2.
    path : Path
        GeoPackage to make.
    final : str
        What users are told of.
    progress : callable
        Called with the part that is done; what it raises ends the work and is passed on.

    Returns
    -------
    int
        Number of polygons.

    Raises
    ------
    RasterError
        When there would be too many of them, or the file cannot be written.
    """
    smallest = int(np.ceil(minimum_area / pixel_area - _ROUNDING)) if minimum_area else 0
    sieved = raster.with_suffix(".sieved.tif")
    try:
        with gdal_errors(f"{final} cannot be written"):
            source = gdal.Open(str(raster))
        _require_few(source, _PIECES, lambda part: progress(0.1 * part))
        if smallest > 1:
            source = _sieved(source, sieved, smallest, final, lambda p: progress(0.1 + 0.2 * p))
        _require_few(source, _SIDES, lambda part: progress(0.3 + 0.1 * part))
        layer_source = _polygonized(source, final, lambda part: progress(0.4 + 0.3 * min(part, 1)))
        grid = grid_of(source)
        layer = layer_source.GetLayer(0)
        count: int = layer.GetFeatureCount()
        write_polygons(
            path,
            "classes",
            grid.wkt,
            {"class_id": int, "class": str, "area_km2": float},
            _rows(layer, names, grid, lambda part: progress(0.7 + 0.3 * part)),
            f"{final} cannot be written",
        )
    finally:
        source = None
        sieved.unlink(missing_ok=True)
    return count


def _rows(
    layer: ogr.Layer, names: Sequence[str], grid: Grid, progress: Progress
) -> Iterator[tuple[bytes, Sequence[Any]]]:
    count = layer.GetFeatureCount()
    for index, feature in enumerate(layer):
        part = index / count
        progress(part)
        geometry, number = feature.GetGeometryRef(), feature.GetField(0)
        # One of them may have 100,000 holes.
        area = polygon_area(geometry, grid.wkt, partial(progress, part))
        yield bytes(geometry.ExportToWkb()), (number, names[number - 1], area)


def _sieved(
    source: gdal.Dataset, path: Path, smallest: int, final: str, progress: Progress
) -> gdal.Dataset:
    """A copy of the raster without areas of fewer pixels."""
    band = source.GetRasterBand(1)
    with stoppable(progress, f"{final} cannot be written") as report:
        made = gdal.GetDriverByName("GTiff").Create(
            str(path),
            source.RasterXSize,
            source.RasterYSize,
            1,
            gdal.GDT_Byte,
            ["TILED=YES", "COMPRESS=DEFLATE", "BIGTIFF=IF_SAFER"],
        )
        made.SetGeoTransform(source.GetGeoTransform())
        made.SetProjection(source.GetProjection())
        made.GetRasterBand(1).SetNoDataValue(0)
        gdal.SieveFilter(
            band, band.GetMaskBand(), made.GetRasterBand(1), smallest, 4, callback=report
        )
        made.FlushCache()
    return made


def _polygonized(source: gdal.Dataset, final: str, progress: Progress) -> ogr.DataSource:
    band = source.GetRasterBand(1)
    with stoppable(progress, f"{final} cannot be written") as report:
        made = ogr.GetDriverByName("Memory").CreateDataSource("")
        layer = made.CreateLayer("classes", spatial_reference(grid_of(source).wkt), ogr.wkbPolygon)
        layer.CreateField(ogr.FieldDefn("class_id", ogr.OFTInteger))
        gdal.Polygonize(band, band.GetMaskBand(), layer, 0, [], callback=report)
    return made


def _pieces(classes: np.ndarray) -> int:
    """At most so many connected areas: pixels that belong neither to the left nor to the upper."""
    new = np.ones(classes.shape, bool)
    new[:, 1:] &= classes[:, 1:] != classes[:, :-1]
    new[1:] &= classes[1:] != classes[:-1]
    return int(new.sum())


def _sides(classes: np.ndarray) -> int:
    """Sides of pixels between classes."""
    across = classes[:, 1:] != classes[:, :-1]
    return int(across.sum() + (classes[1:] != classes[:-1]).sum())


#: What is counted, how many there may be, how users know them, and what to do about too many.
_PIECES = (_pieces, _MOST_PIECES, "connected areas", "a smaller or coarser raster")
_SIDES = (_sides, _MOST_SIDES, "pixel sides between classes", "a larger MINIMUM_AREA")


def _require_few(
    source: gdal.Dataset,
    measure: tuple[Callable[[np.ndarray], int], int, str, str],
    progress: Progress,
) -> None:
    """Refuse a raster that would take polygons too much memory."""
    count, most, what, remedy = measure
    band, grid = source.GetRasterBand(1), grid_of(source)
    found = done = 0
    for window in plan_blocks(tuple(band.GetBlockSize()), grid.size).blocks(grid.window):
        # With the row above and the column to the left, and without what is counted in these
        # alone: blocks cannot be seen in the count.
        corner = Window(max(window.x - 1, 0), max(window.y - 1, 0), 1, 1)
        with gdal_errors("The classes cannot be read"):
            classes = band.ReadAsArray(*around([window, corner]))
        above, left = classes[: window.y - corner.y], classes[:, : window.x - corner.x]
        found += count(classes) - count(above) - count(left)
        found += count(above[:, : window.x - corner.x])
        done += window.size
        progress(done / grid.window.size)
        if found > most:
            raise RasterError(
                f"The classes are too scattered for polygons: more than {most:,} {what}. "
                f"Give {remedy}, or leave POLYGONS empty."
            )

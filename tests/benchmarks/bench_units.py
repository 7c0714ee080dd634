"""Unit statistics of a thousand polygons on a raster of 20,480 x 20,480 pixels."""

from __future__ import annotations

from pathlib import Path

from osgeo import gdal

from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from lunar_oxide_plugin.raster.sources.raster import Raster

from .measure import seconds_of
from .pixel_algorithms import grid_of, oxide_raster, read_bare, units_on
from .processes import process_in
from .rows import Spread, at_most
from .tiles import repeated

#: Pixels of a side of the raster that is repeated, and how often it is in each direction.
SIZE, TIMES = 2048, 10

#: Polygons along each side.
ALONG = 32


def bench_many_units(benchmark, record, quick, tmp_path_factory):
    folder = tmp_path_factory.mktemp("units")
    run = process_in(tmp_path_factory.mktemp("profile"))
    size, times, along = (256, 2, 4) if quick else (SIZE, TIMES, ALONG)
    oxides = oxide_raster(folder, grid_of(size))[0]
    path = repeated(Path(oxides.path), times)
    large = gdal.Open(str(path), gdal.GA_Update)
    for number, name in enumerate(OXIDES, start=1):
        large.GetRasterBand(number).SetDescription(name)
    large = None
    raster = Raster(str(path))
    zones, count = units_on(folder / "units.gpkg", raster.grid, along)
    given = {"INPUT": path, "ZONES": zones}
    bare = seconds_of(lambda: read_bare([(raster, range(1, len(OXIDES) + 1))]))
    asked = {"OUTPUT": ".gpkg", "TABLE": ".csv", "REPORT": ".html"}
    ran = benchmark.pedantic(lambda: run("zonaloxides", given, asked), rounds=1)
    side = size * times
    what = f"`zonaloxides` with report, {count} polygons, {side} x {side} pixels, the whole run"
    to = f"{{}} of that bare ({bare:.1f} s to read)"
    record("pixels", what, ran.seconds, "s", Spread.of([ran.seconds / bare]), to)
    record("memory", what, ran.mebibytes, "MiB", target=at_most(1024))

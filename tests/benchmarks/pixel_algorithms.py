"""How near the algorithms that compute little come to reading and writing their pixels.

Each is run as QGIS runs it, and beside it, in turn, the same blocks are read bare (GDAL into a
buffer) and the same pixels written bare (from memory, by the plugin's own writer). Machines
differ and are noisy; the ratio of such neighbours differs less.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from osgeo import ogr

from lunar_oxide_plugin.core.demo.scene import SCENES
from lunar_oxide_plugin.core.demo.surface import Surface
from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from lunar_oxide_plugin.core.oxides.uncertainty import uncertainty_name
from lunar_oxide_plugin.raster.gdal_io.blocks import BLOCK_HEIGHT, BLOCK_WIDTH, blocks
from lunar_oxide_plugin.raster.maps.demo_tile import write_tile
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT, METRES_PER_DEGREE, Grid
from lunar_oxide_plugin.raster.sources.mi_source import MiSource
from lunar_oxide_plugin.raster.sources.raster import Raster
from lunar_oxide_plugin.raster.writing.geopackage import write_polygons
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles
from lunar_oxide_plugin.raster.writing.storage import BandInfo, Layout, Storage

from .algorithms import algorithms
from .rows import Spread

#: Pixels of the oxide raster on each side: four MI tiles.
SIZE = 8192
REPEATS = 5

#: Mean content of each oxide in wt%, and how it goes with the others from highlands to mare.
_MEANS = (18.0, 12.0, 11.0, 8.0, 2.5)
_SLOPES = (-6.0, -2.0, 6.0, 1.5, 2.0)


class Case(NamedTuple):
    """An algorithm with what it has to read and to write at least."""

    name: str
    algorithm: str
    parameters: dict[str, Any]
    #: Rasters and the bands that are read of each.
    reads: Sequence[tuple[Raster, Sequence[int]]]
    #: Outputs that are rasters.
    writes: Sequence[str] = ()


class Measured(NamedTuple):
    """Medians in seconds, and of the rounds' own ratios the median and quartiles."""

    name: str
    seconds: float
    reading: float
    writing: float
    #: Time of the algorithm in that of reading and writing its pixels once
    ratio: Spread


def measured(size: int = SIZE, repeats: int = REPEATS) -> list[Measured]:
    """Measure every case, in files that are removed again."""
    with tempfile.TemporaryDirectory() as name, algorithms() as run:
        return [_measure(case, run, repeats) for case in _cases(Path(name), size)]


def _measure(case: Case, run: Callable[[str, dict[str, Any]], bool], repeats: int) -> Measured:
    outputs = [Path(case.parameters[name]) for name in case.writes]
    rounds = [
        (
            _seconds(lambda: run(case.algorithm, case.parameters)),
            _seconds(lambda: read_bare(case.reads)),
            sum(_writing_seconds(path) for path in outputs),
        )
        for _ in range(repeats)
    ]
    ratio = Spread.of(seconds / (reading + writing) for seconds, reading, writing in rounds)
    return Measured(case.name, *map(statistics.median, zip(*rounds)), ratio)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def read_bare(reads: Sequence[tuple[Raster, Sequence[int]]]) -> None:
    buffer = np.empty((BLOCK_HEIGHT, BLOCK_WIDTH), np.float32)
    for raster, numbers in reads:
        bands = [raster.dataset.GetRasterBand(number) for number in numbers]
        for window in blocks(raster.grid.window):
            for band in bands:
                band.ReadAsArray(*window, buf_obj=buffer[: window.height, : window.width])
            raster.dataset.FlushCache()


def _writing_seconds(path: Path) -> float:
    """Time to write the pixels of an output again, which are read before."""
    raster = Raster(str(path))
    values = raster.dataset.ReadAsArray()
    values = values.reshape(-1, *values.shape[-2:])
    overviews = raster.dataset.GetRasterBand(1).GetOverviewCount() > 0
    storage = Storage(layout=Layout.OVERVIEWS if overviews else Layout.GEOTIFF)
    rgba = values.dtype == np.uint8
    bands = [BandInfo(name) for name in raster.band_names]
    copy = path.with_name(f"copy_{path.name}")

    def write() -> None:
        with OutputFiles() as files:
            writer = files.raster(copy, raster.grid, bands, {}, rgba=rgba, storage=storage)
            for window in blocks(raster.grid.window):
                writer.write(window, values[(slice(None), *window.slices)])

    return _seconds(write)


def _cases(folder: Path, size: int) -> list[Case]:
    def to(name: str) -> str:
        return str(folder / name)

    grid = grid_of(size)
    oxides, sigmas = oxide_raster(folder, grid)
    large = units_on(folder / "large.gpkg", grid, 4)
    small = units_on(folder / "small.gpkg", grid, max(size // 180, 1))
    tile = folder / "tile_SYNTHETIC.lbl"
    with OutputFiles() as files:
        write_tile(files, tile, Surface(SCENES["Mairan"]))
    source = MiSource(str(tile))
    mi = [(source, source.bands)]
    every = range(1, len(OXIDES) + 1)
    feo_mgo, colours = (3, 4), (1, 3, 4)
    oxide = {"INPUT": oxides.path}
    return [
        Case(
            "`mgnumber`",
            "mgnumber",
            {**oxide, "OUTPUT": to("mg.tif")},
            [(oxides, feo_mgo)],
            ["OUTPUT"],
        ),
        Case(
            "`mgnumber` with uncertainty",
            "mgnumber",
            {
                **oxide,
                "UNCERTAINTY": sigmas.path,
                "OUTPUT": to("mg2.tif"),
                "OUTPUT_UNCERTAINTY": to("mg2_sigma.tif"),
            },
            [(oxides, feo_mgo), (sigmas, feo_mgo)],
            ["OUTPUT", "OUTPUT_UNCERTAINTY"],
        ),
        Case(
            "`oxidergb`, percentiles",
            "oxidergb",
            {**oxide, "STRETCH": 0, "OUTPUT": to("rgb0.tif")},
            [(oxides, colours)],
            ["OUTPUT"],
        ),
        Case(
            "`oxidergb`, minimum to maximum",
            "oxidergb",
            {**oxide, "STRETCH": 1, "OUTPUT": to("rgb1.tif")},
            [(oxides, colours)],
            ["OUTPUT"],
        ),
        Case(
            "`oxidergb`, published stretch",
            "oxidergb",
            {**oxide, "STRETCH": 2, "OUTPUT": to("rgb2.tif")},
            [(oxides, colours)],
            ["OUTPUT"],
        ),
        Case(
            f"`zonaloxides`, {large[1]} polygons",
            "zonaloxides",
            {**oxide, "ZONES": large[0], "OUTPUT": to("units1.gpkg")},
            [(oxides, every)],
        ),
        Case(
            f"`zonaloxides`, {small[1]} polygons",
            "zonaloxides",
            {**oxide, "ZONES": small[0], "OUTPUT": to("units2.gpkg")},
            [(oxides, every)],
        ),
        Case(
            f"`zonaloxides` with uncertainty, {large[1]} polygons",
            "zonaloxides",
            {
                **oxide,
                "UNCERTAINTY": sigmas.path,
                "ZONES": large[0],
                "OUTPUT": to("units3.gpkg"),
            },
            [(oxides, every), (sigmas, every)],
        ),
        Case(
            "`importmimap`",
            "importmimap",
            {"INPUT": [str(tile)], "OUTPUT": to("mi.tif")},
            mi,
            ["OUTPUT"],
        ),
        Case(
            "`importmimap`, 512 pixels per degree",
            "importmimap",
            {"INPUT": [str(tile)], "RESOLUTION": 512, "OUTPUT": to("mi512.tif")},
            mi,
            ["OUTPUT"],
        ),
        Case(
            "`empiricaloxides`",
            "empiricaloxides",
            {"INPUT": str(tile), "OUTPUT": to("empirical.tif")},
            mi,
            ["OUTPUT"],
        ),
    ]


def grid_of(size: int) -> Grid:
    pixel = METRES_PER_DEGREE / 2048
    corner = (-50 * METRES_PER_DEGREE, 44 * METRES_PER_DEGREE)
    return Grid(EQUIRECTANGULAR_WKT, (corner[0], pixel, 0.0, corner[1], 0.0, -pixel), size, size)


def oxide_raster(folder: Path, grid: Grid) -> tuple[Raster, Raster]:
    """Oxides as a model maps them, with their uncertainties: smooth, with noise and holes."""
    random = np.random.default_rng(0)
    means, slopes = (np.array(v, np.float32)[:, None, None] for v in (_MEANS, _SLOPES))
    names = (
        [BandInfo(name, "wt%") for name in OXIDES],
        [BandInfo(uncertainty_name(name), "wt%") for name in OXIDES],
    )
    paths = folder / "oxides.tif", folder / "sigmas.tif"
    with OutputFiles() as files:
        writers = [files.raster(path, grid, bands, {}) for path, bands in zip(paths, names)]
        for window in blocks(grid.window):
            x = (window.x + np.arange(window.width, dtype=np.float32))[None, :]
            y = (window.y + np.arange(window.height, dtype=np.float32))[:, None]
            mare = np.sin(x / 1500 + np.cos(y / 900)) * np.cos(y / 1300)
            mare += 0.3 * np.sin(x / 90) * np.sin(y / 70)
            noise = random.standard_normal((len(OXIDES), *mare.shape), np.float32)
            values = np.maximum(means * (1 + 0.04 * noise) + slopes * mare, 0)
            sigmas = 0.1 * means + 0.02 * values + 0.01 * noise[::-1]
            holes = np.sin(x / 37 + y / 301) * np.sin(y / 41 - x / 333) > 0.78
            holes |= random.random(holes.shape, np.float32) < 0.005
            for writer, planes in zip(writers, (values, sigmas)):
                planes[:, holes] = np.nan
                writer.write(window, planes)
    oxides, uncertainties = (Raster(str(path)) for path in paths)
    return oxides, uncertainties


def units_on(path: Path, grid: Grid, count: int) -> tuple[str, int]:
    """Units side by side, count x count of them with crooked borders, over all of a grid."""
    random = np.random.default_rng(1)
    corners = np.stack(np.meshgrid(np.arange(count + 1), np.arange(count + 1)), -1) * 1.0
    corners += random.uniform(-0.3, 0.3, corners.shape)
    places = corners / count * (grid.width, grid.height)
    rows = []
    for row in range(count):
        for column in range(count):
            around = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
            ring = [grid.position(*places[corner]) for corner in (*around, around[0])]
            text = ", ".join(f"{x!r} {y!r}" for x, y in ring)
            wkb = bytes(ogr.CreateGeometryFromWkt(f"POLYGON(({text}))").ExportToWkb())
            rows.append((wkb, [f"{row}-{column}"]))
    write_polygons(path, "units", grid.wkt, {"unit": str}, rows, f"{path} cannot be written")
    return str(path), len(rows)

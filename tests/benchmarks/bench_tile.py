"""A full tile: reading it, and mapping it from the opened file to the renamed outputs."""

from __future__ import annotations

import zipfile
from functools import partial

import numpy as np
import pytest

from lunar_oxide_plugin.core.models.model import BUNDLED, DEFAULT_MODEL, OxideModel, bundled_path
from lunar_oxide_plugin.raster.gdal_io.blocks import blocks
from lunar_oxide_plugin.raster.maps import prediction
from lunar_oxide_plugin.raster.sources.mi_source import MiSource, open_mi_source
from lunar_oxide_plugin.raster.sources.mosaic import Mosaic
from lunar_oxide_plugin.raster.sources.resampling import Resampled
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles

from .measure import Work
from .rows import at_least, at_most
from .threads import PIECE, predict_in_memory

THREADS = 2
OXIDES_ALONE = (prediction.OXIDE_MAP,)
ALL_THREE = (*OXIDES_ALONE, prediction.UNCERTAINTY_MAP, prediction.DOMAIN_MAP)


def read(raster):
    """Read all of a raster as spectra."""
    for window in blocks(raster.grid.window):
        raster.spectra(window)


def map_tile(source, model, products, folder):
    """Predict all of it into files, which get their names at the end."""
    with OutputFiles() as files:
        writers = {
            product: files.raster(folder / f"{product.style}.tif", source.grid, product.bands, {})
            for product in products
        }
        area = source.grid.window
        prediction.predict_area(source, area, model, writers, THREADS, lambda done: None)


def read_file(path):
    read(open_mi_source(str(path)))


@pytest.fixture()
def bare_read(tile):
    return Work(partial(read_file, tile), 1)


@pytest.mark.parametrize(
    ("name", "products", "target"),
    [
        ("zhang2023_cnn", OXIDES_ALONE, at_least(0.9)),
        ("zhang2023_cnn", ALL_THREE, None),
        (BUNDLED[DEFAULT_MODEL][0], OXIDES_ALONE, None),
        (BUNDLED[DEFAULT_MODEL][0], ALL_THREE, None),
    ],
)
def bench_end_to_end(turns, record, source, tile_spectra, tmp_path, name, products, target):
    assert prediction.PIECE == PIECE, "what is compared predicts in pieces of another size"
    model = OxideModel(bundled_path(name))
    wanted = [product.values for product in products]
    alone = Work(partial(predict_in_memory, model, tile_spectra, wanted, THREADS), 1)
    timed = turns(
        Work(partial(map_tile, source, model, products, tmp_path), 1), {"alone": alone}, 3
    )
    outputs = "all three outputs" if products == ALL_THREE else "OUTPUT alone"
    record(
        "tile",
        f"`{name}`, {outputs}: opened tile to finished files",
        timed.duration,
        "s",
        timed.speed_ratio("alone"),
        "{} of it is the model's own time, spectra in memory",
        target,
    )


def copy_tile(source, maps, folder):
    """Read the blocks that are predicted, and write values that are known already in them."""
    with OutputFiles() as files:
        writers = {
            product: files.raster(folder / f"{product.style}.tif", source.grid, product.bands, {})
            for product in maps
        }
        for window in prediction.prediction_plan(source).blocks(source.grid.window):
            source.spectra(window)
            rows, columns = window.slices
            for product, values in maps.items():
                writers[product].write(window, values[:, rows, columns])


class Held:
    """Keeps what is written, in memory."""

    def __init__(self, bands, grid):
        self.values = np.full((bands, grid.height, grid.width), np.nan, np.float32)

    def write(self, window, planes):
        rows, columns = window.slices
        self.values[:, rows, columns] = planes


def bench_against_copying(turns, record, source, tmp_path):
    """The default with all outputs, beside what reading and writing alone take."""
    name = BUNDLED[DEFAULT_MODEL][0]
    model, grid = OxideModel(bundled_path(name)), source.grid
    held = {product: Held(len(product.bands), grid) for product in ALL_THREE}
    prediction.predict_area(source, grid.window, model, held, THREADS, lambda done: None)
    maps = {product: one.values for product, one in held.items()}
    copied = Work(partial(copy_tile, source, maps, tmp_path), 1)
    work = Work(partial(map_tile, source, model, ALL_THREE, tmp_path), 1)
    timed = turns(work, {"copied": copied}, 3)
    record(
        "tile",
        f"`{name}`, all three outputs, beside the same blocks read and written alone",
        timed.duration,
        "s",
        timed.time_ratio("copied"),
        "{} times as long",
        at_most(2.5),
    )


def bench_opening(turns, record, tile, bare_read):
    """Opening and telling bands, position and declared scale, by the label alone."""
    timed = turns(Work(lambda: MiSource(str(tile)), 1), {"read": bare_read}, rounds=15)
    record(
        "reading",
        "opening and identifying a tile",
        timed.duration * 1000,
        "ms",
        timed.time_ratio("read"),
        "{} times as long as reading it",
    )


def bench_reading(turns, record, source, tile_spectra, bare_read):
    model = OxideModel(bundled_path("plsr"))
    alone = Work(partial(predict_in_memory, model, tile_spectra, (), THREADS), 1)
    timed = turns(bare_read, {"plsr": alone}, rounds=5)
    record(
        "reading",
        "opening it and reading it as spectra",
        timed.duration,
        "s",
        timed.time_ratio("plsr"),
        "{} times as long as predicting it by the fastest model, `plsr`",
    )


def bench_zip(turns, record, tile, bare_read, tmp_path):
    path = tmp_path / "tile_SYNTHETIC.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in (tile, tile.with_suffix(".img")):
            archive.write(file, file.name)
    timed = turns(Work(partial(read_file, path), 1), {"read": bare_read}, rounds=5)
    record(
        "reading",
        "the same from a compressed .zip",
        timed.duration,
        "s",
        timed.time_ratio("read"),
        "{} times as long as from the plain file",
    )


def bench_averaging(turns, record, source, bare_read):
    averaged = Resampled(Mosaic([source]), 512)
    timed = turns(Work(partial(read, averaged), 1), {"read": bare_read}, rounds=5)
    record(
        "reading",
        "averaging it to 512 pixels per degree",
        timed.duration,
        "s",
        timed.time_ratio("read"),
        "{} times as long as reading it",
    )

"""How long a user who presses Cancel waits."""

from __future__ import annotations

import random
import threading
import time

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsProcessingFeedback

from lunar_oxide_plugin.core.models.model import BUNDLED
from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT
from lunar_oxide_plugin.raster.moon.rings import polygon_of
from lunar_oxide_plugin.raster.writing.geopackage import write_polygons

from .algorithms import algorithms
from .rows import Spread, at_most

MODELS = [name for name, _ in BUNDLED]
NOMINAL = ("415 nm", "750 nm", "900 nm", "950 nm", "1001 nm", "1050 nm", "1250 nm", "1550 nm")
OUTPUTS = ("OUTPUT", "OUTPUT_UNCERTAINTY", "OUTPUT_DOMAIN")


@pytest.fixture(scope="module")
def run_algorithm():
    with algorithms() as run:
        yield run


@pytest.fixture()
def run(run_algorithm, tile, tmp_path):
    """Run predictoxides on the tile with a feedback; whether it ended well."""

    def run_with(feedback, model):
        parameters = {"INPUT": str(tile), "MODEL": MODELS.index(model)}
        parameters.update({name: str(tmp_path / f"{name}.tif") for name in OUTPUTS})
        return run_algorithm("predictoxides", parameters, feedback)

    return run_with


class Cancelling(QgsProcessingFeedback):
    """Is cancelled after some seconds, by another thread as by QGIS's, and notes when."""

    def __init__(self, seconds):
        super().__init__(False)
        self._timer = threading.Timer(seconds, self._cancel_now)
        self.cancelled_at = None

    def _cancel_now(self):
        self.cancelled_at = time.perf_counter()
        self.cancel()

    def __enter__(self):
        self._timer.start()
        return self

    def __exit__(self, *error):
        self._timer.cancel()
        self._timer.join()


def _answers(benchmark, run, outputs, rounds):
    """Seconds from Cancel, at random moments of a run, to its end; it leaves nothing behind."""
    moments = random.Random(16)
    start = time.perf_counter()
    assert run(QgsProcessingFeedback(False))
    whole = time.perf_counter() - start
    _empty(outputs)
    answers = []

    def run_until_cancelled():
        with Cancelling(moments.uniform(0, 0.9 * whole)) as feedback:
            finished = run(feedback)
            if feedback.cancelled_at is not None and not finished:
                answers.append(time.perf_counter() - feedback.cancelled_at)
                assert not list(outputs.iterdir()), "a cancelled run leaves nothing behind"
        _empty(outputs)

    benchmark.pedantic(run_until_cancelled, rounds=rounds)
    return answers


def _empty(folder):
    for file in folder.iterdir():
        file.unlink()


@pytest.mark.parametrize("model", ["zhang2023_cnn", "random_forest"])
def bench_cancel(benchmark, record, quick, run, tmp_path, model):
    rounds = 2 if quick else 15
    answers = _answers(benchmark, lambda feedback: run(feedback, model), tmp_path, rounds)
    what = f"`{model}`, a tile, all three outputs, {rounds} random moments"
    record("cancel", f"{what}: median", Spread.of(answers).median, "s", target=at_most(0.5))
    record("cancel", f"{what}: longest", max(answers), "s", target=at_most(0.5))


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Oxides in tiles and in strips, reflectance in strips, and a polygon of a million vertices."""
    folder = tmp_path_factory.mktemp("inputs")
    height, width = 4000, 8000
    random_values = np.random.default_rng(2)
    share = random_values.uniform(0, 1, (height, width)).astype(np.float32)
    for name, names, low, high, options in (
        ("oxides", OXIDES, (9, 8, 3, 4, 0.3), (29, 16, 20, 12, 8), ["TILED=YES"]),
        ("strips", OXIDES, (9, 8, 3, 4, 0.3), (29, 16, 20, 12, 8), ["BLOCKYSIZE=1"]),
        ("mi", NOMINAL, np.linspace(0.05, 0.09, 8), np.linspace(0.1, 0.25, 8), ["BLOCKYSIZE=1"]),
    ):
        made = gdal.GetDriverByName("GTiff").Create(
            str(folder / f"{name}.tif"),
            width,
            height,
            len(names),
            gdal.GDT_Float32,
            [*options, "COMPRESS=DEFLATE", "ZLEVEL=1", "INTERLEAVE=BAND"],
        )
        made.SetProjection(EQUIRECTANGULAR_WKT)
        made.SetGeoTransform((0, 60, 0, 240_000, 0, -60))
        for number, (described, start, end) in enumerate(zip(names, low, high), start=1):
            made.GetRasterBand(number).SetDescription(str(described))
            made.GetRasterBand(number).WriteArray(start + (end - start) * share)
            made.FlushCache()
        made = None
    angle = 2 * np.pi * np.arange(1_000_000) / 1_000_000
    reach = 100_000 * (1 + 0.1 * np.sin(1000 * angle))
    ring = np.column_stack([240_000 + reach * np.cos(angle), 120_000 + reach * np.sin(angle)])
    wkb = bytes(polygon_of([ring]).ExportToWkb())
    write_polygons(folder / "zones.gpkg", "zones", EQUIRECTANGULAR_WKT, {}, [(wkb, [])], "")
    return folder


#: What else a user may cancel: an algorithm, its inputs and its outputs.
OTHERS = {
    "`mgnumber`, strips": ("mgnumber", {"INPUT": "strips.tif"}, {"OUTPUT": "a.tif"}),
    "`oxidergb`, percentiles": ("oxidergb", {"INPUT": "oxides.tif"}, {"OUTPUT": "a.tif"}),
    "`classifyterrain` with polygons and report": (
        "classifyterrain",
        {"INPUT": "oxides.tif", "MINIMUM_AREA": 1000},
        {"OUTPUT": "a.tif", "REPORT": "a.html"},
    ),
    "`zonaloxides`, a million vertices": (
        "zonaloxides",
        {"INPUT": "oxides.tif", "ZONES": "zones.gpkg"},
        {"OUTPUT": "a.gpkg", "TABLE": "a.csv", "REPORT": "a.html"},
    ),
    "`comparemaps`, strips and tiles": (
        "comparemaps",
        {"INPUT": "oxides.tif", "REFERENCE": "strips.tif"},
        {"OUTPUT": "a.tif", "REPORT": "a.html"},
    ),
    "`oxidehistogram`": ("oxidehistogram", {"INPUT": ["oxides.tif"]}, {"REPORT": "a.html"}),
    "`empiricaloxides`, strips": ("empiricaloxides", {"INPUT": "mi.tif"}, {"OUTPUT": "a.tif"}),
    "`importmimap`, strips": ("importmimap", {"INPUT": ["mi.tif"]}, {"OUTPUT": "a.tif"}),
}


@pytest.mark.parametrize("name", OTHERS)
def bench_cancel_of_other_algorithms(
    benchmark, record, quick, run_algorithm, inputs, tmp_path, name
):
    algorithm, given, outputs = OTHERS[name]
    parameters = {key: _placed(inputs, value) for key, value in given.items()}
    parameters.update({key: str(tmp_path / file) for key, file in outputs.items()})
    rounds = 2 if quick else 8
    answers = _answers(
        benchmark,
        lambda feedback: run_algorithm(algorithm, parameters, feedback),
        tmp_path,
        rounds,
    )
    what = f"{name}, 8000 x 4000 pixels, {rounds} random moments: longest"
    record("cancel", what, max(answers), "s", target=at_most(0.5))


def _placed(folder, value):
    if isinstance(value, list):
        return [_placed(folder, item) for item in value]
    return str(folder / value) if isinstance(value, str) else value

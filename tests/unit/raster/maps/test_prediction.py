"""Prediction by blocks and threads against one plain call, and how it ends when it must."""

import threading
import time

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.errors import CancelledError, LunarOxideError, ModelError, RasterError
from lunar_oxide_plugin.core.models.model import OxideModel, bundled_path
from lunar_oxide_plugin.raster.gdal_io.blocks import BlockPlan, Window
from lunar_oxide_plugin.raster.maps import prediction
from lunar_oxide_plugin.raster.maps.prediction import (
    DOMAIN_MAP,
    OXIDE_MAP,
    UNCERTAINTY_MAP,
    Counts,
    model_metadata,
    predict_area,
)
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT, Grid
from lunar_oxide_plugin.raster.writing.geotiff import RasterWriter
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles
from tests.folders import DATA

FILES = DATA / "onnx"
PRODUCTS = (OXIDE_MAP, UNCERTAINTY_MAP, DOMAIN_MAP)
WIDTH, HEIGHT = 130, 70


class Scene:
    """Random spectra in memory: some pixels invalid, rows 20 to 39 all of them."""

    def __init__(self, width=WIDTH, height=HEIGHT):
        rng = np.random.default_rng(11)
        slope = np.linspace(1, 2.5, 8)[:, None, None]
        noise = np.exp(rng.normal(0, 0.05, (8, height, width)))
        self.reflectance = (rng.uniform(0.03, 0.15, (height, width)) * slope * noise).astype("f4")
        self.valid = rng.random((height, width)) > 0.2
        self.valid[20:40] = False
        self.grid = Grid(EQUIRECTANGULAR_WKT, (0.0, 10.0, 0.0, 0.0, 0.0, -10.0), width, height)
        self.lock, self.read, self.written = threading.Lock(), 0, 0

    def spectra(self, window):
        with self.lock:
            self.read += 1
        return self.reflectance[:, window.slices[0], window.slices[1]].copy(), self.valid[
            window.slices
        ].copy()

    def plan(self, pixels):
        return BlockPlan((32, 16), (32, 16), (256, 256))


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    """Many pieces in a small scene."""
    monkeypatch.setattr(prediction, "PIECE", 100)


@pytest.fixture(scope="module")
def model():
    return OxideModel(bundled_path("plsr"))


def none_left():
    names = ("predict", "read")
    return not [thread for thread in threading.enumerate() if thread.name.startswith(names)]


def predicted(scene, area, model, folder, threads=2, progress=lambda done: None):
    paths = {product: folder / f"{product.style}.tif" for product in PRODUCTS}
    with OutputFiles() as files:
        writers = {
            product: files.raster(path, scene.grid.part(area), product.bands, {})
            for product, path in paths.items()
        }
        counts = predict_area(scene, area, model, writers, threads, progress)
    return counts, {product: gdal.Open(str(path)).ReadAsArray() for product, path in paths.items()}


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("area", [Window(0, 0, WIDTH, HEIGHT), Window(17, 3, 90, 61)])
@pytest.mark.parametrize("name", ["plsr", "gaussian_process", "zhang2023_cnn"])
def test_the_same_as_one_call_to_the_last_bit(tmp_path, threads, area, name):
    scene, model = Scene(), OxideModel(bundled_path(name))
    counts, maps = predicted(scene, area, model, tmp_path, threads)
    rows, columns = area.slices
    valid = scene.valid[rows, columns]
    expected = model.predict(scene.reflectance[:, rows, columns][:, valid])
    for product, values in maps.items():
        found = values.reshape(-1, *valid.shape)
        np.testing.assert_array_equal(
            found[:, valid].ravel(), getattr(expected, product.values).ravel()
        )
        assert (found[:, ~valid] == -9999).all()
    outside = int((expected.domain_distance > 1).sum())
    assert counts == Counts(int(valid.sum()), outside)
    assert none_left()


def test_only_what_is_written_is_computed(tmp_path, monkeypatch):
    scene, model = Scene(), OxideModel(bundled_path("plsr"))
    asked = set()
    plain = model.predict
    monkeypatch.setattr(
        model, "predict", lambda s, wanted: asked.add(frozenset(wanted)) or plain(s, wanted)
    )
    with OutputFiles() as files:
        writer = files.raster(tmp_path / "oxides.tif", scene.grid, OXIDE_MAP.bands, {})
        counts = predict_area(
            scene, scene.grid.window, model, {OXIDE_MAP: writer}, 2, lambda done: None
        )
    # The distance tells how many pixels are outside.
    assert asked == {frozenset({"oxides", "domain_distance"})}
    assert counts.valid == scene.valid.sum()


def test_a_model_without_distance(tmp_path):
    scene, model = Scene(), OxideModel(FILES / "oxides_only.onnx")
    with OutputFiles() as files:
        writer = files.raster(tmp_path / "oxides.tif", scene.grid, OXIDE_MAP.bands, {})
        counts = predict_area(
            scene, scene.grid.window, model, {OXIDE_MAP: writer}, 2, lambda done: None
        )
    assert counts == Counts(int(scene.valid.sum()), 0)


def test_nothing_valid(tmp_path, model):
    scene = Scene()
    scene.valid[:] = False
    counts, maps = predicted(scene, scene.grid.window, model, tmp_path)
    assert counts == Counts(0, 0)
    assert all((values == -9999).all() for values in maps.values())


def test_progress_grows_to_the_end(tmp_path, model):
    said = []
    scene = Scene()
    predicted(scene, scene.grid.window, model, tmp_path, progress=said.append)
    assert said[0] == 0
    assert said == sorted(said)
    assert said[-1] == pytest.approx(1)
    assert len(set(said)) > 30  # piece by piece


def test_few_blocks_are_under_way(tmp_path, model):
    """However large the area, and however slow what writes: memory does not grow."""
    scene = Scene()
    under_way = []

    class Slow:
        def write(self, window, values):
            with scene.lock:
                scene.written += 1
                under_way.append(scene.read - scene.written)

    scene.valid[:] = True
    predict_area(scene, scene.grid.window, model, {OXIDE_MAP: Slow()}, 2, lambda done: None)
    assert len(under_way) == 25
    assert max(under_way) <= 3


def test_cancelling_leaves_no_file_and_no_thread(tmp_path, model):
    scene = Scene()

    def progress(done):
        if done > 0.3:
            raise CancelledError("Cancelled. No output was written.")

    with pytest.raises(CancelledError):
        predicted(scene, scene.grid.window, model, tmp_path, progress=progress)
    assert list(tmp_path.iterdir()) == []
    assert none_left()
    assert scene.read < 25


def test_after_cancelling_only_pieces_that_had_begun_are_computed(tmp_path, model, monkeypatch):
    begun, cancelled = [], threading.Event()
    plain = model.predict

    def slow(spectra, wanted):
        begun.append(cancelled.is_set())
        time.sleep(0.1)
        return plain(spectra, wanted)

    monkeypatch.setattr(model, "predict", slow)
    scene = Scene()

    def progress(done):
        if begun:
            cancelled.set()
            raise CancelledError("Cancelled.")

    with pytest.raises(CancelledError):
        predicted(scene, scene.grid.window, model, tmp_path, threads=2, progress=progress)
    assert sum(begun) <= 2  # a thread that was between two pieces may have taken one more


@pytest.mark.parametrize("where", ["read", "predict", "write"])
def test_an_error_anywhere_ends_all(tmp_path, monkeypatch, where):
    scene, model = Scene(), OxideModel(bundled_path("plsr"))
    calls = []

    def failing(original, error):
        def call(*arguments):
            calls.append(1)
            if len(calls) == 3:
                raise error
            return original(*arguments)

        return call

    error = {"read": RasterError("lost"), "predict": ModelError("lost"), "write": OSError("lost")}
    if where == "read":
        monkeypatch.setattr(scene, "spectra", failing(scene.spectra, error[where]))
    if where == "predict":
        monkeypatch.setattr(model, "predict", failing(model.predict, error[where]))
    if where == "write":
        name = "lunar_oxide_plugin.raster.writing.outputs.RasterWriter.write"
        original = RasterWriter.write
        monkeypatch.setattr(name, failing(original, error[where]))
    with pytest.raises(type(error[where]), match="lost"):
        predicted(scene, scene.grid.window, model, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert none_left()


def test_a_system_that_lets_no_thread_start(tmp_path, monkeypatch):
    """The first one reads, the next would predict."""
    original, started = threading.Thread.start, []

    def start(thread):
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        original(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(LunarOxideError, match="no further thread start"):
        predicted(Scene(), Scene().grid.window, OxideModel(bundled_path("plsr")), tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert none_left()


def test_metadata_of_a_model():
    plain = model_metadata(OxideModel(FILES / "oxides_only.onnx"))
    assert plain == {
        "LUNAR_OXIDE_MODEL": "oxides_only",
        "LUNAR_OXIDE_MODEL_TITLE": "oxides_only",
    }
    bundled = model_metadata(OxideModel(bundled_path("plsr")))
    assert bundled["LUNAR_OXIDE_MODEL"] == "plsr"
    assert "10-fold" in bundled["LUNAR_OXIDE_MODEL_PROTOCOL"]
    assert "LUNAR_OXIDE_MODEL_DESCRIPTION" not in bundled

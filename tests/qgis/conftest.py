"""The provider in a real QGIS, and small MI tiles for it."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsFeatureRequest,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
)

from lunar_oxide_plugin.plugin import LunarOxidePlugin
from tests import mi_tiles
from tests.polygons import lunar_crs

ROOT = Path(__file__).resolve().parents[2]

ABORT = QgsFeatureRequest.InvalidGeometryCheck.GeometryAbortOnInvalid


class Feedback(QgsProcessingFeedback):
    """Keeps what the algorithm says; can cancel after some progress."""

    def __init__(self, cancel_at=None):
        super().__init__()
        self.info, self.warnings, self.errors, self.steps = [], [], [], []
        self._cancel_at = cancel_at
        self.progressChanged.connect(self._progressed)

    def _progressed(self, value):
        self.steps.append(value)
        if self._cancel_at is not None and value >= self._cancel_at:
            self.cancel()

    def pushInfo(self, text):
        self.info.append(text)

    def pushWarning(self, text):
        self.warnings.append(text)

    def reportError(self, text, fatal=False):
        self.errors.append(text)


@pytest.fixture(scope="session")
def provider(qgis_app, qgis_processing):
    plugin = LunarOxidePlugin(None)
    plugin.initProcessing()
    yield QgsApplication.processingRegistry().providerById("lunaroxide")
    plugin.unload()
    gc.collect()  # feedbacks are cycles: what is freed after QGIS has ended crashes


@pytest.fixture()
def run(provider):
    """Run an algorithm as QGIS's window does, with its checks; (results, ok, feedback)."""
    import processing
    from processing.tools.dataobjects import createContext

    def run_algorithm(name, parameters, feedback=None):
        feedback = feedback or Feedback()
        context = createContext(feedback)  # the project, and what the options say
        assert context.project() is QgsProject.instance()
        assert context.invalidGeometryCheck() == ABORT  # what QGIS's options have at first
        parameters = {key: str(v) if hasattr(v, "suffix") else v for key, v in parameters.items()}
        try:
            results = processing.run(
                f"lunaroxide:{name}", parameters, feedback=feedback, context=context
            )
        except QgsProcessingException as error:
            if str(error) not in feedback.errors:
                feedback.reportError(str(error))
            return {}, False, feedback
        assert feedback.info.pop() == f"Results: {results}"  # what `processing.run` adds
        return results, True, feedback

    return run_algorithm


@pytest.fixture()
def succeed(run):
    """Run an algorithm that has to succeed; (results, feedback)."""

    def run_well(name, parameters, feedback=None):
        results, ok, feedback = run(name, parameters, feedback)
        assert ok, feedback.errors
        return results, feedback

    return run_well


@pytest.fixture()
def refused(run, tmp_path):
    """Run an algorithm that has to fail, leaving no new file; its message."""

    def run_badly(name, parameters, feedback=None):
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        _, ok, feedback = run(name, parameters, feedback)
        after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        assert not ok
        assert after == before
        return " ".join(feedback.errors)

    return run_badly


@pytest.fixture()
def tile(tmp_path):
    """A small MI MAP tile at 310 E with every kind of invalid pixel: (label, DN)."""
    dn = mi_tiles.soils()
    for index, code in enumerate(mi_tiles.INVALID_CODES):
        dn[index, 3, 5 + index] = code
    dn[:, :, :2] = -30000
    dn[5, 10, 10] = -22000  # MN1, which no model reads
    dn[0, 20, 20:30] = 400  # shadow
    return mi_tiles.write_tile(tmp_path, dn), dn


def expected_valid(dn, shadow=500):
    """Where the eight model bands of a tile hold lit, measured DN."""
    bands = dn[list(mi_tiles.MODEL_PLANES)]
    return ((bands > shadow) & (bands < 32767)).all(axis=0)


def read(path):
    """Bands [n, height, width] of a raster as numpy, NaN where nodata."""
    dataset = gdal.Open(str(path))
    values = dataset.ReadAsArray().astype(np.float64)
    values = values.reshape(dataset.RasterCount, dataset.RasterYSize, dataset.RasterXSize)
    nodata = dataset.GetRasterBand(1).GetNoDataValue()
    if nodata is not None:
        values[values == nodata] = np.nan
    return values


OXIDES = ("Al2O3", "CaO", "FeO", "MgO", "TiO2")


@pytest.fixture()
def oxide_raster(tmp_path):
    """A five-band oxide raster on the Moon: (path, values, west, north, degrees per pixel)."""

    def make(
        height=40,
        width=60,
        west=-50.0,
        north=44.0,
        step=1 / 64,
        values=None,
        crs=None,
        names=OXIDES,
        metadata=None,
    ):
        random = np.random.default_rng(1)
        if values is None:
            values = random.uniform(1, 25, (5, height, width)).astype(np.float32)
            values[:, 4:8, 10:20] = -9999
        path = tmp_path / f"oxides_{len(list(tmp_path.iterdir()))}.tif"
        dataset = gdal.GetDriverByName("GTiff").Create(
            str(path), values.shape[2], values.shape[1], len(values), gdal.GDT_Float32
        )
        dataset.SetProjection((crs or lunar_crs()).ExportToWkt())
        dataset.SetGeoTransform((west, step, 0, north, 0, -step))
        dataset.SetMetadata(metadata or {})
        for index, (name, band) in enumerate(zip(names, values)):
            dataset.GetRasterBand(index + 1).SetDescription(name)
            dataset.GetRasterBand(index + 1).SetNoDataValue(-9999)
            dataset.GetRasterBand(index + 1).WriteArray(band)
        dataset = None
        values = values.astype(np.float64)
        values[values == -9999] = np.nan
        return path, values, west, north, step

    return make

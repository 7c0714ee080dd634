"""Uncertainties found beside their raster, and carried into the means of units."""

import json
import subprocess

import numpy as np
import pytest
from osgeo import gdal, ogr

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.maps.uncertainty import Uncertainty
from lunar_oxide_plugin.raster.maps.zone_statistics import ZonalStatistics
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT, METRES_PER_DEGREE
from lunar_oxide_plugin.raster.sources.raster import Raster

from ..zones import summary

HEIGHT, WIDTH = 300, 40  # more than one block high
STEP = METRES_PER_DEGREE / 64
NORTH = 64 * METRES_PER_DEGREE
CORRELATION = "LUNAR_OXIDE_MODEL_ERROR_CORRELATION"
NAMES = {1: "FeO", 2: "MgO"}


def written(path, bands, metadata=None, west=0.0, wkt=EQUIRECTANGULAR_WKT):
    """A raster of (description, value or array) on the grid of this file."""
    driver = gdal.GetDriverByName("GTiff")
    dataset = driver.Create(str(path), WIDTH, HEIGHT, len(bands), gdal.GDT_Float32)
    dataset.SetProjection(wkt)
    dataset.SetGeoTransform((west, STEP, 0, NORTH, 0, -STEP))
    dataset.SetMetadata(metadata or {})
    for index, (name, values) in enumerate(bands):
        band = dataset.GetRasterBand(index + 1)
        band.SetDescription(name)
        band.SetNoDataValue(-9999)
        band.WriteArray(np.full((HEIGHT, WIDTH), values, np.float32))
    dataset = None
    return Raster(str(path))


@pytest.fixture()
def oxides(tmp_path):
    return written(tmp_path / "oxides.tif", [("FeO", 9), ("MgO", 8)])


def test_bands_by_description_in_any_order(tmp_path, oxides):
    bands = [("MgO 1 sigma", 0.8), ("CaO 1 sigma", 0.9), ("FeO 1 sigma", 1.5)]
    found = Uncertainty(written(tmp_path / "s.tif", bands), oxides, NAMES)
    assert found.bands == {1: 3, 2: 1}
    values = found.values(oxides.grid.window, [2, 1])
    assert values.shape == (2, HEIGHT, WIDTH)
    assert (values[0] == np.float32(0.8)).all()
    assert (values[1] == np.float32(1.5)).all()
    assert not found.notes


def test_bands_without_descriptions_in_the_order_of_the_oxides(tmp_path, oxides):
    found = Uncertainty(written(tmp_path / "s.tif", [("", 1.5), ("", 0.8)]), oxides, NAMES)
    assert found.bands == {1: 1, 2: 2}
    assert "taken in the order of oxides.tif" in found.notes[0]


@pytest.mark.parametrize(
    "bands",
    [
        [("FeO", 9), ("MgO", 8)],  # the oxides themselves
        [("", 1), ("", 1), ("", 1)],  # no descriptions, and another number of bands
        [("", 1), ("domain distance", 1)],
        [("CaO 1 sigma", 1), ("TiO2 1 sigma", 1)],
    ],
)
def test_a_raster_that_holds_none_is_refused(tmp_path, oxides, bands):
    raster = written(tmp_path / "s.tif", bands)
    with pytest.raises(RasterError, match=r"s\.tif \(UNCERTAINTY\) has no .*'FeO 1 sigma'.*Give"):
        Uncertainty(raster, oxides, NAMES)


def test_some_bands_or_every_one(tmp_path, oxides):
    raster = written(tmp_path / "s.tif", [("FeO 1 sigma", 1.5)])
    found = Uncertainty(raster, oxides, NAMES)
    assert found.bands == {1: 1}
    assert found.notes == ["s.tif holds no uncertainty of MgO."]
    assert np.isnan(found.values(oxides.grid.window, [2])).all()
    with pytest.raises(RasterError, match="'MgO 1 sigma'"):
        Uncertainty(raster, oxides, NAMES, every=True)


def test_another_grid_is_refused(tmp_path, oxides):
    raster = written(tmp_path / "s.tif", [("FeO 1 sigma", 1.5)], west=STEP)
    with pytest.raises(RasterError, match=r"s\.tif .*pixels of oxides\.tif .*40 x 300.*both alike"):
        Uncertainty(raster, oxides, NAMES)


def test_another_model_is_refused(tmp_path):
    oxides = written(tmp_path / "o.tif", [("FeO", 9)], {"LUNAR_OXIDE_MODEL": "otake2012"})
    bands, model = [("FeO 1 sigma", 1.5)], {"LUNAR_OXIDE_MODEL": "zhang2023_cnn"}
    with pytest.raises(RasterError, match=r"of the model zhang2023_cnn.*of otake2012"):
        Uncertainty(written(tmp_path / "s.tif", bands, model), oxides, {1: "FeO"})
    assert Uncertainty(written(tmp_path / "t.tif", bands), oxides, {1: "FeO"}).bands == {1: 1}


def test_correlation(tmp_path, oxides):
    bands = [("FeO 1 sigma", 1.5), ("MgO 1 sigma", 0.8)]
    silent = Uncertainty(written(tmp_path / "silent.tif", bands), oxides, NAMES)
    value, words = silent.correlation("MgO", "FeO")
    assert value == 0
    assert "assumed" in words
    assert "silent.tif" in words
    matrix = np.eye(5)
    matrix[2, 3] = matrix[3, 2] = -0.375
    stating = written(tmp_path / "s.tif", bands, {CORRELATION: json.dumps(matrix.tolist())})
    value, words = Uncertainty(stating, oxides, NAMES).correlation("MgO", "FeO")
    assert (value, words) == (-0.375, "-0.375, as stated in s.tif")


def test_a_correlation_that_cannot_be_read(tmp_path, oxides):
    bands = [("FeO 1 sigma", 1.5), ("MgO 1 sigma", 0.8)]
    path = tmp_path / "s.tif"
    wrong = Uncertainty(written(path, bands, {CORRELATION: "[1, 0]"}), oxides, NAMES)
    with pytest.raises(RasterError, match=r"s\.tif .* is not a 5 x 5 matrix") as refusal:
        wrong.correlation("MgO", "FeO")
    # The way out that it names leads out.
    assert f'gdal_edit.py -mo "{CORRELATION}=" s.tif' in str(refusal.value)
    wrong.raster.close()
    subprocess.run(["gdal_edit.py", "-mo", f"{CORRELATION}=", str(path)], check=True)
    assert Uncertainty(Raster(str(path)), oxides, NAMES).correlation("MgO", "FeO")[0] == 0


# The mean of a unit ------------------------------------------------------------------------------

#: In pixels: column and row of the corners.
RING = [(3.3, 20.2), (37.1, 40.6), (30.4, 281.7), (8.2, 270.3)]


def wkb():
    ring = ", ".join(f"{x * STEP!r} {NORTH - y * STEP!r}" for x, y in [*RING, RING[0]])
    return bytes(ogr.CreateGeometryFromWkt(f"POLYGON(({ring}))").ExportToWkb())


def summaries(raster, uncertainty=None, numbers=(1,)):
    bands = {f"band {number}": number for number in numbers}
    statistics = ZonalStatistics(raster, bands, uncertainty, centres=True)
    return summary(statistics, wkb(), EQUIRECTANGULAR_WKT)[1]


@pytest.fixture()
def fields():
    """FeO and its sigma, which grows to the north, where pixels are smaller."""
    random = np.random.default_rng(5)
    feo = random.normal(12, 4, (HEIGHT, WIDTH)).astype(np.float32)
    sigma = np.linspace(4, 1, HEIGHT)[:, None] * random.uniform(0.8, 1.2, (HEIGHT, WIDTH))
    return feo, sigma.astype(np.float32)


def test_of_a_mean_is_what_errors_alike_move_it_by(tmp_path, fields):
    """All pixels 1 sigma too high at once: the mean itself says by how much it is off."""
    feo, sigma = fields
    raster = written(tmp_path / "feo.tif", [("FeO", feo)])
    higher = written(tmp_path / "higher.tif", [("FeO", feo + sigma)])
    sigmas = written(tmp_path / "s.tif", [("FeO 1 sigma", sigma)])
    (alone,) = summaries(raster)
    (moved,) = summaries(higher)
    (found,) = summaries(raster, Uncertainty(sigmas, raster, {1: "FeO"}))
    assert found["mean_uncertainty"] == pytest.approx(moved["mean"] - alone["mean"], rel=1e-6)
    assert found["without_uncertainty"] == 0
    # The statistics of the oxide are what they were.
    assert found["pixels"] > 5000
    assert "mean_uncertainty" not in alone
    assert {name: found[name] for name in alone} == alone


def test_no_correlation_of_errors_gives_more(tmp_path, fields):
    """Errors of 400 drawn maps, half of each error shared by all pixels: less, but no sqrt(n)."""
    feo, sigma = fields
    raster = written(tmp_path / "feo.tif", [("FeO", feo)])
    sigmas = written(tmp_path / "s.tif", [("FeO 1 sigma", sigma)])
    (found,) = summaries(raster, Uncertainty(sigmas, raster, {1: "FeO"}))
    random = np.random.default_rng(11)
    drawn = []
    for index in range(40):
        errors = [
            sigma * np.sqrt(0.5) * (random.normal() + random.normal(size=sigma.shape))
            for _ in range(10)
        ]
        maps = [("FeO", feo + error) for error in errors]
        several = written(tmp_path / f"drawn{index}.tif", maps)
        drawn += [one["mean"] for one in summaries(several, numbers=range(1, 11))]
    spread = np.std(drawn)
    assert spread == pytest.approx(found["mean_uncertainty"] * np.sqrt(0.5), rel=0.15)
    assert spread < found["mean_uncertainty"]
    assert spread > 50 * found["mean_uncertainty"] / np.sqrt(found["pixels"])


def test_only_pixels_with_both_count(tmp_path, fields):
    feo, sigma = (band.copy() for band in fields)
    feo[30:60] = -9999
    sigma[50:120] = -9999
    sigma[150, 20:25] = (np.nan, np.inf, -0.5, -1, 0)
    raster = written(tmp_path / "feo.tif", [("FeO", feo), ("Mg#", 0.5)])
    sigmas = written(tmp_path / "s.tif", [("FeO 1 sigma", sigma)])
    found, other = summaries(raster, Uncertainty(sigmas, raster, {1: "FeO", 2: "Mg#"}), (1, 2))
    # Expected from rasters that lack the other's pixels to begin with.
    both = np.where((sigma >= 0) & np.isfinite(sigma) & (feo != -9999), sigma, -9999)
    (expected,) = summaries(written(tmp_path / "both.tif", [("", both)]))
    assert found["mean_uncertainty"] == pytest.approx(expected["mean"], rel=1e-9)
    assert found["without_uncertainty"] == found["pixels"] - expected["pixels"] > 4
    assert "mean_uncertainty" not in other  # a band that has none


def test_a_unit_without_pixels(tmp_path, fields):
    _, sigma = fields
    raster = written(tmp_path / "feo.tif", [("FeO", -9999)])
    sigmas = written(tmp_path / "s.tif", [("FeO 1 sigma", sigma)])
    uncertainty = Uncertainty(sigmas, raster, {1: "FeO"})
    (found,) = summaries(raster, uncertainty)
    assert (found["pixels"], found["without_uncertainty"]) == (0, 0)
    assert np.isnan(found["mean_uncertainty"])
    far = bytes(ogr.CreateGeometryFromWkt("POLYGON((5e5 0,6e5 0,6e5 1e5,5e5 0))").ExportToWkb())
    statistics = ZonalStatistics(raster, {"FeO": 1}, uncertainty)
    _, (found,) = summary(statistics, far, EQUIRECTANGULAR_WKT)
    assert np.isnan(found["mean_uncertainty"])

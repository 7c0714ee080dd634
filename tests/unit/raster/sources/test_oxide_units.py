"""Fractions are told from wt%; what is no oxide content passes."""

import subprocess

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.core.oxides.oxides import OXIDES, is_fraction, oxide_described
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT
from lunar_oxide_plugin.raster.sources.oxide_units import require_weight_percent
from lunar_oxide_plugin.raster.sources.raster import Raster


def written(path, bands, size=(40, 30)):
    """A raster of {description: value or array}."""
    dataset = gdal.GetDriverByName("GTiff").Create(
        str(path), *size, len(bands), gdal.GDT_Float32, ["SPARSE_OK=TRUE"]
    )
    dataset.SetProjection(EQUIRECTANGULAR_WKT)
    dataset.SetGeoTransform((0, 1000, 0, 0, 0, -1000))
    for index, (name, values) in enumerate(bands.items()):
        band = dataset.GetRasterBand(index + 1)
        band.SetNoDataValue(-9999)
        band.SetDescription(name)
        band.WriteArray(np.full(size[::-1], values, np.float32))
    return str(path)


@pytest.mark.parametrize("oxide", ["Al2O3", "CaO", "FeO", "MgO"])
def test_fractions_are_refused(tmp_path, oxide):
    path = written(tmp_path / "map.tif", {"Mg#": 0.6, oxide: 0.08})
    with pytest.raises(RasterError, match=rf"map\.tif: band 2, {oxide}, .*-scale 100 map\.tif"):
        require_weight_percent(Raster(path))


def test_the_fix_works(tmp_path):
    path = written(tmp_path / "map.tif", {"FeO": 0.08})
    subprocess.run(["gdal_edit.py", "-scale", "100", path], check=True)
    raster = Raster(path)
    require_weight_percent(raster)
    assert raster.values(raster.grid.window, [1]) == pytest.approx(8)


@pytest.mark.parametrize(
    "bands",
    [
        dict(zip(OXIDES, (4, 6, 2, 3, 0.1))),
        {"TiO2": 0.02},
        {"Mg#": 0.6},
        {"domain distance": 0.7},
        {"FeO uncertainty": 0.5},
        {"FeO 1 sigma": 0.5},
        {"": 0.5},
        {"FeO": -9999},
        {"FeO": 0},
        {"FeO": -0.5},
    ],
    ids=str,
)
def test_what_passes(tmp_path, bands):
    require_weight_percent(Raster(written(tmp_path / "map.tif", bands)))


def test_one_place_of_wt_percent_is_enough(tmp_path):
    values = np.full((30, 40), 0.4)
    values[20, 30] = 2.5
    require_weight_percent(Raster(written(tmp_path / "map.tif", {"FeO": values})))


@pytest.mark.parametrize(("value", "refused"), [(0.2, True), (15, False)])
def test_data_between_the_samples_are_found(tmp_path, value, refused):
    values = np.full((1500, 1500), -9999.0)
    values[90:100, 700:720] = value
    path = written(tmp_path / "map.tif", {"FeO": values}, (1500, 1500))
    if refused:
        with pytest.raises(RasterError, match="weight fractions"):
            require_weight_percent(Raster(path))
    else:
        require_weight_percent(Raster(path))


def test_contents_that_are_given(tmp_path):
    raster = Raster(written(tmp_path / "map.tif", {"FeO": 9, "a": 0.09}))
    require_weight_percent(raster)
    with pytest.raises(RasterError, match="band 2, MgO"):
        require_weight_percent(raster, {1: "FeO", 2: "MgO"})


@pytest.mark.parametrize(
    ("description", "oxide"),
    [
        ("FeO", "FeO"),
        ("feo (wt%)", "FeO"),
        ("Al2O3 [wt.%]", "Al2O3"),
        ("MgO_WeightPercent", "MgO"),
        ("TiO2 wt %", "TiO2"),
        ("FeO uncertainty", None),
        ("red: FeO", None),
        ("Mg#", None),
        ("", None),
    ],
)
def test_descriptions(description, oxide):
    assert oxide_described(description) == oxide


def test_values_without_a_measurement_say_nothing():
    assert not is_fraction("FeO", [])
    assert not is_fraction("FeO", [np.nan, -1, 0])
    assert is_fraction("Al2O3", [np.nan, 0.2, 0.37])
    assert not is_fraction("FeO", [np.nan, 0.2, 0.5])  # purest anorthosite


def test_a_part_without_data_is_no_remark(tmp_path):
    """The bands were only asked how many values lie outside, where a sample holds none."""
    values = np.full((200, 200), -9999.0)
    values[150:] = 12.5
    raster = Raster(written(tmp_path / "a.tif", {"FeO": values}, (200, 200)))
    require_weight_percent(raster)
    assert raster.remarks() == []

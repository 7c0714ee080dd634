"""Algorithm mgnumber."""

import numpy as np
import pytest
from osgeo import gdal

from tests.polygons import lunar_crs

from .conftest import read


def test_values_and_weighted_mean(succeed, oxide_raster, tmp_path):
    path, values, _, north, step = oxide_raster()
    results, _ = succeed("mgnumber", {"INPUT": path, "OUTPUT": tmp_path / "mg.tif"})
    mg, fe = values[3] / 40.304, values[2] / 71.844
    expected = mg / (mg + fe)
    found = read(tmp_path / "mg.tif")
    assert found.shape[0] == 1
    np.testing.assert_allclose(found[0], expected, rtol=1e-6)
    edges = np.radians(north - step * np.arange(len(expected) + 1))
    weights = np.where(np.isfinite(expected), -np.diff(np.sin(edges))[:, None], 0)
    mean = np.nansum(weights * expected) / weights.sum()
    assert results["MEAN"] == pytest.approx(mean, rel=1e-9)
    assert abs(mean - np.nanmean(expected)) > 1e-6  # the weights matter
    dataset = gdal.Open(str(tmp_path / "mg.tif"))
    band = dataset.GetRasterBand(1)
    assert band.GetDescription() == "Mg#"
    assert band.GetNoDataValue() == -9999


def test_given_bands_win_over_names(succeed, oxide_raster, tmp_path):
    path, values, *_ = oxide_raster()
    parameters = {"INPUT": path, "MGO_BAND": 1, "FEO_BAND": 5, "OUTPUT": tmp_path / "mg.tif"}
    succeed("mgnumber", parameters)
    mg, fe = values[0] / 40.304, values[4] / 71.844
    np.testing.assert_allclose(read(tmp_path / "mg.tif")[0], mg / (mg + fe), rtol=1e-6)


def test_undefined_where_negative(succeed, oxide_raster, tmp_path):
    values = np.full((5, 3, 3), 8, np.float32)
    values[2, 0, 0] = -0.5
    values[3, 1, 1] = -0.5
    values[2:4, 2, 2] = 0
    path, *_ = oxide_raster(values=values)
    succeed("mgnumber", {"INPUT": path, "OUTPUT": tmp_path / "mg.tif"})
    undefined = ~np.isfinite(read(tmp_path / "mg.tif")[0])
    assert np.array_equal(np.argwhere(undefined), [[0, 0], [1, 1], [2, 2]])


def test_mean_of_a_polar_map_is_weighted(succeed, oxide_raster, tmp_path):
    """Snyder (1987), eq. 21-33: a pixel has its area over k squared, k = 1 + (rho / 2R)^2."""
    polar, pixel = lunar_crs("IAU_2015:30130"), 40e3
    path, values, *_ = oxide_raster(60, 60, west=-1.2e6, north=1.2e6, step=pixel, crs=polar)
    results, feedback = succeed("mgnumber", {"INPUT": path, "OUTPUT": tmp_path / "mg.tif"})
    assert not feedback.warnings
    mg, fe = values[3] / 40.304, values[2] / 71.844
    x = pixel * (np.arange(60) - 29.5)
    weights = (1 + (x**2 + x[:, None] ** 2) / (2 * 1737400) ** 2) ** -2
    number = np.where(np.isfinite(mg), mg / (mg + fe), np.nan)
    mean = np.nansum(weights * number) / weights[np.isfinite(number)].sum()
    assert results["MEAN"] == pytest.approx(mean, rel=1e-6)
    assert abs(mean - np.nanmean(number)) > 1e-4


def test_without_a_position_the_mean_is_unweighted(succeed, oxide_raster, tmp_path):
    _, values, *_ = oxide_raster()
    bare = tmp_path / "bare.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(str(bare), 60, 40, 2, gdal.GDT_Float32)
    for index, name in ((3, "MgO"), (2, "FeO")):
        band = dataset.GetRasterBand(4 - index)
        band.SetDescription(name)
        band.WriteArray(np.nan_to_num(values[index], nan=-9999))
        band.SetNoDataValue(-9999)
    dataset = band = None
    results, feedback = succeed("mgnumber", {"INPUT": bare, "OUTPUT": tmp_path / "mg.tif"})
    assert any("all pixels have the same weight" in text for text in feedback.warnings)
    mg, fe = values[3] / 40.304, values[2] / 71.844
    assert results["MEAN"] == pytest.approx(np.nanmean(mg / (mg + fe)), rel=1e-6)


def test_refusals(refused, oxide_raster, tmp_path):
    path, *_ = oxide_raster()
    output = tmp_path / "mg.tif"
    assert "bands 1 to 5" in refused("mgnumber", {"INPUT": path, "MGO_BAND": 9, "OUTPUT": output})
    bare = tmp_path / "bare.tif"
    gdal.Translate(str(bare), str(path), bandList=[1, 2])
    assert "MGO_BAND" in refused("mgnumber", {"INPUT": bare, "OUTPUT": output})
    empty, *_ = oxide_raster(values=np.full((5, 3, 3), -9999, np.float32))
    assert "no pixel" in refused("mgnumber", {"INPUT": empty, "OUTPUT": output})
    fractions, *_ = oxide_raster(values=np.full((5, 3, 3), 0.09, np.float32))
    chosen = {"MGO_BAND": 5, "FEO_BAND": 5}  # TiO2 by its description
    assert "gdal_edit.py -scale 100" in refused("mgnumber", {"INPUT": fractions, "OUTPUT": output})
    assert "band 5" in refused("mgnumber", {"INPUT": fractions, "OUTPUT": output, **chosen})


def test_a_band_of_another_oxide_is_taken_with_a_remark(succeed, oxide_raster, tmp_path):
    path, values, *_ = oxide_raster()
    output = tmp_path / "mg.tif"
    given = {"INPUT": path, "OUTPUT": output, "MGO_BAND": 1, "FEO_BAND": 3}
    _, feedback = succeed("mgnumber", given)
    said = [text for text in feedback.warnings if "MGO_BAND is 1" in text]
    assert len(said) == 1
    assert "describes as Al2O3; it was taken as MgO" in said[0]
    assert not any("FEO_BAND" in text for text in feedback.warnings)
    mg, fe = values[0] / 40.304, values[2] / 71.844
    np.testing.assert_allclose(read(output)[0], mg / (mg + fe), rtol=1e-6)

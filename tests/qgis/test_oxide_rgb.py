"""Algorithm oxidergb."""

import json
import subprocess

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsRasterLayer

from .conftest import read

PERCENTILES, MIN_MAX, MAIRAN, SOSIGENES, CUSTOM = range(5)


def stretched(values, limits):
    """RGBA by plain arithmetic."""
    valid = np.isfinite(values).all(axis=0)
    rgba = np.zeros((4, *valid.shape))
    for index, (low, high) in enumerate(limits):
        share = np.clip((values[index] - low) / (high - low), 0, 1)
        rgba[index] = np.where(valid, np.rint(255 * np.nan_to_num(share)), 0)
    rgba[3] = np.where(valid, 255, 0)
    return rgba


def kept_limits(path):
    return json.loads(gdal.Open(str(path)).GetMetadataItem("LUNAR_OXIDE_LIMITS"))


@pytest.mark.parametrize(
    ("stretch", "limits"),
    [
        # Zhang et al. (2023), Figs. 8 and 9: FeO, MgO, Al2O3.
        (MAIRAN, [[0.50, 31.10], [1.48, 13.81], [9.17, 32.50]]),
        (SOSIGENES, [[15.50, 25.58], [4.31, 9.43], [7.52, 17.12]]),
    ],
)
def test_published_stretches(succeed, oxide_raster, tmp_path, stretch, limits):
    path, values, *_ = oxide_raster()
    succeed("oxidergb", {"INPUT": path, "STRETCH": stretch, "OUTPUT": tmp_path / "c.tif"})
    assert kept_limits(tmp_path / "c.tif") == limits
    difference = read(tmp_path / "c.tif") - stretched(values[[2, 3, 0]], limits)
    assert np.abs(difference).max() == 0


def test_custom_bands_and_limits(succeed, oxide_raster, tmp_path):
    path, values, *_ = oxide_raster()
    parameters = {
        "INPUT": path,
        "RED_BAND": 5,
        "GREEN_BAND": 1,
        "BLUE_BAND": 2,
        "STRETCH": CUSTOM,
        "LIMITS": "0,10, 5;20 2.5 12.5",
        "OUTPUT": tmp_path / "c.tif",
    }
    succeed("oxidergb", parameters)
    limits = [[0, 10], [5, 20], [2.5, 12.5]]
    assert kept_limits(tmp_path / "c.tif") == limits
    assert np.array_equal(read(tmp_path / "c.tif"), stretched(values[[4, 0, 1]], limits))


@pytest.mark.parametrize("stretch", [PERCENTILES, MIN_MAX])
def test_measured_stretches(succeed, oxide_raster, tmp_path, stretch):
    path, values, *_ = oxide_raster(height=300)  # more than one block
    succeed("oxidergb", {"INPUT": path, "STRETCH": stretch, "OUTPUT": tmp_path / "c.tif"})
    expected = []
    for band in values[[2, 3, 0]]:
        ordered = np.sort(band[np.isfinite(band)])
        if stretch == MIN_MAX:
            expected.append([ordered[0], ordered[-1]])
        else:
            reached = np.arange(1, ordered.size + 1) / ordered.size
            expected.append([ordered[np.searchsorted(reached, share)] for share in (0.02, 0.98)])
    np.testing.assert_allclose(kept_limits(tmp_path / "c.tif"), expected, rtol=1e-6)
    assert np.array_equal(
        read(tmp_path / "c.tif"), stretched(values[[2, 3, 0]], kept_limits(tmp_path / "c.tif"))
    )


@pytest.mark.parametrize("stretch", [PERCENTILES, MIN_MAX, MAIRAN])
def test_progress_ends_at_100(succeed, oxide_raster, tmp_path, stretch):
    path, *_ = oxide_raster(height=300)
    parameters = {"INPUT": path, "STRETCH": stretch, "OUTPUT": tmp_path / "c.tif"}
    _, feedback = succeed("oxidergb", parameters)
    assert feedback.steps == sorted(feedback.steps)
    assert feedback.steps[-1] == 100


def test_looks_right_in_qgis(succeed, oxide_raster, tmp_path):
    path, *_ = oxide_raster()
    succeed("oxidergb", {"INPUT": path, "OUTPUT": tmp_path / "c.tif"})
    dataset = gdal.Open(str(tmp_path / "c.tif"))
    colours = [dataset.GetRasterBand(i).GetColorInterpretation() for i in range(1, 5)]
    assert colours == [gdal.GCI_RedBand, gdal.GCI_GreenBand, gdal.GCI_BlueBand, gdal.GCI_AlphaBand]
    layer = QgsRasterLayer(str(tmp_path / "c.tif"), "c")
    renderer = layer.renderer()
    assert renderer.type() == "multibandcolor"
    assert renderer.alphaBand() == 4
    assert renderer.redContrastEnhancement() is None  # colours as computed, not stretched again


def test_constant_band_does_not_divide_by_zero(succeed, oxide_raster, tmp_path):
    path, *_ = oxide_raster(values=np.full((5, 4, 4), 7, np.float32))
    succeed("oxidergb", {"INPUT": path, "STRETCH": MIN_MAX, "OUTPUT": tmp_path / "c.tif"})
    assert set(np.unique(read(tmp_path / "c.tif")[:3])) <= {127, 128}


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"STRETCH": CUSTOM}, "six numbers"),
        ({"STRETCH": CUSTOM, "LIMITS": "1,2,3,4,5"}, "six numbers"),
        ({"STRETCH": CUSTOM, "LIMITS": "2,1,0,1,0,1"}, "six numbers"),
        ({"STRETCH": CUSTOM, "LIMITS": "a,b,c,d,e,f"}, "six numbers"),
        ({"STRETCH": MAIRAN, "RED_BAND": 5}, "not for 'TiO2'"),
        ({"GREEN_BAND": 6}, "bands 1 to 5"),
    ],
)
def test_refusals(refused, oxide_raster, tmp_path, parameters, says):
    path, *_ = oxide_raster()
    message = refused("oxidergb", {"INPUT": path, "OUTPUT": tmp_path / "c.tif", **parameters})
    assert says in message


def test_fractions_are_refused_until_they_are_scaled(run, oxide_raster, tmp_path):
    path, *_ = oxide_raster(values=np.full((5, 4, 4), 0.09, np.float32))
    parameters = {"INPUT": path, "STRETCH": MAIRAN, "OUTPUT": tmp_path / "c.tif"}
    _, ok, feedback = run("oxidergb", parameters)
    assert not ok
    assert "weight fractions and not wt%" in " ".join(feedback.errors)
    subprocess.run(["gdal_edit.py", "-scale", "100", str(path)], check=True)
    _, ok, feedback = run("oxidergb", parameters)
    assert ok, feedback.errors
    expected = np.rint(255 * (9 - 0.5) / (31.10 - 0.5))
    assert (read(tmp_path / "c.tif")[0] == expected).all()

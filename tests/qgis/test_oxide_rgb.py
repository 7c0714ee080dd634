"""Algorithm oxidergb."""

import json
import subprocess

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsRasterLayer

from lunar_oxide_plugin.core.oxides.composite import to_rgba
from lunar_oxide_plugin.processing import rgb_legend

from .conftest import read

PERCENTILES, MIN_MAX, MAIRAN, SOSIGENES, CUSTOM, FIXED = range(6)


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
        # The scales of the single maps.
        (FIXED, [[0, 24], [2, 14], [5, 35]]),
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
        ({"LEGEND": "/nowhere/l.png"}, "there is no folder /nowhere"),
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


def test_fixed_scales_are_refused_for_bands_without_one(refused, oxide_raster, tmp_path):
    path, *_ = oxide_raster(names=["Al2O3", "CaO", "FeO", "MgO", "OMAT"])
    parameters = {"INPUT": path, "STRETCH": FIXED, "RED_BAND": 5, "OUTPUT": tmp_path / "c.tif"}
    assert "not for 'OMAT'" in refused("oxidergb", parameters)


def legend_of(succeed, path, tmp_path, **more):
    output = tmp_path / "legend.png"
    parameters = {"INPUT": path, "OUTPUT": tmp_path / "c.tif", "LEGEND": output, **more}
    results, _ = succeed("oxidergb", parameters)
    assert results["LEGEND"] == str(output)
    assert output.read_bytes()[:4] == b"\x89PNG"
    return gdal.Open(str(output))


def test_legend_has_the_colours_of_the_composite(succeed, oxide_raster, tmp_path):
    path, *_ = oxide_raster()
    image = legend_of(succeed, path, tmp_path, STRETCH=SOSIGENES)
    limits = kept_limits(tmp_path / "c.tif")
    assert json.loads(image.GetMetadataItem("LUNAR_OXIDE_LIMITS")) == limits
    pixels = image.ReadAsArray().astype(int)
    assert pixels.shape[1:] == (rgb_legend.HEIGHT, rgb_legend.WIDTH)
    low, high = np.array(limits).T
    top, bottom = rgb_legend.TRIANGLE_TOP, rgb_legend.TRIANGLE_TOP + rgb_legend.TRIANGLE_HEIGHT - 1
    middle, half = rgb_legend.WIDTH // 2, round((bottom - top) / np.sqrt(3))
    centre = round(top + (bottom - top) * 2 / 3)
    places = {
        (top, middle - 1): [high[0], low[1], low[2]],
        (bottom, middle - half - 1): [low[0], high[1], low[2]],
        (bottom, middle + half - 1): [low[0], low[1], high[2]],
        (bottom, middle - 1): [low[0], high[1], high[2]],
        (centre, middle - 1): high,
    }
    for (row, column), values in places.items():
        expected = to_rgba(np.reshape(values, (3, 1, 1)), limits)[:3, 0, 0]
        found = pixels[:3, row, column]
        assert np.abs(found - expected).max() <= 2, (row, column)
    # The strip: all at their lower limits, all at their upper ones.
    strip = pixels[:3, rgb_legend.STRIP.center().y(), :]
    assert strip[:, rgb_legend.STRIP.left()].tolist() == [0, 0, 0]
    assert strip[:, rgb_legend.STRIP.right()].tolist() == [255, 255, 255]


def red_pixels(image):
    pixels = image.ReadAsArray()[:3, :70].reshape(3, -1).T
    return (np.abs(pixels.astype(int) - [0xB2, 0x18, 0x2B]).max(axis=1) < 20).sum()


def test_legend_of_a_synthetic_raster_says_so(succeed, oxide_raster, tmp_path):
    path, *_ = oxide_raster()
    image = legend_of(succeed, path, tmp_path)
    assert not image.GetMetadataItem("SYNTHETIC")
    assert red_pixels(image) == 0
    path, *_ = oxide_raster(metadata={"SYNTHETIC": "YES"})
    image = legend_of(succeed, path, tmp_path)
    assert image.GetMetadataItem("SYNTHETIC") == "YES"
    assert red_pixels(image) > 300


def test_legend_writes_what_it_is_given(qgis_app, monkeypatch):
    said = []
    monkeypatch.setattr(rgb_legend, "_text", lambda painter, box, size, text: said.append(text))
    channels = [
        rgb_legend.Channel("FeO", (0.5, 31.1)),
        rgb_legend.Channel("Mg#", (0.3, 0.9)),
        rgb_legend.Channel("band 7", (1 / 3, 1234.5678)),
    ]
    rgb_legend.legend(channels, synthetic=True)
    assert said[:4] == [
        "SYNTHETIC, not a measurement",
        "Red: FeO\n0.5 - 31.1 wt%",
        "Green: Mg#\n0.3 - 0.9",
        "Blue: band 7\n0.3333 - 1235",
    ]
    said.clear()
    rgb_legend.legend(channels, synthetic=False)
    assert not any("SYNTHETIC" in text for text in said)


def test_legend_is_not_written_unasked(succeed, oxide_raster, tmp_path):
    path, *_ = oxide_raster()
    results, _ = succeed("oxidergb", {"INPUT": path, "OUTPUT": tmp_path / "c.tif"})
    assert set(results) == {"OUTPUT"}
    assert not list(tmp_path.glob("*.png"))

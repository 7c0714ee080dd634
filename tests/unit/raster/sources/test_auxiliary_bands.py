"""Bands that hold no measurement, by what GDAL and their descriptions say."""

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.moon.crs import GEOGRAPHIC_WKT
from lunar_oxide_plugin.raster.sources.auxiliary_bands import alpha_band, auxiliary_bands
from lunar_oxide_plugin.raster.sources.raster import Raster

ALPHA, RED = gdal.GCI_AlphaBand, gdal.GCI_RedBand


def dataset(*bands, kind=gdal.GDT_Byte, path="", driver="MEM"):
    """A raster of bands (description, color interpretation or None, scale or None)."""
    made = gdal.GetDriverByName(driver).Create(str(path), 4, 3, len(bands), kind)
    made.SetProjection(GEOGRAPHIC_WKT)
    made.SetGeoTransform((0, 1, 0, 3, 0, -1))
    for number, (name, interpretation, scale) in enumerate(bands, start=1):
        band = made.GetRasterBand(number)
        band.SetDescription(name)
        if interpretation is not None:
            band.SetColorInterpretation(interpretation)
        if scale is not None:
            band.SetScale(scale)
        band.Fill(number)
    return made


@pytest.mark.parametrize(
    ("name", "interpretation", "scale", "kind", "what"),
    [
        ("", ALPHA, None, gdal.GDT_Float32, "alpha (opacity)"),
        ("", ALPHA, None, gdal.GDT_Byte, "alpha (opacity)"),
        ("Alpha", None, None, gdal.GDT_Float32, "alpha (opacity)"),
        ("FeO", ALPHA, None, gdal.GDT_Byte, None),
        ("", ALPHA, 0.25, gdal.GDT_Byte, None),
        ("", RED, None, gdal.GDT_Byte, "the red of an image"),
        ("Band 1", gdal.GCI_GreenBand, 1, gdal.GDT_UInt16, "the green of an image"),
        ("", RED, None, gdal.GDT_Float32, None),
        ("", RED, 0.25, gdal.GDT_Byte, None),
        ("FeO (wt%)", RED, None, gdal.GDT_Byte, None),
        ("Mg# 1 sigma", RED, None, gdal.GDT_Byte, None),
        ("Blue: Al2O3", gdal.GCI_BlueBand, None, gdal.GDT_Byte, "the blue of an image"),
        ("Red: FeO", None, None, gdal.GDT_Float32, "the red of an image"),
        ("", gdal.GCI_PaletteIndex, None, gdal.GDT_Byte, "indices of a color table"),
        ("mask", None, None, gdal.GDT_Float32, "a mask"),
        ("validMask", None, None, gdal.GDT_Byte, "a mask"),
        ("FeO_mask", None, None, gdal.GDT_Byte, "a mask"),
        ("QA", None, None, gdal.GDT_Byte, "quality flags"),
        ("quality_flags", None, None, gdal.GDT_Byte, "quality flags"),
        ("FeO", None, None, gdal.GDT_Byte, None),
        ("", None, None, gdal.GDT_Byte, None),
        ("OMAT", None, None, gdal.GDT_Float32, None),
        ("domain distance", None, None, gdal.GDT_Float32, None),
        ("masked FeO", None, None, gdal.GDT_Float32, None),
        ("redness", None, None, gdal.GDT_Float32, None),
    ],
)
def test_what_a_band_is(name, interpretation, scale, kind, what):
    made = dataset((name, interpretation, scale), kind=kind)
    assert auxiliary_bands(made) == ({1: what} if what else {})
    assert (alpha_band(made) is not None) == (what == "alpha (opacity)" and interpretation == ALPHA)


def test_four_oxides_in_bytes_have_no_alpha_band(tmp_path):
    """GDAL calls the fourth alpha; its zeros are contents of zero, and mask nothing."""
    names = ("FeO", "MgO", "Al2O3", "TiO2")
    path = tmp_path / "four.tif"
    made = dataset(*((name, None, 0.25) for name in names), path=path, driver="GTiff")
    assert made.GetRasterBand(4).GetColorInterpretation() == ALPHA
    titanium = np.array([[0, 4, 8, 12]] * 3, np.uint8)
    made.GetRasterBand(4).WriteArray(titanium)
    made = None
    raster = Raster(str(path))
    values = raster.values(raster.grid.window, [1, 4])
    np.testing.assert_array_equal(values, [np.full((3, 4), 0.25), titanium * 0.25])
    assert raster.auxiliary_bands == {}


def test_an_alpha_band_masks_the_others(tmp_path):
    path = tmp_path / "alpha.tif"
    for kind in (gdal.GDT_Byte, gdal.GDT_Float32):
        made = dataset(
            *[("FeO", gdal.GCI_GrayIndex, None), ("", ALPHA, None)],
            kind=kind,
            path=path,
            driver="GTiff",
        )
        made.GetRasterBand(2).WriteArray(np.array([[0, 255, 0, 255]] * 3, np.uint8))
        made = None
        raster = Raster(str(path))
        values = raster.values(raster.grid.window, [1])[0]
        np.testing.assert_array_equal(values, [[np.nan, 1, np.nan, 1]] * 3)


def test_a_raster_without_a_measurement_is_refused(tmp_path):
    path = tmp_path / "rgb.tif"
    dataset(("", None, None), ("", None, None), ("", None, None), path=path, driver="GTiff")
    raster = Raster(str(path))
    with pytest.raises(RasterError, match=r"rgb.tif: band 1 is the red of an image, band 2 is"):
        raster.require_measurement()
    with pytest.raises(RasterError, match=r"rgb.tif \(FEO_BAND\): band 3 is the blue of an image"):
        raster.require_measurement([3], " (FEO_BAND)")

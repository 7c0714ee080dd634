"""Opacity, masks and colours are no oxides, in any algorithm."""

import csv

import numpy as np
import pytest
from osgeo import gdal

from tests.polygons import lunar_crs, write_polygons

from .conftest import OXIDES

UNIT = "POLYGON((-49.9 43.9, -49.4 43.9, -49.4 43.5, -49.9 43.5, -49.9 43.9))"


@pytest.fixture()
def with_masks(oxide_raster):
    """MgO, a mask, FeO, TiO2 and opacity: a path, and the constant values."""
    values = np.full((5, 40, 60), 1, np.float32)
    values[[0, 2, 3]] = np.array([5, 6, 2])[:, None, None]
    path, *_ = oxide_raster(values=values, names=("MgO", "mask", "FeO", "TiO2", ""))
    dataset = gdal.Open(str(path), gdal.GA_Update)
    dataset.GetRasterBand(5).SetColorInterpretation(gdal.GCI_AlphaBand)
    dataset = None
    return path


def test_units_are_measured_without_them(succeed, with_masks, oxide_raster, tmp_path):
    """Also the uncertainties stay with their bands, whose numbers have a gap."""
    sigmas = np.full((2, 40, 60), 0.5, np.float32)
    sigmas[1] = 0.25
    sigma, *_ = oxide_raster(values=sigmas, names=("FeO 1 sigma", "MgO 1 sigma"))
    zones = write_polygons(tmp_path / "zones.gpkg", {"a": UNIT})
    table = tmp_path / "units.csv"
    report = tmp_path / "units.html"
    given = {"INPUT": with_masks, "ZONES": zones, "UNCERTAINTY": sigma, "REPORT": report}
    _, feedback = succeed(
        "zonaloxides", {**given, "OUTPUT": tmp_path / "units.gpkg", "TABLE": table}
    )
    with table.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert list(row)[:4] == ["unit", "MgO", "TiO2", "FeO"]
    assert [float(row[name]) for name in ("MgO", "TiO2", "FeO")] == [5, 2, 6]
    assert [float(row[f"{name}_mean_uncertainty"]) for name in ("MgO", "FeO")] == [0.25, 0.5]
    mg = 5 / 40.304 / (5 / 40.304 + 6 / 71.844)
    assert float(row["Mg#"]) == pytest.approx(mg, abs=1e-4)
    assert not any("mask" in name or "band" in name for name in row)
    said = "left out: band 2 is a mask, band 5 is alpha (opacity)"
    assert said in " ".join(feedback.info)
    assert said in report.read_text("utf-8")


def test_a_composite_is_refused(succeed, refused, oxide_raster, tmp_path):
    oxides, *_ = oxide_raster()
    zones = write_polygons(tmp_path / "zones.gpkg", {"a": UNIT})
    rgb = tmp_path / "rgb.tif"
    succeed("oxidergb", {"INPUT": oxides, "OUTPUT": rgb})
    output = tmp_path / "out.tif"
    runs = [
        ("zonaloxides", {"INPUT": rgb, "ZONES": zones, "OUTPUT": tmp_path / "u.gpkg"}),
        ("oxidehistogram", {"INPUT": [str(rgb)], "TABLE": tmp_path / "t.csv"}),
        ("mgnumber", {"INPUT": rgb, "OUTPUT": output}),
        ("mgnumber", {"INPUT": rgb, "OUTPUT": output, "MGO_BAND": 1, "FEO_BAND": 2}),
        ("classifyterrain", {"INPUT": rgb, "OUTPUT": output}),
        ("classifyterrain", {"INPUT": rgb, "OUTPUT": output, "FEO_BAND": 1}),
        ("oxidergb", {"INPUT": rgb, "OUTPUT": output}),
        ("comparemaps", {"INPUT": rgb, "REFERENCE": oxides, "OUTPUT": output}),
        ("comparemaps", {"INPUT": oxides, "REFERENCE": rgb, "OUTPUT": output}),
    ]
    for name, parameters in runs:
        message = refused(name, parameters)
        assert "band 1 is the red of an image" in message, (name, message)
        assert "not a measurement" in message


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("mgnumber", {"MGO_BAND": 2}),
        ("classifyterrain", {"FEO_BAND": 2}),
        ("oxidergb", {"RED_BAND": 1, "GREEN_BAND": 2, "BLUE_BAND": 3}),
        ("comparemaps", {"INPUT_BAND": 2, "OXIDE": 2, "OUTPUT": ""}),
    ],
)
def test_a_mask_is_no_oxide(refused, with_masks, tmp_path, name, parameters):
    given = {"INPUT": with_masks, "OUTPUT": tmp_path / "out.tif", **parameters}
    if not given["OUTPUT"]:  # of a comparison with Lunar Prospector's cells
        given = {**given, "TABLE": tmp_path / "out.csv"}
    message = refused(name, given)
    assert "band 2 is a mask, not a measurement" in message


def test_classes_are_no_oxides(succeed, refused, oxide_raster, tmp_path):
    classes = tmp_path / "classes.tif"
    succeed("classifyterrain", {"INPUT": oxide_raster()[0], "OUTPUT": classes})
    zones = write_polygons(tmp_path / "zones.gpkg", {"a": UNIT})
    given = {"INPUT": classes, "ZONES": zones, "OUTPUT": tmp_path / "u.gpkg"}
    assert "band 1 is indices of a color table" in refused("zonaloxides", given)


def test_three_oxides_in_bytes_are_measured(succeed, tmp_path):
    """GDAL calls them red, green and blue; their scale and names say what they are."""
    path = tmp_path / "bytes.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), 60, 40, 3, gdal.GDT_Byte)
    dataset.SetProjection(lunar_crs().ExportToWkt())
    dataset.SetGeoTransform((-50, 1 / 64, 0, 44, 0, -1 / 64))
    for number, name in enumerate(("FeO", "MgO", ""), start=1):
        band = dataset.GetRasterBand(number)
        band.SetDescription(name)
        band.SetScale(0.125)
        band.Fill(40 + number)
    assert dataset.GetRasterBand(1).GetColorInterpretation() == gdal.GCI_RedBand
    dataset = None
    zones = write_polygons(tmp_path / "zones.gpkg", {"a": UNIT})
    table = tmp_path / "units.csv"
    given = {"INPUT": path, "ZONES": zones, "OUTPUT": tmp_path / "units.gpkg", "TABLE": table}
    succeed("zonaloxides", given)
    with table.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert [float(row[name]) for name in ("FeO", "MgO", "band3")] == [5.125, 5.25, 5.375]
    assert set(OXIDES) & set(row) == {"FeO", "MgO"}

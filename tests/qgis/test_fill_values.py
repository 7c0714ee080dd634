"""Fill values that no nodata tag matches: results are those of a raster with the right tag."""

import numpy as np
import pytest
from osgeo import gdal, ogr

from tests import signed_bytes
from tests.polygons import lunar_crs, write_polygons

from .conftest import read

#: Rows and columns of the fill region.
HOLE = (slice(14, 22), slice(8, 30))
LOWEST = float(np.finfo(np.float32).min)
REMARK = "176 pixels of band 3 (FeO) with values outside of -20 to 65.53 wt%"

#: All others that are met: tests/unit/raster/sources/test_values.py.
FILL, TAG = LOWEST, -3.4e38


@pytest.fixture()
def pair(oxide_raster):
    """The same map with a right tag, and with fill values that are not tagged."""

    def make(fill=FILL, tag=TAG, **more):
        values = np.random.default_rng(2).uniform(1, 25, (5, 40, 60)).astype(np.float32)
        values[(slice(None), *HOLE)] = -9999
        clean, *_ = oxide_raster(values=values, **more)
        values[(slice(None), *HOLE)] = fill
        filled, *_ = oxide_raster(values=values, **more)
        dataset = gdal.Open(str(filled), gdal.GA_Update)
        for number in range(1, 6):
            band = dataset.GetRasterBand(number)
            band.DeleteNoDataValue() if tag is None else band.SetNoDataValue(tag)
        dataset = None
        return clean, filled

    return make


def said_in(path):
    dataset = gdal.Open(str(path))
    return dataset.GetMetadataItem("LUNAR_OXIDE_REMARKS") or ""


def warned(feedback):
    return " ".join(feedback.warnings)


def test_terrain(succeed, pair, tmp_path):
    found = []
    for name, path in zip(("clean", "filled"), pair()):
        outputs = {"OUTPUT": tmp_path / f"{name}.tif", "TABLE": tmp_path / f"{name}.csv"}
        outputs |= {"REPORT": tmp_path / f"{name}.html", "POLYGONS": tmp_path / f"{name}.gpkg"}
        results, feedback = succeed("classifyterrain", {"INPUT": path, **outputs})
        found.append((results["MARE_PERCENT"], outputs["TABLE"].read_bytes()))
        assert (REMARK in warned(feedback)) == (name == "filled")
        assert (REMARK in said_in(outputs["OUTPUT"])) == (name == "filled")
        assert (REMARK in outputs["REPORT"].read_text(encoding="utf-8")) == (name == "filled")
    assert found[0] == found[1]
    feo = read(pair()[0])[2]
    rows = -np.diff(np.sin(np.radians(44 - np.arange(41) / 64)))[:, None]
    weights = np.isfinite(feo) * rows
    right = 100 * (weights * (np.nan_to_num(feo) >= 10.6)).sum() / weights.sum()
    assert found[1][0] == pytest.approx(right, rel=1e-6)


def test_units(succeed, pair, tmp_path):
    wkt = "POLYGON((-49.9 43.8,-49.3 43.8,-49.3 43.5,-49.9 43.5,-49.9 43.8))"
    zones = write_polygons(tmp_path / "zones.gpkg", {"a": wkt})
    means = []
    for name, path in zip(("clean", "filled"), pair()):
        output, report = tmp_path / f"{name}.gpkg", tmp_path / f"{name}.html"
        given = {"INPUT": path, "ZONES": zones, "OUTPUT": output, "REPORT": report}
        _, feedback = succeed("zonaloxides", given)
        layer = ogr.Open(str(output))
        (feature,) = list(layer.GetLayer(0))
        means.append([feature[f"{oxide}_mean"] for oxide in ("FeO", "TiO2")])
        means[-1] += [feature["FeO_valid_fraction"], feature["FeO_minimum"]]
        assert (REMARK in warned(feedback)) == (name == "filled")
        assert (REMARK in report.read_text(encoding="utf-8")) == (name == "filled")
    assert means[0] == means[1]


@pytest.mark.parametrize(
    ("algorithm", "more", "remark"),
    [
        ("mgnumber", {}, "with values outside of -20 to 65.53 wt%"),
        ("oxidergb", {"STRETCH": 0}, "with values outside of -20 to 65.53 wt%"),
        ("oxidergb", {"STRETCH": 1}, "176 pixels of band 4"),
    ],
)
def test_rasters(succeed, pair, tmp_path, algorithm, more, remark):
    found = []
    for name, path in zip(("clean", "filled"), pair()):
        output = tmp_path / f"{name}_{algorithm}.tif"
        _, feedback = succeed(algorithm, {"INPUT": path, "OUTPUT": output, **more})
        found.append(read(output))
        assert (remark in warned(feedback)) == (remark in said_in(output)) == (name == "filled")
    np.testing.assert_array_equal(*found)


def test_histograms(succeed, pair, tmp_path):
    tables = []
    for name, path in zip(("clean", "filled"), pair()):
        table, report = tmp_path / f"{name}.csv", tmp_path / f"{name}.html"
        _, feedback = succeed("oxidehistogram", {"INPUT": path, "TABLE": table, "REPORT": report})
        tables.append(table.read_text(encoding="utf-8").replace(path.name, "map"))
        assert (REMARK in warned(feedback)) == (name == "filled")
        assert (REMARK in report.read_text(encoding="utf-8")) == (name == "filled")
    assert tables[0] == tables[1]


@pytest.mark.parametrize("coarse", [False, True], ids=["same pixels", "regridded"])
@pytest.mark.parametrize("role", ["INPUT", "REFERENCE"])
def test_comparisons(succeed, pair, oxide_raster, tmp_path, coarse, role):
    size = {"height": 10, "width": 15, "step": 1 / 16} if coarse else {}
    other = np.random.default_rng(3).uniform(1, 25, (5, 40 // (4 if coarse else 1), 60))
    other = other[..., :15] if coarse else other
    reference, *_ = oxide_raster(values=other.astype(np.float32), **size)
    numbers = []
    for name, path in zip(("clean", "filled"), pair()):
        table = tmp_path / f"{name}.csv"
        maps = (path, reference) if role == "INPUT" else (reference, path)
        given = dict(zip(("INPUT", "REFERENCE"), maps))
        _, feedback = succeed("comparemaps", {**given, "TABLE": table})
        numbers.append(table.read_text(encoding="utf-8"))
        assert (REMARK in warned(feedback)) == (name == "filled")
    assert numbers[0] == numbers[1]


def test_a_reference_of_fractions_is_known_by_its_unit(
    succeed, refused, pair, oxide_raster, tmp_path
):
    clean, *_ = pair(-9999, -9999)
    fractions = np.nan_to_num(read(clean) / 100, nan=1e20).astype(np.float32)
    reference, *_ = oxide_raster(values=fractions)
    given = {"INPUT": clean, "REFERENCE": reference, "TABLE": tmp_path / "t.csv"}
    assert "REFERENCE_UNIT to 1" in refused("comparemaps", given)
    results, feedback = succeed("comparemaps", {**given, "REFERENCE_UNIT": 1})
    assert results["RMSE"] == pytest.approx(0, abs=1e-5)
    assert "176 pixels of band 3 (FeO) with values outside of -0.2 to 0.6553" in warned(feedback)


@pytest.mark.parametrize("algorithm", ["classifyterrain", "mgnumber", "oxidergb", "oxidehistogram"])
def test_ppm_are_refused(refused, oxide_raster, tmp_path, algorithm):
    values = 1e4 * np.random.default_rng(2).uniform(1, 25, (5, 40, 60)).astype(np.float32)
    path, *_ = oxide_raster(values=values)
    output = {"REPORT": tmp_path / "o.html"} if algorithm == "oxidehistogram" else {}
    output = output or {"OUTPUT": tmp_path / "o.tif"}
    said = refused(algorithm, {"INPUT": path, **output})
    assert "many different ones" in said and "unit" in said


def test_spoilt_pixels_end_the_run_without_an_output(refused, oxide_raster, tmp_path):
    """As where an untagged fill value was resampled, in 4 % of the pixels."""
    values = np.random.default_rng(2).uniform(1, 25, (5, 40, 60)).astype(np.float32)
    values[:, 30:, 50:] = np.random.default_rng(3).uniform(-9999, -30, (5, 10, 10))
    path, *_ = oxide_raster(values=values)
    said = refused("classifyterrain", {"INPUT": path, "OUTPUT": tmp_path / "classes.tif"})
    assert "100 pixels of band 1" in said and "resampled without its nodata value" in said


def test_signed_bytes_in_units(succeed, tmp_path):
    """FeO was 23.6 for 12.4 where 61 pixels are nodata."""
    feo = np.rint(np.random.default_rng(2).uniform(1, 25, (40, 60))).astype(np.int8)
    feo[HOLE] = -128
    path = str(tmp_path / "signed.tif")
    options = [signed_bytes.OPTION]
    dataset = gdal.GetDriverByName("GTiff").Create(path, 60, 40, 1, gdal.GDT_Byte, options)
    dataset.SetProjection(lunar_crs().ExportToWkt())
    dataset.SetGeoTransform((-50, 1 / 64, 0, 44, 0, -1 / 64))
    band = dataset.GetRasterBand(1)
    band.SetDescription("FeO")
    band.SetNoDataValue(-128)
    signed_bytes.write(band, feo)
    dataset = band = None
    results, _ = succeed("classifyterrain", {"INPUT": path, "OUTPUT": tmp_path / "classes.tif"})
    weights = np.where(
        feo == -128, 0, -np.diff(np.sin(np.radians(44 - np.arange(41) / 64)))[:, None]
    )
    right = 100 * (weights * (feo >= 10.6)).sum() / weights.sum()
    assert results["MARE_PERCENT"] == pytest.approx(right, rel=1e-6)

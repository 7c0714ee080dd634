"""Algorithm comparemaps."""

import csv
import re

import numpy as np
import pytest
from osgeo import gdal
from scipy import stats

from lunar_oxide_plugin.core.results.cells import LUNAR_PROSPECTOR
from tests.polygons import lunar_crs

from .conftest import OXIDES, Feedback, read

ELEMENTS = ("Al", "Ca", "Fe", "Mg", "Ti")
#: Molar masses of oxide and element(s), g/mol (CRC Handbook of Chemistry and Physics).
PER_ELEMENT = (
    101.961 / (2 * 26.982),
    56.077 / 40.078,
    71.844 / 55.845,
    40.304 / 24.305,
    79.866 / 47.867,
)
DEGREE = 1737400 * np.pi / 180


def table(path):
    """Rows of a table by oxide and class."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        (row["oxide"], row["class"]): {
            name: float(text) if text else np.nan
            for name, text in row.items()
            if name not in ("oxide", "class")
        }
        for row in rows
    }


def row_weights(north, step, count):
    """Areas of pixels of a geographic grid, one value per row, in units of the sphere."""
    return -np.diff(np.sin(np.radians(north - step * np.arange(count + 1))))[:, None]


@pytest.fixture()
def two_maps(oxide_raster):
    """A map, and one of the same pixels with scatter, bias and slope; values as read."""
    path, values, _, north, step = oxide_raster()
    noise = np.random.default_rng(5).normal(0, 1, values.shape)
    other = (0.8 * values + 2 + noise).astype(np.float32)
    other[:, 20, 30:40] = np.nan
    other_path, *_ = oxide_raster(values=np.nan_to_num(other, nan=-9999))
    return path, values, other_path, other.astype(float), row_weights(north, step, 40)


def test_the_numbers_are_those_of_numpy_and_scipy(succeed, two_maps, tmp_path):
    """A strip at 44 N is so narrow that weights hardly matter to lines: they are used exactly."""
    path, ours, other, theirs, weights = two_maps
    parameters = {"INPUT": path, "REFERENCE": other, "TABLE": tmp_path / "t.csv"}
    results, _ = succeed("comparemaps", {**parameters, "CLASS_THRESHOLD": 12.5})
    rows = table(tmp_path / "t.csv")
    assert list(rows) == [
        (oxide, region) for oxide in OXIDES for region in ("all", "mare", "highlands")
    ]
    for index, oxide in enumerate(OXIDES):
        y, x = ours[index], theirs[index]
        both = np.isfinite(y) & np.isfinite(x)
        for region, chosen in (
            ("all", both),
            ("mare", both & (ours[2] >= 12.5)),
            ("highlands", both & (ours[2] < 12.5)),
        ):
            a, b = x[chosen], y[chosen]
            w = np.broadcast_to(weights, y.shape)[chosen]
            found = rows[oxide, region]
            assert found["n"] == chosen.sum()
            mean_a, mean_b = np.average(a, weights=w), np.average(b, weights=w)
            cov = np.cov(a, b, aweights=w, ddof=0)
            expected = {
                "mean_input": mean_b,
                "mean_reference": mean_a,
                "bias": mean_b - mean_a,
                "rmse": np.sqrt(np.average((b - a) ** 2, weights=w)),
                "mae": np.average(np.abs(b - a), weights=w),
                "r2": cov[0, 1] ** 2 / cov[0, 0] / cov[1, 1],
                "r2_determination": 1 - np.average((b - a) ** 2, weights=w) / cov[0, 0],
                "slope": cov[0, 1] / cov[0, 0],
                "rma_slope": np.sqrt(cov[1, 1] / cov[0, 0]),
            }
            for name, value in expected.items():
                assert found[name] == pytest.approx(value, abs=6e-5), (oxide, region, name)
            line = stats.linregress(a, b)  # unweighted: rows differ by 1 % in area
            assert found["slope"] == pytest.approx(line.slope, abs=2e-3)
            assert found["intercept"] == pytest.approx(line.intercept, abs=2e-2)
            assert found["r2"] == pytest.approx(line.rvalue**2, abs=2e-3)
    first = rows["Al2O3", "all"]
    assert results["R2"] == pytest.approx(first["r2"], abs=1e-4)
    assert results["RMSE"] == pytest.approx(first["rmse"], abs=1e-4)
    assert results["BIAS"] == pytest.approx(first["bias"], abs=1e-4)


def test_a_map_with_itself(succeed, oxide_raster, tmp_path):
    path, values, *_ = oxide_raster()
    outputs = {"TABLE": tmp_path / "t.csv", "OUTPUT": tmp_path / "difference.tif"}
    results, _ = succeed("comparemaps", {"INPUT": path, "REFERENCE": path, **outputs})
    assert results["R2"] == pytest.approx(1, abs=1e-12)
    assert results["RMSE"] == results["BIAS"] == 0
    for row in table(tmp_path / "t.csv").values():
        assert row["slope"] == row["rma_slope"] == row["r2_determination"] == 1
        assert row["mae"] == row["std_difference"] == 0
    expected = np.where(np.isfinite(values), 0, np.nan)
    np.testing.assert_array_equal(read(outputs["OUTPUT"]), expected)


def test_the_difference_raster(succeed, two_maps, tmp_path):
    path, ours, other, theirs, _ = two_maps
    output = tmp_path / "difference.tif"
    succeed("comparemaps", {"INPUT": path, "REFERENCE": other, "OUTPUT": output})
    np.testing.assert_allclose(read(output), ours - theirs, atol=1e-5)
    dataset = gdal.Open(str(output))
    band = dataset.GetRasterBand(3)
    assert (band.GetDescription(), band.GetUnitType()) == ("FeO difference", "wt%")
    assert band.GetNoDataValue() == -9999
    assert dataset.GetMetadataItem("LUNAR_OXIDE_ALGORITHM") == "lunaroxide:comparemaps"
    assert str(other) in dataset.GetMetadataItem("LUNAR_OXIDE_PARAMETERS")
    assert 'classificationMin="-5"' in output.with_suffix(".qml").read_text("utf-8")


@pytest.mark.parametrize("coarse_is", ["INPUT", "REFERENCE"])
def test_the_finer_map_is_averaged(succeed, oxide_raster, tmp_path, coarse_is):
    """Blocks of 4 x 4 of the fine map, weighted by area; half of each has to be valid."""
    random = np.random.default_rng(2)
    fine = random.uniform(2, 25, (5, 40, 60)).astype(np.float32)
    fine[:, :4, 0:3] = -9999  # 3 of 4 columns of the first
    fine[:, :4, 4:6] = -9999  # half of the second
    coarse = random.uniform(2, 25, (5, 10, 15)).astype(np.float32)
    path, values, _, north, step = oxide_raster(values=fine)
    other, others, *_ = oxide_raster(values=coarse, step=4 * step)
    names = {"INPUT": path, "REFERENCE": other}
    if coarse_is == "INPUT":
        names = {"INPUT": other, "REFERENCE": path}
    succeed("comparemaps", {**names, "OUTPUT": tmp_path / "d.tif", "TABLE": tmp_path / "t.csv"})
    weights = np.where(np.isfinite(values), row_weights(north, step, 40), 0)

    def blocks(planes):
        return planes.reshape(5, 10, 4, 15, 4).sum(axis=(2, 4))

    with np.errstate(invalid="ignore"):
        means = blocks(weights * np.nan_to_num(values)) / blocks(weights)
    means[:, 0, 0] = np.nan
    expected = (others - means) if coarse_is == "INPUT" else means - others
    np.testing.assert_allclose(read(tmp_path / "d.tif"), expected, atol=2e-5)
    assert np.isfinite(expected[0, 0, 1])
    assert table(tmp_path / "t.csv")["FeO", "all"]["n"] == 10 * 15 - 1


def test_a_known_bias_and_slope(succeed, oxide_raster, tmp_path):
    path, values, *_ = oxide_raster()
    other, *_ = oxide_raster(values=np.nan_to_num((values - 1.5) / 0.75, nan=-9999).astype("f4"))
    parameters = {"INPUT": path, "REFERENCE": other, "OXIDE": 2, "TABLE": tmp_path / "t.csv"}
    results, _ = succeed("comparemaps", parameters)
    rows = table(tmp_path / "t.csv")
    assert {oxide for oxide, _ in rows} == {"FeO"}
    found = rows["FeO", "all"]
    assert (found["slope"], found["rma_slope"]) == (pytest.approx(0.75), pytest.approx(0.75))
    assert found["intercept"] == pytest.approx(1.5, abs=1e-4)
    assert results["R2"] == pytest.approx(1)
    assert results["BIAS"] == pytest.approx(found["mean_input"] - found["mean_reference"], abs=2e-4)


@pytest.mark.parametrize("unit", [1, 2, 3])
def test_units(succeed, oxide_raster, tmp_path, unit):
    path, values, *_ = oxide_raster()
    stored = values.copy()
    if unit in (2, 3):
        stored /= np.array(PER_ELEMENT)[:, None, None]
    if unit in (1, 3):
        stored /= 100
    names = OXIDES if unit == 1 else ELEMENTS
    other, *_ = oxide_raster(values=np.nan_to_num(stored, nan=-9999).astype("f4"), names=names)
    parameters = {"INPUT": path, "REFERENCE": other, "REFERENCE_UNIT": unit}
    succeed("comparemaps", {**parameters, "TABLE": tmp_path / "t.csv"})
    rows = table(tmp_path / "t.csv")
    assert len(rows) == 15
    for row in rows.values():
        assert row["rmse"] < 1e-3
        assert row["slope"] == pytest.approx(1, abs=1e-4)


def test_units_that_do_not_fit(refused, oxide_raster, tmp_path):
    path, values, *_ = oxide_raster()
    fractions, *_ = oxide_raster(values=np.nan_to_num(values / 100, nan=-9999).astype("f4"))
    given = {"INPUT": path, "TABLE": tmp_path / "t.csv"}
    message = refused("comparemaps", {**given, "REFERENCE": fractions})
    assert "Set REFERENCE_UNIT to 1 (weight fraction of the oxide (0-1))" in message
    message = refused("comparemaps", {**given, "REFERENCE": path, "REFERENCE_UNIT": 1})
    assert "Set REFERENCE_UNIT to 0 (wt% of the oxide)" in message
    message = refused("comparemaps", {**given, "REFERENCE": path, "REFERENCE_UNIT": 2})
    assert "no oxide in common" in message
    assert "names accepted for wt% of the element are Al, Ca, Fe, Mg, Ti" in message
    message = refused("comparemaps", {**given, "INPUT": fractions, "REFERENCE": path})
    assert "gdal_edit.py -scale 100" in message


def test_bands_without_descriptions(succeed, refused, oxide_raster, tmp_path):
    path, values, *_ = oxide_raster()
    bare, *_ = oxide_raster(
        values=np.nan_to_num(values[2:3] + 1, nan=-9999).astype("f4"), names=[""]
    )
    given = {"INPUT": path, "REFERENCE": bare, "TABLE": tmp_path / "t.csv"}
    assert "Give OXIDE, INPUT_BAND and REFERENCE_BAND" in refused("comparemaps", given)
    assert "Give it as OXIDE" in refused("comparemaps", {**given, "REFERENCE_BAND": 1})
    assert "Give its number in REFERENCE_BAND" in refused("comparemaps", {**given, "OXIDE": 2})
    for choice in ({"OXIDE": 2}, {"INPUT_BAND": 3}):
        results, _ = succeed("comparemaps", {**given, **choice, "REFERENCE_BAND": 1})
        assert results["BIAS"] == pytest.approx(-1, abs=1e-5)
    both = {"INPUT": bare, "REFERENCE": bare, "INPUT_BAND": 1, "REFERENCE_BAND": 1, "OXIDE": 4}
    results, feedback = succeed("comparemaps", {**both, "TABLE": tmp_path / "u.csv"})
    assert results["RMSE"] == 0
    assert list(table(tmp_path / "u.csv")) == [("TiO2", "all")]
    assert any("no FeO band" in text for text in feedback.info)
    assert "bands 1 to 5" in refused("comparemaps", {**given, "INPUT_BAND": 7, "OXIDE": 2})
    clash = {"INPUT": path, "REFERENCE": path, "INPUT_BAND": 1, "REFERENCE_BAND": 2}
    assert "Al2O3 and CaO" in refused("comparemaps", clash)


def smooth(lon, lat):
    """Five oxides that vary smoothly over the sphere."""
    x, z = np.cos(np.radians(lat)) * np.cos(np.radians(lon)), np.sin(np.radians(lat))
    return np.stack([20 + 4 * x, 13 + 2 * z, 10 + 3 * x - 4 * z, 8 + 2 * x * z, 3 - z + x])


def test_polar_stereographic_and_equirectangular(succeed, oxide_raster, tmp_path):
    """The same smooth field on both: the pole and 180 degrees are places like any other."""
    count, pixel = 300, 4000.0
    centres = pixel * (np.arange(count) + 0.5 - count / 2)
    x, y = np.meshgrid(centres, -centres)
    lat = 90 - 2 * np.degrees(np.arctan(np.hypot(x, y) / (2 * 1737400)))
    polar, *_ = oxide_raster(
        values=smooth(np.degrees(np.arctan2(x, -y)), lat).astype("f4"),
        west=-count / 2 * pixel,
        north=count / 2 * pixel,
        step=pixel,
        crs=lunar_crs("IAU_2015:30130"),
    )
    lon, lat = np.meshgrid(-179 + 2 * np.arange(180), 89 - 2 * np.arange(90))
    other, *_ = oxide_raster(
        values=smooth(lon, lat).astype("f4"),
        west=-180 * DEGREE,
        north=90 * DEGREE,
        step=2 * DEGREE,
        crs=lunar_crs("IAU_2015:30110"),
    )
    names = {"INPUT": polar, "REFERENCE": other, "TABLE": tmp_path / "t.csv"}
    results, _ = succeed("comparemaps", {**names, "OUTPUT": tmp_path / "d.tif"})
    difference = read(tmp_path / "d.tif")
    assert difference.shape == (5, 90, 180)
    assert np.isfinite(difference[:, :9]).all()
    assert not np.isfinite(difference[:, 15:]).any()
    # Means of pixels and values at their centres differ by some thousandths of the field's range.
    assert np.abs(difference[:, 1:9]).max() < 0.02
    # At the edge of the polar map pixels are half covered, on one side.
    assert np.nanmax(np.abs(difference)) < 0.08
    assert results["R2"] > 0.99995
    names = {"INPUT": other, "REFERENCE": polar}
    turned, _ = succeed("comparemaps", names)
    assert turned["BIAS"] == pytest.approx(-results["BIAS"], abs=1e-9)


def cells(text, path):
    path.write_text(text, "utf-8")
    return path


def moon(oxide_raster, west=-180.0):
    """A smooth map of the whole Moon in pixels of one degree."""
    lon, lat = np.meshgrid(west + 0.5 + np.arange(360), 89.5 - np.arange(180))
    return oxide_raster(values=smooth(lon, lat).astype("f4"), west=west, north=90.0, step=1.0)


@pytest.mark.parametrize("west", [-180.0, 0.0])
def test_cells_at_the_poles_and_across_180_degrees(succeed, oxide_raster, tmp_path, west):
    path, values, *_ = moon(oxide_raster, west)
    bounds = [(80, 90, -180, 180), (-90, -70, -180, 180), (0, 20, 170, 190), (-20, 0, 170, -170)]
    lon, lat = np.meshgrid(west + 0.5 + np.arange(360), 89.5 - np.arange(180))
    weights = np.broadcast_to(row_weights(90, 1, 180), lon.shape)
    text, expected = "FeO,minlat,maxlat,minlon,maxlon\n", []
    for index, (south, north, left, right) in enumerate(bounds):
        width = (right - left) % 360 or 360
        inside = (lat > south) & (lat < north) & ((lon - left) % 360 < width)
        expected.append((values[2] * weights)[inside].sum() / weights[inside].sum())
        text += f"{index + 5},{south},{north},{left},{right}\n"
    given = {"INPUT": path, "REFERENCE_TABLE": cells(text, tmp_path / "cells.csv")}
    succeed("comparemaps", {**given, "TABLE": tmp_path / "t.csv"})
    found = table(tmp_path / "t.csv")["FeO", "all"]
    sizes = [np.sin(np.radians(n)) - np.sin(np.radians(s)) for s, n, *_ in bounds]
    sizes = np.array(sizes) * [360, 360, 20, 20]
    assert found["n"] == 4
    assert found["mean_input"] == pytest.approx(np.average(expected, weights=sizes), abs=1e-4)
    difference = np.array(expected) - [5, 6, 7, 8]
    rmse = np.sqrt(np.average(difference**2, weights=sizes))
    assert found["rmse"] == pytest.approx(rmse, abs=1e-4)


def test_lunar_prospector_is_there_without_a_reference(succeed, oxide_raster, tmp_path):
    """A map made of the table's own cells agrees with it in all of them."""
    rows = np.genfromtxt(LUNAR_PROSPECTOR, delimiter=",", comments="#", skip_header=0, dtype=str)
    header, rows = list(rows[0]), rows[1:].astype(float)
    assert len(rows) == 114
    south, north, west, east = rows[:, :4].T
    areas = (np.sin(np.radians(north)) - np.sin(np.radians(south))) * (east - west)
    assert areas.sum() == pytest.approx(720)
    lon, lat = np.meshgrid(-179.5 + np.arange(360), 89.5 - np.arange(180))
    values = np.zeros((5, 180, 360), np.float32)
    for row in rows:
        inside = (lat > row[0]) & (lat < row[1]) & (lon >= row[2]) & (lon < row[3])
        for plane, oxide in zip(values, OXIDES):
            plane[inside] = row[header.index(oxide.lower())]
    path, *_ = oxide_raster(values=values, west=-180.0, north=90.0, step=1.0)
    outputs = {"TABLE": tmp_path / "t.csv", "REPORT": tmp_path / "r.html"}
    results, _ = succeed("comparemaps", {"INPUT": path, **outputs})
    assert results["RMSE"] < 1e-5
    rows = table(tmp_path / "t.csv")
    assert rows["FeO", "all"]["n"] == 114
    assert rows["FeO", "mare"]["n"] + rows["FeO", "highlands"]["n"] == 114
    assert "Prettyman" in (tmp_path / "r.html").read_text("utf-8")


def test_the_report(succeed, two_maps, tmp_path):
    path, _, other, *_ = two_maps
    outputs = {"REPORT": tmp_path / "r.html", "TABLE": tmp_path / "t.csv"}
    succeed("comparemaps", {"INPUT": path, "REFERENCE": other, **outputs})
    text = outputs["REPORT"].read_text("utf-8")
    assert text.count("<figure>") == 5
    rows = table(outputs["TABLE"])
    for (oxide, region), row in rows.items():
        assert f"<td>{oxide}</td><td>{region}</td><td>{row['n']:.0f}</td>" in text
        assert re.search(f"<td>{row['rmse']:.2f}</td>|<td>{row['rmse'] + 5e-5:.2f}</td>", text)
    assert "Zhang et al. (2023), Icarus 397, 115505, Table 2" in text
    assert "LUNAR_OXIDE_PARAMETERS" in text
    assert not re.search(r"<script|https?:", text)


def test_synthetic_input_is_said(succeed, oxide_raster, tmp_path):
    path, *_ = oxide_raster(metadata={"SYNTHETIC": "YES"})
    names = {"INPUT": path, "REFERENCE": path, "REPORT": tmp_path / "r.html"}
    succeed("comparemaps", {**names, "OUTPUT": tmp_path / "d.tif"})
    assert "SYNTHETIC: the numbers are not measurements" in (tmp_path / "r.html").read_text("utf-8")
    assert gdal.Open(str(tmp_path / "d.tif")).GetMetadataItem("SYNTHETIC") == "YES"


def test_refusals(refused, oxide_raster, tmp_path):
    path, *_ = oxide_raster()
    far, *_ = oxide_raster(west=30.0)
    given = {"INPUT": path, "TABLE": tmp_path / "t.csv", "REPORT": tmp_path / "r.html"}
    assert "nothing to compare" in refused("comparemaps", {**given, "REFERENCE": far})
    assert "nothing to compare" in refused("comparemaps", given)  # too small for the cells
    assert "needs a raster" in refused("comparemaps", {**given, "OUTPUT": tmp_path / "d.tif"})
    assert "bundled table" in refused("comparemaps", {**given, "REFERENCE_UNIT": 2})
    good = cells("minlat,maxlat,minlon,maxlon,feo\n0,9,0,9,5\n", tmp_path / "cells.csv")
    both = {"REFERENCE": path, "REFERENCE_TABLE": good}
    assert "both given" in refused("comparemaps", {**given, **both})
    overwriting = {"INPUT": path, "REFERENCE_TABLE": good, "TABLE": good}
    assert "overwrite" in refused("comparemaps", overwriting)
    assert "overwrite" in refused("comparemaps", {"INPUT": path, "REFERENCE": far, "OUTPUT": far})
    earth = lunar_crs("EPSG:4326")
    wrong, *_ = oxide_raster(crs=earth)
    assert "not on the Moon" in refused("comparemaps", {**given, "REFERENCE": wrong})
    bare = tmp_path / "bare.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(str(bare), 9, 9, 3, gdal.GDT_Float32)
    dataset.GetRasterBand(3).SetDescription("FeO")
    dataset.GetRasterBand(3).Fill(9)
    dataset = None
    assert "Georeference it" in refused("comparemaps", {**given, "REFERENCE": bare, "OXIDE": 2})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("minlat,maxlat,feo\n0,9,5\n", "no column minlon, maxlon"),
        ("minlat,maxlat,minlon,maxlon,iron\n0,9,0,9,5\n", "none is named feo"),
        ("minlat,maxlat,minlon,maxlon,feo\n0,9,0,9,many\n", "row 1, feo is 'many'"),
        ("minlat,maxlat,minlon,maxlon,feo\n0,9,0,9,5\n9,0,0,9,5\n", "no cell in row 2"),
        ("minlat,maxlat,minlon,maxlon,feo\n", "no rows"),
        ("minlat,maxlat,minlon,maxlon,feo\n0,9,0,9,.05\n", "Set REFERENCE_UNIT to 1"),
        ("", "no column"),
    ],
)
def test_tables_that_cannot_be_used(refused, oxide_raster, tmp_path, text, said):
    path, *_ = oxide_raster()
    table_path = cells(text, tmp_path / "cells.csv")
    given = {"INPUT": path, "REFERENCE_TABLE": table_path, "TABLE": tmp_path / "t.csv"}
    assert said in refused("comparemaps", given)


@pytest.mark.parametrize("reference", ["map", "cells"])
def test_cancel_leaves_nothing(refused, oxide_raster, tmp_path, reference):
    path, *_ = oxide_raster(values=np.full((5, 600, 600), 9, np.float32), step=0.1, north=30.0)
    outputs = {"TABLE": tmp_path / "t.csv", "REPORT": tmp_path / "r.html"}
    given = {"INPUT": path, **outputs}
    if reference == "map":
        other, *_ = oxide_raster(values=np.full((5, 60, 60), 9, np.float32), step=1.0, north=30.0)
        given.update(REFERENCE=other, OUTPUT=tmp_path / "d.tif")
    message = refused("comparemaps", given, Feedback(cancel_at=20))
    assert "Cancelled" in message

"""zonaloxides with partly covered pixels, the domain, Mg# and the report: independent truths."""

import csv
import json
import re

import numpy as np
import pytest
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from osgeo import ogr

from tests.polygons import write_polygons

from .conftest import OXIDES, Feedback
from .test_zonal_oxides import POLYGONS, RADIUS, rows_in, rows_of

UNITS = {
    **POLYGONS,
    "part of a pixel": "POLYGON((-49.701 43.701, -49.699 43.701, -49.7 43.703, -49.701 43.701))",
    "over the edge": "POLYGON((-50.3 43.9, -49.8 43.95, -49.9 43.5, -50.3 43.9))",
    "far": "POLYGON((-40 43.6, -39 43.6, -39 43.45, -40 43.6))",
}


def pixels_of(wkt, shape, west, north, step):
    """Rows, columns and covered parts of the pixels of a polygon, of exactextract."""
    height, width = shape
    cells = np.arange(height * width, dtype=float).reshape(shape)
    raster = NumPyRasterSource(cells, west, north - height * step, west + width * step, north)
    geometry = ogr.CreateGeometryFromWkt(wkt)
    feature = {"type": "Feature", "properties": {}, "geometry": json.loads(geometry.ExportToJson())}
    found = exact_extract(raster, feature, ["cell_id", "coverage"])[0]["properties"]
    cells = np.asarray(found["cell_id"] if found["cell_id"] is not None else [], int)
    return cells // width, cells % width, np.asarray(found["coverage"], float)[: cells.size]


def areas_of(rows, north, step):
    top, bottom = np.radians(north - rows * step), np.radians(north - (rows + 1) * step)
    return RADIUS**2 * np.radians(step) * (np.sin(top) - np.sin(bottom))


def weighted(x, w, fraction):
    """Smallest value up to which a part of the weight lies."""
    order = np.argsort(x)
    reached = np.cumsum(w[order])
    return x[order][np.argmax(reached >= fraction * reached[-1] * (1 - 1e-9))]


@pytest.fixture()
def measure(succeed, tmp_path):
    """Run zonaloxides: (features by unit, rows of the table, rows of the separation, report)."""

    def measured(path, units=None, **given):
        zones = write_polygons(tmp_path / "zones.gpkg", units or UNITS)
        outputs = {
            "OUTPUT": tmp_path / "units.gpkg",
            "TABLE": tmp_path / "units.csv",
            "SEPARATION": tmp_path / "separation.csv",
            "REPORT": tmp_path / "units.html",
        }
        given = {"ZONES": zones, "INPUT": path, "NAME_FIELD": "unit", **given}
        _, feedback = succeed("zonaloxides", {**given, **outputs}, Feedback())
        features = {feature["unit"]: feature for feature in rows_in(outputs["OUTPUT"])}
        with outputs["SEPARATION"].open(newline="", encoding="utf-8") as file:
            separation = list(csv.DictReader(file))
        report = outputs["REPORT"].read_text(encoding="utf-8")
        return features, rows_of(outputs["TABLE"]), separation, report, feedback

    return measured


def test_covered_parts_against_exactextract(measure, oxide_raster):
    path, values, west, north, step = oxide_raster()
    features, table, separation, report, feedback = measure(path)
    feo, mgo = values[OXIDES.index("FeO")], values[OXIDES.index("MgO")]
    share = (mgo / 40.304) / (mgo / 40.304 + feo / 71.844)
    bands = {**dict(zip(OXIDES, values)), "Mg_number": share}
    for name, wkt in UNITS.items():
        rows, columns, parts = pixels_of(wkt, feo.shape, west, north, step)
        areas = areas_of(rows, north, step) * parts
        for band, of_band in bands.items():
            found = features[name]
            x = of_band[rows, columns]
            valid = np.isfinite(x)
            x, w = x[valid].astype(float), areas[valid]
            assert found[f"{band}_pixels"] == x.size
            if not x.size:
                assert name == "far"
                assert not found[f"{band}_mean"]
                continue
            mean = (w * x).sum() / w.sum()
            assert found[f"{band}_mean"] == pytest.approx(mean, rel=1e-6)
            std = np.sqrt((w * (x - mean) ** 2).sum() / w.sum())
            assert found[f"{band}_std"] == pytest.approx(std, rel=1e-5, abs=1e-6)
            for column, fraction in zip(
                ("p5", "p25", "median", "p75", "p95"), (0.05, 0.25, 0.5, 0.75, 0.95)
            ):
                # A tie of the weights may fall either way by exactextract's rounding.
                near = [weighted(x, w, fraction + slip) for slip in (-1e-5, 1e-5)]
                assert near[0] - 1e-6 <= found[f"{band}_{column}"] <= near[1] + 1e-6
            if name != "over the edge":
                expected = w.sum() / found["area_km2"]
                assert found[f"{band}_valid_fraction"] == pytest.approx(expected, rel=2e-4)
    assert features["part of a pixel"]["FeO_pixels"] in (1, 2, 3, 4)
    assert table["far"]["remark"] == features["far"]["remark"] == "outside the raster"
    assert "of it lies beyond the raster" in table["over the edge"]["remark"]
    assert "outside the raster" in report
    assert "Unit 'far': outside the raster." in feedback.warnings
    # Cohen's d, from the brute-force means and scatters of the layer.
    (row,) = (
        one
        for one in separation
        if (one["first"], one["second"], one["band"]) == ("triangle", "hole", "FeO")
    )
    a, b = features["triangle"], features["hole"]
    d = (a["FeO_mean"] - b["FeO_mean"]) / np.sqrt((a["FeO_std"] ** 2 + b["FeO_std"] ** 2) / 2)
    assert float(row["effect_size"]) == pytest.approx(d, abs=6e-5)
    assert row["in_uncertainties"] == ""
    count = len(UNITS)
    assert len(separation) == count * (count - 1) / 2 * 6


def test_a_constant_a_gradient_and_two_classes(measure, oxide_raster):
    """Closed forms: in longitude a pixel's area is constant, so a band linear in it has the mean
    of the polygon's middle, however its pixels are cut; half a polygon of two classes is each."""
    step, width, height = 1 / 64, 64, 64
    west, north = 10.0, 40.0
    columns = np.arange(width, dtype=np.float32)
    values = np.empty((5, height, width), np.float32)
    values[0] = 17.25
    values[1] = 5 + columns / 4
    values[2] = np.where(columns < 32, 4, 20)
    values[3] = values[4] = 8
    path, *_ = oxide_raster(values=values, west=west, north=north, step=step)
    left, right = west + 20.3 * step, west + 43.7 * step  # as far from the middle on both sides
    top, bottom = north - 10.4 * step, north - 50.1 * step
    box = f"POLYGON(({left} {top}, {right} {top}, {right} {bottom}, {left} {bottom}, {left} {top}))"
    features, *_ = measure(path, {"box": box})
    found = features["box"]
    assert found["Al2O3_mean"] == pytest.approx(17.25, rel=1e-12)
    assert found["Al2O3_std"] == pytest.approx(0, abs=1e-9)
    assert (found["Al2O3_p5"], found["Al2O3_p95"]) == (17.25, 17.25)
    # The middle of the box is the edge of column 32: value 5 + 31.5 / 4.
    assert found["CaO_mean"] == pytest.approx(5 + 31.5 / 4, rel=1e-9)
    assert found["FeO_mean"] == pytest.approx(12, rel=1e-9)
    assert found["FeO_std"] == pytest.approx(8, rel=1e-9)
    assert (found["FeO_minimum"], found["FeO_p25"], found["FeO_p75"]) == (4, 4, 20)
    assert found["FeO_valid_fraction"] == pytest.approx(1, rel=1e-9)
    mean_of_shares = np.mean([8 / 40.304 / (8 / 40.304 + feo / 71.844) for feo in (4, 20)])
    assert found["Mg_number_mean"] == pytest.approx(mean_of_shares, rel=1e-6)
    of_means = 8 / 40.304 / (8 / 40.304 + 12 / 71.844)
    assert found["Mg_number_of_means"] == pytest.approx(of_means, rel=1e-9)


def test_the_part_outside_the_domain(measure, oxide_raster, refused, tmp_path):
    """A third of a box outside, where known; pixels without a distance do not count."""
    values = np.full((5, 64, 64), 9, np.float32)
    path, *_ = oxide_raster(values=values, west=10, north=1, step=1 / 64)
    distance = np.full((1, 64, 64), 0.5, np.float32)
    distance[:, :, 40:50] = 1.25
    distance[:, :, :10] = -9999
    distance[:, :, 30] = 1.0  # still inside
    names = ["domain distance"]
    domain, *_ = oxide_raster(values=distance, names=names, west=10, north=1, step=1 / 64)
    box = f"POLYGON((10 0, {10 + 50 / 64} 0, {10 + 50 / 64} 1, 10 1, 10 0))"
    beside = "POLYGON((50 0, 51 0, 51 1, 50 0))"
    features, table, _, report, _ = measure(path, {"box": box, "beside": beside}, DOMAIN=domain)
    assert features["box"]["outside_domain"] == pytest.approx(10 / 40, rel=1e-9)
    assert not features["beside"]["outside_domain"]
    assert table["box"]["outside_domain"] == "0.2500"
    assert table["beside"]["outside_domain"] == ""
    assert "unlike all training sites" in report
    zones = write_polygons(tmp_path / "z.gpkg", {"box": box})
    given = {"ZONES": zones, "INPUT": path, "OUTPUT": tmp_path / "no.gpkg"}
    assert "(DOMAIN) should have one band" in refused("zonaloxides", {**given, "DOMAIN": path})
    shifted, *_ = oxide_raster(values=distance, names=names, west=11, north=1, step=1 / 64)
    message = refused("zonaloxides", {**given, "DOMAIN": shifted})
    assert "(DOMAIN) does not have the pixels of" in message


def test_report_stands_alone_with_all_its_figures(measure, oxide_raster):
    path, *_ = oxide_raster()
    *_, report, _ = measure(path)
    assert len(re.findall(r'<img src="data:image/svg\+xml;base64,', report)) == 3
    assert len(report) < 5_000_000
    for forbidden in ("<script", "<link", "http:", "https:", "url("):
        assert forbidden not in report
    for heading in (
        "Spread within units",
        "Separation of units",
        "References",
        "How this was made",
    ):
        assert f"<h2>{heading}</h2>" in report


def test_overlapping_units_do_not_know_of_each_other(measure, oxide_raster):
    path, *_ = oxide_raster()
    alone = {name: measure(path, {name: UNITS[name]})[1][name] for name in ("triangle", "hole")}
    both = {"triangle": UNITS["triangle"], "hole": UNITS["hole"], "again": UNITS["triangle"]}
    _, table, *_ = measure(path, both)
    assert table["triangle"] == alone["triangle"]
    assert table["hole"] == alone["hole"]
    assert list(table["again"].values())[1:] == list(alone["triangle"].values())[1:]

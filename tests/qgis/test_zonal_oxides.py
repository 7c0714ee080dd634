"""Algorithm zonaloxides, against brute force: every pixel centre asked for by QGIS's geometry."""

import csv

import numpy as np
import pytest
from qgis.core import Qgis, QgsGeometry, QgsPointXY, QgsVectorLayer

from lunar_oxide_plugin.core.results.units import STATISTICS, Statistic
from tests.polygons import lunar_crs, write_polygons

from .conftest import OXIDES, Feedback

RADIUS = 1737.4

#: Of EDGES: a pixel belongs to a polygon when its centre lies inside.
CENTRES = 1


def brute_force(values, west, north, step, wkt):
    """Per oxide: pixels, valid area, mean, std, min, median, max of pixels with centres inside."""
    geometry = QgsGeometry.fromWkt(wkt)
    found = []
    for band in values:
        inside, weights = [], []
        for row in range(band.shape[0]):
            top, bottom = np.radians([north - row * step, north - (row + 1) * step])
            area = RADIUS**2 * np.radians(step) * (np.sin(top) - np.sin(bottom))
            for column in range(band.shape[1]):
                point = QgsPointXY(west + (column + 0.5) * step, north - (row + 0.5) * step)
                if geometry.contains(point) and np.isfinite(band[row, column]):
                    inside.append(band[row, column])
                    weights.append(area)
        x, w = np.array(inside), np.array(weights)
        if not len(x):
            found.append((0, 0.0, *[np.nan] * 5))
            continue
        mean = (w * x).sum() / w.sum()
        std = np.sqrt((w * (x - mean) ** 2).sum() / w.sum())
        order = np.argsort(x)
        reached = np.cumsum(w[order])
        median = x[order][np.argmax(reached >= reached[-1] / 2 * (1 - 1e-12))]
        found.append((len(x), w.sum(), mean, std, x.min(), median, x.max()))
    return found


def rows_in(path):
    """Features of a vector file; the layer lives as long as they are read."""
    layer = QgsVectorLayer(str(path))
    return list(layer.getFeatures())


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return {row["unit"]: row for row in csv.DictReader(file)}


POLYGONS = {
    "triangle": "POLYGON((-49.87 43.91, -49.31 43.72, -49.66 43.41, -49.87 43.91))",
    "hole": "POLYGON((-49.9 43.9, -49.4 43.9, -49.4 43.5, -49.9 43.5, -49.9 43.9),"
    "(-49.71 43.79, -49.53 43.79, -49.53 43.63, -49.71 43.63, -49.71 43.79))",
    "parts": "MULTIPOLYGON(((-49.97 43.97, -49.83 43.97, -49.83 43.88, -49.97 43.97)),"
    "((-49.2 43.6, -49.1 43.6, -49.1 43.45, -49.2 43.6)))",
    "invalid pixels": "POLYGON((-49.87 43.95, -49.66 43.95, -49.66 43.86, -49.87 43.86, "
    "-49.87 43.95))",
}


def test_against_brute_force(succeed, oxide_raster, tmp_path):
    path, values, west, north, step = oxide_raster()
    zones = write_polygons(tmp_path / "zones.gpkg", POLYGONS)
    parameters = {
        "ZONES": zones,
        "INPUT": path,
        "NAME_FIELD": "unit",
        "OUTPUT": tmp_path / "units.gpkg",
        "TABLE": tmp_path / "units.csv",
        "REPORT": tmp_path / "units.html",
        "EDGES": CENTRES,
    }
    succeed("zonaloxides", parameters)
    features = {feature["unit"]: feature for feature in rows_in(tmp_path / "units.gpkg")}
    assert list(features) == list(POLYGONS)
    for name, wkt in POLYGONS.items():
        expected = brute_force(values, west, north, step, wkt)
        for oxide, (pixels, _, *numbers) in zip(OXIDES, expected):
            assert features[name][f"{oxide}_pixels"] == pixels
            found = [features[name][f"{oxide}_{s}"] for s in ("mean", "std", "minimum", "median")]
            found.append(features[name][f"{oxide}_maximum"])
            np.testing.assert_allclose(found, numbers, rtol=1e-9)
    table = rows_of(tmp_path / "units.csv")
    assert float(table["hole"]["FeO"]) == pytest.approx(features["hole"]["FeO_mean"], abs=5e-5)
    report = (tmp_path / "units.html").read_text(encoding="utf-8")
    assert all(name in report for name in POLYGONS)
    assert "<script" not in report
    assert "http" not in report.replace("https://doi.org", "")


def test_table_has_the_layout_of_tables_5_and_6(succeed, oxide_raster, tmp_path):
    path, *_ = oxide_raster()
    zones = write_polygons(tmp_path / "zones.gpkg", POLYGONS)
    table = tmp_path / "t.csv"
    parameters = {"ZONES": zones, "INPUT": path, "OUTPUT": tmp_path / "u.gpkg", "TABLE": table}
    succeed("zonaloxides", {**parameters, "NAME_FIELD": "unit"})
    header = table.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert header[:6] == ["unit", "MgO", "Al2O3", "CaO", "TiO2", "FeO"]
    assert header[6:9] == ["Mg#", "Mg# of means", "area_km2"]
    assert header[-1] == "remark"
    row = rows_of(table)["triangle"]
    mg, fe = float(row["MgO"]) / 40.304, float(row["FeO"]) / 71.844
    assert float(row["Mg# of means"]) == pytest.approx(mg / (mg + fe), abs=1e-4)
    succeed("zonaloxides", parameters)
    assert list(rows_of(table)) == ["1", "2", "3", "4"]


def test_a_statistic_is_one_entry(succeed, oxide_raster, tmp_path, monkeypatch):
    """What is added to the table of statistics is in the layer, the table and the report."""
    span = Statistic("range of values", lambda of: of.values.maximum - of.values.minimum)
    monkeypatch.setitem(STATISTICS, "range", span)
    path, *_ = oxide_raster()
    zones = write_polygons(tmp_path / "zones.gpkg", {"triangle": POLYGONS["triangle"]})
    outputs = {
        "OUTPUT": tmp_path / "u.gpkg",
        "TABLE": tmp_path / "t.csv",
        "REPORT": tmp_path / "r.html",
    }
    succeed("zonaloxides", {"ZONES": zones, "INPUT": path, **outputs})
    (feature,) = rows_in(outputs["OUTPUT"])
    expected = feature["FeO_maximum"] - feature["FeO_minimum"]
    assert feature["FeO_range"] == pytest.approx(expected)
    assert rows_of(outputs["TABLE"])["1"]["FeO_range"] == f"{expected:.4f}"
    report = outputs["REPORT"].read_text(encoding="utf-8")
    assert report.count("<th>range of values</th>") == 6
    assert f"<td>{expected:.2f}</td></tr>" in report


def test_areas_are_spherical(succeed, oxide_raster, tmp_path):
    """A cell of 1 x 1 degree at the equator is 919.459 km2, at 64 N less than half of it."""
    cells = {
        "equator": (0, "POLYGON((10 0, 11 0, 11 1, 10 1, 10 0))"),
        "north": (63, "POLYGON((10 63, 11 63, 11 64, 10 64, 10 63))"),
    }
    for name, (south, wkt) in cells.items():
        path, *_ = oxide_raster(64, 64, west=10, north=south + 1)
        zones = write_polygons(tmp_path / f"{name}.gpkg", {name: wkt})
        output = tmp_path / f"{name}_units.gpkg"
        succeed("zonaloxides", {"ZONES": zones, "INPUT": path, "OUTPUT": output})
        feature = rows_in(output)[0]
        lat = np.radians([south, south + 1])
        expected = RADIUS**2 * np.radians(1) * np.diff(np.sin(lat))[0]
        assert feature["area_km2"] == pytest.approx(expected, rel=1e-9)
        assert feature["FeO_pixels"] == 64 * 64 - 40
    assert RADIUS**2 * np.radians(1) * np.sin(np.radians(1)) == pytest.approx(919.459, abs=1e-3)


def test_valid_fraction(succeed, oxide_raster, tmp_path):
    """Half the polygon beyond the raster, a quarter of the rest without data."""
    values = np.full((5, 64, 64), 9, np.float32)
    values[:, :16] = -9999
    path, *_ = oxide_raster(values=values, west=10, north=1, step=1 / 64)
    zones = write_polygons(
        tmp_path / "z.gpkg",
        {"half": "POLYGON((9 0, 11 0, 11 1, 9 1, 9 0))", "far": POLYGONS["hole"]},
    )
    feedback = Feedback()
    parameters = {
        "ZONES": zones,
        "INPUT": path,
        "NAME_FIELD": "unit",
        "OUTPUT": tmp_path / "u.gpkg",
    }
    succeed("zonaloxides", parameters, feedback)
    half, far = rows_in(tmp_path / "u.gpkg")
    rows = np.radians(1 - np.arange(65) / 64)
    weights = -np.diff(np.sin(rows))
    expected = weights[16:].sum() / weights.sum() / 2
    assert half["FeO_valid_fraction"] == pytest.approx(expected, rel=1e-9)
    assert far["FeO_pixels"] == 0
    assert not far["FeO_mean"]
    assert far["remark"] == "outside the raster"
    assert half["remark"] == "50.0% of it lies beyond the raster"
    assert "Unit 'far': outside the raster." in feedback.warnings


@pytest.mark.parametrize("crs", ["IAU_2015:30110", "IAU_2015:30120", "ESRI:104903"])
def test_polygons_in_other_lunar_crs(succeed, oxide_raster, tmp_path, crs):
    from osgeo import ogr, osr

    path, *_ = oxide_raster()
    reference = write_polygons(tmp_path / "geographic.gpkg", POLYGONS)
    moved = {}
    transformation = osr.CoordinateTransformation(lunar_crs(), lunar_crs(crs))
    for name, wkt in POLYGONS.items():
        geometry = ogr.CreateGeometryFromWkt(wkt)
        geometry.Segmentize(0.001)
        geometry.Transform(transformation)
        moved[name] = geometry.ExportToWkt()
    other = write_polygons(tmp_path / "moved.gpkg", moved, crs)
    tables = []
    for zones in (reference, other):
        table = tmp_path / f"{zones.stem}.csv"
        parameters = {"ZONES": zones, "INPUT": path, "NAME_FIELD": "unit", "TABLE": table}
        succeed("zonaloxides", {**parameters, "OUTPUT": tmp_path / f"{zones.stem}_units.gpkg"})
        tables.append(rows_of(table))
    for name in POLYGONS:
        for column, value in tables[0][name].items():
            if column == "remark":
                assert tables[1][name][column] == value
            elif column.endswith("_pixels"):  # which pixels an edge just touches is rounding
                assert int(tables[1][name][column]) == pytest.approx(int(value), abs=3)
            elif column != "unit":
                assert float(tables[1][name][column]) == pytest.approx(float(value), rel=1e-3)


def test_longitudes_from_0_to_360(succeed, oxide_raster, tmp_path):
    """The same polygon at 310 E and at 50 W."""
    path, *_ = oxide_raster()
    east = "POLYGON((310.13 43.91, 310.69 43.72, 310.34 43.41, 310.13 43.91))"
    zones = write_polygons(tmp_path / "z.gpkg", {"west": POLYGONS["triangle"], "east": east})
    table = tmp_path / "t.csv"
    parameters = {"ZONES": zones, "INPUT": path, "NAME_FIELD": "unit", "TABLE": table}
    succeed("zonaloxides", {**parameters, "OUTPUT": tmp_path / "u.gpkg"})
    west, east = (list(row.values())[1:] for row in rows_of(table).values())
    assert west == east
    assert float(west[4]) > 0


def test_self_crossing_polygon_is_repaired(succeed, oxide_raster, tmp_path):
    path, values, west, north, step = oxide_raster()
    bow_tie = "POLYGON((-49.9 43.9, -49.5 43.53, -49.5 43.9, -49.9 43.53, -49.9 43.9))"
    triangles = (
        "MULTIPOLYGON(((-49.9 43.9, -49.7 43.715, -49.9 43.53, -49.9 43.9)),"
        "((-49.5 43.53, -49.5 43.9, -49.7 43.715, -49.5 43.53)))"
    )
    zones = write_polygons(tmp_path / "z.gpkg", {"bow": bow_tie})
    output = tmp_path / "u.gpkg"
    parameters = {"ZONES": zones, "INPUT": path, "EDGES": CENTRES, "OUTPUT": output}
    succeed("zonaloxides", parameters)
    feature = rows_in(tmp_path / "u.gpkg")[0]
    pixels, _, mean, *_ = brute_force(values, west, north, step, triangles)[2]
    assert feature["FeO_pixels"] == pixels
    assert feature["FeO_mean"] == pytest.approx(mean, rel=1e-9)


def test_result_lies_on_the_moon(succeed, oxide_raster, tmp_path):
    """QGIS 3.22 finds no CRS in a GeoPackage written in IAU_2015:30100 as GDAL does it."""
    path, *_ = oxide_raster()
    zones = write_polygons(tmp_path / "z.gpkg", POLYGONS)
    as_gdal_writes_it = QgsVectorLayer(str(zones))
    if Qgis.QGIS_VERSION_INT < 34000:  # the fault this guards against
        assert not as_gdal_writes_it.crs().isValid()
    parameters = {"ZONES": zones, "INPUT": path, "OUTPUT": tmp_path / "u.gpkg"}
    succeed("zonaloxides", parameters)
    layer = QgsVectorLayer(str(tmp_path / "u.gpkg"))
    crs = layer.crs()
    assert crs.isValid()
    assert crs.celestialBodyName() == "Moon"


def test_refusals(refused, oxide_raster, tmp_path):
    path, *_ = oxide_raster()
    output = tmp_path / "u.gpkg"
    zones = write_polygons(tmp_path / "z.gpkg", POLYGONS)
    earth = write_polygons(tmp_path / "earth.gpkg", POLYGONS, "EPSG:4326")
    none = write_polygons(tmp_path / "none.gpkg", {})
    fractions, *_ = oxide_raster(values=np.full((5, 40, 60), 0.09, np.float32))

    def message(**parameters):
        return refused(
            "zonaloxides", {"ZONES": zones, "INPUT": path, "OUTPUT": output, **parameters}
        )

    assert "a body of radius 6378.1 km" in message(ZONES=earth)
    assert "no polygon" in message(ZONES=none)
    assert "band 1, Al2O3, is nowhere above 0.4" in message(INPUT=fractions)
    assert "Cancelled" in refused(
        "zonaloxides", {"ZONES": zones, "INPUT": path, "OUTPUT": output}, Feedback(cancel_at=20)
    )
    assert "give a .gpkg name" in message(OUTPUT=tmp_path / "u.shp")
    assert "no_folder" in message(TABLE=tmp_path / "no_folder" / "t.csv")


def test_oxides_stored_as_scaled_integers(succeed, oxide_raster, tmp_path):
    """QGIS shows them scaled, so means and Mg# have to be of the scaled values."""
    from osgeo import gdal

    path, *_ = oxide_raster()
    dataset = gdal.Open(str(path))
    options = {"outputType": gdal.GDT_UInt16, "scaleParams": [[0, 65.535, 0, 65535]]}
    scaled = gdal.Translate(str(tmp_path / "scaled.tif"), dataset, noData=65535, **options)
    for number in range(1, 6):
        stored = dataset.GetRasterBand(number).ReadAsArray()
        integers = np.where(stored == -9999, 65535, np.rint(stored * 1000)).astype(np.uint16)
        scaled.GetRasterBand(number).WriteArray(integers)
        scaled.GetRasterBand(number).SetScale(0.001)
    dataset = scaled = None
    zones = write_polygons(tmp_path / "z.gpkg", POLYGONS)
    tables, means = [], []
    for raster in (path, tmp_path / "scaled.tif"):
        table = tmp_path / f"{raster.stem}.csv"
        parameters = {"ZONES": zones, "INPUT": raster, "NAME_FIELD": "unit", "TABLE": table}
        succeed("zonaloxides", {**parameters, "OUTPUT": tmp_path / f"{raster.stem}.gpkg"})
        tables.append(rows_of(table))
        results, _ = succeed("mgnumber", {"INPUT": raster, "OUTPUT": tmp_path / "mg.tif"})
        means.append(results["MEAN"])
    assert means[0] == pytest.approx(means[1], abs=1e-4)
    for name in POLYGONS:
        assert tables[0][name]["FeO_pixels"] == tables[1][name]["FeO_pixels"]
        for column in ("FeO", "MgO", "TiO2", "FeO_std", "FeO_median"):
            assert float(tables[1][name][column]) == pytest.approx(
                float(tables[0][name][column]), abs=1e-3
            )


def test_a_cap_around_the_pole_in_a_polar_map(succeed, oxide_raster, tmp_path):
    """Area 2 pi R^2 (1 - cos theta), whether drawn as a band of longitudes or as a ring."""
    polar = lunar_crs("IAU_2015:30130")
    values = np.full((5, 80, 80), 7, np.float32)
    path, *_ = oxide_raster(values=values, west=-400e3, north=400e3, step=10e3, crs=polar)
    ring = ", ".join(f"{(lon + 180) % 360 - 180} 80" for lon in np.arange(0.5, 361))
    caps = {
        "band": "POLYGON((-180 80, 180 80, 180 90, -180 90, -180 80))",
        "ring": f"POLYGON(({ring}))",
    }
    zones = write_polygons(tmp_path / "z.gpkg", caps)
    succeed("zonaloxides", {"ZONES": zones, "INPUT": path, "OUTPUT": tmp_path / "u.gpkg"})
    for feature in rows_in(tmp_path / "u.gpkg"):
        expected = 2 * np.pi * RADIUS**2 * (1 - np.cos(np.radians(10)))
        assert feature["area_km2"] == pytest.approx(expected, rel=2e-5)
        assert feature["FeO_mean"] == pytest.approx(7, rel=1e-9)
        assert feature["FeO_valid_fraction"] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("output", ["OUTPUT", "TABLE"])
def test_the_polygons_are_not_overwritten(refused, oxide_raster, tmp_path, output):
    path, *_ = oxide_raster()
    zones = write_polygons(
        tmp_path / "z.gpkg", {"a": "POLYGON((-49.9 43.9,-49.8 43.9,-49.8 43.8,-49.9 43.9))"}
    )
    outputs = {"OUTPUT": tmp_path / "u.gpkg", output: zones}
    assert "would overwrite the input" in refused(
        "zonaloxides", {"ZONES": zones, "INPUT": path, **outputs}
    )


#: Polygons that cannot be measured, and what is said of each.
BAD = {
    "none": (None, "no geometry"),
    "empty": ("POLYGON EMPTY", "empty"),
    "line": ("GEOMETRYCOLLECTION(LINESTRING(-49.9 43.7, -49.6 43.8))", "not a polygon"),
    "flat": ("POLYGON((-49.9 43.7, -49.8 43.7, -49.7 43.7, -49.9 43.7))", "no area"),
    "pole": ("POLYGON((-49.9 43.7, -49.7 43.7, -49.7 95, -49.9 43.7))", "beyond the Moon"),
    "corner": (
        "POLYGON((-51 43.9, -50.1 43.9, -50.1 44.1, -49.7 44.1, -49.7 45, -51 45, -51 43.9))",
        "outside the raster",
    ),
}


def test_a_bad_polygon_costs_its_own_row(succeed, oxide_raster, tmp_path):
    path, *_ = oxide_raster()
    good = "POLYGON((-49.9 43.9, -49.6 43.9, -49.6 43.6, -49.9 43.9))"
    zones = write_polygons(
        tmp_path / "z.gpkg", {"good": good, **{name: wkt for name, (wkt, _) in BAD.items()}}
    )
    alone = write_polygons(tmp_path / "alone.gpkg", {"good": good})
    outputs = {
        "SEPARATION": tmp_path / "separation.csv",
        "TABLE": tmp_path / "table.csv",
        "REPORT": tmp_path / "report.html",
    }
    parameters = {"INPUT": path, "NAME_FIELD": "unit"}
    feedback = Feedback()
    succeed(
        "zonaloxides",
        {**parameters, "ZONES": zones, "OUTPUT": tmp_path / "u.gpkg", **outputs},
        feedback,
    )
    succeed("zonaloxides", {**parameters, "ZONES": alone, "OUTPUT": tmp_path / "a.gpkg"})
    first, *others = rows_in(tmp_path / "u.gpkg")
    assert first.attributes()[1:] == rows_in(tmp_path / "a.gpkg")[0].attributes()[1:]
    assert [row["unit"] for row in others] == list(BAD)
    table = rows_of(outputs["TABLE"])
    for row, (name, (_, said)) in zip(others, BAD.items()):
        assert said in row["remark"]
        assert said in table[name]["remark"]
        assert row["FeO_pixels"] == 0
        assert not row["FeO_mean"]
        assert table[name]["FeO"] == ""
        assert any(f"Unit '{name}'" in text and said in text for text in feedback.warnings)
    assert "beyond the Moon" in outputs["REPORT"].read_text(encoding="utf-8")


def test_no_unit_on_the_raster(refused, oxide_raster, tmp_path):
    path, *_ = oxide_raster()
    for names in (["corner"], ["flat", "none"], ["pole", "corner", "flat", "line", "empty"]):
        zones = write_polygons(tmp_path / f"{names[0]}.gpkg", {n: BAD[n][0] for n in names})
        message = refused(
            "zonaloxides",
            {"INPUT": path, "ZONES": zones, "NAME_FIELD": "unit", "OUTPUT": tmp_path / "u.gpkg"},
        )
        assert "No unit of ZONES can be measured" in message
        assert f"'{names[0]}': " in message
        assert BAD[names[0]][1] in message
        assert ("2 more" in message) == (len(names) == 5)
        assert not (tmp_path / "u.gpkg").exists()


@pytest.mark.parametrize("centres", [0, CENTRES])
def test_a_hole_takes_away_wherever_it_lies(succeed, oxide_raster, tmp_path, centres):
    """One that reaches out, and one that is there twice, against the polygon drawn without."""
    path, *_ = oxide_raster()
    shell = "(-49.9 43.9, -49.5 43.9, -49.5 43.55, -49.9 43.55, -49.9 43.9)"
    hole = "(-49.8 43.8, -49.7 43.8, -49.7 43.7, -49.8 43.7, -49.8 43.8)"
    out = "(-49.6 43.8, -49.4 43.8, -49.4 43.7, -49.6 43.7, -49.6 43.8)"
    drawn = (
        "(-49.9 43.9, -49.5 43.9, -49.5 43.8, -49.6 43.8, -49.6 43.7, -49.5 43.7, -49.5 43.55, "
        "-49.9 43.55, -49.9 43.9)"
    )
    zones = write_polygons(
        tmp_path / "z.gpkg",
        {"repaired": f"POLYGON({shell},{hole},{hole},{out})", "drawn": f"POLYGON({drawn},{hole})"},
    )
    output = tmp_path / "u.gpkg"
    succeed("zonaloxides", {"INPUT": path, "ZONES": zones, "OUTPUT": output, "EDGES": centres})
    repaired, valid = rows_in(output)
    for field in repaired.fields().names():
        if field not in ("fid", "unit", "remark"):
            assert repaired[field] == pytest.approx(valid[field], rel=1e-9), field
    assert "its shell less its holes (filled as drawn it would have" in repaired["remark"]
    assert not valid["remark"]

"""Algorithm samplesites: sites against the DN of the tile, statuses, and the table for training."""

import csv
import os

import numpy as np
import pytest
from osgeo import gdal, ogr
from qgis.core import QgsVectorLayer

from tests import mi_tiles
from tests.polygons import lunar_crs, write_polygons

from .conftest import ROOT, Feedback

STEP = 1 / 2048
OXIDES = ("Al2O3", "CaO", "FeO", "MgO", "TiO2")
BANDS = tuple(f"r{nm}" for nm in (415, 750, 900, 950, 1001, 1050, 1250, 1550))

#: The table that tests/training trains on; must stay what the algorithm writes.
SAMPLE_TABLE = ROOT / "tests" / "data" / "sites" / "synthetic_sites.csv"


def place(column, row, west=310.0, north=44.0):
    """Longitude and latitude of a position in the pixels of a tile."""
    return west - 360 * (west > 180) + (column - 0.5) * STEP, north - (row - 0.5) * STEP


def write_sites(path, rows, crs="IAU_2015:30100", kind=ogr.wkbPoint):
    """A GeoPackage of (point or None, {column: value}); columns are those of the first row."""
    dataset = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    reference = lunar_crs(crs) if isinstance(crs, str) else crs
    layer = dataset.CreateLayer("points", reference, kind)
    for name, value in rows[0][1].items():
        kind = ogr.OFTReal if isinstance(value, float) else ogr.OFTString
        layer.CreateField(ogr.FieldDefn(name, kind))
    for point, values in rows:
        feature = ogr.Feature(layer.GetLayerDefn())
        for name, value in values.items():
            feature[name] = value
        if point:
            feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT({point[0]!r} {point[1]!r})"))
        layer.CreateFeature(feature)
    return path


def read_table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return {row["site"]: row for row in csv.DictReader(file)}


def spectrum(row):
    return np.array([float(row[name]) for name in BANDS])


def mean(dn, rows, columns):
    return dn[list(mi_tiles.MODEL_PLANES)][:, rows, columns].reshape(8, -1).mean(axis=1) * 2e-5


@pytest.fixture()
def own_sites(tmp_path):
    """Four sites on the tile of the fixture `tile`, one beside it, one lost."""
    rows = [
        (place(30.2, 30.3), {"Name": "fine", "MISSION": "M1", "feo": 12.5, "TIO2": 3.0}),
        (place(6.4, 3.4), {"Name": "code", "MISSION": "M1", "feo": 11.0, "TIO2": 2.0}),
        (place(0.9, 20.2), {"Name": "dead", "MISSION": "M2", "feo": 10.0, "TIO2": 1.0}),
        (place(59.9, 39.9), {"Name": "corner", "MISSION": "M2", "feo": None, "TIO2": None}),
        (place(70, 20), {"Name": "beside", "MISSION": "M2", "feo": 9.0, "TIO2": 1.0}),
        (None, {"Name": "lost", "MISSION": "M2", "feo": 8.0, "TIO2": 1.0}),
    ]
    return write_sites(tmp_path / "own.gpkg", rows)


def test_own_sites(succeed, tile, own_sites, tmp_path):
    label, dn = tile
    parameters = {
        "INPUT": [str(label)],
        "SITES": own_sites,
        "WINDOW": 3,
        "OUTPUT": tmp_path / "sampled.gpkg",
        "TABLE": tmp_path / "sampled.csv",
    }
    results, feedback = succeed("samplesites", parameters)
    table = read_table(tmp_path / "sampled.csv")
    statuses = {name: row["status"] for name, row in table.items()}
    assert statuses == {
        "fine": "sampled",
        "code": "sampled",
        "dead": "no valid pixel",
        "corner": "sampled",
        "beside": "outside the raster",
        "lost": "no position",
    }
    assert results["SAMPLED"] == 3
    np.testing.assert_allclose(
        spectrum(table["fine"]), mean(dn, slice(29, 32), slice(29, 32)), atol=1e-7
    )
    np.testing.assert_allclose(
        spectrum(table["corner"]), mean(dn, slice(38, 40), slice(58, 60)), atol=1e-7
    )
    # Row 3 of the tile holds MI's codes in columns 5 to 9, which leaves six of nine pixels.
    assert [table[name]["pixels"] for name in table] == ["9", "6", "0", "4", "0", "0"]
    assert (table["fine"]["mission"], table["fine"]["FeO"]) == ("M1", "12.5")
    assert table["corner"]["FeO"] == table["beside"]["r415"] == ""
    assert "Al2O3" not in table["fine"]
    assert table["fine"]["synthetic"] == ""
    assert any(text == "outside the raster (1): beside" for text in feedback.info)
    layer = QgsVectorLayer(results["OUTPUT"], "sampled")
    assert layer.crs().authid() == "IAU_2015:30100"
    features = {feature["site"]: feature for feature in layer.getFeatures()}
    assert list(features) == list(table)
    assert features["fine"]["r750"] == float(table["fine"]["r750"])
    assert features["fine"]["s750"] == float(table["fine"]["s750"])
    assert features["lost"].geometry().isNull()
    assert features["fine"].geometry().asPoint().x() == pytest.approx(place(30.2, 30.3)[0])
    dataset = gdal.OpenEx(results["OUTPUT"])
    metadata = dataset.GetLayer(0).GetMetadata()
    assert metadata["LUNAR_OXIDE_ALGORITHM"] == "lunaroxide:samplesites"
    assert "SYNTHETIC" not in metadata


def test_fields_can_be_named(succeed, tile, tmp_path):
    rows = [(place(30, 30), {"site": "x", "station": "A", "trip": "T"})]
    sites = write_sites(tmp_path / "sites.gpkg", rows)
    parameters = {"INPUT": [str(tile[0])], "SITES": sites, "OUTPUT": tmp_path / "o.gpkg"}
    parameters["TABLE"] = tmp_path / "t.csv"
    succeed("samplesites", {**parameters, "SITE_FIELD": "station", "MISSION_FIELD": "trip"})
    assert read_table(tmp_path / "t.csv")["A"]["mission"] == "T"
    succeed("samplesites", parameters)
    assert read_table(tmp_path / "t.csv")["x"]["mission"] == ""


def test_bundled_sites_on_two_tiles(succeed, tmp_path):
    """Chang'E-5 on one tile, the Apollo 17 area on another; the first valid raster wins."""
    dn = mi_tiles.soils(64, 64, seed=1)
    dead = np.full_like(dn, -30000)
    apollo = mi_tiles.soils(700, 800, seed=2)
    corners = {"north": 43.0576 + 31.75 * STEP, "west": 308.0839 - 31.75 * STEP}
    tiles = [
        mi_tiles.write_tile(tmp_path, dead, name="DEAD", **corners),
        mi_tiles.write_tile(tmp_path, dn, name="CE5", **corners),
        mi_tiles.write_tile(tmp_path, dn // 2, name="LATER", **corners),
        mi_tiles.write_tile(tmp_path, apollo, name="APOLLO17", north=20.3, west=30.48),
    ]
    parameters = {
        "INPUT": [str(path) for path in tiles],
        "OUTPUT": tmp_path / "o.gpkg",
        "TABLE": tmp_path / "t.csv",
    }
    results, feedback = succeed("samplesites", parameters)
    table = read_table(tmp_path / "t.csv")
    assert len(table) == 40
    assert table["CE-5"]["reflectance_source"].startswith("CE5.lbl")
    # The lander lies in the upper left quarter of pixel (32, 32).
    np.testing.assert_allclose(
        spectrum(table["CE-5"]), mean(dn, slice(31, 33), slice(31, 33)), atol=1e-7
    )
    sampled = [name for name, row in table.items() if row["status"] == "sampled"]
    assert results["SAMPLED"] == len(sampled)
    assert "Apollo17S1" in sampled
    assert table["Apollo17S4"]["status"] == "no position"
    assert table["Luna16"]["status"] == "outside the raster"
    assert table["CE-5"]["FeO"] == "22.2"
    assert table["CE-5"]["position_quality"] == "lander (LRO frame)"
    (warning,) = [text for text in feedback.warnings if "Clementine" in text]
    assert "Apollo17S1" in warning
    assert "CE-5" not in warning
    assert "Apollo17LM" not in warning


def test_ground_truth_layer_can_be_given_as_sites(succeed, tmp_path):
    sites, _ = succeed("groundtruthsites", {"OUTPUT": tmp_path / "sites.gpkg"})
    tile = mi_tiles.write_tile(
        tmp_path, mi_tiles.soils(64, 64), north=43.0576 + 32 * STEP, west=308.0839 - 32 * STEP
    )
    tables = []
    for name, more in (("given", {"SITES": sites["OUTPUT"]}), ("bundled", {})):
        table = tmp_path / f"{name}.csv"
        parameters = {"INPUT": [str(tile)], "OUTPUT": tmp_path / f"{name}.gpkg", "TABLE": table}
        succeed("samplesites", {**parameters, **more})
        tables.append(table.read_text(encoding="utf-8"))
    assert tables[0] == tables[1]


def synthetic_sites():
    """Twelve invented sites of four missions on a synthetic tile, with invented chemistry."""
    random = np.random.default_rng(12)
    rows = []
    for number in range(12):
        point = place(10.3 + 12 * (number % 4), 8.4 + 12 * (number // 4))
        share = random.uniform(0, 1)
        oxides = [10 + 18 * share, 10 + 6 * share, 20 - 15 * share, 10 - 4 * share, 8 - 7 * share]
        values = {"site": f"invented {number + 1}", "mission": f"mission {number % 4 + 1}"}
        values.update({oxide: round(float(v), 2) for oxide, v in zip(OXIDES, oxides)})
        rows.append((point, values))
    rows.append((None, {**rows[0][1], "site": "invented and lost"}))
    return rows


def test_synthetic_table_is_the_one_that_training_is_tested_with(succeed, tmp_path):
    tile = mi_tiles.write_tile(tmp_path, mi_tiles.soils(40, 60, seed=8), name="SYNTHETIC_TILE")
    sites = write_sites(tmp_path / "sites.gpkg", synthetic_sites())
    table = tmp_path / "table.csv"
    parameters = {"INPUT": [str(tile)], "SITES": sites, "OUTPUT": tmp_path / "o.gpkg"}
    results, feedback = succeed("samplesites", {**parameters, "TABLE": table})
    assert results["SAMPLED"] == 12
    rows = read_table(table)
    assert {row["synthetic"] for name, row in rows.items() if "lost" not in name} == {"SYNTHETIC"}
    assert rows["invented 1"]["reflectance_source"].startswith("SYNTHETIC SYNTHETIC_TILE.lbl")
    assert any("not measurements" in text for text in feedback.warnings)
    dataset = gdal.OpenEx(results["OUTPUT"])
    assert dataset.GetLayer(0).GetMetadata()["SYNTHETIC"] == "YES"
    if os.environ.get("UPDATE_SAMPLE_TABLE"):
        SAMPLE_TABLE.write_text(table.read_text(encoding="utf-8"), encoding="utf-8")
    assert table.read_text(encoding="utf-8") == SAMPLE_TABLE.read_text(encoding="utf-8")


def test_bands_and_scale_of_a_stack_without_metadata(succeed, tile, own_sites, tmp_path):
    label, dn = tile
    opened = gdal.Open(str(succeed_import(succeed, label, tmp_path)))
    path = tmp_path / "stack.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), 60, 40, 9, gdal.GDT_Int16)
    dataset.SetProjection(opened.GetProjection())
    dataset.SetGeoTransform(opened.GetGeoTransform())
    for index, plane in enumerate(dn[::-1]):
        dataset.GetRasterBand(index + 1).WriteArray(plane)
    dataset = None
    bands = ",".join(str(9 - plane) for plane in mi_tiles.MODEL_PLANES)
    parameters = {"INPUT": [str(path)], "SITES": own_sites, "BANDS": bands, "SCALE": 2e-5}
    parameters.update({"OUTPUT": tmp_path / "o.gpkg", "TABLE": tmp_path / "t.csv"})
    succeed("samplesites", parameters)
    found = spectrum(read_table(tmp_path / "t.csv")["fine"])
    np.testing.assert_allclose(found, mean(dn, slice(29, 31), slice(29, 31)), atol=1e-7)


def test_files_of_one_band_each(succeed, tile, own_sites, tmp_path):
    label, dn = tile
    imported = gdal.Open(str(succeed_import(succeed, label, tmp_path)))
    paths = []
    for number, name in enumerate(BANDS, start=1):
        path = tmp_path / f"mosaic_{name[1:]}nm.tif"
        gdal.Translate(str(path), imported, bandList=[number])
        paths.append(str(path))
    parameters = {"INPUT": paths, "SITES": own_sites, "OUTPUT": tmp_path / "o.gpkg"}
    results, _ = succeed("samplesites", {**parameters, "TABLE": tmp_path / "t.csv"})
    assert results["SAMPLED"] == 3
    found = spectrum(read_table(tmp_path / "t.csv")["fine"])
    np.testing.assert_allclose(found, mean(dn, slice(29, 31), slice(29, 31)), atol=1e-7)


def succeed_import(succeed, label, folder):
    succeed("importmimap", {"INPUT": [str(label)], "OUTPUT": folder / "imported.tif"})
    return folder / "imported.tif"


def test_refusals(refused, tile, tmp_path):
    def message(name, rows, more=None, **options):
        sites = write_sites(tmp_path / f"{name}.gpkg", rows, **options)
        parameters = {"INPUT": [str(tile[0])], "SITES": sites, "OUTPUT": tmp_path / "o.gpkg"}
        return refused("samplesites", {**parameters, **(more or {})})

    point = place(30, 30)
    earth = lunar_crs("EPSG:4326")
    assert "not on the Moon" in message("earth", [(point, {"site": "a"})], crs=earth)
    twice = [(point, {"site": "a"}), (point, {"site": "a"})]
    assert "names these sites twice: a" in message("twice", twice)
    text = message("text", [(point, {"site": "a", "FeO": "much"})])
    assert "Site 'a' of SITES: FeO is 'much'" in text
    text = message("fill", [(point, {"site": "a", "FeO": -9999.0})])
    assert "Site 'a' of SITES: FeO is '-9999.0'" in text
    assert "SITE_FIELD is b" in message("field", [(point, {"site": "a"})], {"SITE_FIELD": "b"})
    assert "WINDOW" in message("window", [(point, {"site": "a"})], {"WINDOW": 4})
    output = {"OUTPUT": tmp_path / "o.shp"}
    assert "gpkg" in message("shape", [(point, {"site": "a"})], output)
    sites = tmp_path / "shape.gpkg"
    assert "would overwrite" in refused(
        "samplesites", {"INPUT": [str(tile[0])], "SITES": sites, "OUTPUT": sites}
    )
    polygons = write_polygons(tmp_path / "p.gpkg", {"unit": "POLYGON((0 0, 1 0, 1 1, 0 0))"})
    assert "Use a layer of points" in refused(
        "samplesites", {"INPUT": [str(tile[0])], "SITES": polygons, "OUTPUT": tmp_path / "o.gpkg"}
    )


def test_cancelling_leaves_nothing(refused, tile, own_sites, tmp_path):
    feedback = Feedback()
    feedback.cancel()
    parameters = {"INPUT": [str(tile[0])], "SITES": own_sites, "OUTPUT": tmp_path / "o.gpkg"}
    assert "Cancelled" in refused("samplesites", parameters, feedback)

"""What layers say of their features, on its way to values, tables and results."""

import csv
import json
from datetime import date, datetime

import numpy as np
import pytest
from osgeo import ogr
from qgis.core import NULL, QgsField, QgsGeometry
from qgis.PyQt.QtCore import QByteArray, QDate, QDateTime, QTime, QTimeZone, QVariant

from lunar_oxide_plugin.processing.attributes import attribute, attribute_text, column
from tests.polygons import lunar_crs

from .test_zonal_oxides import rows_in

SQUARE = "POLYGON(({0} 43.5, {1} 43.5, {1} 43.8, {0} 43.8, {0} 43.5))"
SQUARES = [SQUARE.format(-49.9 + 0.2 * n, -49.75 + 0.2 * n) for n in range(4)]

WHEN = QDateTime(QDate(2021, 5, 3), QTime(10, 11, 12, 250))
PLUS_TWO = QDateTime(QDate(2021, 5, 3), QTime(10, 11, 12), QTimeZone(7200))

#: A value as QGIS gives it, as Python's, and as text.
VALUES = [
    (None, None, ""),
    (NULL, None, ""),
    (QVariant(), None, ""),
    (float("nan"), None, ""),
    (QDate(), None, ""),
    (QTime(), None, ""),
    (QDateTime(), None, ""),
    (QByteArray(), None, ""),
    ("mare\n2", "mare\n2", "mare\n2"),
    ("half \ud83c", "half \ufffd", "half \ufffd"),
    (7, 7, "7"),
    (2**64 - 1, 2**64 - 1, "18446744073709551615"),
    (1.5, 1.5, "1.5"),
    (True, True, "true"),
    (False, False, "false"),
    (QDate(2021, 5, 3), "2021-05-03", "2021-05-03"),
    (QTime(10, 11, 12), "10:11:12", "10:11:12"),
    (WHEN, "2021-05-03T10:11:12.250", "2021-05-03T10:11:12.250"),
    (PLUS_TWO, "2021-05-03T10:11:12+02:00", "2021-05-03T10:11:12+02:00"),
    (QByteArray(b"\x00\xff"), b"\x00\xff", "AP8="),
    (["mare", "dome"], '["mare", "dome"]', '["mare", "dome"]'),
    ([1, NULL, QDate(2021, 5, 3)], '[1, null, "2021-05-03"]', '[1, null, "2021-05-03"]'),
    ({"age": 3.4, "Δ": [True]}, '{"age": 3.4, "Δ": [true]}', '{"age": 3.4, "Δ": [true]}'),
    (QgsGeometry.fromWkt("POINT(1 2)"), "Point (1 2)", "Point (1 2)"),
]


def constant(values):
    """Bands of 40 x 60 pixels with one value each."""
    return np.full((60, 40, len(values)), values, np.float32).T


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def geojson(path, properties, shapes=SQUARES):
    """A file of features with these properties."""
    features = [
        {
            "type": "Feature",
            "properties": of,
            "geometry": json.loads(ogr.CreateGeometryFromWkt(wkt).ExportToJson()),
        }
        for of, wkt in zip(properties, shapes)
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:IAU_2015::30100"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    return path


def numbered(path, numbers, key="fid"):
    """A GeoPackage of polygons with these numbers, and the number in a note."""
    dataset = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = dataset.CreateLayer("zones", lunar_crs(), ogr.wkbPolygon, [f"FID={key}"])
    layer.CreateField(ogr.FieldDefn("note"))
    layer.CreateField(ogr.FieldDefn("nothing"))
    for number, wkt in zip(numbers, SQUARES):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetFID(number)
        feature["note"] = f"polygon {number}"
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
        layer.CreateFeature(feature)
    return path


@pytest.mark.parametrize(("value", "plain", "text"), VALUES)
def test_values(value, plain, text):
    found = attribute(value)
    assert (type(found), found) == (type(plain), plain)
    assert attribute_text(value) == text


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        (QVariant.Int, [1, NULL], (int, [1, None])),
        (QVariant.ULongLong, [1, 2**63 - 1], (int, [1, 2**63 - 1])),
        (QVariant.ULongLong, [1, 2**63], (str, ["1", "9223372036854775808"])),
        (QVariant.Double, [1, 2.5, float("nan")], (float, [1, 2.5, None])),
        (QVariant.Bool, [True, NULL], (bool, [True, None])),
        (QVariant.Date, [QDate(2021, 5, 3), NULL], (date, ["2021-05-03", None])),
        (QVariant.DateTime, [WHEN], (datetime, ["2021-05-03T10:11:12.250"])),
        (QVariant.Time, [QTime(1, 2, 3)], (str, ["01:02:03"])),
        (QVariant.ByteArray, [QByteArray(b"a"), NULL], (bytes, [b"a", None])),
        (QVariant.List, [[1, 2]], (str, ["[1, 2]"])),
        (QVariant.Int, [1, "Autogenerate"], (str, ["1", "Autogenerate"])),
    ],
)
def test_columns(kind, values, expected):
    assert column(QgsField("a", kind), values) == expected


def test_a_column_of_each_type(succeed, oxide_raster, tmp_path):
    """In a GeoPackage of their own type; dates as the name of a unit in ISO 8601."""
    kinds = {
        "mapped": (ogr.OFTDate, "2021/05/03"),
        "seen": (ogr.OFTDateTime, "2021/05/03 10:11:12"),
        "count": (ogr.OFTInteger64, 2**62),
        "age": (ogr.OFTReal, 3.4),
        "old": (ogr.OFTInteger, 1),
        "raw": (ogr.OFTBinary, None),
    }
    zones = tmp_path / "zones.gpkg"
    dataset = ogr.GetDriverByName("GPKG").CreateDataSource(str(zones))
    layer = dataset.CreateLayer("zones", lunar_crs(), ogr.wkbPolygon)
    for name, (kind, _) in kinds.items():
        definition = ogr.FieldDefn(name, kind)
        definition.SetSubType(ogr.OFSTBoolean if name == "old" else ogr.OFSTNone)
        layer.CreateField(definition)
    for wkt in SQUARES[:2]:
        feature = ogr.Feature(layer.GetLayerDefn())
        if wkt == SQUARES[0]:  # the other has NULL everywhere
            for name, (_, value) in kinds.items():
                if value is not None:
                    feature[name] = value
            feature.SetFieldBinaryFromHexString(feature.GetFieldIndex("raw"), "00FF")
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
        layer.CreateFeature(feature)
    layer = dataset = None
    given = {"INPUT": oxide_raster()[0], "ZONES": zones, "NAME_FIELD": "mapped"}
    table = tmp_path / "units.csv"
    succeed("zonaloxides", {**given, "OUTPUT": tmp_path / "units.gpkg", "TABLE": table})
    dataset = ogr.Open(str(tmp_path / "units.gpkg"))
    layer = dataset.GetLayer(0)
    definition = layer.GetLayerDefn()
    for name, (kind, _) in kinds.items():
        assert definition.GetFieldDefn(definition.GetFieldIndex(name)).GetType() == kind, name
    old = definition.GetFieldDefn(definition.GetFieldIndex("old"))
    assert old.GetSubType() == ogr.OFSTBoolean
    first, second = layer.GetNextFeature(), layer.GetNextFeature()
    values = {name: first.GetFieldAsString(name) for name in kinds}
    assert values["mapped"] == "2021/05/03"
    assert values["seen"].startswith("2021/05/03 10:11:12")
    assert [values[name] for name in ("count", "age", "old", "raw")] == [
        *(str(2**62), "3.4", "1", "00FF"),
    ]
    assert all(second.IsFieldNull(name) for name in kinds)
    assert [row["unit"] for row in rows_of(table)] == ["2021-05-03", "2"]


def test_lists_and_maps_are_json(succeed, oxide_raster, tmp_path):
    zones = geojson(tmp_path / "zones.geojson", [{"tags": ["mare", "dome"], "d": {"age": 3.4}}])
    given = {"INPUT": oxide_raster()[0], "ZONES": zones, "NAME_FIELD": "tags"}
    table = tmp_path / "units.csv"
    succeed("zonaloxides", {**given, "OUTPUT": tmp_path / "units.gpkg", "TABLE": table})
    (row,) = rows_in(tmp_path / "units.gpkg")
    assert json.loads(row["tags"]) == ["mare", "dome"]
    assert json.loads(row["d"]) == {"age": 3.4}
    assert json.loads(rows_of(table)[0]["unit"]) == ["mare", "dome"]


@pytest.mark.parametrize("name_field", ["fid", "", "nothing"])
def test_a_join_by_fid_gives_the_right_unit(succeed, oxide_raster, tmp_path, name_field):
    """Polygons were deleted, so the numbers have gaps. Those without a name are called by them."""
    zones = numbered(tmp_path / "zones.gpkg", [2, 3, 7])
    given = {"INPUT": oxide_raster()[0], "ZONES": zones, "NAME_FIELD": name_field}
    table = tmp_path / "units.csv"
    succeed("zonaloxides", {**given, "OUTPUT": tmp_path / "units.gpkg", "TABLE": table})
    rows = {row["fid"]: row for row in rows_in(tmp_path / "units.gpkg")}
    assert {fid: row["note"] for fid, row in rows.items()} == {
        2: "polygon 2",
        3: "polygon 3",
        7: "polygon 7",
    }
    for row in rows_of(table):
        assert float(row["FeO"]) == pytest.approx(rows[int(row["unit"])]["FeO_mean"], abs=5e-5)


def test_a_key_of_another_name_numbers_the_rows_too(succeed, oxide_raster, tmp_path):
    zones = numbered(tmp_path / "zones.gpkg", [5, 4, 9], "OBJECTID")
    given = {"INPUT": oxide_raster()[0], "ZONES": zones, "OUTPUT": tmp_path / "units.gpkg"}
    succeed("zonaloxides", given)
    rows = rows_in(tmp_path / "units.gpkg")
    assert [(row["fid"], row["OBJECTID"], row["note"]) for row in rows] == [
        (4, 4, "polygon 4"),
        (5, 5, "polygon 5"),
        (9, 9, "polygon 9"),
    ]


def test_without_a_key_rows_have_the_numbers_of_the_table(succeed, oxide_raster, tmp_path):
    """The readers of GeoJSON and shapefiles count from 0, which is stored nowhere."""
    zones = geojson(tmp_path / "zones.geojson", [{"id": 0, "a": "x"}, {"id": 1, "a": "y"}])
    table = tmp_path / "units.csv"
    given = {"INPUT": oxide_raster()[0], "ZONES": zones, "OUTPUT": tmp_path / "units.gpkg"}
    succeed("zonaloxides", {**given, "TABLE": table})
    rows = {row["fid"]: row for row in rows_in(tmp_path / "units.gpkg")}
    assert [(fid, row["id"], row["a"]) for fid, row in rows.items()] == [(1, 0, "x"), (2, 1, "y")]
    for row in rows_of(table):
        assert float(row["FeO"]) == pytest.approx(rows[int(row["unit"])]["FeO_mean"], abs=5e-5)


def test_units_with_an_empty_name_are_called_by_their_number(succeed, oxide_raster, tmp_path):
    zones = geojson(tmp_path / "z.geojson", [{"unit": text} for text in ("a", "", "  ", None)])
    table = tmp_path / "t.csv"
    outputs = {"OUTPUT": tmp_path / "units.gpkg", "TABLE": table}
    succeed(
        "zonaloxides", {"INPUT": oxide_raster()[0], "ZONES": zones, "NAME_FIELD": "unit", **outputs}
    )
    assert [row["unit"] for row in rows_of(table)] == ["a", "2", "3", "4"]


@pytest.mark.parametrize(
    "values", [["crater-7", "crater-8"], [3, 3], [1.5, 2.5], [-1, 2], [4, None]]
)
def test_what_cannot_number_rows_is_renamed(succeed, oxide_raster, tmp_path, values):
    zones = geojson(
        tmp_path / "zones.geojson",
        [{"FID": value, "geom": "round", "Fid_2": "x"} for value in values],
    )
    given = {"INPUT": oxide_raster()[0], "ZONES": zones, "OUTPUT": tmp_path / "units.gpkg"}
    _, feedback = succeed("zonaloxides", {**given, "NAME_FIELD": "FID"})
    rows = rows_in(tmp_path / "units.gpkg")
    assert [attribute(row["FID_3"]) for row in rows] == values
    assert {(row["geom_2"], row["Fid_2"]) for row in rows} == {("round", "x")}
    warned = " ".join(feedback.warnings)
    assert "'FID' is 'FID_3'" in warned
    assert "'geom' is 'geom_2'" in warned


def test_statistics_of_a_result(succeed, oxide_raster, tmp_path):
    """Its columns stay, under other names; the new ones have the usual names."""
    zones = numbered(tmp_path / "zones.gpkg", [2, 3])
    first, second, third = (tmp_path / f"{n}.gpkg" for n in range(3))
    low, high = (oxide_raster(values=constant([value] * 5))[0] for value in (5, 9))
    succeed("zonaloxides", {"INPUT": low, "ZONES": zones, "OUTPUT": first})
    _, feedback = succeed("zonaloxides", {"INPUT": high, "ZONES": first, "OUTPUT": second})
    assert "'FeO_mean' is 'FeO_mean_2'" in " ".join(feedback.warnings)
    succeed("zonaloxides", {"INPUT": low, "ZONES": second, "OUTPUT": third})
    for row in rows_in(third):
        means = [row[name] for name in ("FeO_mean", "FeO_mean_3", "FeO_mean_2")]
        assert means == pytest.approx([5, 9, 5])
        assert row["note"] == f"polygon {row['fid']}"


def test_bands_with_names_that_a_column_cannot_tell_apart(succeed, oxide_raster, tmp_path):
    """Each keeps its own numbers."""
    names = ("FeO", "feo", "x (a)", "x [a]", "%")
    path, *_ = oxide_raster(values=constant([2, 3, 4, 5, 6]), names=names)
    zones = geojson(tmp_path / "zones.geojson", [{"unit": "a"}])
    table = tmp_path / "units.csv"
    given = {"INPUT": path, "ZONES": zones, "OUTPUT": tmp_path / "units.gpkg", "TABLE": table}
    succeed("zonaloxides", given)
    (row,) = rows_in(tmp_path / "units.gpkg")
    columns = ("FeO_mean", "feo_2_mean", "x_a_mean", "x_a_2_mean", "band_mean")
    assert [row[name] for name in columns] == pytest.approx([2, 3, 4, 5, 6])


def test_bands_called_like_columns_of_the_table(succeed, oxide_raster, tmp_path):
    names = ("unit", "area_km2", "Mg# of means", "MgO", "FeO")
    path, *_ = oxide_raster(values=constant([2, 3, 4, 5, 6]), names=names)
    table = tmp_path / "units.csv"
    zones = geojson(tmp_path / "zones.geojson", [{"unit": "a"}])
    given = {"INPUT": path, "ZONES": zones, "OUTPUT": tmp_path / "units.gpkg", "TABLE": table}
    succeed("zonaloxides", {**given, "NAME_FIELD": "unit"})
    (row,) = rows_of(table)
    assert len(row) == len(table.read_text().splitlines()[0].split(","))
    assert row["unit"] == "a"
    found = [float(row[name]) for name in ("unit_2", "area_km2_2", "Mg# of means_2")]
    assert found == [2, 3, 4]
    of_means = 5 / 40.304 / (5 / 40.304 + 6 / 71.844)
    assert float(row["Mg# of means"]) == pytest.approx(of_means, abs=1e-4)


def test_sites_with_lists_and_fields_of_one_name(succeed, refused, tile, tmp_path):
    row = {"site": ["a", 1], "mission": "2020-12-01", "FeO": 12.5, "feo": 99}
    place = ["POINT(-49.99 43.99)"]
    sites = geojson(tmp_path / "sites.geojson", [row], place)
    table = tmp_path / "t.csv"
    given = {"INPUT": [str(tile[0])], "OUTPUT": tmp_path / "o.gpkg"}
    succeed("samplesites", {**given, "SITES": sites, "TABLE": table})
    (found,) = rows_of(table)
    assert json.loads(found["site"]) == ["a", 1]
    assert (found["mission"], found["FeO"]) == ("2020-12-01", "12.5")
    (tmp_path / "o.gpkg").unlink()
    unclear = geojson(tmp_path / "unclear.geojson", [{"FEO": 12.5, "feo": 99}], place)
    text = refused("samplesites", {**given, "SITES": unclear})
    assert "FEO and feo, which differ in letter case only" in text
    wrong = geojson(tmp_path / "wrong.geojson", [{"site": "a", "FeO": True}], place)
    assert "FeO is 'true'" in refused("samplesites", {**given, "SITES": wrong})

"""Polygons written as a GeoPackage."""

import sqlite3
from contextlib import closing
from datetime import date, datetime

import pytest
from osgeo import gdal, ogr

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.moon.crs import (
    EQUIRECTANGULAR_WKT,
    GEOGRAPHIC_WKT,
    spatial_reference,
)
from lunar_oxide_plugin.raster.writing import geopackage
from lunar_oxide_plugin.raster.writing.geopackage import write_points, write_polygons

FIELDS = {"unit": str, "pixels": int, "mean": float}


def wkb(text):
    return bytes(ogr.CreateGeometryFromWkt(text).ExportToWkb())


SQUARE = wkb("POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))")
TWO = wkb("MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))")


@pytest.mark.parametrize("wkt", [GEOGRAPHIC_WKT, EQUIRECTANGULAR_WKT])
def test_round_trip(tmp_path, wkt):
    path = tmp_path / "units.gpkg"
    rows = [(SQUARE, ["Mairan \u0394 'T'", 3, 1.25]), (TWO, [None, None, None])]
    write_polygons(path, "units", wkt, FIELDS, rows, "failed")
    dataset = gdal.OpenEx(str(path))
    layer = dataset.GetLayer("units")
    features = [layer.GetNextFeature(), layer.GetNextFeature()]
    assert [features[0][name] for name in FIELDS] == ["Mairan \u0394 'T'", 3, 1.25]
    assert [features[1][name] for name in FIELDS] == [None, None, None]
    assert features[0].GetGeometryRef().GetArea() == 1
    assert features[1].GetGeometryRef().GetGeometryCount() == 2
    assert layer.GetNextFeature() is None
    reference = layer.GetSpatialRef()
    assert reference.IsSame(spatial_reference(wkt), ["IGNORE_DATA_AXIS_TO_SRS_AXIS_MAPPING=YES"])
    # With the authority GDAL 3.6 would keep "IAU", which PROJ does not know.
    assert reference.GetAuthorityName(None) is None


def test_types_and_numbers(tmp_path):
    """Each type of column by its own, and rows by the numbers given, from 0 on."""
    path = tmp_path / "units.gpkg"
    fields = {"old": bool, "day": date, "seen": datetime, "raw": bytes, "fid": str, "big": int}
    values = [True, "2021-05-03", "2021-05-03T10:11:12+02:00", b"\x00\xff", "seven", 2**63 - 1]
    rows = [(SQUARE, values), (SQUARE, [None] * 6)]
    write_polygons(path, "units", GEOGRAPHIC_WKT, fields, rows, "failed", ("Number", [7, 0]))
    dataset = gdal.OpenEx(str(path))
    layer = dataset.GetLayer(0)
    assert layer.GetFIDColumn() == "Number"
    definition = layer.GetLayerDefn()
    columns = [definition.GetFieldDefn(index) for index in range(6)]
    assert [column.GetTypeName() for column in columns] == [
        *("Integer", "Date", "DateTime", "Binary", "String", "Integer64"),
    ]
    assert columns[0].GetSubType() == ogr.OFSTBoolean
    full, empty = layer.GetFeature(7), layer.GetFeature(0)
    assert [full.GetField(name) for name in ("old", "fid", "big")] == [1, "seven", 2**63 - 1]
    assert full.GetFieldAsString("day") == "2021/05/03"
    # GDAL's own choice: the time of the zone with the zone, or in UTC.
    hour = int(full.GetFieldAsString("seen")[11:13])
    assert (full.GetFieldAsString("seen")[:10], hour in (8, 10)) == ("2021/05/03", True)
    assert full.GetFieldAsString("raw") == "00FF"
    assert all(empty.IsFieldNull(name) for name in fields)


def test_columns_with_names_that_databases_know(tmp_path):
    path = tmp_path / "units.gpkg"
    names = ["rowid", "oid", "_rowid_", "ogc_fid", "select", 'a"b', "two\nlines", ";", "x" * 300]
    fields = dict.fromkeys(names, int)
    write_polygons(path, "units", GEOGRAPHIC_WKT, fields, [(SQUARE, range(9))], "failed")
    dataset = gdal.OpenEx(str(path))
    layer = dataset.GetLayer(0)
    feature = layer.GetNextFeature()
    assert [(feature.GetFID(), feature.GetField(name)) for name in names] == [
        (1, number) for number in range(9)
    ]
    layer.SetSpatialFilterRect(0.4, 0.4, 0.5, 0.5)
    assert layer.GetFeatureCount() == 1


def test_refusals(tmp_path):
    with pytest.raises(RasterError, match=r"failed: .* \.gpkg name"):
        write_polygons(tmp_path / "a.shp", "units", GEOGRAPHIC_WKT, FIELDS, [], "failed")
    missing = tmp_path / "no" / "a.gpkg"
    with pytest.raises(RasterError, match="failed"):
        write_polygons(missing, "units", GEOGRAPHIC_WKT, FIELDS, [], "failed")


def test_points_with_and_without_a_place(tmp_path):
    path = tmp_path / "sites.gpkg"
    rows = [((-50.5, 43.25), ["CE-5", 4, None]), (None, ["lost", 0, None])]
    write_points(path, "sites", GEOGRAPHIC_WKT, FIELDS, rows, "failed", {"SYNTHETIC": "YES"})
    dataset = gdal.OpenEx(str(path))
    layer = dataset.GetLayer("sites")
    assert layer.GetGeomType() == ogr.wkbPoint
    assert layer.GetMetadata()["SYNTHETIC"] == "YES"
    first, second = layer.GetNextFeature(), layer.GetNextFeature()
    assert first.GetGeometryRef().GetPoint_2D() == (-50.5, 43.25)
    assert [first[name] for name in FIELDS] == ["CE-5", 4, None]
    assert second.GetGeometryRef() is None
    assert second["unit"] == "lost"


@pytest.mark.parametrize("count", [0, 1, 3, 7])
def test_the_spatial_index_grows_with_the_features(tmp_path, monkeypatch, count):
    """Made of all of them at the end, it would keep a run from being cancelled for seconds."""
    monkeypatch.setattr(geopackage, "_TRANSACTION", 3)
    path, seen = tmp_path / "units.gpkg", []

    def indexed():
        with closing(sqlite3.connect(path)) as base:
            return base.execute("SELECT count(*) FROM rtree_units_geom").fetchone()[0]

    def rows():
        for number in range(count):
            seen.append(indexed())
            yield SQUARE, [str(number), number, None]

    write_polygons(path, "units", GEOGRAPHIC_WKT, FIELDS, rows(), "failed")
    assert seen == [number // 3 * 3 for number in range(count)]
    assert indexed() == count
    dataset = gdal.OpenEx(str(path))
    layer = dataset.GetLayer(0)
    layer.SetSpatialFilterRect(0.2, 0.2, 0.4, 0.4)
    assert layer.GetFeatureCount() == count

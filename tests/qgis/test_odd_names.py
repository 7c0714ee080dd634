"""Names that users have, and names that somebody means ill by: folders, files, units, fields."""

import csv
import os

import pytest
from osgeo import gdal, ogr

from tests import mi_tiles
from tests.polygons import write_polygons

from .conftest import read
from .test_workflow import POLYGONS
from .test_zonal_oxides import rows_in

#: Of 250 bytes, the most that disks take being 255.
LONG = "Höhe " * 41 + "Ende"

SIGNS = 'Kepler\'s "dôme" `x` <b>A&amp;B & <i>C 50% #1; $H {a} [b] *~^!@,=+'

#: Folders in each other, and how the names of the files begin.
PLACES = {
    "long and unicode": ((LONG,), " Köpf  月面 Ω 🌖 "),
    "spaces, quotes and signs": ((" Kepler  crater (copy) ", SIGNS), SIGNS[:60]),
}


@pytest.mark.parametrize(("folders", "stem"), PLACES.values(), ids=PLACES)
def test_every_algorithm(succeed, tmp_path, folders, stem):
    """In folders and under names of every kind; results are those of a plain folder."""
    folder = tmp_path.joinpath(*folders)
    folder.mkdir(parents=True)

    def at(kind, ending):
        return folder / f"{stem} {kind}{ending}"

    zones = write_polygons(at("zones", ".gpkg"), POLYGONS)
    tile = mi_tiles.write_tile(folder, mi_tiles.soils(40, 60), name="T")  # labels are ASCII
    outputs = {
        "importmimap": {"INPUT": tile, "OUTPUT": at("import", ".tif")},
        "predictoxides": {
            "INPUT": at("import", ".tif"),
            "OUTPUT": at("oxides", ".tif"),
            "OUTPUT_UNCERTAINTY": at("sigma", ".tif"),
            "OUTPUT_DOMAIN": at("domain", ".tif"),
        },
        "empiricaloxides": {"INPUT": tile, "OUTPUT": at("ratios", ".tif")},
        "mgnumber": {"INPUT": at("oxides", ".tif"), "OUTPUT": at("mg", ".tif")},
        "oxidergb": {
            "INPUT": at("oxides", ".tif"),
            "OUTPUT": at("rgb", ".tif"),
            "LEGEND": at("legend", ".png"),
        },
        "zonaloxides": {
            "ZONES": zones,
            "INPUT": at("oxides", ".tif"),
            "NAME_FIELD": "unit",
            "UNCERTAINTY": at("sigma", ".tif"),
            "OUTPUT": at("units", ".gpkg"),
            "TABLE": at("units", ".csv"),
            "REPORT": at("units", ".html"),
        },
        "oxidehistogram": {
            "INPUT": [str(at("oxides", ".tif"))],
            "REPORT": at("histogram", ".html"),
            "TABLE": at("histogram", ".csv"),
        },
        "classifyterrain": {
            "INPUT": at("oxides", ".tif"),
            "OUTPUT": at("classes", ".tif"),
            "POLYGONS": at("classes", ".gpkg"),
            "REPORT": at("classes", ".html"),
        },
        "comparemaps": {
            "INPUT": at("oxides", ".tif"),
            "REFERENCE": at("ratios", ".tif"),
            "OXIDE": 2,
            "OUTPUT": at("difference", ".tif"),
            "REPORT": at("difference", ".html"),
        },
        "groundtruthsites": {"OUTPUT": at("sites", ".gpkg")},
        "samplesites": {
            "INPUT": [str(tile)],
            "SITES": at("sites", ".gpkg"),
            "OUTPUT": at("samples", ".gpkg"),
        },
    }
    if "'" in stem:  # it takes five seconds
        outputs["demoscene"] = {"OUTPUT": folder / "demo.lbl", "ZONES": at("demo", ".gpkg")}
    for algorithm, parameters in outputs.items():
        succeed(algorithm, parameters)
        for name, value in parameters.items():
            assert isinstance(value, (str, list)) or value == 2 or value.is_file(), (name, value)
    assert read(at("oxides", ".tif")).shape == (5, 40, 60)
    assert sorted(row["unit"] for row in rows_in(at("units", ".gpkg"))) == sorted(POLYGONS)
    # Nothing was written elsewhere, under a name that was cut or taken apart.
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {folder}
    page = at("units", ".html").read_text("utf-8")
    assert "<b>A" not in page


def test_names_as_long_as_a_disk_takes(succeed, tmp_path):
    """250 bytes with the ending.

    Of GeoPackages 8 less: SQLite, and so QGIS, opens only what leaves room for "-journal".
    """
    folder = tmp_path

    def long(first, ending):
        spare = 242 if ending == ".gpkg" else 250
        return folder / f"{first}{'é' * ((spare - 1 - len(ending)) // 2)}{ending}"

    tile = mi_tiles.write_tile(folder, mi_tiles.soils(40, 60), name="T")
    oxides = long("o", ".tif")
    assert len(os.fsencode(oxides.name)) in (249, 250)
    zones = write_polygons(long("z", ".gpkg"), POLYGONS)
    succeed("predictoxides", {"INPUT": tile, "OUTPUT": oxides})
    succeed("mgnumber", {"INPUT": oxides, "OUTPUT": long("m", ".tif")})
    given = {"OUTPUT": long("u", ".gpkg"), "REPORT": long("u", ".html")}
    succeed("zonaloxides", {"INPUT": oxides, "ZONES": zones, "NAME_FIELD": "unit", **given})
    assert all(path.is_file() for path in given.values())


def test_a_name_that_no_disk_takes(refused, tile, tmp_path):
    text = refused("predictoxides", {"INPUT": tile[0], "OUTPUT": tmp_path / f"{'x' * 300}.tif"})
    assert "cannot be written: File name too long" in text


NAMES = [
    "'; DROP TABLE zones; --",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a,b;c\td",
    "two\nlines",
    "\u202ereversed\u202c",
    "{0.__class__} %s %n $(id)",
    "x" * 5000,
    "",
]


def test_units_and_fields_with_hostile_names(succeed, oxide_raster, tmp_path):
    """They come back as they are in tables, and as text in the page."""
    dataset = ogr.GetDriverByName("GPKG").CreateDataSource(str(tmp_path / "zones.gpkg"))
    source = ogr.Open(str(write_polygons(tmp_path / "plain.gpkg", {"a": UNIT})))
    crs = source.GetLayer(0).GetSpatialRef()
    layer = dataset.CreateLayer("a'b\"c; <i>", crs, ogr.wkbPolygon)
    field = "na'me\" <b> %s --"  # QGIS itself takes a ; for the end of a name
    for name in (field, "theirs"):
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTString))
    for name in NAMES:
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetField(field, name)
        feature.SetField("theirs", "<i>=1+1</i>")
        feature.SetGeometry(ogr.CreateGeometryFromWkt(UNIT))
        layer.CreateFeature(feature)
    layer = dataset = None
    raster = oxide_raster(metadata={"LUNAR_OXIDE_MODEL": "<script>alert(2)</script>"})[0]
    outputs = {
        "OUTPUT": tmp_path / "units.gpkg",
        "TABLE": tmp_path / "units.csv",
        "SEPARATION": tmp_path / "separation.csv",
        "REPORT": tmp_path / "units.html",
    }
    given = {"INPUT": raster, "ZONES": tmp_path / "zones.gpkg", "NAME_FIELD": field}
    succeed("zonaloxides", {**given, **outputs})
    features = rows_in(outputs["OUTPUT"])
    assert [feature[field] for feature in features] == NAMES
    assert all(isinstance(feature["FeO_mean"], float) for feature in features)
    assert {feature["theirs"] for feature in features} == {"<i>=1+1</i>"}
    with outputs["TABLE"].open(newline="", encoding="utf-8") as file:
        units = [row["unit"] for row in csv.DictReader(file)]
    # A unit without a name is called by its number.
    assert units == [name or str(number) for number, name in enumerate(NAMES, start=1)]
    page = outputs["REPORT"].read_text("utf-8").lower()
    assert "&lt;script&gt;alert(1)" in page
    for forbidden in ("<script", "<img src=x", "onerror=alert(1)>", "<i>", "<b>"):
        assert forbidden not in page.replace("&quot;&gt;&lt;img src=x onerror=alert(1)&gt;", "")


UNIT = "POLYGON((-49.9 43.9, -49.4 43.9, -49.4 43.5, -49.9 43.5, -49.9 43.9))"


def test_bands_and_metadata_with_hostile_names(run, succeed, oxide_raster, tmp_path):
    names = ("<script>alert(1)</script>", "CaO", "FeO'; --", "MgO", "TiO2")
    path, *_ = oxide_raster(names=names)
    _, ok, feedback = run("mgnumber", {"INPUT": path, "OUTPUT": tmp_path / "mg.tif"})
    assert not ok
    assert "no single band described as FeO" in " ".join(feedback.errors)
    report = tmp_path / "page.html"
    succeed(
        "classifyterrain",
        {
            **{"INPUT": path, "FEO_BAND": 3, "OUTPUT": tmp_path / "classes.tif"},
            "REPORT": report,
        },
    )
    assert "<script" not in report.read_text("utf-8")


def test_code_in_a_virtual_raster_is_not_run(run, tile, tmp_path):
    """GDAL can run Python that a .vrt brings along; it is not allowed to."""
    label, _ = tile
    gdal.Translate(str(tmp_path / "plain.vrt"), str(label))
    text = (tmp_path / "plain.vrt").read_text()
    ran = tmp_path / "ran"
    code = (
        "<PixelFunctionType>f</PixelFunctionType>"
        "<PixelFunctionLanguage>Python</PixelFunctionLanguage><PixelFunctionCode><![CDATA["
        f"def f(*a, **k):\n    open({str(ran)!r}, 'w')\n]]></PixelFunctionCode>"
    )
    text = text.replace(
        '<VRTRasterBand dataType="Int16" band="1"',
        '<VRTRasterBand dataType="Int16" band="1" subClass="VRTDerivedRasterBand"',
    ).replace("<SimpleSource>", f"{code}<SimpleSource>", 1)
    assert "VRTDerivedRasterBand" in text
    (tmp_path / "hostile.vrt").write_text(text)
    _, ok, feedback = run(
        "predictoxides", {"INPUT": tmp_path / "hostile.vrt", "OUTPUT": tmp_path / "out.tif"}
    )
    assert not ran.exists()
    assert not ok
    assert "hostile.vrt" in " ".join(feedback.errors)
    assert not (tmp_path / "out.tif").exists()


def test_a_virtual_raster_of_itself(run, tile, tmp_path):
    label, _ = tile
    gdal.Translate(str(tmp_path / "self.vrt"), str(label))
    text = (tmp_path / "self.vrt").read_text()
    (tmp_path / "self.vrt").write_text(text.replace(label.name, "self.vrt"))
    _, ok, feedback = run(
        "predictoxides", {"INPUT": tmp_path / "self.vrt", "OUTPUT": tmp_path / "out.tif"}
    )
    assert not ok
    assert "self.vrt" in " ".join(feedback.errors)
    assert not (tmp_path / "out.tif").exists()

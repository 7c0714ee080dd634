"""EXTENT in every form: the pixels that numpy finds in it, or what is said."""

import numpy as np
import pytest
from osgeo import gdal, ogr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProject,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsVectorLayer,
)

from tests.polygons import lunar_crs

WEST, EAST, SOUTH, NORTH = -49.99, -49.98, 43.985, 43.99
NUMBERS = f"{WEST},{EAST},{SOUTH},{NORTH}"


@pytest.fixture()
def project():
    """QGIS's project, empty again at the end."""
    yield QgsProject.instance()
    QgsProject.instance().clear()


def layer_file(folder, crs, name, driver):
    """A file of one polygon, of which GDAL up to 3.6 keeps IAU_2015:30100 as IAU:30100."""
    dataset = ogr.GetDriverByName(driver).CreateDataSource(str(folder / name))
    layer = dataset.CreateLayer("zones", lunar_crs(crs) if crs else None, ogr.wkbPolygon)
    feature = ogr.Feature(layer.GetLayerDefn())
    corners = (WEST, SOUTH), (EAST, SOUTH), (EAST, NORTH), (WEST, NORTH), (WEST, SOUTH)
    ring = ", ".join(f"{x} {y}" for x, y in corners)
    feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POLYGON(({ring}))"))
    layer.CreateFeature(feature)
    return str(folder / name)


def imported(succeed, tile, extent, folder):
    """What is said, after a look at the pixels."""
    label, _ = tile
    whole = folder / "whole.tif"
    if not whole.exists():
        succeed("importmimap", {"INPUT": [str(label)], "OUTPUT": whole})
    part = folder / "part.tif"
    _, feedback = succeed("importmimap", {"INPUT": [str(label)], "EXTENT": extent, "OUTPUT": part})
    dataset, reference = gdal.Open(str(part)), gdal.Open(str(whole))
    x, width, _, y, _, height = reference.GetGeoTransform()
    degree = np.pi / 180 * 1737400  # equirectangular metres
    columns = np.array([WEST, EAST]) * degree
    rows = np.array([NORTH, SOUTH]) * degree
    left, right = (columns - x) / width
    top, bottom = (rows - y) / height
    left, top = int(np.floor(left + 1e-6)), int(np.floor(top + 1e-6))
    right, bottom = int(np.ceil(right - 1e-6)), int(np.ceil(bottom - 1e-6))
    expected = reference.ReadAsArray()[:, max(top, 0) : bottom, max(left, 0) : right]
    np.testing.assert_array_equal(dataset.ReadAsArray(), expected)
    return " ".join(feedback.warnings)


@pytest.mark.parametrize(
    "code", ["IAU_2015:30100", "IAU:30100", "iau2015:30100", " IAU_2015:30100 "]
)
def test_with_a_code(succeed, tile, tmp_path, code):
    assert imported(succeed, tile, f"{NUMBERS} [{code}]", tmp_path) == ""


def test_degrees_without_a_crs(succeed, tile, tmp_path, project):
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    for extent in (NUMBERS, f"{NUMBERS} []", QgsRectangle(WEST, SOUTH, EAST, NORTH)):
        said = imported(succeed, tile, extent, tmp_path)
        assert said == (
            "EXTENT has no CRS; its numbers are taken for degrees of longitude and latitude on the "
            "Moon."
        )


def test_metres_without_a_crs(succeed, tile, tmp_path, project):
    degree = np.pi / 180 * 1737400
    metres = ",".join(str(float(side) * degree) for side in NUMBERS.split(","))
    assert "in the CRS of the tiles" in imported(succeed, tile, metres, tmp_path)
    project.setCrs(QgsCoordinateReferenceSystem("IAU_2015:30110"))
    said = imported(succeed, tile, metres, tmp_path)
    assert "in the CRS of the project" in said
    assert "IAU_2015:30110" in said


def test_of_a_rectangle_with_its_crs(succeed, tile, tmp_path):
    crs = QgsCoordinateReferenceSystem("IAU_2015:30100")
    extent = QgsReferencedRectangle(QgsRectangle(WEST, SOUTH, EAST, NORTH), crs)
    assert imported(succeed, tile, extent, tmp_path) == ""


@pytest.mark.parametrize("crs", ["IAU_2015:30100", ""])
def test_of_a_layer(succeed, tile, tmp_path, project, crs):
    # A GeoPackage always has a CRS.
    kind = ("zones.gpkg", "GPKG") if crs else ("zones.shp", "ESRI Shapefile")
    path = layer_file(tmp_path, crs, *kind)
    layer = QgsVectorLayer(path, "My extent", "ogr")
    project.addMapLayer(layer)
    for extent in (path, f"file://{path}", "My extent", layer.id()):
        said = imported(succeed, tile, extent, tmp_path)
        assert ("taken for degrees" in said) == (not crs)


@pytest.mark.parametrize(
    ("extent", "parts"),
    [
        (f"{NUMBERS} [MOON:1]", ["EXTENT has the CRS [MOON:1], which is not known"]),
        (f"{NUMBERS} [EPSG:4326]", ["EXTENT is not on the Moon", "body of radius"]),
        ("179,-179,-5,5 [IAU_2015:30100]", ["left is above right", "as 179,181"]),
        ("-50,-49,44,43 [IAU_2015:30100]", ["bottom above top"]),
        ("-50,-49,43,nan [IAU_2015:30100]", ["EXTENT is '-50,-49,43,nan", "not four numbers"]),
        ("-50,-49,43,inf", ["not four numbers"]),
        ("-50 W,-49,43,44", ["not four numbers"]),
        ("nowhere.gpkg", ["EXTENT is 'nowhere.gpkg', which is neither an extent nor a layer"]),
        ("-50,-49,43", ["neither an extent nor a layer"]),
        (QgsRectangle(), ["empty extent"]),
    ],
)
def test_refused(refused, tile, tmp_path, extent, parts):
    parameters = {"INPUT": [str(tile[0])], "OUTPUT": tmp_path / "p.tif", "EXTENT": extent}
    said = refused("importmimap", parameters)
    for part in parts:
        assert part in said

"""Vector layers as QGIS's window gives them: selections, limits, broken geometries, odd names."""

import pytest
from osgeo import ogr
from qgis.core import (
    QgsFeatureRequest,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsVectorLayer,
)

from tests.polygons import write_polygons

POLYGONS = {
    "a": "POLYGON((-49.9 43.5, -49.7 43.5, -49.7 43.8, -49.9 43.8, -49.9 43.5))",
    "b": "POLYGON((-49.5 43.5, -49.4 43.5, -49.4 43.6, -49.5 43.6, -49.5 43.5))",
}


@pytest.fixture()
def project():
    yield QgsProject.instance()
    QgsProject.instance().removeAllMapLayers()


@pytest.fixture()
def layer(tmp_path, project):
    """Two units in the project, of which the second is selected."""
    path = write_polygons(tmp_path / "zones.gpkg", POLYGONS)
    made = QgsVectorLayer(str(path), "my units", "ogr")
    project.addMapLayer(made)
    made.selectByExpression("unit = 'b'")
    return made


def columns(path, *names):
    """Values of some columns of the rows of a GeoPackage."""
    dataset = ogr.Open(str(path))
    return [tuple(feature[name] for name in names) for feature in dataset.GetLayer(0)]


def units(path):
    return [unit for (unit,) in columns(path, "unit")]


def test_what_is_meant_of_a_layer_is_measured(succeed, oxide_raster, layer, tmp_path):
    raster = oxide_raster()[0]
    of = QgsProcessingFeatureSourceDefinition
    override = of.Flag.FlagOverrideDefaultGeometryCheck
    cases = {
        "layer": (layer, ["a", "b"]),
        "id": (layer.id(), ["a", "b"]),
        "name": ("my units", ["a", "b"]),
        "path": (layer.source(), ["a", "b"]),
        "selected": (of(layer.id(), True), ["b"]),
        "selected by path": (of(layer.source(), True), ["b"]),
        "limit": (of(layer.id(), False, 1), ["a"]),
        "unchecked": (
            of(layer.id(), False, -1, override, QgsFeatureRequest.InvalidGeometryCheck(0)),
            ["a", "b"],
        ),
    }
    for name, (given, expected) in cases.items():
        output = tmp_path / f"{name}.gpkg"
        succeed(
            "zonaloxides",
            {"INPUT": raster, "ZONES": given, "NAME_FIELD": "unit", "OUTPUT": output},
        )
        assert units(output) == expected, name


def test_a_polygon_that_crosses_itself_leaves_the_session_whole(succeed, oxide_raster, tmp_path):
    """QGIS's default setting ends a run at an invalid geometry, by an error through our frames."""
    bow = "POLYGON((-49.9 43.5, -49.7 43.8, -49.7 43.5, -49.9 43.8, -49.9 43.5))"
    zones = write_polygons(tmp_path / "bow.gpkg", {**POLYGONS, "bow": bow})
    output = tmp_path / "units.gpkg"
    succeed("zonaloxides", {"INPUT": oxide_raster()[0], "ZONES": zones, "OUTPUT": output})
    areas = dict(columns(output, "unit", "area_km2"))
    # Two triangles of a quarter of the box each, their heights the same.
    assert areas["bow"] == pytest.approx(areas["a"] / 2, rel=1e-3)
    succeed("groundtruthsites", {"OUTPUT": tmp_path / "sites.gpkg"})


def test_selected_sites(succeed, tile, tmp_path, project):
    points = {"s": "POINT(-49.99 43.99)", "t": "POINT(-49.98 43.99)"}
    path = write_polygons(tmp_path / "sites.gpkg", points)
    layer = QgsVectorLayer(str(path), "sites", "ogr")
    project.addMapLayer(layer)
    layer.selectByExpression("unit = 't'")
    output = tmp_path / "sampled.gpkg"
    given = QgsProcessingFeatureSourceDefinition(layer.id(), True)
    succeed(
        "samplesites",
        {"INPUT": [str(tile[0])], "SITES": given, "SITE_FIELD": "unit", "OUTPUT": output},
    )
    assert columns(output, "site") == [("t",)]


def test_a_workflow_takes_a_selection(succeed, tile, tmp_path, project):
    box = "POLYGON(({0} 43.985, {1} 43.985, {1} 43.995, {0} 43.995, {0} 43.985))"
    zones = {"a": box.format(-49.995, -49.985), "b": box.format(-49.984, -49.98)}
    path = write_polygons(tmp_path / "zones.gpkg", zones)
    layer = QgsVectorLayer(str(path), "zones", "ogr")
    project.addMapLayer(layer)
    layer.selectByExpression("unit = 'b'")
    for workflow in ("oxideworkflow", "unitreport"):
        names = {"predict:Oxides": "p.tif", "mg:MgNumber": "m.tif", "rgb:RGB": "r.tif"}
        names |= {"units:Units": f"{workflow}.gpkg", "predict:Uncertainty": "u.tif"}
        names |= {"predict:Domain": "d.tif", "units:Report": "r.html"}
        names |= {"histogram:Histograms": "h.html"}
        succeed(
            workflow,
            {
                "INPUT": tile[0],
                "ZONES": QgsProcessingFeatureSourceDefinition(layer.id(), True),
                "NAME_FIELD": "unit",
                "STRETCH": 1,
                **{name: tmp_path / file for name, file in names.items()},
            },
        )
        assert units(tmp_path / f"{workflow}.gpkg") == ["b"]


@pytest.mark.parametrize(
    ("shape", "said"),
    [("POINT(-49.8 43.6)", "holds points"), ("LINESTRING(-49.8 43.6, -49 43)", "holds lines")],
)
def test_other_geometries_are_refused(refused, oxide_raster, tmp_path, shape, said):
    zones = write_polygons(tmp_path / "zones.gpkg", {"a": shape})
    given = {"INPUT": oxide_raster()[0], "ZONES": zones, "OUTPUT": tmp_path / "u.gpkg"}
    message = refused("zonaloxides", given)
    assert said in message
    assert "(ZONES)" in message
    assert "Give a layer of polygons" in message


def test_a_table_is_refused(refused, oxide_raster, tmp_path):
    (tmp_path / "units.csv").write_text("unit,area\na,1\n")
    given = {"INPUT": oxide_raster()[0], "OUTPUT": tmp_path / "u.gpkg"}
    message = refused("zonaloxides", {**given, "ZONES": tmp_path / "units.csv"})
    assert "a table without geometries. Give a layer of polygons" in message
    message = refused("zonaloxides", {**given, "ZONES": "no such layer"})
    assert "ZONES" in message
    assert "no such layer" in message


def test_results_are_files(provider, refused, tmp_path):
    """Dialogs do not offer databases and memory layers, and what is typed is refused."""
    assert provider.supportsNonFileBasedOutput() is False
    database = f"ogr:dbname='{tmp_path}/mine.gpkg' table=\"sites\" (geom)"
    for given in (database, "memory:", "postgis:dbname='moon'"):
        message = refused("groundtruthsites", {"OUTPUT": given})
        assert "OUTPUT is" in message
        assert "Results are written to files: give a file name" in message

"""ZONES and SITES as QGIS's window gives them: which features, invalid ones, and other layers."""

import numpy as np
import pytest
from osgeo import gdal, ogr
from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsVectorLayer,
)

from tests.polygons import lunar_crs, write_polygons, write_units

from .test_sample_sites import place, write_sites

Flag = QgsProcessingFeatureSourceDefinition.Flag
Check = QgsFeatureRequest.InvalidGeometryCheck

#: In whole pixels of `oxide_raster`, from its left and top: first and last column and row.
PIXELS = {"a": (0, 8, 0, 3), "b": (20, 50, 10, 20), "c": (2, 9, 12, 30)}


def corners(columns, west=-50.0, north=44.0, step=1 / 64):
    left, right, top, bottom = columns
    x, y = west + step * np.array([left, right]), north - step * np.array([top, bottom])
    return [(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])]


def polygon(points):
    return f"POLYGON(({', '.join(f'{x} {y}' for x, y in [*points, points[0]])}))"


def means(values, columns, north=44.0, step=1 / 64):
    """Means [5] over the area on the sphere of whole pixels, by numpy."""
    left, right, top, bottom = columns
    edges = np.sin(np.radians(north - step * np.arange(top, bottom + 1)))
    part = values[:, top:bottom, left:right]
    weights = np.broadcast_to((edges[:-1] - edges[1:])[:, None], part.shape) * np.isfinite(part)
    return (np.nan_to_num(part) * weights).sum((1, 2)) / weights.sum((1, 2))


def rows(path):
    dataset = ogr.Open(str(path))  # a layer does not keep it
    return [feature.items() for feature in dataset.GetLayer(0)]


@pytest.fixture()
def project():
    """QGIS's project, empty again at the end."""
    yield QgsProject.instance()
    QgsProject.instance().clear()


@pytest.fixture()
def layer(tmp_path, project):
    """A layer of the project with three units, of which b and c are selected."""
    polygons = {name: polygon(corners(at)) for name, at in PIXELS.items()}
    path = write_polygons(tmp_path / "three.gpkg", polygons)
    layer = QgsVectorLayer(str(path), "My units", "ogr")
    project.addMapLayer(layer)
    layer.selectByExpression("unit in ('b', 'c')")
    return layer


def chosen(layer, *options):
    return QgsProcessingFeatureSourceDefinition(layer, *options)


def with_filter(layer):
    definition = chosen(layer)
    definition.filterExpression = "unit = 'c'"
    return definition


CHOICES = {
    "all": (lambda layer: layer.id(), "abc"),
    "by name": (lambda layer: layer.name(), "abc"),
    "the layer": (lambda layer: layer, "abc"),
    "selected": (lambda layer: chosen(layer.id(), True), "bc"),
    "selected, by path": (lambda layer: chosen(layer.source(), True), "bc"),
    "limit": (lambda layer: chosen(layer.id(), False, 2), "ab"),
    "limit of the selected": (lambda layer: chosen(layer.id(), True, 1), "b"),
}
if hasattr(QgsProcessingFeatureSourceDefinition, "filterExpression"):  # from QGIS 3.32 on
    CHOICES["filter"] = (lambda layer: with_filter(layer.id()), "c")


@pytest.mark.parametrize("choice", CHOICES)
def test_chosen_units(succeed, oxide_raster, layer, tmp_path, choice):
    given, expected = CHOICES[choice]
    path, values, *_ = oxide_raster()
    output, report = tmp_path / "units.gpkg", tmp_path / "report.html"
    parameters = {"INPUT": path, "ZONES": given(layer), "NAME_FIELD": "unit", "OUTPUT": output}
    succeed("zonaloxides", {**parameters, "REPORT": report})
    found = rows(output)
    assert "".join(row["unit"] for row in found) == expected
    for row in found:
        truth = means(values, PIXELS[row["unit"]])
        measured = [row[f"{name}_mean"] for name in ("Al2O3", "CaO", "FeO", "MgO", "TiO2")]
        np.testing.assert_allclose(measured, truth, rtol=1e-9)
    page = report.read_text(encoding="utf-8")
    assert ("selected features only" in page) == choice.startswith(("selected", "limit of"))
    assert ("at most " in page) == choice.startswith("limit")


@pytest.mark.parametrize("name", ["oxideworkflow", "unitreport"])
def test_workflows_take_selected_units(succeed, tile, project, tmp_path, name):
    layer = QgsVectorLayer(str(write_units(tmp_path / "two.gpkg")), "two", "ogr")
    project.addMapLayer(layer)
    layer.selectByExpression("unit = 'east'")
    outputs = {"predict:Oxides": "p.tif", "units:Units": "units.gpkg"}
    if name == "oxideworkflow":
        outputs.update({"mg:MgNumber": "m.tif", "rgb:RGB": "rgb.tif"})
    else:
        outputs["histogram:Histograms"] = "histograms.html"
    zones = {"ZONES": chosen(layer.id(), True), "NAME_FIELD": "unit"}
    given = {key: str(tmp_path / file) for key, file in outputs.items()}
    succeed(name, {"INPUT": tile[0], **zones, **given})
    assert [row["unit"] for row in rows(tmp_path / "units.gpkg")] == ["east"]


def test_selected_sites(succeed, tile, project, tmp_path):
    points = [(place(30, 30), {"site": "s"}), (place(12, 12), {"site": "t"})]
    path = write_sites(tmp_path / "sites.gpkg", points)
    layer = QgsVectorLayer(str(path), "sites", "ogr")
    project.addMapLayer(layer)
    layer.selectByExpression("site = 't'")
    output = tmp_path / "sampled.gpkg"
    given = {"INPUT": [str(tile[0])], "SITES": chosen(layer.id(), True), "OUTPUT": output}
    results, _ = succeed("samplesites", given)
    assert [row["site"] for row in rows(output)] == ["t"]
    assert results["SAMPLED"] == 1
    dataset = ogr.Open(str(output))
    kept = dataset.GetLayer(0).GetMetadataItem("LUNAR_OXIDE_PARAMETERS")
    assert "selected features only" in kept


@pytest.fixture()
def invalid(tmp_path, project):
    """A box and a bow tie whose two triangles each cover a quarter of that box."""
    (west, north), (east, _), (_, south), _ = box = corners(PIXELS["b"])
    bow = f"POLYGON(({west} {south},{east} {north},{east} {south},{west} {north},{west} {south}))"
    path = write_polygons(tmp_path / "bow.gpkg", {"box": polygon(box), "bow": bow})
    layer = QgsVectorLayer(str(path), "bow", "ogr")
    project.addMapLayer(layer)
    return layer


def test_an_invalid_polygon_is_repaired_and_the_session_goes_on(
    succeed, oxide_raster, invalid, tmp_path
):
    """QGIS's own check would throw, and the next run would crash all."""
    path, *_ = oxide_raster()
    output = tmp_path / "units.gpkg"
    given = {"INPUT": path, "ZONES": invalid.source(), "NAME_FIELD": "unit", "OUTPUT": output}
    for _ in range(2):
        succeed("zonaloxides", given)
        box, bow = rows(output)
        # Edges straight in degrees: the meridians between them go through the middle, where the
        # halves above and below it differ by less than 1e-4.
        assert bow["area_km2"] / box["area_km2"] == pytest.approx(0.5, abs=1e-4)
        succeed("groundtruthsites", {"OUTPUT": tmp_path / "sites.gpkg"})


def test_what_an_input_says_itself_of_invalid_polygons(
    succeed, refused, oxide_raster, invalid, tmp_path
):
    path, *_ = oxide_raster()
    output = tmp_path / "units.gpkg"
    own = Flag.FlagOverrideDefaultGeometryCheck

    def given(check):
        zones = chosen(invalid.id(), False, -1, own, check)
        return {"INPUT": path, "ZONES": zones, "NAME_FIELD": "unit", "OUTPUT": output}

    said = refused("zonaloxides", given(Check.GeometryAbortOnInvalid))
    assert "Feature 2 of bow" in said
    assert "invalid geometry, at which this input is set to stop" in said
    succeed("zonaloxides", given(Check.GeometrySkipInvalid))
    assert [row["unit"] for row in rows(output)] == ["box"]
    succeed("zonaloxides", given(Check.GeometryNoCheck))
    assert [row["unit"] for row in rows(output)] == ["box", "bow"]


def test_a_layer_in_memory(succeed, oxide_raster, tmp_path):
    path, values, *_ = oxide_raster()
    layer = QgsVectorLayer("Polygon?crs=IAU_2015:30100&field=unit:string", "m", "memory")
    feature = QgsFeature(layer.fields())
    feature["unit"] = "a"
    feature.setGeometry(QgsGeometry.fromWkt(polygon(corners(PIXELS["a"]))))
    layer.dataProvider().addFeatures([feature])
    output = tmp_path / "units.gpkg"
    succeed("zonaloxides", {"INPUT": path, "ZONES": layer, "OUTPUT": output})
    (row,) = rows(output)
    assert row["FeO_mean"] == pytest.approx(means(values, PIXELS["a"])[2], rel=1e-9)


def test_paths_as_users_write_them(succeed, oxide_raster, layer, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    path, *_ = oxide_raster()
    output = tmp_path / "units.gpkg"
    url = f"file://{layer.source()}"
    for zones in ("~/three.gpkg", "~/three.gpkg|layername=zones", url, f"{url}|layername=zones"):
        for raster in (f"~/{path.name}", f"file://{path}"):
            succeed("zonaloxides", {"INPUT": raster, "ZONES": zones, "OUTPUT": output})
            assert len(rows(output)) == 3


def test_a_file_of_several_layers(succeed, oxide_raster, tmp_path):
    units = write_units(tmp_path / "several.gpkg")
    dataset = ogr.Open(str(units), 1)
    other = dataset.CreateLayer("other", lunar_crs(), ogr.wkbPolygon)
    feature = ogr.Feature(other.GetLayerDefn())
    feature.SetGeometry(ogr.CreateGeometryFromWkt(polygon(corners(PIXELS["a"]))))
    other.CreateFeature(feature)
    dataset.CreateLayer("notes", None, ogr.wkbNone)
    feature = other = dataset = None
    path, *_ = oxide_raster()
    output = tmp_path / "units.gpkg"
    for zones, count in ((str(units), 2), (f"{units}|layername=other", 1)):
        _, feedback = succeed("zonaloxides", {"INPUT": path, "ZONES": zones, "OUTPUT": output})
        said = [text for text in feedback.warnings if "has several layers" in text]
        assert len(said) == (count == 2)
        assert all("(zones, other)" in text and "|layername=other" in text for text in said)
        assert len(rows(output)) == count


def lines(folder):
    write_polygons(folder / "lines.gpkg", {"a": "LINESTRING(-49.9 43.5,-49.7 43.8)"})
    return "lines.gpkg"


def points(folder):
    write_polygons(folder / "points.gpkg", {"a": "POINT(-49.9 43.5)"})
    return "points.gpkg"


def table(folder):
    (folder / "table.csv").write_text("unit,x\na,1\n")
    return "table.csv"


def raster(folder):
    gdal.GetDriverByName("GTiff").Create(str(folder / "r.tif"), 2, 2)
    return "r.tif"


@pytest.mark.parametrize(
    ("make", "parts"),
    [
        (lines, ["the layer lines has lines, but polygons are needed"]),
        (points, ["the layer points has points, but polygons are needed"]),
        (table, ["the layer table has no geometry", "Add Delimited Text Layer"]),
        (raster, ["r.tif', which is neither a vector file nor a layer of the project"]),
        (lambda folder: "no layer", ["ZONES is '", "Give the path of a file with polygons"]),
        (lambda folder: f"~/{'x' * 300}.gpkg", ["ZONES is '~/xxx", "which is neither"]),
        (lambda folder: "~/nowhere.gpkg", ["ZONES is '~/nowhere.gpkg', which is neither"]),
    ],
)
def test_other_layers(refused, oxide_raster, tmp_path, monkeypatch, make, parts):
    path, *_ = oxide_raster()
    name = make(tmp_path)
    monkeypatch.chdir(tmp_path)
    said = refused("zonaloxides", {"INPUT": path, "ZONES": name, "OUTPUT": tmp_path / "u.gpkg"})
    for part in parts:
        assert part in said

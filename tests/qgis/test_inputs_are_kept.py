"""What a run reads is never overwritten, asked of a server in secret, or waited for without end."""

import json
import os
import shutil
import socket
import threading
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
    QgsVectorLayerJoinInfo,
)
from qgis.PyQt.QtCore import QUrl

from tests.polygons import write_polygons

from .conftest import Feedback, read
from .test_zonal_oxides import rows_in

SQUARE = "POLYGON((-49.9 43.9,-49.8 43.9,-49.8 43.8,-49.9 43.8,-49.9 43.9))"


def shapefile(folder):
    source = write_polygons(folder / "source.gpkg", {"a": SQUARE})
    gdal.VectorTranslate(
        str(folder / "z.shp"),
        str(source),
        format="ESRI Shapefile",
        layerCreationOptions=["ENCODING=UTF-8"],
    )
    return folder / "z.shp"


def _files(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}


@pytest.fixture()
def measure(refused, oxide_raster, tmp_path):
    """The refusal of `zonaloxides` for zones and a TABLE."""
    path, *_ = oxide_raster()

    def run(zones, table):
        if isinstance(zones, QgsVectorLayer):
            QgsProject.instance().addMapLayer(zones)
        before = _files(tmp_path)
        message = refused(
            "zonaloxides",
            {"ZONES": zones, "INPUT": path, "OUTPUT": tmp_path / "u.gpkg", "TABLE": table},
        )
        assert _files(tmp_path) == before
        return message

    yield run
    # QGIS keeps the frames of a refused run until Python ends, too late for a layer of theirs.
    QgsProject.instance().removeAllMapLayers()


@pytest.mark.parametrize("end", ["shp", "shx", "dbf", "prj", "cpg"])
@pytest.mark.parametrize("as_layer", [False, True])
def test_no_part_of_a_shapefile(measure, tmp_path, end, as_layer):
    path = shapefile(tmp_path)
    zones = QgsVectorLayer(str(path), "zones", "ogr") if as_layer else path
    message = measure(zones, tmp_path / f"z.{end}")
    assert f"TABLE would overwrite the input, which is made of z.{end}" in message


def test_no_link_to_a_part_of_a_shapefile(measure, tmp_path):
    path = shapefile(tmp_path)
    os.link(tmp_path / "z.dbf", tmp_path / "hard.csv")
    assert "would overwrite the input" in measure(path, tmp_path / "hard.csv")


def test_no_text_behind_a_layer_of_delimited_text(measure, tmp_path):
    table = tmp_path / "my zones.csv"
    table.write_text(f'name;wkt\na;"{SQUARE}"\n')
    uri = f"{table.as_uri()}?delimiter=;&wktField=wkt&crs=IAU_2015:30100"
    layer = QgsVectorLayer(uri, "zones", "delimitedtext")
    assert layer.isValid()
    assert "made of my zones.csv" in measure(layer, table)


def test_no_archive_of_a_layer(measure, tmp_path):
    path = shapefile(tmp_path)
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for part in tmp_path.glob("z.*"):
            if part.suffix != ".zip":
                archive.write(part, part.name)
    layer = QgsVectorLayer(f"/vsizip/{tmp_path / 'z.zip'}/{path.name}", "zones", "ogr")
    assert layer.isValid()
    assert "made of z.zip" in measure(layer, tmp_path / "z.zip")


def test_no_table_that_is_joined_to_a_layer(measure, tmp_path):
    zones = QgsVectorLayer(str(shapefile(tmp_path)), "zones", "ogr")
    (tmp_path / "ages.csv").write_text("unit,age\na,3.5\n")
    ages = QgsVectorLayer(str(tmp_path / "ages.csv"), "ages", "ogr")
    QgsProject.instance().addMapLayers([zones, ages], False)
    try:
        join = QgsVectorLayerJoinInfo()
        join.setJoinLayer(ages)
        join.setJoinFieldName("unit")
        join.setTargetFieldName("unit")
        zones.addJoin(join)
        assert "made of ages.csv" in measure(zones, tmp_path / "ages.csv")
    finally:
        QgsProject.instance().removeAllMapLayers()


@pytest.mark.parametrize("parameter", ["INPUT", "ZONES"])
def test_a_pipe_is_refused_at_once(refused, oxide_raster, tmp_path, parameter):
    path, *_ = oxide_raster()
    os.mkfifo(tmp_path / "p.tif")
    given = {
        "ZONES": write_polygons(tmp_path / "z.gpkg", {"a": SQUARE}),
        "INPUT": path,
        "OUTPUT": tmp_path / "u.gpkg",
        parameter: tmp_path / "p.tif",
    }
    message = refused("zonaloxides", given)
    assert f"{parameter} cannot be read" in message
    assert "is a pipe" in message


def test_a_pipe_as_a_part_of_a_shapefile_is_refused_at_once(measure, tmp_path):
    path = shapefile(tmp_path)
    (tmp_path / "z.dbf").unlink()
    os.mkfifo(tmp_path / "z.dbf")
    message = measure(path, tmp_path / "t.csv")
    assert "ZONES cannot be read" in message
    assert "z.dbf is a pipe" in message


def test_a_pipe_as_model_or_table_or_tile_is_refused_at_once(refused, tile, oxide_raster, tmp_path):
    pipe = tmp_path / "folder/MI_MAP_03_N44E311N43E312SC.lbl"
    pipe.parent.mkdir()
    os.mkfifo(pipe)
    out = tmp_path / "o.tif"
    assert "is a pipe" in refused(
        "predictoxides", {"INPUT": tile[0], "MODEL_FILE": pipe, "OUTPUT": out}
    )
    assert "is a pipe" in refused("importmimap", {"FOLDER": str(pipe.parent), "OUTPUT": out})
    path, *_ = oxide_raster()
    table = {"INPUT": path, "REFERENCE_TABLE": pipe, "TABLE": tmp_path / "t.csv"}
    assert "is a pipe" in refused("comparemaps", table)


def test_a_silent_server_does_not_keep_a_user_who_cancels(run, tmp_path):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        feedback = Feedback()
        threading.Timer(1, feedback.cancel).start()
        start = time.monotonic()
        name = f"/vsicurl/http://127.0.0.1:{silent.getsockname()[1]}/a.tif"
        _, ok, feedback = run(
            "predictoxides", {"INPUT": name, "OUTPUT": tmp_path / "o.tif"}, feedback
        )
        assert time.monotonic() - start < 3
    assert not ok
    assert "Cancelled" in feedback.errors[0]


@pytest.fixture()
def layer_of(tmp_path, oxide_raster):
    """A raster whose file says another CRS, or none, as a layer with the CRS set by the user."""

    def make(own):
        path, *_ = oxide_raster()
        shutil.copy(path, tmp_path / "other.tif")
        dataset = gdal.Open(str(tmp_path / "other.tif"), gdal.GA_Update)
        dataset.SetProjection(QgsCoordinateReferenceSystem(own).toWkt() if own else "")
        dataset = None
        layer = QgsRasterLayer(str(tmp_path / "other.tif"), "other")
        layer.setCrs(QgsCoordinateReferenceSystem("IAU_2015:30100"))
        QgsProject.instance().addMapLayer(layer, False)
        return path, layer

    yield make
    QgsProject.instance().removeAllMapLayers()


@pytest.mark.parametrize("given", ["layer", "id"])
@pytest.mark.parametrize("own", ["", "EPSG:4326"])
def test_the_crs_that_a_user_sets_for_a_layer(succeed, layer_of, tmp_path, own, given):
    plain, layer = layer_of(own)
    zones = write_polygons(tmp_path / "z.gpkg", {"a": SQUARE})
    means, grids = [], []
    for number, raster in enumerate((plain, layer if given == "layer" else layer.id())):
        path = tmp_path / f"{number}.gpkg"
        _, feedback = succeed("zonaloxides", {"ZONES": zones, "INPUT": raster, "OUTPUT": path})
        means.append(rows_in(path)[0]["FeO_mean"])
        path = tmp_path / f"{number}.tif"
        succeed("mgnumber", {"INPUT": raster, "OUTPUT": path})
        grids.append(gdal.Open(str(path)).GetSpatialRef())
        np.testing.assert_array_equal(read(path), read(tmp_path / "0.tif"))
    assert means[0] == means[1]
    assert grids[0].IsSame(grids[1])
    said = "WGS 84" if own else "none"
    assert any(f"(the file says {said})" in line for line in feedback.info)


def test_the_crs_that_a_user_sets_for_one_layer_of_several(succeed, layer_of, tmp_path):
    plain, layer = layer_of("EPSG:4326")
    _, feedback = succeed(
        "oxidehistogram", {"INPUT": [str(plain), layer], "TABLE": tmp_path / "h.csv"}
    )
    rows = (tmp_path / "h.csv").read_text().splitlines()[1:]
    ours = [row.replace("other", plain.stem) for row in rows if row.startswith("other")]
    assert ours == [row for row in rows if row.startswith(plain.stem)] != []
    assert len([line for line in feedback.info if "the file says WGS 84" in line]) == 1


def test_a_path_keeps_the_crs_of_its_file(refused, layer_of, tmp_path):
    """Also where a layer of the project lies there, whose CRS the user has set."""
    _, layer = layer_of("EPSG:4326")
    message = refused("mgnumber", {"INPUT": layer.source(), "OUTPUT": tmp_path / "mg.tif"})
    assert "not on the Moon" in message


def test_a_crs_that_only_has_another_name_changes_nothing(succeed, layer_of, tmp_path):
    plain, _ = layer_of("")
    layer = QgsRasterLayer(str(plain), "same")
    layer.setCrs(QgsCoordinateReferenceSystem.fromProj("+proj=longlat +R=1737400 +no_defs"))
    _, feedback = succeed("mgnumber", {"INPUT": layer, "OUTPUT": tmp_path / "mg.tif"})
    assert not any("CRS of the layer" in line for line in feedback.info)
    ours, theirs = (gdal.Open(str(path)).GetSpatialRef() for path in (tmp_path / "mg.tif", plain))
    assert ours.IsSame(theirs)


@pytest.mark.parametrize("form", ["held", "by id", "by name"])
def test_no_layer_behind_a_virtual_layer(measure, tmp_path, form):
    source = write_polygons(tmp_path / "in ä.gpkg", {"a": SQUARE})
    name = f"behind_{form.replace(' ', '_')}"
    behind = QgsVectorLayer(str(source), name, "ogr")
    QgsProject.instance().addMapLayer(behind)
    path = QUrl.toPercentEncoding(str(source)).data().decode()
    of = {"held": f"layer=ogr:{path}:{name}:UTF-8&", "by id": f"layer_ref={behind.id()}&"}
    query = "query=SELECT * FROM %s" % name  # noqa: S608, UP031 - the name is ours
    layer = QgsVectorLayer(f"?{of.get(form, '')}{query}", "v", "virtual")
    assert layer.isValid()
    layer.setCrs(behind.crs())
    QgsProject.instance().addMapLayer(layer)
    assert "TABLE would overwrite the input" in measure(layer, source)


@pytest.mark.parametrize("as_layer", [False, True])
def test_no_file_that_an_extent_is_taken_from(refused, oxide_raster, tile, tmp_path, as_layer):
    path, *_ = oxide_raster()
    before = Path(path).read_bytes()
    layer = QgsRasterLayer(str(path), "extent")
    QgsProject.instance().addMapLayer(layer)
    extent = layer if as_layer else str(path)
    message = refused("importmimap", {"INPUT": [str(tile[0])], "EXTENT": extent, "OUTPUT": path})
    assert "OUTPUT would overwrite the input" in message
    assert Path(path).read_bytes() == before


def test_no_file_that_places_a_tiff(refused, oxide_raster, tmp_path):
    path, *_ = oxide_raster()
    beside = Path(path).with_suffix(".tifw")
    beside.write_text("1\n0\n0\n-1\n0\n0\n")
    message = refused("oxidehistogram", {"INPUT": [str(path)], "TABLE": beside})
    assert "TABLE would overwrite the input" in message
    assert beside.read_text().startswith("1\n")


@pytest.mark.parametrize(
    ("step", "onto"),
    [
        ("mg:MgNumber", "input.tif"),
        ("units:Table", "input.tif"),
        ("units:Report", "z.shp"),
        ("rgb:RGB", "z.dbf"),
    ],
)
def test_no_input_of_a_workflow_by_a_step_that_does_not_read_it(
    refused, oxide_raster, tmp_path, step, onto
):
    zones = shapefile(tmp_path)
    path, *_ = oxide_raster()
    shutil.copy(path, tmp_path / "input.tif")
    before = _files(tmp_path)
    outputs = {
        "predict:Oxides": tmp_path / "oxides.tif",
        "units:Units": tmp_path / "units.gpkg",
        step: tmp_path / onto,
    }
    given = {"INPUT": tmp_path / "input.tif", "ZONES": zones, **outputs}
    assert f"{step} would overwrite the input" in refused("oxideworkflow", given)
    assert _files(tmp_path) == before


def test_no_two_outputs_of_a_workflow_have_one_name(refused, oxide_raster, tmp_path):
    path, *_ = oxide_raster()
    given = {"INPUT": path, "ZONES": shapefile(tmp_path), "units:Units": tmp_path / "u.gpkg"}
    given |= {"predict:Uncertainty": tmp_path / "a.tif", "rgb:RGB": tmp_path / "." / "a.tif"}
    assert "Give each its own name" in refused("oxideworkflow", given)


@pytest.fixture()
def server():
    """The port of a server that answers nothing, and who came."""
    came = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def wait():
            with suppress(OSError):
                while True:
                    came.append(listening.accept())

        threading.Thread(target=wait, daemon=True).start()
        yield listening.getsockname()[1], came


@pytest.mark.parametrize("source", ["/vsicurl/http://127.0.0.1:{}/a", "WFS:http://127.0.0.1:{}/a"])
@pytest.mark.parametrize("name", ["ZONES", "EXTENT", "of a workflow"])
def test_a_file_of_polygons_that_names_a_server_asks_it_nothing(
    refused, oxide_raster, tile, tmp_path, server, name, source
):
    port, came = server
    path, *_ = oxide_raster()
    zones = tmp_path / "z.vrt"
    zones.write_text(
        "<OGRVRTDataSource><OGRVRTLayer name='z'><SrcDataSource>"
        f"{source.format(port)}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    given = {
        "ZONES": ("zonaloxides", {"INPUT": path, "ZONES": zones, "OUTPUT": tmp_path / "u.gpkg"}),
        "EXTENT": (
            "importmimap",
            {"INPUT": [str(tile[0])], "EXTENT": zones, "OUTPUT": tmp_path / "o.tif"},
        ),
        "of a workflow": ("oxideworkflow", {"INPUT": path, "ZONES": zones}),
    }
    start = time.monotonic()
    assert "z.vrt refers to data on a network" in refused(*given[name])
    assert time.monotonic() - start < 3
    assert not came


@pytest.mark.parametrize(("kind", "key"), [("link", "href"), ("url", "url")])
def test_a_crs_on_a_server_is_not_asked_for(measure, tmp_path, server, kind, key):
    port, came = server
    crs = {"type": kind, "properties": {key: f"http://127.0.0.1:{port}/crs"}}
    zones = tmp_path / "z.geojson"
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": [], "crs": crs}))
    assert "z.geojson refers to data on a network" in measure(zones, tmp_path / "t.csv")
    assert not came


def test_addresses_in_kml_are_not_read(oxide_raster, succeed, tmp_path):
    zones = tmp_path / "z.kml"
    zones.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Style id="s"><IconStyle><Icon>'
        "<href>http://127.0.0.1:1/x.png</href></Icon></IconStyle></Style><Placemark><Polygon>"
        "<outerBoundaryIs><LinearRing><coordinates>-49.9,43.9 -49.8,43.9 -49.8,43.8 -49.9,43.9"
        "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"
    )
    path, *_ = oxide_raster()
    layer = QgsVectorLayer(str(zones), "z", "ogr")
    layer.setCrs(QgsRasterLayer(str(path), "r").crs())
    QgsProject.instance().addMapLayer(layer)
    succeed("zonaloxides", {"INPUT": path, "ZONES": layer, "OUTPUT": tmp_path / "u.gpkg"})

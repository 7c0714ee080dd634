"""Algorithm demoscene: the tile reads back as one of the archive, and says it is synthetic."""

import re

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import QgsApplication, QgsProcessingContext, QgsVectorLayer

from lunar_oxide_plugin.core.demo.scene import SCENES

from .conftest import Feedback, read

#: Scene -> north-west corner of the real tile of that place.
PLACES = {"Mairan": (44.0, -50.0), "Sosigenes": (9.0, 19.0)}


@pytest.fixture(scope="module", params=list(PLACES))
def scene(request, provider, tmp_path_factory):
    """One of the scenes, written once: (name, label, zones, feedback)."""
    folder = tmp_path_factory.mktemp("scene")
    label, zones = folder / "demo.lbl", folder / "zones.gpkg"
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("lunaroxide:demoscene")
    feedback = Feedback()
    parameters = {
        "SCENE": list(SCENES).index(request.param),
        "OUTPUT": str(label),
        "ZONES": str(zones),
    }
    results, ok = algorithm.run(parameters, QgsProcessingContext(), feedback)
    assert ok, feedback.errors
    assert results == {"OUTPUT": str(label), "ZONES": str(zones)}
    return request.param, label, zones, feedback


def test_progress_and_names(scene):
    _, label, _, feedback = scene
    assert feedback.steps == sorted(feedback.steps)
    assert feedback.steps[-1] == 100
    assert any("SYNTHETIC" in text for text in feedback.info)
    assert sorted(path.name for path in label.parent.iterdir()) == [
        "demo.lbl",
        "demo_SYNTHETIC.img",
        "zones.gpkg",
    ]


def test_label_is_at_the_place_of_the_real_tile(scene):
    name, label, _, _ = scene
    text = label.read_text(encoding="ascii")
    values = dict(re.findall(r"^\s*(\w+) += (.+?)\s*$", text, re.MULTILINE))
    north, west = PLACES[name]
    assert float(values["MAXIMUM_LATITUDE"].split()[0]) == north
    assert float(values["WESTERNMOST_LONGITUDE"].split()[0]) == west % 360
    assert values["NOTE"].startswith('"SYNTHETIC')
    assert values["PRODUCT_ID"].endswith('_SYNTHETIC"')


def test_units_lie_on_the_tile_and_have_names(scene):
    name, _, zones, _ = scene
    layer = QgsVectorLayer(str(zones))
    assert layer.crs().authid() == "IAU_2015:30100"
    north, west = PLACES[name]
    box = layer.extent()
    assert west <= box.xMinimum() < box.xMaximum() <= west + 1
    assert north - 1 <= box.yMinimum() < box.yMaximum() <= north
    names = [feature["unit"] for feature in layer.getFeatures()]
    assert sorted(names) == sorted(unit.name for unit in SCENES[name].units)
    assert len(set(names)) == len(names)
    for feature in layer.getFeatures():
        assert feature["note"] == "SYNTHETIC"
        assert feature.geometry().isGeosValid()


def test_part_of_it_goes_through_prediction_and_stays_synthetic(scene, succeed, tmp_path):
    _, label, zones, _ = scene
    box = QgsVectorLayer(str(zones)).extent()
    x, y = box.center().x(), box.center().y()
    extent = f"{x - 0.03},{x + 0.03},{y - 0.03},{y + 0.03} [IAU_2015:30100]"
    succeed(
        "importmimap",
        {"INPUT": [str(label)], "EXTENT": extent, "OUTPUT": tmp_path / "part.tif"},
    )
    results, _ = succeed(
        "predictoxides", {"INPUT": tmp_path / "part.tif", "OUTPUT": tmp_path / "oxides.tif"}
    )
    assert results["VALID_PIXELS"] > 0.9 * 120 * 120
    for name in ("part.tif", "oxides.tif"):
        assert gdal.Open(str(tmp_path / name)).GetMetadataItem("SYNTHETIC") == "YES"
    feo = read(tmp_path / "oxides.tif")[2]
    assert 0 < np.nanmedian(feo) < 25


def test_cancelled_or_misnamed_it_leaves_nothing(refused, tmp_path):
    parameters = {"SCENE": 0, "OUTPUT": tmp_path / "a.lbl", "ZONES": tmp_path / "z.gpkg"}
    assert "Cancelled" in refused("demoscene", parameters, Feedback(cancel_at=10))
    message = refused("demoscene", {**parameters, "OUTPUT": tmp_path / "a.tif"})
    assert "give a .lbl name" in message
    message = refused("demoscene", {**parameters, "SCENE": 2})
    assert "SCENE is 2. Choose one of: 0 (Mairan), 1 (Sosigenes)" in message

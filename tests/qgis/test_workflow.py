"""The bundled workflow: a valid model of our own algorithms, with their results."""

import csv

import numpy as np
import pytest
from qgis.core import (
    Qgis,
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingModelAlgorithm,
    QgsVectorLayer,
)

from lunar_oxide_plugin.about import FOLDER
from scripts.generate.workflows import WORKFLOWS, build
from tests import mi_tiles
from tests.polygons import write_polygons

from .conftest import read

STEPS = {"predict": "predictoxides", "mg": "mgnumber", "rgb": "oxidergb", "units": "zonaloxides"}

#: Inside the tile of the fixture, which begins at 50 W, 44 N.
POLYGONS = {
    "north": "POLYGON((-49.998 43.999, -49.975 43.999, -49.975 43.992, -49.998 43.992, "
    "-49.998 43.999))",
    "south": "POLYGON((-49.995 43.990, -49.975 43.990, -49.985 43.982, -49.995 43.990))",
}


@pytest.fixture()
def workflow(provider):
    return QgsApplication.processingRegistry().createAlgorithmById("lunaroxide:oxideworkflow")


@pytest.fixture()
def zones(tmp_path):
    return write_polygons(tmp_path / "zones.gpkg", POLYGONS)


def test_file_holds_a_valid_model_of_our_algorithms(provider):
    model = QgsProcessingModelAlgorithm()
    assert model.fromFile(str(FOLDER / "workflows" / "oxideworkflow.model3"))
    assert model.validate() == (True, [])
    children = {name: child.algorithmId() for name, child in model.childAlgorithms().items()}
    assert children == {name: f"lunaroxide:{step}" for name, step in STEPS.items()}
    for name in children:
        assert model.validateChildAlgorithm(name) == (True, [])


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_workflows_are_written_from_their_steps(provider, workflow, tmp_path):
    """After a change of an algorithm or a step: make workflows."""
    path = tmp_path / "again.model3"
    assert build(workflow).toFile(str(path))
    found = FOLDER / "workflows" / f"{workflow.name}.model3"
    # Qt writes the attributes of an element in any order, later versions of QGIS other elements.
    model, again = QgsProcessingModelAlgorithm(), QgsProcessingModelAlgorithm()
    assert model.fromFile(str(found))
    assert again.fromFile(str(path))
    stored, built = model.toVariant(), again.toVariant()
    if Qgis.QGIS_VERSION_INT >= 34000:  # models made by it name their outputs in another way
        for variant in (stored, built):
            del variant["internal_version"], variant["parameterDefinitions"]
    assert stored["children"]
    assert stored == built
    assert model.validate() == (True, [])
    for name in model.childAlgorithms():
        assert model.validateChildAlgorithm(name) == (True, [])


def test_title_and_help_survive_the_copies_that_qgis_makes(workflow):
    for algorithm in (workflow, workflow.create(), workflow.create().create()):
        assert algorithm.id() == "lunaroxide:oxideworkflow"
        assert algorithm.displayName() == "Oxide maps and unit statistics"
        assert algorithm.group() == "Workflows"
        assert not algorithm.icon().isNull()
        assert algorithm.shortHelpString().startswith("From an MI raster and polygons")
        assert "<" not in algorithm.shortHelpString()
        assert len(algorithm.parameterDefinitions()) == 12


def test_same_results_as_the_algorithms_one_by_one(succeed, tile, zones, tmp_path):
    label, _ = tile
    (tmp_path / "flow").mkdir()
    (tmp_path / "steps").mkdir()
    flow, steps = tmp_path / "flow", tmp_path / "steps"
    succeed(
        "oxideworkflow",
        {
            "INPUT": label,
            "ZONES": zones,
            "NAME_FIELD": "unit",
            "STRETCH": 1,
            "predict:Oxides": flow / "oxides.tif",
            "predict:Uncertainty": flow / "sigma.tif",
            "predict:Domain": flow / "domain.tif",
            "mg:MgNumber": flow / "mg.tif",
            "rgb:RGB": flow / "rgb.tif",
            "units:Units": flow / "units.gpkg",
            "units:Table": flow / "units.csv",
            "units:Report": flow / "units.html",
        },
    )
    oxides = steps / "oxides.tif"
    succeed(
        "predictoxides",
        {
            "INPUT": label,
            "OUTPUT": oxides,
            "OUTPUT_UNCERTAINTY": steps / "sigma.tif",
            "OUTPUT_DOMAIN": steps / "domain.tif",
        },
    )
    succeed("mgnumber", {"INPUT": oxides, "OUTPUT": steps / "mg.tif"})
    succeed("oxidergb", {"INPUT": oxides, "STRETCH": 1, "OUTPUT": steps / "rgb.tif"})
    parameters = {"ZONES": zones, "INPUT": oxides, "NAME_FIELD": "unit"}
    parameters["UNCERTAINTY"] = steps / "sigma.tif"
    parameters["DOMAIN"] = steps / "domain.tif"
    outputs = {"OUTPUT": steps / "units.gpkg", "TABLE": steps / "units.csv"}
    succeed("zonaloxides", {**parameters, **outputs})

    for name in ("oxides", "sigma", "domain", "mg", "rgb"):
        found = read(flow / f"{name}.tif")
        assert np.array_equal(found, read(steps / f"{name}.tif"), equal_nan=True)
        assert (flow / f"{name}.qml").read_bytes() == (steps / f"{name}.qml").read_bytes()
    assert (flow / "units.csv").read_bytes() == (steps / "units.csv").read_bytes()
    assert "outside_domain" in (flow / "units.csv").read_text(encoding="utf-8")
    assert "FeO_mean_uncertainty" in (flow / "units.csv").read_text(encoding="utf-8")
    assert "north" in (flow / "units.html").read_text(encoding="utf-8")
    for folder in (flow, steps):
        layer = QgsVectorLayer(str(folder / "units.gpkg"))
        assert layer.crs().authid() == "IAU_2015:30100"
        assert [feature["unit"] for feature in layer.getFeatures()] == list(POLYGONS)


def outputs_in(folder):
    """Names for the outputs that have to be given."""
    names = {"predict:Oxides": "oxides.tif", "mg:MgNumber": "mg.tif", "rgb:RGB": "rgb.tif"}
    return {key: folder / file for key, file in {**names, "units:Units": "units.gpkg"}.items()}


def test_refuses_in_the_words_of_its_steps(refused, tile, zones, tmp_path):
    label, _ = tile
    parameters = {"INPUT": label, "ZONES": zones, "STRETCH": 0, **outputs_in(tmp_path)}
    message = refused("oxideworkflow", {**parameters, "STRETCH": 9})
    assert "STRETCH is 9. Choose one of: 0 (Percentiles 2-98)" in message
    label.with_suffix(".img").unlink()
    message = refused("oxideworkflow", parameters)
    assert "Put the .lbl and the .img of a tile together" in message


def test_a_parameter_of_a_step_alone_is_not_passed_over_in_silence(succeed, tile, zones, tmp_path):
    """MODEL is one of Predict oxides: the maps are of the default model all the same."""
    given = {"INPUT": tile[0], "ZONES": zones, **outputs_in(tmp_path), "MODEL": 0}
    _, feedback = succeed("oxideworkflow", given)
    unknown = [warning for warning in feedback.warnings if "no parameter" in warning]
    assert unknown == ["There is no parameter MODEL; it is not used."]


def test_takes_a_tile_that_qgis_cannot_load(succeed, zones, tmp_path):
    """As Predict oxides does: here the image is in capitals, its label and its name are not."""
    (tmp_path / "tile").mkdir()
    label = mi_tiles.write_tile(
        tmp_path / "tile", mi_tiles.soils(40, 60), name="tile", image_file="TILE.IMG"
    )
    succeed("oxideworkflow", {"INPUT": label, "ZONES": zones, **outputs_in(tmp_path)})


def test_no_warning_of_different_crs(workflow, tile, zones):
    """A tile in metres and units in degrees is how it is used."""
    parameters = {"INPUT": str(tile[0]), "ZONES": str(zones)}
    assert workflow.validateInputCrs(parameters, QgsProcessingContext())


def test_unset_outputs_are_not_written(succeed, tile, zones, tmp_path):
    (tmp_path / "out").mkdir()
    outputs = {name: str(path) for name, path in outputs_in(tmp_path / "out").items()}
    parameters = {"INPUT": tile[0], "ZONES": zones, "STRETCH": 0, **outputs}
    results, _ = succeed("oxideworkflow", parameters)
    # QGIS itself may lay statistics beside a raster that one step hands to the next.
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert {name for name in files if not name.endswith(".aux.xml")} == {
        *(f"{name}.tif" for name in ("oxides", "mg", "rgb")),
        *(f"{name}.qml" for name in ("oxides", "mg", "rgb")),
        "units.gpkg",
    }
    assert {results[name] for name in outputs} == set(outputs.values())


def test_other_workflows_give_what_their_steps_give(succeed, tile, zones, tmp_path):
    """The same bytes in tables and classes."""
    label, _ = tile
    flow, steps = tmp_path / "flow", tmp_path / "steps"
    flow.mkdir()
    steps.mkdir()
    oxides, named = steps / "oxides.tif", {"ZONES": zones, "NAME_FIELD": "unit"}
    sigma, domain = steps / "sigma.tif", steps / "domain.tif"
    outputs = {"OUTPUT": oxides, "OUTPUT_UNCERTAINTY": sigma, "OUTPUT_DOMAIN": domain}
    succeed("predictoxides", {"INPUT": label, **outputs})
    given = {**named, "INPUT": oxides, "UNCERTAINTY": sigma, "DOMAIN": domain}
    given |= {"OUTPUT": steps / "units.gpkg", "TABLE": steps / "units.csv"}
    succeed("zonaloxides", {**given, "SEPARATION": steps / "separation.csv"})
    given = {"OUTPUT": steps / "classes.tif", "TABLE": steps / "means.csv"}
    succeed("classifyterrain", {"INPUT": oxides, **given})
    reference = {"REFERENCE": oxides, "REFERENCE_UNIT": 0}
    succeed("comparemaps", {"INPUT": oxides, **reference, "TABLE": steps / "differences.csv"})

    first = {"INPUT": label, "predict:Oxides": flow / "oxides.tif"}
    outputs = {"units:Units": flow / "units.gpkg", "units:Table": flow / "units.csv"}
    outputs |= {"units:Separation": flow / "separation.csv", "units:Report": flow / "units.html"}
    outputs |= {"histogram:Histograms": flow / "histograms.html"}
    succeed("unitreport", {**first, **named, **outputs})
    outputs = {"terrain:Classes": flow / "classes.tif", "terrain:Table": flow / "means.csv"}
    succeed("marehighlandmeans", {**first, "METHOD": 0, **outputs})
    outputs = {"compare:Table": flow / "differences.csv", "compare:Report": flow / "compare.html"}
    succeed("comparewithreference", {**first, **reference, **outputs})

    for name in ("units.csv", "separation.csv", "means.csv", "differences.csv"):
        assert (flow / name).read_bytes() == (steps / name).read_bytes(), name
    assert np.array_equal(read(flow / "classes.tif"), read(steps / "classes.tif"), equal_nan=True)
    with (flow / "units.csv").open(encoding="utf-8", newline="") as file:
        (row, *_) = csv.DictReader(file)
    assert float(row["outside_domain"]) >= 0
    assert float(row["FeO_mean_uncertainty"]) > 0
    for page in ("units.html", "histograms.html", "compare.html"):
        assert "<img" in (flow / page).read_text(encoding="utf-8")

"""The public contract: ids and parameter names never change, and everything is explained."""

import gc
import os
import re
import sys
from pathlib import Path

import pytest
from osgeo import gdal
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingDestinationParameter,
    QgsProcessingModelAlgorithm,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterDefinition,
)

from lunar_oxide_plugin.about import ICON, VERSION, style

#: id -> parameters (? optional) and number or text outputs.
CONTRACT = {
    "importmimap": (
        "INPUT? FOLDER? EXTENT? RESOLUTION? BANDS? SCALE? MASK_SHADOW OUTPUT",
        "VALID_PIXELS",
    ),
    "predictoxides": (
        "INPUT MODEL MODEL_FILE? BANDS? SCALE? MASK_SHADOW THREADS? STORAGE? LAYOUT? "
        "OUTPUT OUTPUT_UNCERTAINTY? OUTPUT_DOMAIN?",
        "VALID_PIXELS EXTRAPOLATED_PERCENT",
    ),
    "empiricaloxides": (
        "INPUT METHOD BANDS? SCALE? MASK_SHADOW STORAGE? LAYOUT? OUTPUT",
        "VALID_PIXELS",
    ),
    "mgnumber": (
        "INPUT MGO_BAND? FEO_BAND? UNCERTAINTY? STORAGE? LAYOUT? OUTPUT OUTPUT_UNCERTAINTY?",
        "MEAN",
    ),
    "oxidergb": ("INPUT RED_BAND? GREEN_BAND? BLUE_BAND? STRETCH LIMITS? OUTPUT LEGEND?", ""),
    "zonaloxides": (
        "ZONES INPUT NAME_FIELD? UNCERTAINTY? DOMAIN? EDGES? OUTPUT TABLE? SEPARATION? REPORT?",
        "",
    ),
    "oxidehistogram": ("INPUT REPORT? TABLE?", ""),
    "classifyterrain": (
        "INPUT SCHEME METHOD THRESHOLD? MG_THRESHOLD FEO_BAND? MGO_BAND? TIO2_BAND? "
        "MINIMUM_AREA? OUTPUT POLYGONS? TABLE? REPORT?",
        "FEO_THRESHOLD MARE_PERCENT",
    ),
    "comparemaps": (
        "INPUT REFERENCE? REFERENCE_TABLE? OXIDE? INPUT_BAND? REFERENCE_BAND? REFERENCE_UNIT "
        "CLASS_THRESHOLD OUTPUT? TABLE? REPORT?",
        "R2 RMSE BIAS",
    ),
    "groundtruthsites": ("OUTPUT", ""),
    "samplesites": (
        "INPUT SITES? SITE_FIELD? MISSION_FIELD? WINDOW BANDS? SCALE? MASK_SHADOW OUTPUT TABLE?",
        "SAMPLED",
    ),
    "demoscene": ("SCENE OUTPUT ZONES", ""),
    "checkinstallation": ("INSTALL? WHEEL?", "READY REPORT"),
    "oxideworkflow": (
        "INPUT ZONES NAME_FIELD? STRETCH predict:Oxides predict:Uncertainty? predict:Domain? "
        "mg:MgNumber rgb:RGB units:Units units:Table? units:Report?",
        "",
    ),
    "unitreport": (
        "INPUT ZONES NAME_FIELD? predict:Oxides units:Units units:Table? units:Separation? "
        "units:Report? histogram:Histograms?",
        "",
    ),
    "comparewithreference": (
        "INPUT REFERENCE? REFERENCE_UNIT predict:Oxides compare:Difference? compare:Table? "
        "compare:Report?",
        "",
    ),
    "marehighlandmeans": (
        "INPUT METHOD predict:Oxides terrain:Classes terrain:Polygons? terrain:Table? "
        "terrain:Report?",
        "",
    ),
}

OPTIONAL = QgsProcessingParameterDefinition.Flag.FlagOptional


def test_ids(provider):
    assert {algorithm.name() for algorithm in provider.algorithms()} == set(CONTRACT)
    assert provider.id() == "lunaroxide"
    assert provider.name() == "Lunar Oxide Mapper"
    assert provider.versionInfo() == VERSION


@pytest.mark.parametrize("name", sorted(CONTRACT))
def test_parameters(provider, name):
    algorithm = provider.algorithm(name)
    definitions = algorithm.parameterDefinitions()
    found = {d.name() + ("?" if d.flags() & OPTIONAL else "") for d in definitions}
    parameters, outputs = CONTRACT[name]
    assert found == set(parameters.split())
    destinations = {d.name() for d in definitions if d.isDestination()}
    assert {o.name() for o in algorithm.outputDefinitions()} == destinations | set(outputs.split())


@pytest.mark.parametrize("name", sorted(CONTRACT))
def test_results_go_to_files_only(provider, name):
    """Dialogs offer no database, and what is typed all the same is refused with what to do."""
    algorithm = provider.algorithm(name).create()
    for definition in algorithm.parameterDefinitions():
        if not definition.isDestination():
            continue
        assert not definition.supportsNonFileBasedOutput()
        for typed, part in {
            "ogr:dbname='/tmp/mine.gpkg' table=\"units\" (geom)": "written to files only",
            "postgres://dbname='moon' table=\"units\" (geom)": "written to files only",
            "memory:": "not to databases or to memory. Give the path of a file",
            "~/units.gpkg": "but ~ is not replaced here. Give the whole path",
            "file:///tmp/units.gpkg": "Give the path of a file: /tmp/units.gpkg",
        }.items():
            for value in (typed, QgsProcessingOutputLayerDefinition(typed)):
                given = {definition.name(): value}
                accepted, said = algorithm.checkParameterValues(given, QgsProcessingContext())
                assert not accepted
                assert said.startswith(f"{definition.name()} is ")
                assert part in said


@pytest.mark.parametrize("name", sorted(CONTRACT))
def test_help(provider, name):
    algorithm = provider.algorithm(name)
    assert algorithm.displayName()
    assert algorithm.group()
    for definition in algorithm.parameterDefinitions():
        if isinstance(algorithm, QgsProcessingModelAlgorithm) and definition.isDestination():
            continue
        assert len(definition.help()) > 20 or name == "oxideworkflow", definition.name()
    text = algorithm.shortHelpString()
    assert len(text) > 80
    assert algorithm.shortDescription().endswith(".")
    assert not re.search(r"<[a-z/]", text), "qgis_process prints help as it is"


def test_every_style_is_there():
    names = ("oxides", "uncertainty", "domain", "feo", "mgnumber", "mgnumber_uncertainty", "rgb")
    names += ("reflectance", "sites", "terrain_mare", "terrain_basalts", "terrain_terranes")
    names += ("difference",)
    assert all(style(name).is_file() for name in names)
    assert ICON.is_file()


def test_provider_works_without_onnxruntime(
    provider, succeed, refused, tile, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    provider.refreshAlgorithms()
    assert len(provider.algorithms()) == len(CONTRACT)
    results, _ = succeed("checkinstallation", {})
    assert results["READY"] is False
    command = "pip install --no-deps --only-binary :all: --target"
    assert command in results["REPORT"]
    message = refused("predictoxides", {"INPUT": tile[0], "OUTPUT": tmp_path / "oxides.tif"})
    assert command in message
    assert "onnxruntime" in message


def test_destinations_have_names(provider):
    for algorithm in provider.algorithms():
        for definition in algorithm.parameterDefinitions():
            if isinstance(definition, QgsProcessingDestinationParameter):
                assert definition.description()


def test_a_refused_run_leaves_no_file_open(refused, tile, tmp_path):
    """QGIS never frees the exception of an algorithm, nor what that refers to."""
    label, _ = tile
    stack = tmp_path / "stack.tif"
    gdal.Translate(str(stack), str(label)).FlushCache()
    message = refused("predictoxides", {"INPUT": stack, "SCALE": 1, "OUTPUT": tmp_path / "o.tif"})
    assert "stack.tif" in message
    gc.collect()
    assert str(stack) not in {os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()}

"""Write the bundled workflows: models of the graphical modeler, built from the plugin's algorithms.

usage: QT_QPA_PLATFORM=offscreen python -m scripts.generate.workflows

`oxideworkflow` was drawn in the modeler and is not generated.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from qgis.core import (
    QgsApplication,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterDefinition,
)
from qgis.PyQt.QtCore import QPointF

from scripts import PLUGIN
from scripts.generate import qgis_provider

FOLDER = PLUGIN / "workflows"

Source = QgsProcessingModelChildParameterSource


class Step(NamedTuple):
    """A child algorithm of a workflow."""

    name: str
    algorithm: str
    #: Parameters that the workflow has under the same name.
    given: tuple[str, ...] = ()
    #: Outputs of earlier steps by parameter, as step:OUTPUT.
    linked: Mapping[str, str] = MappingProxyType({})
    #: Outputs of the algorithm by name in the workflow.
    gives: Mapping[str, str] = MappingProxyType({})


class Workflow(NamedTuple):
    """A model: its id, what it does, help of its parameters by name, and its steps."""

    name: str
    summary: str
    help: dict[str, str]
    steps: tuple[Step, ...]


_INPUT = "A tile's label (.lbl), or a raster of eight bands."
_PREDICT = Step("predict", "predictoxides", ("INPUT",), gives={"Oxides": "OUTPUT"})
_OXIDES = {"INPUT": "predict:OUTPUT"}

WORKFLOWS = (
    Workflow(
        "unitreport",
        "From an MI tile and polygons to a report of units: Predict oxides with uncertainty and "
        "domain distance, Unit statistics with all of them, and Oxide histograms of the map.",
        {
            "INPUT": _INPUT,
            "ZONES": "Polygons of the geological units in a lunar CRS.",
            "NAME_FIELD": "The field with the names of the units. Empty: the units are numbered.",
        },
        (
            _PREDICT,
            Step(
                "units",
                "zonaloxides",
                ("ZONES", "NAME_FIELD"),
                _OXIDES
                | {"UNCERTAINTY": "predict:OUTPUT_UNCERTAINTY", "DOMAIN": "predict:OUTPUT_DOMAIN"},
                {
                    "Units": "OUTPUT",
                    "Table": "TABLE",
                    "Separation": "SEPARATION",
                    "Report": "REPORT",
                },
            ),
            Step("histogram", "oxidehistogram", (), _OXIDES, {"Histograms": "REPORT"}),
        ),
    ),
    Workflow(
        "comparewithreference",
        "From an MI tile to its comparison with a reference map: Predict oxides and Compare maps "
        "in one step.",
        {
            "INPUT": _INPUT,
            "REFERENCE": "Another map of one or more of the oxides, in any lunar CRS. Empty: the "
            "bundled table of Lunar Prospector, whose cells of 20 degrees need a mosaic.",
            "REFERENCE_UNIT": "What the reference holds.",
        },
        (
            _PREDICT,
            Step(
                "compare",
                "comparemaps",
                ("REFERENCE", "REFERENCE_UNIT"),
                _OXIDES,
                {"Difference": "OUTPUT", "Table": "TABLE", "Report": "REPORT"},
            ),
        ),
    ),
    Workflow(
        "marehighlandmeans",
        "From an MI tile to the means of mare and highlands beside the paper's Table 2: Predict "
        "oxides and Classify terrain in one step.",
        {
            "INPUT": _INPUT,
            "METHOD": "How mare and highlands are divided by FeO.",
        },
        (
            _PREDICT,
            Step(
                "terrain",
                "classifyterrain",
                ("METHOD",),
                _OXIDES,
                {"Classes": "OUTPUT", "Polygons": "POLYGONS", "Table": "TABLE", "Report": "REPORT"},
            ),
        ),
    ),
)


def build(workflow: Workflow) -> QgsProcessingModelAlgorithm:
    """The model of a workflow; the provider has to be registered."""
    registry = QgsApplication.processingRegistry()
    model = QgsProcessingModelAlgorithm(workflow.name, "Workflows")
    model.setHelpContent({"ALG_DESC": workflow.summary, **workflow.help})
    row, top = 0, 120
    for column, step in enumerate(workflow.steps):
        identifier = f"lunaroxide:{step.algorithm}"
        algorithm = registry.createAlgorithmById(identifier)
        child = QgsProcessingModelChildAlgorithm(identifier)
        child.setChildId(step.name)
        child.setDescription(algorithm.displayName())
        child.setPosition(QPointF(500 + 520 * min(column, 1), top))
        if column:  # beside the first step and its outputs, below the outputs of the one before
            top += max(180, 60 * len(step.gives) + 40)
        for name in step.given:
            parameter = QgsProcessingModelParameter(name)
            parameter.setPosition(QPointF(180, 120 + 90 * row))
            row += 1
            model.addModelParameter(algorithm.parameterDefinition(name).clone(), parameter)
            child.addParameterSources(name, [Source.fromModelParameter(name)])
        for name, output in step.linked.items():
            child.addParameterSources(name, [Source.fromChildOutput(*output.split(":"))])
        for definition in algorithm.parameterDefinitions():
            optional = definition.flags() & QgsProcessingParameterDefinition.FlagOptional
            if not (
                definition.name() in (*step.given, *step.linked)
                or optional
                or definition.isDestination()
            ):
                value = Source.fromStaticValue(definition.defaultValue())
                child.addParameterSources(definition.name(), [value])
        outputs = {}
        for index, (name, output) in enumerate(step.gives.items()):
            given = QgsProcessingModelOutput(name, name)
            given.setChildId(step.name)
            given.setChildOutputName(output)
            given.setPosition(child.position() + QPointF(260, 60 * index - 40))
            outputs[name] = given
        child.setModelOutputs(outputs)
        model.addChildAlgorithm(child)
    return model


def main() -> None:
    """Write every workflow that is built here."""
    for workflow in WORKFLOWS:
        path = FOLDER / f"{workflow.name}.model3"
        if not build(workflow).toFile(str(path)):
            raise SystemExit(f"{path} cannot be written")
        print(path.name)


if __name__ == "__main__":
    with qgis_provider():
        main()

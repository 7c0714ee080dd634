"""What all our algorithms share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsMapLayer,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterLayer,
    QgsProperty,
    QgsRasterLayer,
)
from qgis.PyQt.QtGui import QIcon

from ..about import ICON, NAME, VERSION
from ..core.errors import CancelledError, LunarOxideError, RasterError
from ..raster.blocks import Window, blocks
from ..raster.source import Raster

_RASTERS = (QgsProcessingParameterRasterLayer, QgsProcessingParameterMultipleLayers)

#: A raster that QGIS always can load. It stands in QGIS's own check for the
#: files we have opened ourselves: QGIS cannot load every form of an MI product.
_LOADABLE = str(Path(__file__).parent / "loadable.vrt")


class LunarOxideAlgorithm(QgsProcessingAlgorithm):
    """An algorithm described by class attributes, with errors that users can read.

    A subclass sets the attributes, declares its parameters in `initAlgorithm`
    with `add`, and does its work in `compute`.
    """

    #: Id within the provider; never changes.
    NAME = ""
    TITLE = ""
    GROUP = ""
    #: What it does, in a sentence.
    SUMMARY = ""
    #: What to know of the method, with its source.
    DETAILS = ""
    TAGS: tuple[str, ...] = ()

    def createInstance(self) -> LunarOxideAlgorithm:
        """Make another one; QGIS runs copies."""
        return type(self)()

    def name(self) -> str:
        """Id within the provider."""
        return self.NAME

    def displayName(self) -> str:
        """Name in the toolbox."""
        return self.TITLE

    def group(self) -> str:
        """Group in the toolbox."""
        return self.GROUP

    def groupId(self) -> str:
        """Id of the group."""
        return self.GROUP.lower().replace(" ", "")

    def shortDescription(self) -> str:
        """Tooltip in the toolbox."""
        return self.SUMMARY

    def tags(self) -> list[str]:
        """Words the toolbox also finds it by."""
        return ["moon", "lunar", "kaguya", "oxide", *self.TAGS]

    def icon(self) -> QIcon:
        """Icon in the toolbox."""
        return QIcon(str(ICON))

    def shortHelpString(self) -> str:
        """Help in plain text: qgis_process prints it as it is."""
        return plain_help([self.SUMMARY, self.DETAILS], self.parameterDefinitions())

    def add(
        self, parameter: QgsProcessingParameterDefinition, help_text: str, advanced: bool = False
    ) -> None:
        """Declare a parameter together with its help."""
        parameter.setHelp(help_text)
        if advanced:
            parameter.setFlags(
                parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced
            )
        self.addParameter(parameter)

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Refuse files that cannot be read and choices there are not, saying why in our words.

        QGIS only says that it could not load a file or that a value is
        incorrect, and it does not know every form of an MI product.
        """
        loadable = dict(parameters)
        for definition in self.parameterDefinitions():
            name = definition.name()
            value = parameters.get(name)
            if isinstance(definition, QgsProcessingParameterEnum):
                wrong = _wrong_choice(definition, value)
                if wrong:
                    return False, wrong
            if not isinstance(definition, _RASTERS):
                continue
            files = [item for item in _as_list(value) if _is_file_name(item)]
            try:
                for file in files:
                    Raster(file)
            except LunarOxideError as error:
                return False, str(error)
            if files:
                replaced = [_LOADABLE if item in files else item for item in _as_list(value)]
                loadable[name] = replaced if isinstance(value, (list, tuple)) else replaced[0]
        return super().checkParameterValues(loadable, context)

    def validateInputCrs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> bool:
        """Accept inputs in different CRSs: each algorithm checks the body and transforms."""
        return True

    def prepareAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> bool:
        """Note where the rasters lie: layers may not be touched in a worker thread."""
        self._paths = {}
        for definition in self.parameterDefinitions():
            name = definition.name()
            try:
                if isinstance(definition, QgsProcessingParameterRasterLayer):
                    value = parameters.get(name)
                    if _is_file_name(value):
                        self._paths[name] = [value]
                    else:
                        layer = self.parameterAsRasterLayer(parameters, name, context)
                        self._paths[name] = [_layer_path(layer, name)]
                elif isinstance(definition, QgsProcessingParameterMultipleLayers):
                    values = _as_list(parameters.get(name))
                    if all(map(_is_file_name, values)):
                        self._paths[name] = values
                    else:
                        layers = self.parameterAsLayerList(parameters, name, context)
                        self._paths[name] = [_layer_path(layer, name) for layer in layers]
            except LunarOxideError as error:
                raise QgsProcessingException(str(error)) from error
        return True

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Compute, with our errors as Processing's."""
        try:
            return self.compute(parameters, context, feedback)
        except LunarOxideError as error:
            raise QgsProcessingException(str(error)) from error

    def compute(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Do the work and return the outputs. Errors are raised as `LunarOxideError`."""
        raise NotImplementedError(type(self).__name__)

    def input_paths(self, name: str) -> list[str]:
        """The files (or other GDAL names) behind a raster parameter."""
        return self._paths[name]

    def oxide_band(
        self,
        parameters: dict[str, Any],
        name: str,
        raster: Raster,
        oxide: str,
        context: QgsProcessingContext,
    ) -> int:
        """Band number a parameter names, or when it is empty the band described as the oxide.

        Raises
        ------
        RasterError
            When there is no such band.
        """
        names = raster.band_names
        if parameters.get(name) is not None:
            number = self.parameterAsInt(parameters, name, context)
            if not 1 <= number <= len(names):
                raise RasterError(
                    f"{name} is {number}, but {raster.name} has the bands 1 to {len(names)}."
                )
            return number
        if names.count(oxide) != 1:
            listed = ", ".join(f"{i + 1} '{text}'" for i, text in enumerate(names))
            raise RasterError(
                f"{raster.name} has no single band described as {oxide}; it has {listed}. "
                f"Give its number in {name}."
            )
        return names.index(oxide) + 1

    def output_path(
        self, parameters: dict[str, Any], name: str, context: QgsProcessingContext
    ) -> str:
        """Where an output goes, "" when it is not wanted.

        Raises
        ------
        RasterError
            When it would overwrite an input.
        """
        if isinstance(self.parameterDefinition(name), QgsProcessingParameterFileDestination):
            path = self.parameterAsFileOutput(parameters, name, context)
        else:
            path = self.parameterAsOutputLayer(parameters, name, context)
        for file in (file for inputs in self._paths.values() for file in inputs):
            if path and _is_file_name(path) and _is_file_name(file) and Path(path).samefile(file):
                raise RasterError(f"{name} would overwrite the input {file}. Choose another name.")
        return path

    def provenance(self, parameters: dict[str, Any], *rasters: Raster) -> dict[str, str]:
        """Metadata of a result: algorithm, version, every parameter, and its inputs."""
        given = {
            definition.name(): _plain(parameters.get(definition.name(), definition.defaultValue()))
            for definition in self.parameterDefinitions()
        }
        given.update(self._paths)
        items = {
            "LUNAR_OXIDE_ALGORITHM": self.id(),
            "LUNAR_OXIDE_VERSION": VERSION,
            "LUNAR_OXIDE_PARAMETERS": json.dumps(given, sort_keys=True),
            "TIFFTAG_SOFTWARE": f"{NAME} {VERSION}",
        }
        if any(raster.synthetic for raster in rasters):
            items["SYNTHETIC"] = "YES"
        return items


def plain_help(
    paragraphs: Iterable[str], definitions: Iterable[QgsProcessingParameterDefinition]
) -> str:
    """Help of an algorithm: paragraphs, and one more for each parameter that has help."""
    parameters = [f"{d.description()}: {d.help()}" for d in definitions if d.help()]
    return "\n\n".join(filter(None, [*paragraphs, *parameters]))


def blocks_with_progress(area: Window, feedback: QgsProcessingFeedback) -> Iterator[Window]:
    """Blocks of an area, with progress, and an end when the user cancels.

    Raises
    ------
    CancelledError
        Before the next block, once the user has cancelled.
    """
    done = 0
    for window in blocks(area):
        stop_if_cancelled(feedback)
        yield window
        done += window.size
        feedback.setProgress(100 * done / area.size)


def stop_if_cancelled(feedback: QgsProcessingFeedback) -> None:
    """Raise CancelledError once the user has cancelled."""
    if feedback.isCanceled():
        raise CancelledError("Cancelled. No output was written.")


def _layer_path(layer: QgsMapLayer | None, name: str) -> str:
    if not isinstance(layer, QgsRasterLayer):
        raise RasterError(f"{name} is not a raster that can be loaded.")
    if layer.dataProvider() is None or layer.dataProvider().name() != "gdal":
        raise RasterError(f"{name}: {layer.name()} is not a file. Save it as a GeoTIFF first.")
    # Open options stand behind the path of a layer's source.
    return layer.source().split("|option:")[0]


def _is_file_name(value: Any) -> bool:
    try:
        return isinstance(value, str) and Path(value).is_file()
    except (OSError, ValueError):  # too long or malformed: not a file's name
        return False


def _wrong_choice(definition: QgsProcessingParameterEnum, value: Any) -> str:
    """What is wrong with a number given for a choice, "" when it is among them."""
    options = definition.options()
    word = str(value).strip()
    if not re.fullmatch(r"-?\d+", word) or 0 <= int(word) < len(options):
        return ""  # QGIS judges what is no number
    choices = ", ".join(f"{index} ({option})" for index, option in enumerate(options))
    return f"{definition.name()} is {word}. Choose one of: {choices}."


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return list(value)
    return [] if value is None else [value]


def _plain(value: Any) -> Any:
    """A parameter's value as JSON can keep it."""
    if isinstance(value, QgsProperty):
        return value.asExpression() or str(value.staticValue())
    if isinstance(value, QgsMapLayer):
        return value.source()
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        return value.sink.staticValue()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)

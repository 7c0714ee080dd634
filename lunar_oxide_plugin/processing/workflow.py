"""The bundled workflows: models of the graphical modeler, with a title and plain help."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProcessingModelAlgorithm
from qgis.PyQt.QtGui import QIcon

from ..about import help_url, icon
from ..core.errors import LunarOxideError, RasterError
from ..raster.gdal_io.file_state import require_no_input
from ..raster.writing.outputs import same_name
from ..translation import tr
from .base import plain_help, translate
from .inputs import checked_inputs, raster_paths, require_plain_files
from .layer_files import layer_files
from .paths import named_output
from .values import understood, warn_of_unknown
from .vector_input import vector_inputs

#: Titles by id. A model has one name for both, and an id cannot be read as a sentence.
_TITLES = {
    "oxideworkflow": "Oxide maps and unit statistics",
    "unitreport": "MI tile to unit report",
    "comparewithreference": "Compare with a reference map",
    "marehighlandmeans": "Mare and highland means",
}


class Workflow(QgsProcessingModelAlgorithm):
    """A bundled model, shown like the algorithms it is made of."""

    def createInstance(self) -> Workflow:
        """Make another one; QGIS runs copies."""
        copy = Workflow()
        copy.loadVariant(self.toVariant())
        copy.setProvider(self.provider())
        copy.setSourceFilePath(self.sourceFilePath())
        copy.translate()
        return copy

    def translate(self) -> None:
        """Put what its dialog shows into the language of QGIS."""
        for definition in self.parameterDefinitions():
            translate(definition)
        for output in self.outputDefinitions():
            output.setDescription(tr(output.description()))

    def displayName(self) -> str:
        """Name in the toolbox."""
        return tr(_TITLES.get(self.name(), self.name()))

    def group(self) -> str:
        """Group in the toolbox."""
        return tr(super().group())

    def shortDescription(self) -> str:
        """Tooltip in the toolbox."""
        return tr(str(self.helpContent().get("ALG_DESC", "")))

    def icon(self) -> QIcon:
        """The group's icon in the toolbox."""
        return QIcon(str(icon("workflows")))

    def shortHelpString(self) -> str:
        """Help in plain text: qgis_process prints it as it is, and QGIS would write HTML."""
        return plain_help([self.shortDescription()], self.parameterDefinitions())

    def helpUrl(self) -> str:
        """Where the button Help of the dialog leads."""
        return help_url(self.name())

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Take every form of an MI product that the steps take, and refuse others as they do."""
        definitions = self.parameterDefinitions()
        try:
            given = understood(definitions, parameters, context)
            require_plain_files(definitions, given)
            vector_inputs(definitions, given, context)
            checked = checked_inputs(definitions, given)
            self._require_inputs_kept(given, context)
        except LunarOxideError as error:
            return False, str(error)
        return super().checkParameterValues(checked, context)

    def prepareAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> bool:
        """Name parameters that only the steps have, as MODEL, which QGIS passes over in silence."""
        warn_of_unknown(self.parameterDefinitions(), parameters, feedback)
        return bool(super().prepareAlgorithm(parameters, context, feedback))

    def validateInputCrs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> bool:
        """Accept inputs in different CRSs: each step checks the body and transforms."""
        return True

    def _require_inputs_kept(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> None:
        """Refuse an output onto an input or another output: a step knows its own files only."""
        definitions = self.parameterDefinitions()
        places = raster_paths(definitions, parameters, context).values()
        vectors = vector_inputs(definitions, parameters, context).values()
        inputs = [file for raster in chain(*places) for file in raster.files]
        inputs += [file for vector in vectors for file in layer_files(vector.layer)]
        outputs: dict[str, str] = {}
        for definition in definitions:
            path = named_output(parameters.get(definition.name()))
            if not (definition.isDestination() and path):
                continue
            require_no_input(path, inputs, definition.name())
            other = outputs.setdefault(str(same_name(Path(path))), definition.name())
            if other != definition.name():
                raise RasterError(
                    f"{definition.name()} and {other} are both {path}. Give each its own name."
                )

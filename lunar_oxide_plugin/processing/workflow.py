"""The bundled workflows: models of the graphical modeler, with a title and plain help."""

from __future__ import annotations

from qgis.core import QgsProcessingModelAlgorithm
from qgis.PyQt.QtGui import QIcon

from ..about import ICON
from .base import plain_help

#: Titles by id. A model has one name for both, and an id cannot be read as a sentence.
_TITLES = {"oxideworkflow": "Oxide maps and unit statistics"}


class Workflow(QgsProcessingModelAlgorithm):
    """A bundled model, shown like the algorithms it is made of."""

    def createInstance(self) -> Workflow:
        """Make another one; QGIS runs copies."""
        copy = Workflow()
        copy.loadVariant(self.toVariant())
        copy.setProvider(self.provider())
        copy.setSourceFilePath(self.sourceFilePath())
        return copy

    def displayName(self) -> str:
        """Name in the toolbox."""
        return _TITLES.get(self.name(), self.name())

    def icon(self) -> QIcon:
        """Icon in the toolbox."""
        return QIcon(str(ICON))

    def shortHelpString(self) -> str:
        """Help in plain text: qgis_process prints it as it is, and QGIS would write HTML."""
        return plain_help([self.helpContent().get("ALG_DESC", "")], self.parameterDefinitions())

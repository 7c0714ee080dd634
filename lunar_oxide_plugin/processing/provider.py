"""The Processing provider `lunaroxide`."""

from __future__ import annotations

from qgis.core import QgsMessageLog, QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..about import FOLDER, ICON, NAME, VERSION
from .algorithms import ALGORITHMS
from .workflow import Workflow


class LunarOxideProvider(QgsProcessingProvider):
    """Shown as "Lunar Oxide Mapper" in the toolbox, `lunaroxide` in ids."""

    def __init__(self) -> None:
        super().__init__()
        self._workflows_wanted = False

    def id(self) -> str:
        """Prefix of the algorithms' ids; never changes."""
        return "lunaroxide"

    def name(self) -> str:
        """Name in the toolbox."""
        return NAME

    def longName(self) -> str:
        """Name with version."""
        return f"{NAME} {VERSION}"

    def versionInfo(self) -> str:
        """Version, as qgis_process shows it."""
        return VERSION

    def icon(self) -> QIcon:
        """Icon in the toolbox."""
        return QIcon(str(ICON))

    def supportedOutputRasterLayerExtensions(self) -> list[str]:
        """Rasters are written as GeoTIFF, a mosaic of tiles also as a VRT that refers to them."""
        return ["tif", "tiff", "vrt"]

    def supportedOutputVectorLayerExtensions(self) -> list[str]:
        """Polygons are written as GeoPackage.

        Shapefiles cut the names of columns, and GeoJSON is defined on Earth only.
        """
        return ["gpkg"]

    def supportsNonFileBasedOutput(self) -> bool:
        """Results are files: dialogs do not offer tables of databases and layers in memory."""
        return False

    def loadAlgorithms(self) -> None:
        """Add all algorithms; QGIS calls this on registration and refresh."""
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
        if self._workflows_wanted:
            self._load_workflows()

    def add_workflows(self) -> None:
        """Add the bundled models, once the provider is registered.

        A model finds its steps through the registry; read before its
        provider's algorithms are there, it loses their outputs.
        """
        self._workflows_wanted = True
        self.refreshAlgorithms()

    def _load_workflows(self) -> None:
        # A refresh has just emptied the provider, and the registry with it.
        for path in sorted((FOLDER / "workflows").glob("*.model3")):
            model = Workflow()
            if model.fromFile(str(path)):
                model.setProvider(self)
                model.translate()
                self.addAlgorithm(model)
            else:
                QgsMessageLog.logMessage(f"The workflow {path.name} cannot be read.", NAME)

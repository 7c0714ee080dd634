"""The plugin as QGIS sees it: it registers the Processing provider and a layout template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import QgsApplication

from .map_sheet import MapSheet
from .processing.provider import LunarOxideProvider

if TYPE_CHECKING:
    from qgis.gui import QgisInterface


class LunarOxidePlugin:
    """Registers and removes the provider and, in QGIS's window, the template.

    Parameters
    ----------
    iface : QgisInterface or None
        QGIS's window; None in qgis_process.
    """

    def __init__(self, iface: QgisInterface | None) -> None:
        self._provider: LunarOxideProvider | None = None
        self._sheet: MapSheet | None = None

    def initProcessing(self) -> None:
        """Register the provider; qgis_process calls only this."""
        self._provider = LunarOxideProvider()
        registry = QgsApplication.processingRegistry()
        if registry.addProvider(self._provider):
            # Models made of our own algorithms load only once these are known.
            self._provider.add_workflows()

    def initGui(self) -> None:
        """Start in QGIS's window."""
        self.initProcessing()
        self._sheet = MapSheet()
        self._sheet.register()

    def unload(self) -> None:
        """Remove what was registered."""
        if self._sheet is not None:
            self._sheet.unregister()
            self._sheet = None
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None

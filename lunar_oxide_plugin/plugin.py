"""The plugin as QGIS sees it: it registers the Processing provider, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import QgsApplication

from .processing.provider import LunarOxideProvider

if TYPE_CHECKING:
    from qgis.gui import QgisInterface


class LunarOxidePlugin:
    """Registers and removes the provider.

    Parameters
    ----------
    iface : QgisInterface or None
        QGIS's window; None in qgis_process.
    """

    def __init__(self, iface: QgisInterface | None) -> None:
        self._provider: LunarOxideProvider | None = None

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

    def unload(self) -> None:
        """Remove the provider."""
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None

"""The plugin as QGIS sees it: the Processing provider, a layout template and a menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import QgsApplication

from .map_sheet import MapSheet
from .processing.provider import LunarOxideProvider
from .translation import Translation

if TYPE_CHECKING:
    from qgis.gui import QgisInterface

    from .menu import Menu


class LunarOxidePlugin:
    """Registers and removes the provider and, in QGIS's window, the template and the menu.

    Parameters
    ----------
    iface : QgisInterface or None
        QGIS's window; None in qgis_process.
    """

    def __init__(self, iface: QgisInterface | None) -> None:
        self._provider: LunarOxideProvider | None = None
        self._translation: Translation | None = None
        self._sheet: MapSheet | None = None
        self._menu: Menu | None = None

    def initProcessing(self) -> None:
        """Register the provider; qgis_process calls only this."""
        self._translation = Translation()
        self._translation.install()
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
        from .menu import Menu  # of Processing's window, which qgis_process does not have

        self._menu = Menu()

    def unload(self) -> None:
        """Remove what was registered."""
        if self._menu is not None:
            self._menu.remove()
            self._menu = None
        if self._sheet is not None:
            self._sheet.unregister()
            self._sheet = None
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None
        if self._translation is not None:
            self._translation.remove()
            self._translation = None

"""The plugin's submenu in QGIS's menu Plugins."""

from __future__ import annotations

from qgis import processing, utils
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices, QIcon
from qgis.PyQt.QtWidgets import QDialog, QMenu

from .about import HOMEPAGE, ICON, NAME
from .translation import tr


class Menu:
    """Entries for what users need before they know the toolbox."""

    def __init__(self) -> None:
        self._plugins: QMenu = utils.iface.pluginMenu()
        self._menu = QMenu(NAME, self._plugins)
        self._dialog: QDialog | None = None
        self._menu.setIcon(QIcon(str(ICON)))
        self._menu.addAction(tr("Check installation..."), lambda: self._check({}))
        self._menu.addAction(tr("Install onnxruntime..."), lambda: self._check({"INSTALL": True}))
        self._menu.addAction(tr("Documentation"), lambda: QDesktopServices.openUrl(QUrl(HOMEPAGE)))
        self._plugins.addMenu(self._menu)

    def remove(self) -> None:
        """Take the submenu out again."""
        self._plugins.removeAction(self._menu.menuAction())
        self._menu.deleteLater()

    def _check(self, parameters: dict[str, bool]) -> None:
        """Open the dialog of `checkinstallation`, which runs it with a log and a Cancel button."""
        self._dialog = processing.createAlgorithmDialog("lunaroxide:checkinstallation", parameters)
        self._dialog.show()

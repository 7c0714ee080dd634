"""Lunar Oxide Mapper: oxide maps of the Moon from Kaguya Multiband Imager data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qgis.gui import QgisInterface

    from .plugin import LunarOxidePlugin


def classFactory(iface: QgisInterface | None) -> LunarOxidePlugin:
    """Make the plugin; the entry point that QGIS looks for."""
    from .plugin import LunarOxidePlugin

    return LunarOxidePlugin(iface)

"""What is generated from the plugin: styles, workflows, map sheet, reference, translations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lunar_oxide_plugin.processing.provider import LunarOxideProvider


@contextmanager
def qgis_provider() -> Iterator[LunarOxideProvider]:
    """QGIS without a window, with the plugin's algorithms and workflows, in English."""
    from qgis.core import QgsApplication

    from lunar_oxide_plugin.processing.provider import LunarOxideProvider

    application = QgsApplication([], False)
    application.initQgis()
    provider = LunarOxideProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    provider.add_workflows()
    yield provider
    QgsApplication.processingRegistry().removeProvider(provider)
    application.exitQgis()

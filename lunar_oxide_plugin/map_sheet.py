"""The template of a map sheet, offered by QGIS's own layout manager."""

from __future__ import annotations

import html
import re
from typing import Any

import qgis.core
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsExpressionContextUtils,
    QgsMessageLog,
    QgsProject,
    QgsRasterLayer,
    QgsSettings,
)

from .about import FOLDER, NAME
from .raster.moon.require_moon import is_moon

#: Where QGIS also looks for templates: Options > Layouts. It has been renamed since.
_SEARCH_PATHS, _SEARCH_PATHS_SINCE = "Layout/searchPathsForTemplates", "search-paths-for-templates"

#: The Moon's sphere by its radius in metres. By its name (IAU_2015:30100), as a lunar project has
#: it, QGIS 3.22 measures no length at all.
SPHERE = "PARAMETER:1737400:1737400"

#: The model's title in a raster's metadata.
_METHOD = re.compile(r"LUNAR_OXIDE_MODEL_TITLE=([^<\n]+)")

#: Property of our sheet, and of no other layout.
_MARK = "lunar_oxide_map_sheet"


class MapSheet:
    """Offers the template, and adapts the sheets that are made of it."""

    def register(self) -> None:
        """Add our folder to those of templates, and watch for sheets made of them."""
        search_in([*self._others(), str(FOLDER / "layouts")])
        QgsProject.instance().layoutManager().layoutAdded.connect(self._added)

    def unregister(self) -> None:
        """Leave QGIS's settings as they were."""
        search_in(self._others())
        QgsProject.instance().layoutManager().layoutAdded.disconnect(self._added)

    def _others(self) -> list[str]:
        ours = str(FOLDER / "layouts")
        return [path for path in QgsApplication.layoutTemplatePaths() if path != ours]

    def _added(self, name: str) -> None:
        """Adapt a sheet made of our template, and its project."""
        project = QgsProject.instance()
        layout = project.layoutManager().layoutByName(name)
        if not layout.customProperty(_MARK):
            return
        # QGIS gives GDAL's metadata as HTML only.
        rasters = [
            layer.htmlMetadata()
            for layer in project.mapLayers().values()
            if isinstance(layer, QgsRasterLayer)
        ]
        if any("SYNTHETIC=YES" in text for text in rasters):
            QgsExpressionContextUtils.setLayoutVariable(layout, "synthetic", "yes")
        methods = dict.fromkeys(title for text in rasters for title in _METHOD.findall(text))
        QgsExpressionContextUtils.setLayoutVariable(
            layout, "map_method", html.unescape("; ".join(methods))
        )
        wkt = project.crs().toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT2_2019)
        if project.ellipsoid() != SPHERE and is_moon(wkt):
            project.setEllipsoid(SPHERE)
            QgsMessageLog.logMessage(
                f"The project's ellipsoid is now {SPHERE}, for the scale bar of '{name}'.", NAME
            )


def search_in(paths: list[str]) -> None:
    """Let QGIS look for templates in these folders too."""
    setting = _setting()
    if setting is not None and paths:
        setting.setVariantValue(paths)
    elif setting is not None:
        setting.remove()
    elif paths:
        QgsSettings().setValue(_SEARCH_PATHS, paths, QgsSettings.Section.Core)
    else:
        QgsSettings().remove(_SEARCH_PATHS, QgsSettings.Section.Core)


def _setting() -> Any:
    """The setting as newer versions of QGIS know it (3.44 does, 3.22 does not); else None."""
    if not hasattr(qgis.core, "QgsSettingsTree"):
        return None
    node = qgis.core.QgsSettingsTree.node("layout")
    return node and node.childSetting(_SEARCH_PATHS_SINCE)

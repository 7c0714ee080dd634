"""The files on disk behind a vector layer."""

from __future__ import annotations

from qgis.core import QgsProviderRegistry, QgsVectorLayer

from ..raster.files_behind import disk_files, files_behind


def layer_files(layer: QgsVectorLayer) -> list[str]:
    """Files that a layer reads, as all those of a shapefile, and those of layers joined to it.

    The first is the one that it is named after; none when it lies in memory or in a database.

    Raises
    ------
    RasterError
        As `files_behind`.
    """
    found: dict[str, None] = {}
    layers, seen = [layer], set()
    while layers:
        current = layers.pop()
        if current is None or current.id() in seen:
            continue
        seen.add(current.id())
        parts = QgsProviderRegistry.instance().decodeUri(current.providerType(), current.source())
        path = str(parts.get("path") or parts.get("dbname") or "")
        if path:
            found.update(dict.fromkeys(files_behind(path, vector=True)))
        else:  # a query over layers, or what else names files in its own way
            found.update(dict.fromkeys(disk_files(current.source())))
        layers += [join.joinLayer() for join in current.vectorJoins()]
    return list(found)

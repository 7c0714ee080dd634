"""The files on disk behind a layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from qgis.core import (
    QgsMapLayer,
    QgsProject,
    QgsProviderRegistry,
    QgsRasterLayer,
    QgsVectorLayer,
    QgsVirtualLayerDefinition,
)
from qgis.PyQt.QtCore import QUrl

from ..core.errors import RasterError
from ..raster.gdal_io.files_behind import disk_files, files_behind
from ..raster.gdal_io.network import is_address
from ..raster.gdal_io.virtual_files import is_file, reaching


def layer_files(layer: QgsVectorLayer) -> list[str]:
    """Files that a layer reads, as all those of a shapefile, and those of layers it is made of.

    These are joined to it, or a virtual layer queries them. The first file is the one that it is
    named after; none when it lies in memory or in a database. For the main thread.

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
        for provider, source in _sources(current):
            parts = QgsProviderRegistry.instance().decodeUri(provider, source)
            path = str(parts.get("path") or parts.get("dbname") or "")
            # A query over layers, or what else names files in its own way, has no path.
            files = files_behind(path, vector=True) if path else disk_files(source)
            found.update(dict.fromkeys(files))
        layers += [join.joinLayer() for join in current.vectorJoins()]
        layers += [
            QgsProject.instance().mapLayer(dependency.layerId())
            for dependency in current.dataProvider().dependencies()
        ]
    return list(found)


def extent_files(layer: QgsMapLayer) -> list[str]:
    """Files of a layer of which no more than the extent is read, as far as they are known."""
    with suppress(RasterError):  # they lie on a network, for one
        if isinstance(layer, QgsVectorLayer):
            return layer_files(layer)
        if isinstance(layer, QgsRasterLayer):
            return files_behind(layer.source().split("|option:")[0])
    return disk_files(layer.source())


@contextmanager
def quiet_file(value: Any) -> Iterator[None]:
    """Keep QGIS, which loads a layer here, from asking a server that a file on the disk names.

    Parameters
    ----------
    value
        Of the parameter: the name of a file, perhaps with a layer in it behind a |, or a layer.

    Raises
    ------
    RasterError
        When it is a file that refers to a network, or a pipe or a device.
    """
    path = value.split("|")[0] if isinstance(value, str) else ""
    if not is_address(path) and is_file(path):
        files_behind(path, vector=True)
    with reaching(path):
        yield


def _sources(layer: QgsVectorLayer) -> list[tuple[str, str]]:
    """Provider and source of a layer, or of those that a virtual layer holds itself."""
    provider, source = layer.providerType(), layer.source()
    if provider != "virtual":
        return [(provider, source)]
    definition = QgsVirtualLayerDefinition.fromUrl(QUrl.fromEncoded(source.encode()))
    return [
        (part.provider(), part.source())
        for part in definition.sourceLayers()
        if not part.isReferenced()
    ]

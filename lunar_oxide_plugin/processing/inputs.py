"""What users give to an algorithm: checked, and turned into files and plain values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameters,
    QgsProperty,
    QgsRasterLayer,
    QgsVectorLayer,
)

from ..core.errors import RasterError
from ..raster.gdal_io.files_behind import is_same_file, require_plain, why_not_plain
from ..raster.gdal_io.virtual_files import is_file
from ..raster.sources.location import Location
from ..raster.sources.raster import Raster

_RASTERS = (QgsProcessingParameterRasterLayer, QgsProcessingParameterMultipleLayers)

_WKT2 = QgsCoordinateReferenceSystem.WktVariant.WKT2_2019

_OPTIONAL = QgsProcessingParameterDefinition.Flag.FlagOptional

#: A raster that QGIS always can load. It stands in QGIS's own check for the
#: files we have opened ourselves: QGIS cannot load every form of an MI product.
_LOADABLE = str(Path(__file__).parent / "loadable.vrt")


class _NotLoaded:
    """A parameter whose files QGIS does not load to see whether it could.

    We open them ourselves, and say more. `qgis_process` would load each file before a run: seconds
    for a global map, with a histogram of every band in a sidecar beside it, 1.5 MB for a tile, that
    GDAL then keeps in memory for each open file.
    """

    def checkValueIsAcceptable(
        self, value: Any, context: QgsProcessingContext | None = None
    ) -> bool:
        """Accept files without a look; `checked_inputs` takes it."""
        values = _as_list(value)
        if values and all(is_file_name(item) or _is_special(item) for item in values):
            return True
        return bool(super().checkValueIsAcceptable(value, context))  # type: ignore[misc]


class FeatureParameter(QgsProcessingParameterFeatureSource):
    """Features of a layer, for which QGIS opens no pipe, device or socket."""

    def checkValueIsAcceptable(
        self, value: Any, context: QgsProcessingContext | None = None
    ) -> bool:
        """Leave what `require_plain_files` refuses to it."""
        return _is_special(value) or bool(super().checkValueIsAcceptable(value, context))


class RasterParameter(_NotLoaded, QgsProcessingParameterRasterLayer):
    """One raster: a layer, or a file in any form that `Raster` opens."""


class RasterListParameter(_NotLoaded, QgsProcessingParameterMultipleLayers):
    """Several rasters: layers, or files in any form that `Raster` opens."""


def require_plain_files(
    definitions: Iterable[QgsProcessingParameterDefinition], parameters: Mapping[str, Any]
) -> None:
    """Refuse pipes, devices and sockets, which QGIS would open and wait for.

    Raises
    ------
    RasterError
        Naming the parameter.
    """
    for definition in definitions:
        given = None if definition.isDestination() else parameters.get(definition.name())
        for item in _as_list(given):
            require_plain(_path_of(item), definition.name())


def checked_inputs(
    definitions: Iterable[QgsProcessingParameterDefinition],
    parameters: Mapping[str, Any],
    check: Callable[[str], object] = Raster,
) -> dict[str, Any]:
    """Open the files among the parameters.

    QGIS only says that it could not load a file, and it does not know every
    form of an MI product.

    Parameters
    ----------
    definitions : iterable of QgsProcessingParameterDefinition
    parameters : mapping
        Values by the parameters' names.
    check : callable
        Opens a file, or raises to say why it cannot be read.

    Returns
    -------
    dict
        The parameters for QGIS's own check, files that were opened replaced by
        one that QGIS can load.

    Raises
    ------
    LunarOxideError
        When a file cannot be read.
    """
    checked = dict(parameters)
    for definition in definitions:
        name = definition.name()
        value = parameters.get(name)
        if isinstance(definition, _RASTERS):
            files = [item for item in _as_list(value) if is_file_name(item)]
            _require_files(definition, _as_list(value), files)
            for file in files:
                # QGIS's window would wait for a server; the run waits in a thread of its own.
                if not Location(file).is_address:
                    check(file)
            if files:
                replaced = [_LOADABLE if item in files else item for item in _as_list(value)]
                checked[name] = replaced if isinstance(value, (list, tuple)) else replaced[0]
    return checked


def raster_paths(
    definitions: Iterable[QgsProcessingParameterDefinition],
    parameters: Mapping[str, Any],
    context: QgsProcessingContext,
) -> dict[str, list[Location]]:
    """Where the rasters of each parameter come from, by its name.

    A layer has the CRS that the user has set for it, a path that of its file.

    Raises
    ------
    RasterError
        When one is not a raster layer, or none that GDAL reads.
    """
    paths: dict[str, list[Location]] = {}
    for definition in definitions:
        if not isinstance(definition, _RASTERS):
            continue
        name = definition.name()
        values = _as_list(parameters.get(name))
        if values == [""] and definition.flags() & _OPTIONAL:
            values = []  # how a command line leaves a parameter out
        paths[name] = [_location(item, definition, context) for item in values]
    return paths


def other_crs_in_project(places: Iterable[Location], context: QgsProcessingContext) -> list[str]:
    """What to say of files, given by their paths, that a layer shows with a CRS the user set.

    The histories of QGIS keep the paths of layers, and batches take files, so that the same file
    may come with one CRS or the other.
    """
    project = context.project()
    layers = [
        (layer.name(), _of_layer(layer))
        for layer in (project.mapLayers().values() if project else ())
        if isinstance(layer, QgsRasterLayer) and layer.isValid() and layer.providerType() == "gdal"
    ]
    changed = [(name, shown) for name, shown in layers if shown.wkt]
    return [
        f"{place.name} is read with its own CRS. The layer {name} of the project shows it with "
        "another; to use that, choose the layer instead of the file."
        for place in (places if changed else ())
        for name, shown in changed
        if not place.wkt and is_same_file(place.name, shown.name) and shown.note(place.dataset())
    ]


def layer_wkt(layer: QgsVectorLayer) -> str:
    """CRS of a vector layer, or else of its file; "" when there is none.

    QGIS finds no code for a GeoPackage in IAU_2015:30100 (GDAL keeps it as
    IAU:30100) and calls its CRS invalid; from 3.40 on only the data
    provider still knows its definition then.
    """
    return layer.crs().toWkt(_WKT2) or layer.dataProvider().crs().toWkt(_WKT2)


def is_file_name(value: Any) -> bool:
    """Whether a parameter's value is the name of a file, not a layer or its id.

    Names in GDAL's virtual file systems (/vsizip/, /vsicurl/ ...) count without
    a look: what cannot be opened there is to be refused in our words.
    """
    return isinstance(value, str) and (value.startswith("/vsi") or is_file(value))


def plain_value(value: Any) -> Any:
    """A parameter's value as JSON can keep it."""
    if isinstance(value, QgsProperty):
        return value.asExpression() or str(value.staticValue())
    if isinstance(value, QgsMapLayer):
        return value.source()
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        return value.sink.staticValue()
    if isinstance(value, (list, tuple)):
        return [plain_value(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _require_files(
    definition: QgsProcessingParameterDefinition, values: list[Any], files: list[str]
) -> None:
    """Name the files of a list that are not there, which QGIS silently ignores."""
    if not isinstance(definition, QgsProcessingParameterMultipleLayers):
        return
    for value in values:
        if isinstance(value, str) and value not in files and re.search(r"[/\\]", value):
            path = value.split("|option:")[0]  # as layers in a project have it
            if not is_file(path):
                raise RasterError(f"{definition.name()}: there is no file {path}.")


def _location(
    value: Any, definition: QgsProcessingParameterDefinition, context: QgsProcessingContext
) -> Location:
    if is_file_name(value):
        return Location(value)
    name = definition.name()
    given = {name: value}
    if isinstance(value, QgsMapLayer):
        layer = value
    elif isinstance(definition, QgsProcessingParameterRasterLayer):
        layer = QgsProcessingParameters.parameterAsRasterLayer(definition, given, context)
    else:
        layers = QgsProcessingParameters.parameterAsLayerList(definition, given, context)
        layer = layers[0] if layers else None
    if not isinstance(layer, QgsRasterLayer):
        raise RasterError(f"{name} is not a raster that can be loaded.")
    provider = layer.dataProvider()
    if provider is None or provider.name() != "gdal":
        raise RasterError(f"{name}: {layer.name()} is not a file. Save it as a GeoTIFF first.")
    return _of_layer(layer)


def _of_layer(layer: QgsRasterLayer) -> Location:
    """Where a layer comes from, with the CRS that a user has set for it."""
    crs = layer.crs()
    changed = crs.isValid() and crs != layer.dataProvider().crs()
    # Open options stand behind the path of a layer's source.
    return Location(layer.source().split("|option:")[0], crs.toWkt(_WKT2) if changed else "")


def _path_of(value: Any) -> str:
    """What may be the path in a parameter's value; empty when nothing is."""
    if isinstance(value, QgsProcessingFeatureSourceDefinition):
        value = value.source.staticValue()
    return value.split("|")[0] if isinstance(value, str) else ""


def _is_special(value: Any) -> bool:
    """Whether a value names what `require_plain_files` refuses."""
    return bool(why_not_plain(_path_of(value)))


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return list(value)
    return [] if value is None else [value]

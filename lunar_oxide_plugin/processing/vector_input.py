"""A layer of features as a user chose it: which of them, their CRS and their name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameters,
    QgsProperty,
    QgsProviderRegistry,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..core.errors import RasterError
from ..raster.gdal_io.virtual_files import reaching
from .inputs import layer_wkt
from .layer_files import quiet_file

#: What parameters of ours take, and what else a layer may be.
_KINDS = {
    QgsProcessing.SourceType.TypeVectorPolygon: "polygons",
    QgsProcessing.SourceType.TypeVectorPoint: "points",
}
_GEOMETRIES = {
    "points": QgsWkbTypes.GeometryType.PointGeometry,
    "lines": QgsWkbTypes.GeometryType.LineGeometry,
    "polygons": QgsWkbTypes.GeometryType.PolygonGeometry,
    "no geometry": QgsWkbTypes.GeometryType.NullGeometry,
}


_SKIP = QgsFeatureRequest.InvalidGeometryCheck.GeometrySkipInvalid
_NO_CHECK = QgsFeatureRequest.InvalidGeometryCheck.GeometryNoCheck


class VectorInput(NamedTuple):
    """The features of a parameter. The layer behind it may be used in QGIS's main thread only."""

    parameter: str
    source: QgsProcessingFeatureSource
    #: CRS as WKT 2, "" without one
    wkt: str
    layer: QgsVectorLayer
    #: That of the layer, with which of its features are taken
    name: str
    #: Where the layer lies and which of its features are taken, for a result's metadata
    described: list[str]
    #: What a user has set for this input alone; None to repair instead
    geometry_check: Any
    #: What a user may not expect
    notes: list[str]

    def features(self, check: Callable[[], None]) -> Iterator[QgsFeature]:
        """The chosen features, with invalid geometries too, as we repair them ourselves.

        QGIS's own check, which its window sets to stop at an invalid geometry, throws a C++
        exception through Python's frames: the next call into Python crashes QGIS. Here it is
        made only where the user asked for it in this input's own options.

        Parameters
        ----------
        check : callable
            Called before each feature; raises to stop.

        Raises
        ------
        RasterError
            When a geometry is invalid and the input's own options say to stop there.
        """
        unchecked = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
        with reaching(self.described[0]):
            for feature in self.source.getFeatures(QgsFeatureRequest(), unchecked):
                check()
                if self.geometry_check is not None and not _is_valid(feature):
                    if self.geometry_check == _SKIP:
                        continue
                    raise RasterError(
                        f"Feature {feature.id()} of {self.name} ({self.parameter}) has an invalid "
                        "geometry, at which this input is set to stop. Repair it, or change that "
                        "in the options beside the input."
                    )
                yield feature


def vector_inputs(
    definitions: Iterable[QgsProcessingParameterDefinition],
    parameters: Mapping[str, Any],
    context: QgsProcessingContext,
) -> dict[str, VectorInput]:
    """What parameters of features hold, by their names, without those left empty.

    Raises
    ------
    RasterError
        As `vector_input`.
    """
    found = {
        definition.name(): vector_input(definition, parameters, context)
        for definition in definitions
        if isinstance(definition, QgsProcessingParameterFeatureSource)
    }
    return {name: vector for name, vector in found.items() if vector is not None}


def vector_input(
    definition: QgsProcessingParameterFeatureSource,
    parameters: Mapping[str, Any],
    context: QgsProcessingContext,
) -> VectorInput | None:
    """What a parameter of features holds; None when it is left empty. For the main thread.

    Raises
    ------
    RasterError
        When it cannot be loaded, or has geometries of another kind than the parameter takes.
    """
    name = definition.name()
    value = parameters.get(name)
    if value is None or value == "":
        return None
    place, check = value, None
    chosen: list[str] = []
    if isinstance(value, QgsProcessingFeatureSourceDefinition):
        place = value.source
        chosen, check = _choices(value)
    if isinstance(place, QgsProperty):
        place, _ = place.value(context.expressionContext())
    wanted = _KINDS[definition.dataTypes()[0]]
    with quiet_file(place):
        layer = QgsProcessingParameters.parameterAsVectorLayer(definition, {name: place}, context)
        source = QgsProcessingParameters.parameterAsSource(definition, dict(parameters), context)
    if layer is None or source is None:
        raise RasterError(
            f"{name} is {_called(place)}, which is neither a vector file nor a layer of the "
            f"project. Give the path of a file with {wanted}, such as a GeoPackage, or choose a "
            "layer."
        )
    _require_geometries(layer, name, wanted)
    called = source.sourceName() + (f" ({', '.join(chosen)})" if chosen else "")
    described = [layer.source(), *chosen]
    notes = _several(place, layer, name, wanted)
    return VectorInput(name, source, layer_wkt(layer), layer, called, described, check, notes)


def _choices(definition: QgsProcessingFeatureSourceDefinition) -> tuple[list[str], Any]:
    """Which features of the layer are chosen, in words, and how invalid ones are to be taken."""
    chosen = ["selected features only"] if definition.selectedFeaturesOnly else []
    if definition.featureLimit >= 0:
        chosen.append(f"at most {definition.featureLimit} features")
    if getattr(definition, "filterExpression", ""):  # from QGIS 3.32 on
        chosen.append(f"where {definition.filterExpression}")
    own_check = QgsProcessingFeatureSourceDefinition.Flag.FlagOverrideDefaultGeometryCheck
    if not definition.flags & own_check or definition.geometryCheck == _NO_CHECK:
        return chosen, None
    if definition.geometryCheck == _SKIP:
        chosen.append("without invalid features")
    return chosen, definition.geometryCheck


def _require_geometries(layer: QgsVectorLayer, name: str, wanted: str) -> None:
    kind = layer.geometryType()
    found = [word for word, geometry in _GEOMETRIES.items() if kind == geometry]
    # A layer of mixed or unknown geometries is judged feature by feature; of an empty one QGIS
    # does not always know the kind.
    if not found or found == [wanted] or not layer.featureCount():
        return
    remedy = f"Use a layer of {wanted}."
    if found == ["no geometry"]:
        remedy += (
            " A table with coordinates or WKT in its columns becomes one with Layer > Add Layer > "
            "Add Delimited Text Layer."
        )
    raise RasterError(
        f"{name}: the layer {layer.name()} has {found[0]}, but {wanted} are needed. {remedy}"
    )


def _several(place: Any, layer: QgsVectorLayer, name: str, wanted: str) -> list[str]:
    """Which layer of a file with several QGIS has taken."""
    path = layer.source().split("|")[0]
    if place != path or layer.providerType() != "ogr":  # a layer, or one named behind the path
        return []
    names = [
        sublayer.name()
        for sublayer in QgsProviderRegistry.instance().querySublayers(path)
        if QgsWkbTypes.geometryType(sublayer.wkbType())
        in (_GEOMETRIES[wanted], QgsWkbTypes.GeometryType.UnknownGeometry)
    ]
    if len(names) < 2:
        return []
    return [
        f"{name}: {path} has several layers ({', '.join(names)}), of which the first "
        f"is taken. Give another as {path}|layername={names[1]}."
    ]


def _is_valid(feature: QgsFeature) -> bool:
    return not feature.hasGeometry() or feature.geometry().isGeosValid()


def _called(place: Any) -> str:
    return f"'{place}'" if isinstance(place, str) else "a layer that cannot be loaded"

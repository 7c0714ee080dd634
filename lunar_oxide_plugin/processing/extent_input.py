"""A rectangle as a user gave it: in a text, by a layer or drawn, with its CRS."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterExtent,
    QgsProcessingUtils,
    QgsProperty,
    QgsRectangle,
    QgsReferencedRectangle,
)

from ..core.errors import RasterError
from ..raster.moon.crs import GEOGRAPHIC_WKT
from ..raster.moon.extent import Extent
from ..raster.moon.require_moon import is_moon, require_moon
from .inputs import layer_wkt
from .layer_files import extent_files, quiet_file

#: Four numbers, and perhaps a CRS: left, right, bottom, top [authority:code].
_TEXT = re.compile(r"\s*([^,]+),([^,]+),([^,]+),([^,\[]+?)\s*(?:\[(.*)\])?\s*")

#: How GDAL up to 3.6 calls the lunar codes of the IAU, in GeoPackages and elsewhere.
_OLD_IAU = re.compile(r"IAU(_?\d{4})?:(301\d\d)", re.IGNORECASE)

#: Longitudes go on beyond 180 degrees across the antimeridian, by at most a turn.
_MOST_DEGREES = (540.0, 90.0)

_EXAMPLE = "-50,-49,43,44 [IAU_2015:30100]"


class ExtentInput(NamedTuple):
    """An extent as a parameter gives it."""

    extent: Extent
    #: What was assumed of its CRS, "" where it was given
    assumed: str
    #: Of the layer that has it
    files: list[str]


def extent_inputs(
    definitions: Iterable[QgsProcessingParameterDefinition],
    parameters: Mapping[str, Any],
    context: QgsProcessingContext,
) -> dict[str, ExtentInput]:
    """The extents among the parameters by their names, without those left empty.

    For the main thread, as layers may be asked.

    Raises
    ------
    RasterError
        When one cannot be read, has an unknown CRS or one that is not on the Moon.
    """
    return {
        definition.name(): _extent(definition.name(), parameters[definition.name()], context)
        for definition in definitions
        if isinstance(definition, QgsProcessingParameterExtent)
        and parameters.get(definition.name()) not in (None, "")
    }


def _extent(name: str, value: Any, context: QgsProcessingContext) -> ExtentInput:
    if isinstance(value, QgsProcessingFeatureSourceDefinition):
        value = value.source
    if isinstance(value, QgsProperty):
        value, _ = value.value(context.expressionContext())
    written = _TEXT.fullmatch(value) if isinstance(value, str) else None
    files: list[str] = []
    if written:
        sides, wkt = _sides(name, value, written.groups()[:4]), _crs(name, written[5] or "")
    elif isinstance(value, QgsReferencedRectangle):
        sides, wkt = _of_rectangle(name, value), _as_wkt(value.crs())
    elif isinstance(value, QgsRectangle):
        sides, wkt = _of_rectangle(name, value), ""
    else:
        layer = value
        if isinstance(value, str):
            with quiet_file(value):
                layer = QgsProcessingUtils.mapLayerFromString(value, context)
        if not isinstance(layer, QgsMapLayer):
            raise RasterError(
                f"{name} is '{value}', which is neither an extent nor a layer. Give left, right, "
                f"bottom and top with a CRS, as {_EXAMPLE}."
            )
        sides, wkt = _of_rectangle(name, layer.extent()), layer_wkt(layer)
        files = extent_files(layer)
    assumed = ""
    if not wkt:
        wkt, assumed = _assumed(sides, context)
        assumed = f"{name} has no CRS; its numbers are taken {assumed}"
    if wkt:
        require_moon(wkt, name)
    left, right, bottom, top = sides
    return ExtentInput(Extent(wkt, left, bottom, right, top), assumed, files)


def _sides(name: str, text: str, words: Iterable[str]) -> tuple[float, ...]:
    """Left, right, bottom and top of a text."""
    try:
        sides = tuple(float(word) for word in words)
    except ValueError:
        sides = (math.nan,)
    if not all(map(math.isfinite, sides)):
        raise RasterError(
            f"{name} is '{text}', which is not four numbers: left, right, bottom and top, as "
            f"{_EXAMPLE}."
        )
    left, right, bottom, top = sides
    if right < left or top < bottom:
        raise RasterError(
            f"{name} is '{text}', of which left is above right or bottom above top. Across 180 "
            "degrees go on beyond it, as 179,181,-5,5 [IAU_2015:30100]."
        )
    return sides


def _of_rectangle(name: str, rectangle: QgsRectangle) -> tuple[float, ...]:
    sides = (
        rectangle.xMinimum(),
        rectangle.xMaximum(),
        rectangle.yMinimum(),
        rectangle.yMaximum(),
    )
    if rectangle.isNull() or not all(map(math.isfinite, sides)):
        raise RasterError(f"{name} is an empty extent. Draw another, or leave it empty.")
    return sides


def _crs(name: str, code: str) -> str:
    """WKT of a CRS that stands in a text, "" for none."""
    code = code.strip()
    if not code:
        return ""
    crs = QgsCoordinateReferenceSystem(_OLD_IAU.sub(r"IAU_2015:\2", code))
    if not crs.isValid():
        raise RasterError(
            f"{name} has the CRS [{code}], which is not known. Give another, as {_EXAMPLE}."
        )
    return _as_wkt(crs)


def _as_wkt(crs: QgsCoordinateReferenceSystem) -> str:
    return crs.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT2_2019) if crs.isValid() else ""


def _assumed(sides: tuple[float, ...], context: QgsProcessingContext) -> tuple[str, str]:
    """The CRS of an extent that has none, and how that is said.

    In metres, an extent that could be degrees would be a few pixels around the origin.
    """
    left, right, bottom, top = sides
    x, y = max(abs(left), abs(right)), max(abs(bottom), abs(top))
    if x <= _MOST_DEGREES[0] and y <= _MOST_DEGREES[1]:
        return GEOGRAPHIC_WKT, "for degrees of longitude and latitude on the Moon."
    project = context.project()
    wkt = _as_wkt(project.crs()) if project else ""
    if wkt and is_moon(wkt):
        return wkt, f"to be in the CRS of the project, {project.crs().userFriendlyIdentifier()}."
    return "", "to be in the CRS of the tiles."

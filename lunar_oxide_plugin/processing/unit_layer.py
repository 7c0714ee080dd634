"""The layer of units with their statistics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from qgis.core import QgsFeature, QgsFields

from ..core.results.units import Unit, layer_columns
from ..core.tables import distinct_names
from ..raster.writing.geopackage import GEOMETRY, KEY, write_polygons
from ..raster.writing.outputs import OutputFiles
from .attributes import column


class Key(NamedTuple):
    """The primary key of the layer."""

    name: str
    #: Distinct, one for each row.
    numbers: Sequence[int]
    #: Column of the polygons that it is; None when it is a new one.
    column: int | None


def key_of(fields: QgsFields, features: Sequence[QgsFeature]) -> Key:
    """Number rows as the polygons are numbered, so that joins keep working.

    By their column fid, or else by their ids where a column holds these (a primary key of another
    name), or else from 1 on.
    """
    ids = [feature.id() for feature in features]
    kept = None
    for index, field in enumerate(fields):
        kind, values = column(field, [feature.attribute(index) for feature in features])
        if kind is not int or None in values or min(values) < 0 or len(set(values)) < len(values):
            continue
        if field.name().lower() == KEY:
            return Key(field.name(), values, index)
        if values == ids and min(ids) > 0:  # 0: counted by the reader, not stored
            kept = Key(KEY, values, None)
    return kept or Key(KEY, range(1, 1 + len(ids)), None)


class UnitLayer(NamedTuple):
    """The polygons as they were given."""

    fields: QgsFields
    wkt: str
    key: Key
    features: Sequence[QgsFeature]


def write_units(
    files: OutputFiles, path: str, layer: UnitLayer, units: Sequence[Unit]
) -> list[str]:
    """Write the polygons, their own columns and the statistics as a GeoPackage.

    Columns whose names the statistics or the GeoPackage need are renamed; returns warnings of it.
    """
    fields, wkt, key, features = layer
    statistics = layer_columns(units)
    kept = [index for index in range(len(fields)) if index != key.column]
    own = [
        column(fields[index], [feature.attribute(index) for feature in features]) for index in kept
    ]
    wanted = [fields[index].name() for index in kept]
    taken = [key.name, GEOMETRY, *(one.name for one in statistics)]
    names = distinct_names([name or "field" for name in wanted], taken)
    columns = {name: kind for name, (kind, _) in zip(names, own)}
    columns.update({one.name: one.kind for one in statistics})
    rows = (
        (
            bytes(feature.geometry().asWkb()),
            [values[row] for _, values in own] + [_known(one.of(unit)) for one in statistics],
        )
        for row, (feature, unit) in enumerate(zip(features, units))
    )
    write_polygons(
        files.path(path), "units", wkt, columns, rows, f"{path} cannot be written", key[:2]
    )
    renamed = ", ".join(f"'{old}' is '{new}'" for old, new in zip(wanted, names) if old != new)
    if not renamed:
        return []
    return [f"OUTPUT needs the names of these columns of ZONES, which are renamed: {renamed}."]


def _known(value: Any) -> Any:
    return None if value == "" or (isinstance(value, float) and math.isnan(value)) else value

"""The layer of units with their statistics."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from qgis.core import NULL, QgsFeature, QgsField, QgsFields
from qgis.PyQt.QtCore import QMetaType

from ..core.errors import RasterError
from ..core.units import Unit
from ..raster.geopackage import write_polygons
from ..raster.outputs import OutputFiles


def write_units(
    files: OutputFiles,
    path: str,
    fields: QgsFields,
    wkt: str,
    features: Sequence[QgsFeature],
    units: Sequence[Unit],
) -> None:
    """Write the polygons, their own columns and the statistics as a GeoPackage.

    Raises
    ------
    RasterError
        When it cannot be written, or the polygons already have columns of these names.
    """
    # The GeoPackage numbers its rows itself.
    kept = [field for field in fields if field.name().lower() not in ("fid", "geom")]
    columns = {field.name(): _python_type(field) for field in kept}
    statistics = [
        (band, name) for band, summary in units[0].bands.items() for name in summary.shown
    ]
    new = {"area_km2": float}
    with_domain = units[0].outside_domain is not None
    if with_domain:
        new["outside_domain"] = float
    new.update({f"{_column(b)}_{n}": int if n == "pixels" else float for b, n in statistics})
    new.update({_column(name): float for name in units[0].mg_number_columns()})
    new["remark"] = str
    taken = {name.lower() for name in columns} & {name.lower() for name in new}
    if taken:
        raise RasterError(
            f"ZONES already has the columns {', '.join(sorted(taken))}. Rename or remove them, or "
            "use the layer without statistics."
        )
    rows = []
    for feature, unit in zip(features, units):
        values = [_plain(feature[field.name()], columns[field.name()]) for field in kept]
        values.append(unit.area_km2)
        if with_domain:
            values.append(_plain(unit.outside_domain, float))
        values += [_plain(getattr(unit.bands[band], name), float) for band, name in statistics]
        values += [_plain(value, float) for value in unit.mg_number_columns().values()]
        values.append(unit.remark or None)
        rows.append((bytes(feature.geometry().asWkb()), values))
    write_polygons(
        files.path(path),
        "units",
        wkt,
        {**columns, **new},
        rows,
        f"{path} cannot be written",
    )


def _python_type(field: QgsField) -> type:
    kinds = QMetaType.Type  # of the same numbers as those of QVariant, which fields have in 3.22
    if field.type() in (kinds.Int, kinds.LongLong, kinds.UInt, kinds.Bool):
        return int
    return float if field.type() == kinds.Double else str


def _plain(value: Any, kind: type) -> Any:
    """A column's value for the GeoPackage: None for NULL and NaN, text for what is no number."""
    if value is None or value == NULL or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value) if kind is str else value


def _column(band: str) -> str:
    """A band's name as a column can carry it."""
    return re.sub(r"\W+", "_", band.replace("#", "_number")).strip("_")

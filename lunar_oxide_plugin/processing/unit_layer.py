"""The layer of units with their statistics."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from qgis.core import QgsFeature, QgsFields

from ..core.tables import distinct_names
from ..core.units import Unit
from ..raster.geopackage import GEOMETRY, KEY, write_polygons
from ..raster.outputs import OutputFiles
from .attributes import column


class _Statistic(NamedTuple):
    """A column of results."""

    name: str
    kind: type
    of: Callable[[Unit], Any]


class _Own(NamedTuple):
    """A column that the polygons have."""

    name: str
    kind: type
    values: Sequence[Any]


def write_units(
    files: OutputFiles,
    path: str,
    fields: QgsFields,
    wkt: str,
    features: Sequence[QgsFeature],
    units: Sequence[Unit],
) -> list[str]:
    """Write the polygons, their own columns and the statistics as a GeoPackage.

    Rows keep the numbers that the polygons have, so that joins still fit: those of a column fid,
    or else of the features. Columns whose names the statistics or the GeoPackage need are renamed.

    Returns
    -------
    list of str
        What the user should know.

    Raises
    ------
    RasterError
        When it cannot be written.
    """
    statistics = _statistics(units)
    own = [
        _Own(field.name(), *column(field, [feature.attribute(index) for feature in features]))
        for index, field in enumerate(fields)
    ]
    numbered = next((one for one in own if _is_key(one)), None)
    own = [one for one in own if one is not numbered]
    if numbered is not None:
        key = (numbered.name, numbered.values)
    else:
        ids = [feature.id() for feature in features]
        key = (KEY, ids if _are_numbers(ids) else range(1, 1 + len(ids)))
    taken = [key[0], GEOMETRY, *(one.name for one in statistics)]
    names = distinct_names([one.name or "field" for one in own], taken)
    columns = {name: one.kind for name, one in zip(names, own)}
    columns.update({one.name: one.kind for one in statistics})
    rows = (
        (
            bytes(feature.geometry().asWkb()),
            [one.values[row] for one in own] + [_known(one.of(unit)) for one in statistics],
        )
        for row, (feature, unit) in enumerate(zip(features, units))
    )
    write_polygons(files.path(path), "units", wkt, columns, rows, f"{path} cannot be written", key)
    return _notes([one.name for one in own], names)


def _notes(old: Sequence[str], new: Sequence[str]) -> list[str]:
    renamed = [f"'{a}' is '{b}'" for a, b in zip(old, new) if a != b]
    if not renamed:
        return []
    return [
        "OUTPUT has columns of its own with the names of these columns of ZONES, which are renamed "
        f"there: {', '.join(renamed)}."
    ]


def _is_key(own: _Own) -> bool:
    return own.name.lower() == KEY and own.kind is int and _are_numbers(own.values)


def _are_numbers(values: Sequence[int | None]) -> bool:
    """Whether they can number the rows of a GeoPackage: from 0 or 1 on, no two alike."""
    return None not in values and min(values) >= 0 and len(set(values)) == len(values)


def _statistics(units: Sequence[Unit]) -> list[_Statistic]:
    first = units[0]
    found = [_Statistic("area_km2", float, lambda unit: unit.area_km2)]
    if first.outside_domain is not None:
        found.append(_Statistic("outside_domain", float, lambda unit: unit.outside_domain))
    bands = distinct_names([_column(band) for band in first.bands])
    for name, (band, summary) in zip(bands, first.bands.items()):
        for shown in summary.shown:
            kind = int if shown == "pixels" else float
            found.append(_Statistic(f"{name}_{shown}", kind, _of_band(band, shown)))
    found += [
        _Statistic(_column(name), float, _of_mg_number(name)) for name in first.mg_number_columns()
    ]
    return [*found, _Statistic("remark", str, lambda unit: unit.remark or None)]


def _of_band(band: str, statistic: str) -> Callable[[Unit], Any]:
    return lambda unit: getattr(unit.bands[band], statistic)


def _of_mg_number(name: str) -> Callable[[Unit], Any]:
    return lambda unit: unit.mg_number_columns()[name]


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _column(band: str) -> str:
    """A band's name as a column can carry it."""
    return re.sub(r"\W+", "_", band.replace("#", "_number")).strip("_") or "band"

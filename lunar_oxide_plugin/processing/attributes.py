"""Attributes of a layer's features as Python's own values, as columns and as text."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from qgis.core import QgsField, QgsGeometry
from qgis.PyQt.QtCore import QByteArray, QDate, QDateTime, QMetaType, Qt, QTime, QVariant

#: Python types of columns by the types of fields, which in QGIS 3.22 are those of QVariant, of the
#: same numbers. Others become text.
_TYPES: dict[Any, type] = {
    **dict.fromkeys(
        (
            QMetaType.Type.Int,
            QMetaType.Type.UInt,
            QMetaType.Type.LongLong,
            QMetaType.Type.ULongLong,
            QMetaType.Type.Short,
            QMetaType.Type.UShort,
        ),
        int,
    ),
    QMetaType.Type.Bool: bool,
    QMetaType.Type.Double: float,
    QMetaType.Type.Float: float,
    QMetaType.Type.QDate: date,
    QMetaType.Type.QDateTime: datetime,
    QMetaType.Type.QByteArray: bytes,
}

_INT64 = range(-(2**63), 2**63)


def attribute(value: Any) -> bool | int | float | bytes | str | None:
    """Turn the value of an attribute into one of Python's own.

    Parameters
    ----------
    value : any
        As QGIS 3.22 to 4 gives it.

    Returns
    -------
    bool, int, float, bytes, str or None
        None for NULL and NaN. Dates and times in ISO 8601, lists and maps in JSON, geometries in
        WKT.
    """
    if isinstance(value, QVariant):
        value = None if value.isNull() else value.value()
    if _is_null(value):
        return None
    for kinds, conversion in _CONVERSIONS:
        if isinstance(value, kinds):
            return conversion(value)
    return str(value)


def _is_null(value: Any) -> bool:
    if isinstance(value, (QDate, QTime, QDateTime, QByteArray, QgsGeometry)):
        return bool(value.isNull())
    return value is None or (isinstance(value, float) and math.isnan(value))


def _unicode(text: str) -> str:
    """Without halves of characters, which UTF-16 (Qt) may hold and UTF-8 (files) may not."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _iso(time: QTime | QDateTime) -> str:
    """With milliseconds where there are some."""
    return str(time.toString(Qt.DateFormat.ISODateWithMs)).replace(".000", "")


def _json(value: Any) -> str:
    return json.dumps(_for_json(value), ensure_ascii=False)


_CONVERSIONS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    ((bool, int, float, bytes), lambda value: value),
    (str, _unicode),
    (QDate, lambda value: value.toString(Qt.DateFormat.ISODate)),
    ((QTime, QDateTime), _iso),
    (QByteArray, bytes),
    ((list, tuple, Mapping), _json),
    (QgsGeometry, QgsGeometry.asWkt),
)


def attribute_text(value: Any) -> str:
    """The value of an attribute as text: as `attribute`, bytes in Base64, "" for NULL and NaN."""
    plain = attribute(value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, bytes):
        return base64.b64encode(plain).decode("ascii")
    return "" if plain is None else str(plain)


def column(field: QgsField, values: Sequence[Any]) -> tuple[type, list[Any]]:
    """The type of a column for a field and its values, as `raster.geopackage` takes them.

    Text where a value is not of the field's type: integers above 2^63, what an expression gives.
    """
    kind = _TYPES.get(field.type(), str)
    plain = [attribute(value) for value in values]
    if all(value is None or _is_of(value, kind) for value in plain):
        return kind, plain
    texts = [None if known is None else attribute_text(known) for known in plain]
    return str, texts


def _is_of(value: Any, kind: type) -> bool:
    """Whether a column of this type takes a value."""
    if kind is int:
        return type(value) is int and value in _INT64
    if kind is float:
        return type(value) in (int, float)
    return isinstance(value, str if kind in (date, datetime) else kind)


def _for_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _for_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_for_json(item) for item in value]
    plain = attribute(value)
    return attribute_text(plain) if isinstance(plain, bytes) else plain

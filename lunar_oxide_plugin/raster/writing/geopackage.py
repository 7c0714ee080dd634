"""Polygons and points with attributes as a GeoPackage that QGIS places on the Moon."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import repeat
from pathlib import Path
from typing import Any

from osgeo import gdal, ogr

from ...core.errors import RasterError
from ..gdal_io.gdal_errors import gdal_errors
from ..moon.crs import spatial_reference

_FIELD_TYPES = {
    int: ogr.OFTInteger64,
    float: ogr.OFTReal,
    str: ogr.OFTString,
    bool: ogr.OFTInteger,
    date: ogr.OFTDate,
    datetime: ogr.OFTDateTime,
    bytes: ogr.OFTBinary,
}

#: Names of the columns that number the rows and hold their shapes.
KEY, GEOMETRY = "fid", "geom"

#: Features that are written at once.
_TRANSACTION = 5000


def write_polygons(
    path: Path,
    layer_name: str,
    wkt: str,
    fields: Mapping[str, type],
    rows: Iterable[tuple[bytes, Sequence[Any]]],
    action: str,
    key: tuple[str, Sequence[int]] | None = None,
) -> None:
    """Write polygons.

    Parameters
    ----------
    path : Path
        The file to make; replaced when it is there.
    layer_name : str
        Name of the one layer.
    wkt : str
        CRS of the polygons.
    fields : mapping of str to type
        Name and Python type (int of 64 bits, float, str, bool, date, datetime, bytes) of each
        column. Names differ in more than letter case, from each other, from the key's and from
        `GEOMETRY`.
    rows : iterable of (wkb, values)
        Polygon or multipolygon and its values, None where there is none; dates and times as ISO
        8601.
    action : str
        What failed, when it does; begins the message.
    key : (str, sequence of int), optional
        Name of the primary key, and the number of each row, no two alike. By default `KEY`, from 1
        on.

    Raises
    ------
    RasterError
        When the name does not end in .gpkg or the file cannot be written.
    """
    shapes = ((_multipolygon(wkb), values) for wkb, values in rows)
    _write(path, (layer_name, wkt, ogr.wkbMultiPolygon), fields, shapes, action, {}, key)


def write_points(
    path: Path,
    layer_name: str,
    wkt: str,
    fields: Mapping[str, type],
    rows: Iterable[tuple[tuple[float, float] | None, Sequence[Any]]],
    action: str,
    metadata: Mapping[str, str],
) -> None:
    """Write points.

    As `write_polygons`, but each row begins with x and y (longitude and
    latitude in a geographic CRS), or None for a feature without a geometry,
    and the layer carries metadata.
    """
    shapes = ((_point(position), values) for position, values in rows)
    _write(path, (layer_name, wkt, ogr.wkbPoint), fields, shapes, action, metadata)


def _write(
    path: Path,
    layer_definition: tuple[str, str, int],
    fields: Mapping[str, type],
    rows: Iterable[tuple[ogr.Geometry | None, Sequence[Any]]],
    action: str,
    metadata: Mapping[str, str],
    key: tuple[str, Sequence[int]] | None = None,
) -> None:
    key_name, numbers = key or (KEY, repeat(ogr.NullFID))
    layer_name, wkt, kind = layer_definition
    if path.suffix.lower() != ".gpkg":
        raise RasterError(f"{action}: it is written as GeoPackage, give a .gpkg name.")
    with gdal_errors(action):
        path.unlink(missing_ok=True)
        dataset = gdal.GetDriverByName("GPKG").Create(str(path), 0, 0, 0, gdal.GDT_Unknown)
        layer = dataset.CreateLayer(
            layer_name,
            spatial_reference(_without_authority(wkt)),
            kind,
            [f"FID={key_name}", f"GEOMETRY_NAME={GEOMETRY}"],
        )
        kinds = list(fields.values())
        for name, field_type in fields.items():
            definition = ogr.FieldDefn(name, _FIELD_TYPES[field_type])
            if field_type is bool:
                definition.SetSubType(ogr.OFSTBoolean)
            layer.CreateField(definition)
        if metadata:
            layer.SetMetadata(dict(metadata))
        # Makes the spatial index, still empty: made of many features at the end it could not be
        # cancelled for seconds. In steps, as GDAL adds to it when a transaction ends.
        layer.SyncToDisk()
        layer.StartTransaction()
        for written, (number, (geometry, values)) in enumerate(zip(numbers, rows), 1):
            feature = ogr.Feature(layer.GetLayerDefn())
            feature.SetFID(number)
            feature.SetGeometry(geometry)
            for index, value in enumerate(values):
                if value is None:
                    feature.SetFieldNull(index)
                elif kinds[index] is bytes:
                    feature.SetFieldBinaryFromHexString(index, value.hex())
                else:
                    feature.SetField(index, value)
            layer.CreateFeature(feature)
            if written % _TRANSACTION == 0:
                layer.CommitTransaction()
                layer.StartTransaction()
        layer.CommitTransaction()
        dataset.FlushCache()
        layer = dataset = None  # closes the file
    with gdal_errors(action):
        written = gdal.OpenEx(str(path), gdal.OF_VECTOR | gdal.OF_VERBOSE_ERROR)
        written.GetLayer(0).GetFeatureCount()


def _multipolygon(wkb: bytes) -> ogr.Geometry | None:
    return ogr.ForceToMultiPolygon(ogr.CreateGeometryFromWkb(wkb)) if wkb else None


def _point(position: tuple[float, float] | None) -> ogr.Geometry | None:
    if position is None:
        return None
    point = ogr.Geometry(ogr.wkbPoint)
    point.AddPoint_2D(*position)
    return point


def _without_authority(wkt: str) -> str:
    """The CRS by its definition alone.

    GDAL up to 3.6 keeps "IAU_2015:30100" in a GeoPackage as "IAU:30100", which
    PROJ does not know, and QGIS then shows the layer without a CRS. Defined
    without an authority, QGIS recognises it.
    """
    return re.sub(r',(?:ID|AUTHORITY)\["[^\]]*\]', "", wkt)

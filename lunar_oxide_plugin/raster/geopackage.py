"""Polygons with attributes as a GeoPackage that QGIS places on the Moon."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from osgeo import gdal, ogr

from ..core.errors import RasterError
from .gdal_errors import gdal_errors
from .moon import spatial_reference

_FIELD_TYPES = {int: ogr.OFTInteger64, float: ogr.OFTReal, str: ogr.OFTString}


def write_polygons(
    path: Path,
    layer_name: str,
    wkt: str,
    fields: Mapping[str, type],
    rows: Iterable[tuple[bytes, Sequence[Any]]],
    action: str,
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
        Name and Python type (int, float, str) of each column.
    rows : iterable of (wkb, values)
        Polygon or multipolygon and its values, None where there is none.
    action : str
        What failed, when it does; begins the message.

    Raises
    ------
    RasterError
        When the name does not end in .gpkg or the file cannot be written.
    """
    if path.suffix.lower() != ".gpkg":
        raise RasterError(f"{action}: polygons are written as GeoPackage, give a .gpkg name.")
    with gdal_errors(action):
        path.unlink(missing_ok=True)
        dataset = gdal.GetDriverByName("GPKG").Create(str(path), 0, 0, 0, gdal.GDT_Unknown)
        layer = dataset.CreateLayer(
            layer_name, spatial_reference(_without_authority(wkt)), ogr.wkbMultiPolygon
        )
        for name, kind in fields.items():
            layer.CreateField(ogr.FieldDefn(name, _FIELD_TYPES[kind]))
        layer.StartTransaction()
        for wkb, values in rows:
            feature = ogr.Feature(layer.GetLayerDefn())
            feature.SetGeometry(ogr.ForceToMultiPolygon(ogr.CreateGeometryFromWkb(wkb)))
            for index, value in enumerate(values):
                if value is None:
                    feature.SetFieldNull(index)
                else:
                    feature.SetField(index, value)
            layer.CreateFeature(feature)
        layer.CommitTransaction()
        dataset.FlushCache()
        layer = dataset = None  # closes the file
    with gdal_errors(action):
        written = gdal.OpenEx(str(path), gdal.OF_VECTOR | gdal.OF_VERBOSE_ERROR)
        written.GetLayer(0).GetFeatureCount()


def _without_authority(wkt: str) -> str:
    """The CRS by its definition alone.

    GDAL up to 3.6 keeps "IAU_2015:30100" in a GeoPackage as "IAU:30100", which
    PROJ does not know, and QGIS then shows the layer without a CRS. Defined
    without an authority, QGIS recognises it.
    """
    return re.sub(r',(?:ID|AUTHORITY)\["[^\]]*\]', "", wkt)

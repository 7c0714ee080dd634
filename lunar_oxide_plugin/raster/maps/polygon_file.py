"""Polygons of a vector file, in any format that GDAL reads."""

from __future__ import annotations

from osgeo import gdal, ogr

from ...core.errors import RasterError
from ..gdal_io.virtual_files import opening
from ..moon.require_moon import require_moon
from .units import UnitPolygon


def read_polygons(
    path: str, name_field: str = "", layer: str = ""
) -> tuple[list[UnitPolygon], str]:
    """Read the polygons of a layer.

    Parameters
    ----------
    path : str
        Such as a GeoPackage, a shapefile or a GeoJSON file.
    name_field : str
        The field with their names. Where it is not given, or empty, a polygon's name is its number
        in the file.
    layer : str
        The layer's name; needed where the file has several.

    Returns
    -------
    list of UnitPolygon
        Curves as lines. A row without a polygon has an empty `wkb`.
    str
        Their CRS as WKT.

    Raises
    ------
    RasterError
        When the file, the layer or the field does not exist, there is no polygon, or the CRS is
        not on the Moon.
    """
    with opening(f"{path} cannot be read", path):
        dataset = gdal.OpenEx(path, gdal.OF_VECTOR | gdal.OF_VERBOSE_ERROR)
        layers = {
            found.GetName(): found
            for found in map(dataset.GetLayer, range(dataset.GetLayerCount()))
        }
        if not layer and len(layers) == 1:
            layer = next(iter(layers))
        if layer not in layers:
            raise RasterError(f"{path} has the layers {', '.join(layers)}. Give one of them.")
        features = layers[layer]
        definition = features.GetLayerDefn()
        fields = [
            definition.GetFieldDefn(number).GetName()
            for number in range(definition.GetFieldCount())
        ]
        if name_field and name_field not in fields:
            raise RasterError(
                f"{path} has no field {name_field}; it has {', '.join(fields)}. Give one of them."
            )
        reference = features.GetSpatialRef()
        wkt = reference.ExportToWkt(["FORMAT=WKT2_2019"]) if reference else ""
        polygons = [
            UnitPolygon(
                (name_field and feature.GetFieldAsString(name_field)) or str(feature.GetFID()),
                _wkb(feature.GetGeometryRef()),
            )
            for feature in features
        ]
    require_moon(wkt, f"The layer {layer} of {path}")
    if not any(polygon.wkb for polygon in polygons):
        raise RasterError(f"{path} has no polygon in its layer {layer}.")
    return polygons, wkt


def _wkb(geometry: ogr.Geometry | None) -> bytes:
    """Its WKB; empty for what is not a polygon."""
    if geometry is None or ogr.GT_Flatten(geometry.GetLinearGeometry().GetGeometryType()) not in (
        ogr.wkbPolygon,
        ogr.wkbMultiPolygon,
    ):
        return b""
    return bytes(geometry.GetLinearGeometry().ExportToIsoWkb())

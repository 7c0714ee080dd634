"""Polygons on the Moon, written by GDAL."""

from __future__ import annotations

from osgeo import ogr, osr

#: Two units inside a tile of mi_tiles.soils(), in degrees: west, north, east, south.
UNITS = {
    "west": (-49.999, 43.999, -49.99, 43.985),
    "east": (-49.985, 43.995, -49.975, 43.985),
}


def lunar_crs(code="IAU_2015:30100"):
    """A CRS that takes longitudes first."""
    reference = osr.SpatialReference()
    reference.SetFromUserInput(code)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return reference


def write_polygons(path, polygons, crs="IAU_2015:30100"):
    """A GeoPackage of {name: WKT, or None for a row without a geometry}."""
    dataset = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = dataset.CreateLayer("zones", lunar_crs(crs), ogr.wkbUnknown)
    layer.CreateField(ogr.FieldDefn("unit", ogr.OFTString))
    for name, wkt in polygons.items():
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["unit"] = name
        if wkt is not None:
            feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
        layer.CreateFeature(feature)
    return path


def write_units(path, crs="IAU_2015:30100"):
    """The two units, in a CRS that keeps their numbers."""
    polygons = {}
    for name, (west, north, east, south) in UNITS.items():
        corners = ((west, north), (east, north), (east, south), (west, south), (west, north))
        polygons[name] = f"POLYGON(({', '.join(f'{x} {y}' for x, y in corners)}))"
    return write_polygons(path, polygons, crs)

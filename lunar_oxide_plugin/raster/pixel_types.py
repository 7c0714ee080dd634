"""Data types that are not what GDAL's number of them says."""

from __future__ import annotations

from osgeo import gdal

from .texts import metadata_item


def is_signed_byte(band: gdal.Band) -> bool:
    """Whether a band of type Byte holds signed bytes, -128 to 127.

    Before version 3.7 GDAL has no type of its own for them: it reads them as 0 to 255, and says
    so in an item of metadata. Copies may lose that item, but keep a nodata value of -128.
    """
    if band.DataType != gdal.GDT_Byte:
        return False
    pixel_type = metadata_item(band, "PIXELTYPE", "IMAGE_STRUCTURE")
    return pixel_type == "SIGNEDBYTE" or band.GetNoDataValue() == -128


def is_complex(band: gdal.Band) -> bool:
    """Whether its values are complex numbers, of which GDAL would give the real part."""
    return bool(gdal.DataTypeIsComplex(band.DataType))

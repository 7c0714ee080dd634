"""Data types that are not what GDAL's number of them says."""

from __future__ import annotations

from osgeo import gdal

from .gdal_text import metadata_item
from .virtual_files import file_name, opened_quietly

#: GDAL's number of its own type of signed bytes, from 3.7 on; before, it has no name for it.
_INT8 = 14

#: Ends of integer types, by which fill values are often stored.
_ENDS = {
    gdal.GDT_Byte: (255,),
    gdal.GDT_UInt16: (65535,),
    gdal.GDT_Int16: (-32768, 32767),
    _INT8: (-128,),
}


def untagged_ends(band: gdal.Band) -> tuple[int, ...]:
    """Stored values of a scaled band that may be fill values, when nothing says what no data is."""
    scaled = band.GetScale() not in (None, 1) or band.GetOffset() not in (None, 0)
    if not scaled or band.GetNoDataValue() is not None or band.GetMaskFlags() != gdal.GMF_ALL_VALID:
        return ()
    return _ENDS[_INT8] if is_signed_byte(band) else _ENDS.get(band.DataType, ())


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


def hidden_signed_bytes(dataset: gdal.Dataset) -> str:
    """Name of a file in signed bytes from which a VRT makes unsigned ones; "" without any.

    gdalbuildvrt and gdalwarp drop what says that bytes are signed, so that -1 becomes 255.
    """
    to_open = [dataset]
    seen = {dataset.GetDescription()}
    while to_open:
        one = to_open.pop()
        if not (_is_vrt(one) and any(map(_is_byte, _bands(one)))):
            continue
        for name in one.GetFileList() or []:
            source = None if name in seen else opened_quietly(name)
            seen.add(name)
            if source is None:
                continue
            if any(band.DataType == _INT8 or is_signed_byte(band) for band in _bands(source)):
                return file_name(name)
            if _is_vrt(source):  # others are closed: a mosaic may have thousands
                to_open.append(source)
    return ""


def _is_vrt(dataset: gdal.Dataset) -> bool:
    return bool(dataset.GetDriver().ShortName == "VRT")


def _bands(dataset: gdal.Dataset) -> list[gdal.Band]:
    return [dataset.GetRasterBand(number) for number in range(1, 1 + dataset.RasterCount)]


def _is_byte(band: gdal.Band) -> bool:
    return bool(band.DataType == gdal.GDT_Byte and not is_signed_byte(band))

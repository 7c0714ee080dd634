"""A mosaic as a VRT: a small file that refers to the tiles instead of copying them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from osgeo import gdal

from ...core.errors import RasterError
from ...core.spectra.invalid_codes import invalid_codes, lookup_table
from ..gdal_io.pixel_types import is_signed_byte
from ..gdal_io.virtual_files import opening
from ..writing.encoding import NODATA, NODATA_DN
from ..writing.storage import BandInfo
from ..writing.vrt import Vrt
from .mi_source import MiSource
from .mosaic import Mosaic

_ADVICE = "Write a GeoTIFF instead: give OUTPUT a name ending in .tif."


def mosaic_vrt(
    mosaic: Mosaic, path: Path, bands: Sequence[BandInfo], metadata: Mapping[str, str]
) -> str:
    """The XML of a VRT of a mosaic's eight bands.

    The pixels stay as they are stored, with scale and offset as tags; MI's
    invalid codes become nodata, in each band separately. Where tiles overlap,
    the first one wins whole: filled up band by band from the next, its invalid
    pixels would become spectra of two tiles. Positions are those of the
    mosaic, as GDAL would place some MI products wrongly.

    The scales of the tiles are decided already. `path` is where the VRT will lie: tiles in its
    folder or below are named relative to it. RasterError when the tiles are stored in different
    ways, or GDAL alone does not read them with the same values.
    """
    kind, nodata = _common_storage(mosaic)
    for source in mosaic.sources:
        _require_same_values(source)
    scaling = mosaic.sources[0].scaling
    vrt = Vrt(path, mosaic.grid, metadata)
    for index, info in enumerate(bands):
        offset, scale = (float(part[index, 0]) for part in (scaling.offset, scaling.scale))
        band = vrt.band(gdal.GetDataTypeName(kind), info, nodata, Offset=offset, Scale=scale)
        # What is painted later covers what is there: the first choice comes last.
        for source, place in reversed(mosaic.tiles):
            common = place.intersection(mosaic.grid.window)
            if common is None:
                raise AssertionError("a mosaic holds only tiles inside it")
            name, number = source.location(source.bands[index])
            taken = common.relative_to(place.x, place.y)
            part = vrt.source(band, "ComplexSource", name, number, taken, common)
            if kind == gdal.GDT_Int16:
                part.add("LUT", lookup_table(nodata, invalid_codes()))
    return vrt.text()


def _common_storage(mosaic: Mosaic) -> tuple[int, float]:
    """Data type and no-data value of all tiles, refused when one band of a VRT cannot hold them."""
    first = mosaic.sources[0]
    kind, nodata = _storage(first)
    for source in mosaic.sources[1:]:
        same_scale = np.array_equal(source.scaling.scale, first.scaling.scale)
        same_offset = np.array_equal(source.scaling.offset, first.scaling.offset)
        if _storage(source) != (kind, nodata) or not same_scale or not same_offset:
            raise RasterError(
                f"{first.name} and {source.name} are stored in different ways (data type, no "
                f"data or scale), which one VRT cannot hold. {_ADVICE}"
            )
    return kind, nodata


def _storage(source: MiSource) -> tuple[int, float]:
    bands = [source.dataset.GetRasterBand(number) for number in source.bands]
    kinds = {band.DataType for band in bands}
    masks = {band.GetMaskFlags() for band in bands}
    found = {_comparable(band.GetNoDataValue()) for band in bands}
    signed = any(is_signed_byte(band) for band in bands)
    source.close()
    differ = len(kinds) > 1 or len(found) > 1
    if signed or differ or not masks <= {gdal.GMF_ALL_VALID, gdal.GMF_NODATA}:
        raise RasterError(
            f"The bands of {source.name} differ in data type or nodata value, are signed bytes, or "
            f"have a mask of their own, which a VRT cannot keep. {_ADVICE}"
        )
    kind = kinds.pop()
    value = found.pop()
    if kind == gdal.GDT_Int16 and value is None:
        value = NODATA_DN
    return kind, NODATA if value is None else value


def _comparable(value: float | None) -> float | None:
    """A value, NaN always as the same object: only so it equals itself in sets and tuples."""
    return np.nan if value is not None and math.isnan(value) else value


def _require_same_values(source: MiSource) -> None:
    """Refuse a source that GDAL alone reads otherwise, as where label and image differ in case."""
    failure = f"GDAL alone does not read {source.name} as it is, so a VRT would not. {_ADVICE}"
    rows = np.unique(np.linspace(0, source.grid.height - 1, 5).astype(int)).tolist()
    width, height = source.grid.width, source.grid.height
    try:
        for number in source.bands:
            name, own_number = source.location(number)
            ours = source.dataset.GetRasterBand(number)
            with opening(failure, source.path):
                dataset = gdal.OpenEx(name, gdal.OF_RASTER | gdal.OF_VERBOSE_ERROR)
                band = dataset.GetRasterBand(own_number)
                same = (dataset.RasterXSize, dataset.RasterYSize) == (width, height) and all(
                    np.array_equal(
                        band.ReadAsArray(0, row, width, 1),
                        ours.ReadAsArray(0, row, width, 1),
                        equal_nan=True,
                    )
                    for row in rows
                )
            if not same:
                raise RasterError(failure)
    finally:
        source.close()

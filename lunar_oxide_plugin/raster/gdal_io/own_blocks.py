"""The blocks that a raster's file is made of: tiles, strips or lines, decoded as a whole."""

from __future__ import annotations

from osgeo import gdal

from .virtual_files import opened_quietly
from .vrt_sources import vrt_sources


def own_blocks(dataset: gdal.Dataset, deep: int = 3) -> tuple[int, int]:
    """Width and height of a raster's own blocks; of a VRT, of the first file behind it.

    A VRT says 128 x 128, whatever it refers to.
    """
    width, height = dataset.GetRasterBand(1).GetBlockSize()
    bands = vrt_sources(dataset) if deep else []
    if bands and bands[0]:
        source = opened_quietly(bands[0][0].path)
        if source is not None:
            return own_blocks(source, deep - 1)
    return width, height

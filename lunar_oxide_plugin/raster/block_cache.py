"""GDAL's cache of blocks, which all of a process share."""

from __future__ import annotations

from osgeo import gdal


def empty_block_cache() -> None:
    """Give back what GDAL keeps of rasters that were looked at before.

    QGIS reads parts of an input to prepare its display. GDAL keeps them until its cache, 5 % of
    the computer's memory, is full, and does not need them for ours, which flush what they read.
    """
    most = gdal.GetCacheMax()
    gdal.SetCacheMax(0)
    gdal.SetCacheMax(most)

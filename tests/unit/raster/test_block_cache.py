import numpy as np
from osgeo import gdal

from lunar_oxide_plugin.raster.block_cache import empty_block_cache


def test_what_was_read_is_given_back(tmp_path):
    path = str(tmp_path / "a.tif")
    written = gdal.GetDriverByName("GTiff").Create(path, 512, 512)
    written.GetRasterBand(1).Fill(7)
    written = None
    most = gdal.GetCacheMax()
    opened = gdal.Open(path)
    opened.ReadAsArray()
    assert gdal.GetCacheUsed() >= 512 * 512
    empty_block_cache()
    assert gdal.GetCacheUsed() == 0
    assert gdal.GetCacheMax() == most
    assert np.all(opened.ReadAsArray() == 7)


def test_what_was_not_yet_written_is_not_lost(tmp_path):
    path = str(tmp_path / "a.tif")
    written = gdal.GetDriverByName("GTiff").Create(path, 64, 64)
    written.WriteArray(np.full((64, 64), 9, np.uint8))
    empty_block_cache()
    assert np.all(written.ReadAsArray() == 9)
    written = None
    assert np.all(gdal.Open(path).ReadAsArray() == 9)

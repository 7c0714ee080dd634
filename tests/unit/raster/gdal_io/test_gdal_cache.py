"""GDAL's cache is small while a raster gets its layout, and as before afterwards."""

import threading

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.errors import CancelledError
from lunar_oxide_plugin.raster.gdal_io.gdal_cache import small_cache
from lunar_oxide_plugin.raster.moon.crs import GEOGRAPHIC_WKT, Grid
from lunar_oxide_plugin.raster.writing.outputs import OutputFiles
from lunar_oxide_plugin.raster.writing.storage import BandInfo, Layout, Storage

LARGEST = 24 << 20


@pytest.fixture(autouse=True)
def own_size():
    before = gdal.GetCacheMax()
    gdal.SetCacheMax(300 << 20)
    yield
    assert gdal.GetCacheMax() == 300 << 20
    gdal.SetCacheMax(before)


def test_it_is_given_back_by_the_last_of_several():
    started, go_on = threading.Event(), threading.Event()

    def other():
        with small_cache():
            started.set()
            go_on.wait(10)

    thread = threading.Thread(target=other)
    with small_cache():
        assert gdal.GetCacheMax() == LARGEST
        thread.start()
        started.wait(10)
    assert gdal.GetCacheMax() == LARGEST
    go_on.set()
    thread.join()


def test_a_smaller_one_of_the_user_stays():
    gdal.SetCacheMax(16 << 20)
    with small_cache():
        assert gdal.GetCacheMax() == 16 << 20
    gdal.SetCacheMax(300 << 20)


def test_it_is_given_back_after_an_error():
    with pytest.raises(ZeroDivisionError), small_cache():
        raise ZeroDivisionError


@pytest.mark.parametrize("layout", [Layout.OVERVIEWS, Layout.COG])
def test_layouts_are_made_with_it_and_can_be_cancelled(tmp_path, layout):
    grid = Grid(GEOGRAPHIC_WKT, (10, 0.001, 0, 20, 0, -0.001), 1024, 1024)
    sizes = []

    def progress(_done):
        sizes.append(gdal.GetCacheMax())
        if len(sizes) == 3:
            raise CancelledError("Cancelled.")

    with pytest.raises(CancelledError), OutputFiles() as files:
        writer = files.raster(
            tmp_path / "a.tif", grid, [BandInfo("FeO")], {}, storage=Storage(layout=layout)
        )
        writer.write(grid.window, np.ones((1, 1024, 1024), np.float32))
        files.finish(progress)
    assert set(sizes) == {LARGEST}
    assert list(tmp_path.iterdir()) == []

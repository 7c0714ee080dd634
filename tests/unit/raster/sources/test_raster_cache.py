"""GDAL's cache while a raster is read: large tiles are decoded once, and nothing else is kept."""

import numpy as np
from osgeo import gdal

from lunar_oxide_plugin.raster.sources import raster as module
from lunar_oxide_plugin.raster.sources.raster import Raster

from ..lunar_crs import wkt


def test_parts_of_a_large_tile_are_read_from_one_decoding(tmp_path, monkeypatch):
    path = tmp_path / "large_tiles.tif"
    options = ["TILED=YES", "BLOCKXSIZE=1024", "BLOCKYSIZE=1024"]
    made = gdal.GetDriverByName("GTiff").Create(str(path), 2100, 1100, 1, gdal.GDT_Float32, options)
    made.SetProjection(wkt("IAU_2015:30100"))
    made.SetGeoTransform((10, 0.01, 0, 20, 0, -0.01))
    made.GetRasterBand(1).WriteArray(np.ones((1100, 2100), np.float32))
    made = None
    events = []
    read, flush = module._read, gdal.Dataset.FlushCache

    def watched(band, window, buffer):
        events.append((window.x // 1024, window.y // 1024))
        read(band, window, buffer)

    monkeypatch.setattr(module, "_read", watched)
    monkeypatch.setattr(
        gdal.Dataset, "FlushCache", lambda self: (events.append("emptied"), flush(self))[1]
    )
    raster = Raster(str(path))
    parts = list(raster.plan().blocks(raster.grid.window))
    for window in parts:
        assert (raster.values(window, [1]) == 1).all()
    tiles = [event for event in events if event != "emptied"]
    assert len(tiles) == len(parts) > len(set(tiles)) == 6
    # Between two parts of a tile nothing is emptied; before another tile is begun it is.
    for before, event, after in zip(events, events[1:], events[2:]):
        if event == "emptied":
            assert before != after
    assert events.count("emptied") >= len(set(tiles)) - 1

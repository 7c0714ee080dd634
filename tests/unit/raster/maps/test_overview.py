"""Small images of rasters: where their pixels come from and lie."""

import numpy as np
import pytest
from osgeo import gdal, ogr

from lunar_oxide_plugin.raster.gdal_io.blocks import Window
from lunar_oxide_plugin.raster.maps import overview as module
from lunar_oxide_plugin.raster.maps.overview import outline_on, overview
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT, METRES_PER_DEGREE
from lunar_oxide_plugin.raster.sources.raster import Raster

HEIGHT, WIDTH = 900, 1500


@pytest.fixture(scope="module")
def raster(tmp_path_factory):
    """Column + 10,000 x row, a hundredth of a degree each, from 20 E, 64 N."""
    path = str(tmp_path_factory.mktemp("overview") / "a.tif")
    dataset = gdal.GetDriverByName("GTiff").Create(path, WIDTH, HEIGHT, 1, gdal.GDT_Float32)
    step = METRES_PER_DEGREE / 100
    left, top = 20 * METRES_PER_DEGREE, 64 * METRES_PER_DEGREE
    dataset.SetGeoTransform((left, step, 0, top, 0, -step))
    dataset.SetProjection(EQUIRECTANGULAR_WKT)
    values = np.arange(WIDTH) + 10_000.0 * np.arange(HEIGHT)[:, None]
    values[100:200, :300] = -9999
    dataset.GetRasterBand(1).SetNoDataValue(-9999)
    dataset.GetRasterBand(1).WriteArray(values.astype(np.float32))
    dataset = None
    return Raster(path)


@pytest.mark.parametrize("side", [100, 512, 2048])
def test_every_pixel_comes_from_where_it_lies(raster, monkeypatch, side):
    monkeypatch.setattr(module, "_SIDE", side)
    image = overview(raster, 1, raster.grid.window, lambda: None)
    height, width = image.values.shape
    assert (width, height) == (700, 420)
    rows, columns = np.divmod(image.values.astype(np.float64), 10_000)
    x = (np.arange(width) + 0.5) * WIDTH / width
    y = (np.arange(height) + 0.5) * HEIGHT / height
    known = np.isfinite(image.values)
    near = 2.2  # of the raster's pixels; one of the image is 2.14
    assert (np.abs(columns + 0.5 - x) < near)[known].all()
    assert (np.abs(rows + 0.5 - y[:, None]) < near)[known].all()
    hole = np.outer((y > 103) & (y < 197), x < 297)
    assert not known[hole].any()
    assert known[~np.outer((y > 97) & (y < 203), x < 303)].all()
    assert image.extent == pytest.approx((20, 35, 55, 64))
    assert image.aspect == pytest.approx(1 / np.cos(np.radians(59.5)))


def test_a_part_that_is_small_is_shown_pixel_by_pixel(raster):
    image = overview(raster, 1, Window(300, 400, 7, 5), lambda: None)
    expected = np.arange(300, 307) + 10_000.0 * np.arange(400, 405)[:, None]
    assert np.array_equal(image.values, expected.astype(np.float32))
    assert image.extent == pytest.approx((23, 23.07, 59.95, 60))


def test_outlines_lie_on_the_axes(raster):
    image = overview(raster, 1, raster.grid.window, lambda: None)
    m = METRES_PER_DEGREE
    text = f"POLYGON(({21 * m} {63 * m},{25 * m} {63 * m},{25 * m} {60 * m},{21 * m} {63 * m}))"
    (ring,) = outline_on(image, ogr.CreateGeometryFromWkt(text))
    np.testing.assert_allclose(ring, [(21, 63), (25, 63), (25, 60)])


def test_stopping(raster):
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        overview(raster, 1, raster.grid.window, stop)

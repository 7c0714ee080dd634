"""Classes and their areas by blocks, in several projections."""

import numpy as np
import pytest
from osgeo import gdal, osr

from lunar_oxide_plugin.core.mathematics.mixture import Histogram
from lunar_oxide_plugin.core.results.terrain import Limits, Scheme, in_south_pole_aitken
from lunar_oxide_plugin.raster.gdal_io.blocks import Window, blocks
from lunar_oxide_plugin.raster.maps.terrain import (
    FEO_BINS,
    TerrainMap,
    TerrainSummary,
    add_feo,
    extent,
)
from lunar_oxide_plugin.raster.moon.areas import PixelAreas
from lunar_oxide_plugin.raster.moon.crs import (
    EQUIRECTANGULAR_WKT,
    GEOGRAPHIC_WKT,
    METRES_PER_DEGREE,
)
from lunar_oxide_plugin.raster.sources.raster import Raster

from ..lunar_crs import wkt

BANDS = {"FeO": 1, "MgO": 2, "TiO2": 3}
LIMITS = Limits(10.6)


def write(path, values, geotransform, crs):
    dataset = gdal.GetDriverByName("GTiff").Create(
        str(path), values.shape[2], values.shape[1], len(values), gdal.GDT_Float32
    )
    dataset.SetProjection(crs)
    dataset.SetGeoTransform(geotransform)
    for index, band in enumerate(values):
        dataset.GetRasterBand(index + 1).SetNoDataValue(-9999)
        dataset.GetRasterBand(index + 1).WriteArray(band)
    dataset = None
    return Raster(str(path))


def scene(height=70, width=90):
    random = np.random.default_rng(4)
    values = random.uniform(0.1, 20, (3, height, width)).astype(np.float32)
    values[0, 3:9, 5:50] = -9999
    return values


@pytest.fixture()
def raster(tmp_path):
    return write(tmp_path / "o.tif", scene(), (160, 1, 0, 5, 0, -1), GEOGRAPHIC_WKT)


def summed(raster, scheme, windows):
    terrain = TerrainMap(raster, BANDS, scheme)
    areas = PixelAreas(raster.grid, "o")
    window = raster.grid.window
    summary = TerrainSummary(terrain, scheme, window)
    whole = np.zeros((window.height, window.width), np.uint8)
    for part in windows:
        block = terrain.block(part, LIMITS)
        whole[part.slices] = block.classes
        summary.add(part, block, areas.of(part))
    return whole, summary


@pytest.mark.parametrize("scheme", list(Scheme))
def test_blocks_of_any_size_give_the_same(raster, scheme):
    window = raster.grid.window
    whole, at_once = summed(raster, scheme, [window])
    parts, in_blocks = summed(raster, scheme, blocks(window, 16, 8))
    assert np.array_equal(whole, parts)
    assert np.array_equal(at_once.picture, in_blocks.picture)
    np.testing.assert_allclose(at_once.histogram.weights, in_blocks.histogram.weights, rtol=1e-9)
    for one, other in zip(at_once.totals.summaries(), in_blocks.totals.summaries()):
        assert one.pixels == other.pixels
        assert one.area_km2 == pytest.approx(other.area_km2, rel=1e-12)
        for name, quantity in one.quantities.items():
            assert quantity == pytest.approx(other.quantities[name], rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("scheme", list(Scheme))
def test_feo_is_where_the_classes_are(raster, scheme):
    """So the fit is of the pixels that are classified, and its histogram is the report's."""
    whole, summary = summed(raster, scheme, [raster.grid.window])
    terrain = TerrainMap(raster, BANDS, scheme)
    histogram = Histogram(*FEO_BINS)
    areas = PixelAreas(raster.grid, "o")
    for part in blocks(raster.grid.window, 16, 8):
        feo = terrain.feo(part)
        assert np.array_equal(np.isfinite(feo), whole[part.slices] > 0)
        add_feo(histogram, feo, areas.of(part))
    np.testing.assert_allclose(histogram.weights, summary.histogram.weights, rtol=1e-9)


@pytest.mark.parametrize(
    ("code", "geotransform"),
    [
        (30100, (160, 1, 0, 5, 0, -1)),
        (30110, (-4e6, 4e4, 0, 0, 0, -3e4)),
        (30135, (-2e6, 4.5e4, 0, 1.6e6, 0, -4.5e4)),
        (30135, (-2e6, 4e4, 1e4, 1.6e6, 1e4, -4e4)),
        (30100, (160, 1, 0.2, 5, 0.1, -1)),
    ],
)
def test_south_pole_aitken_is_found_in_any_grid(tmp_path, code, geotransform):
    values = np.full((3, 70, 90), 9, np.float32)
    values[0] = 14
    raster = write(tmp_path / "o.tif", values, geotransform, wkt(f"IAU_2015:{code}"))
    whole, _ = summed(raster, Scheme.TERRANES, blocks(raster.grid.window, 16, 8))
    source, target = (
        osr.SpatialReference(wkt(f"IAU_2015:{code}")),
        osr.SpatialReference(GEOGRAPHIC_WKT),
    )
    for reference in (source, target):
        reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    transform = osr.CoordinateTransformation(source, target)
    x0, dx, rx, y0, ry, dy = geotransform
    for row, column in np.ndindex(70, 90):
        x = x0 + (column + 0.5) * dx + (row + 0.5) * rx
        y = y0 + (column + 0.5) * ry + (row + 0.5) * dy
        lon, lat, _ = transform.TransformPoint(x, y)
        assert whole[row, column] == (3 if in_south_pole_aitken(lon, lat) else 2)
    assert {2, 3} == set(np.unique(whole))


def test_picture_is_every_so_manieth_pixel(tmp_path):
    """1500 pixels across become 500, whatever the blocks."""
    values = np.repeat(scene(40, 1500)[:1], 3, axis=0)
    raster = write(tmp_path / "o.tif", values, (0, 0.01, 0, 5, 0, -0.01), GEOGRAPHIC_WKT)
    whole, summary = summed(raster, Scheme.MARE, blocks(raster.grid.window, 128, 16))
    assert np.array_equal(summary.picture, whole[::3, ::3])


def test_edges_in_degrees(raster, tmp_path):
    assert extent(raster.grid) == pytest.approx((160, 250, -65, 5))
    unit = METRES_PER_DEGREE
    metres = write(
        tmp_path / "m.tif",
        scene(),
        (-50 * unit, unit / 4, 0, 44 * unit, 0, -unit / 4),
        EQUIRECTANGULAR_WKT,
    )
    assert extent(metres.grid) == pytest.approx((-50, -27.5, 26.5, 44))
    polar = write(tmp_path / "p.tif", scene(), (-1e6, 1e4, 0, 1e6, 0, -1e4), wkt("IAU_2015:30130"))
    assert extent(polar.grid) is None


def test_only_bands_at_hand_are_averaged(raster):
    terrain = TerrainMap(raster, {"FeO": 1}, Scheme.MARE)
    assert terrain.names == ["FeO"]
    assert terrain.block(Window(0, 0, 4, 3), LIMITS).values.shape == (1, 3, 4)

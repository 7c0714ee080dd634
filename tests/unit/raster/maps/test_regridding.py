"""Area averages against GDAL's, sums written out, and fields known everywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import gdal

from lunar_oxide_plugin.raster.gdal_io.blocks import Window, blocks
from lunar_oxide_plugin.raster.maps.regridding import AreaMeans
from lunar_oxide_plugin.raster.moon.crs import (
    EQUIRECTANGULAR_WKT,
    METRES_PER_DEGREE,
    Grid,
    Transform,
)
from lunar_oxide_plugin.raster.moon.pixel_mapping import Places
from lunar_oxide_plugin.raster.sources.raster import Raster

from ..lunar_crs import projected, wkt

GEOGRAPHIC = wkt("IAU_2015:30100")
NORTH = projected("stere +lat_0=90")


def written(path, values, crs, geotransform):
    """A raster of bands [n, height, width], NaN as no data."""
    count, height, width = values.shape
    dataset = gdal.GetDriverByName("GTiff").Create(
        str(path), width, height, count, gdal.GDT_Float32
    )
    dataset.SetProjection(crs)
    dataset.SetGeoTransform(geotransform)
    for index, plane in enumerate(values):
        dataset.GetRasterBand(index + 1).SetNoDataValue(-9999)
        dataset.GetRasterBand(index + 1).WriteArray(np.nan_to_num(plane, nan=-9999))
    dataset = None
    return Raster(str(path))


def averaged(raster, grid, window=None, block=256):
    """Means on a grid [bands, height, width]."""
    numbers = list(range(1, raster.dataset.RasterCount + 1))
    means = AreaMeans(raster, lambda part: raster.values(part, numbers), grid, "grid", 2)
    area = window or grid.window
    found = np.full((len(numbers), area.height, area.width), np.nan)
    for part, values in means.each(list(blocks(area, block, block))):
        if values is not None:
            found[(slice(None), *part.relative_to(area.x, area.y).slices)] = values
    return found


def warped(path, grid):
    """What GDAL's own averaging makes of a raster."""
    x, dx, _, y, _, dy = grid.geotransform
    dataset = gdal.Warp(
        "",
        str(path),
        format="MEM",
        width=grid.width,
        height=grid.height,
        outputBounds=(x, y + grid.height * dy, x + grid.width * dx, y),
        resampleAlg="average",
    )
    values = dataset.ReadAsArray().astype(float)
    values[values == -9999] = np.nan
    return values


@pytest.mark.parametrize("ratio", [4, 20, 7.3])
def test_gdal_averages_alike_near_the_equator(tmp_path, ratio):
    """Only whole pixels of the grid: at the raster's edges GDAL counts pixels as whole."""
    values = np.random.default_rng(1).uniform(0, 20, (1, 300, 420)).astype(np.float32)
    values[:, 50:90, 100:160] = np.nan
    path = tmp_path / "fine.tif"
    raster = written(path, values, EQUIRECTANGULAR_WKT, (0, 200, 0, 30000, 0, -200))
    size = 200 * ratio
    grid = Grid(
        EQUIRECTANGULAR_WKT,
        (0, size, 0, 30000, 0, -size),
        int(420 // ratio),
        int(300 // ratio),
    )
    found, expected = averaged(raster, grid)[0], warped(path, grid)
    # In pixels that are valid in part GDAL counts the others' edges as whole, too.
    whole = np.isfinite(warped(path, grid)) & np.isfinite(found)
    valid = written(
        tmp_path / "valid.tif",
        np.isfinite(values).astype(np.float32),
        EQUIRECTANGULAR_WKT,
        (0, 200, 0, 30000, 0, -200),
    )
    whole &= averaged(valid, grid)[0] > 1 - 1e-9
    assert whole.mean() > 0.8
    np.testing.assert_allclose(found[whole], expected[whole], rtol=2e-5)


def shares(edges, count):
    """Shares [pixels, count] of pixels with these edges in whole pixels."""
    low, high = edges[:-1, None], edges[1:, None]
    pixels = np.arange(count)
    overlap = np.minimum(high, pixels + 1) - np.maximum(low, pixels)
    return np.maximum(overlap, 0) / (high - low)


@settings(max_examples=15)
@given(
    ratio=st.floats(1.0, 9.0),
    x=st.floats(-30, 30),
    y=st.floats(-10, 10),
    north=st.sampled_from([10.0, 60.0, 89.0]),
    seed=st.integers(0, 99),
)
def test_cylindrical_maps_are_averaged_exactly(tmp_path_factory, ratio, x, y, north, seed):
    """Sums over areas, written out; between degrees and metres."""
    random = np.random.default_rng(seed)
    values = random.uniform(0, 20, (2, 60, 70)).astype(np.float32)
    values[random.uniform(size=values.shape) < 0.3] = np.nan
    step = 0.05
    degrees = METRES_PER_DEGREE
    raster = written(
        tmp_path_factory.mktemp("fine") / "fine.tif",
        values,
        EQUIRECTANGULAR_WKT,
        (20 * degrees, step * degrees, 0, north * degrees, 0, -step * degrees),
    )
    size = ratio * step
    top = min(north + y * step, 90)
    grid = Grid(GEOGRAPHIC, (20 + x * step, size, 0, top, 0, -size), 25, 20)
    found = averaged(raster, grid)
    across = shares((np.arange(71) * step - x * step) / size, 25)
    lat = north - step * np.arange(61)
    down = shares((top - lat) / size, 20)
    areas = -np.diff(np.sin(np.radians(lat)))[:, None]
    weights = np.where(np.isfinite(values), areas, 0)
    total = down.T @ weights @ across
    edges = np.radians(top - size * np.arange(21))
    whole = (np.sin(edges[:-1]) - np.sin(edges[1:]))[:, None] / step * size
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = (down.T @ (weights * np.nan_to_num(values)) @ across) / total
    sure = np.abs(total / whole - 0.5) > 1e-6
    expected[total < 0.5 * whole] = np.nan
    np.testing.assert_allclose(found[sure], expected[sure], rtol=1e-6)


def test_a_pixel_counts_where_half_of_it_is_valid(tmp_path):
    values = np.full((1, 8, 12), 5.0)
    values[0, :4, :1] = np.nan  # three quarters of the first pixel are left, half of the second
    values[0, :4, 4:6] = np.nan
    values[0, :4, 8:11] = np.nan  # and a quarter of the third
    raster = written(tmp_path / "f.tif", values, GEOGRAPHIC, (0, 1, 0, 4, 0, -1))
    found = averaged(raster, Grid(GEOGRAPHIC, (0, 4, 0, 4, 0, -4), 3, 2))
    assert np.isfinite(found[0, 0]).tolist() == [True, True, False]
    assert found[0, 0, :2] == pytest.approx(5)


@pytest.mark.parametrize("source", ["stereographic", "geographic"])
def test_a_constant_stays_one_and_a_gradient_is_exact(tmp_path, source):
    """A field linear in the map's own x and y has in a pixel the value at its middle."""
    rows, columns = np.mgrid[0:120, 0:120] + 0.5
    values = np.stack([np.full((120, 120), 7.0), 5 + 0.05 * columns + 0.02 * rows])
    crs, place = (NORTH, (-60e3, 1e3, 0, 60e3, 0, -1e3))
    if source == "geographic":
        crs, place = GEOGRAPHIC, (0, 0.01, 0, 0.6, 0, -0.01)
    raster = written(tmp_path / "f.tif", values, crs, place)
    x, dx, _, y, _, dy = place
    grid = Grid(crs, (x, 6 * dx, 0, y, 0, 6 * dy), 20, 20)
    constant, gradient = averaged(raster, grid)
    np.testing.assert_allclose(constant, 7, rtol=1e-12)
    expected = values[1].reshape(20, 6, 20, 6).mean(axis=(1, 3))
    np.testing.assert_allclose(gradient, expected, rtol=1e-5)


def field(lon, lat):
    x, y = np.cos(np.radians(lat)) * np.cos(np.radians([lon, lon - 90]))
    return 10 + 3 * x - 4 * np.sin(np.radians(lat)) + y


@pytest.mark.parametrize(
    ("pixel", "west"), [(500.0, -180.0), (4000.0, -180.0), (4000.0, 0.0), (4000.0, -90.0)]
)
def test_from_around_the_pole_to_longitudes_and_latitudes(tmp_path, west, pixel):
    """Means of a smooth field are its values at the middle but for its curvature."""
    count = int(600e3 / pixel)
    grid = Grid(NORTH, (-300e3, pixel, 0, 300e3, 0, -pixel), count, count)
    columns, rows = np.meshgrid(np.arange(count) + 0.5, np.arange(count) + 0.5)
    lon, lat = Transform(NORTH)(*grid.position(columns, rows))
    raster = written(tmp_path / "f.tif", field(lon, lat)[None], *grid[:2])
    target = Grid(GEOGRAPHIC, (west, 1, 0, 90, 0, -1), 360, 9)
    found = averaged(raster, target)[0]
    lon, lat = np.meshgrid(west + 0.5 + np.arange(360), 89.5 - np.arange(9))
    assert np.isfinite(found).all()
    off = np.abs(found - field(lon, lat))
    # Pixels of the target are 0.26 km wide in the first row: of 4 km pixels some parts only.
    assert off[0].max() < 0.05
    assert off[1:].max() < (0.01 if pixel == 500 else 0.03)


def test_from_longitudes_and_latitudes_to_around_the_pole(tmp_path):
    lon, lat = np.meshgrid(-179.75 + 0.5 * np.arange(720), 89.75 - 0.5 * np.arange(60))
    raster = written(
        tmp_path / "f.tif", field(lon, lat)[None], GEOGRAPHIC, (-180, 0.5, 0, 90, 0, -0.5)
    )
    grid = Grid(NORTH, (-600e3, 40e3, 0, 600e3, 0, -40e3), 30, 30)
    found = averaged(raster, grid)[0]
    columns, rows = np.meshgrid(np.arange(30) + 0.5, np.arange(30) + 0.5)
    expected = field(*Transform(NORTH)(*grid.position(columns, rows)))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, expected, atol=0.01)


@pytest.mark.parametrize("turns", [-360, 0, 360])
def test_across_180_degrees(tmp_path, turns):
    lon, lat = np.meshgrid(170.05 + 0.1 * np.arange(200), 4.95 - 0.1 * np.arange(100))
    raster = written(
        tmp_path / "f.tif", field(lon, lat)[None], GEOGRAPHIC, (170 + turns, 0.1, 0, 5, 0, -0.1)
    )
    for west in (-180, 0):
        found = averaged(raster, Grid(GEOGRAPHIC, (west, 1, 0, 90, 0, -1), 360, 180))[0]
        lons, lats = np.meshgrid(west + 0.5 + np.arange(360), 89.5 - np.arange(180))
        inside = (np.abs(lats) < 5) & ((lons - 170) % 360 < 20)
        assert np.array_equal(np.isfinite(found), inside)
        np.testing.assert_allclose(found[inside], field(lons, lats)[inside], atol=1e-3)


@pytest.mark.parametrize(("size", "off"), [(1900, 0.5), (1500, 0.25)])
def test_a_pixel_at_the_pole_counts_in_all_columns(tmp_path, size, off):
    """It reaches around the pole, so windows far from its centre's longitude hold parts of it."""
    values = np.random.default_rng(3).uniform(0, 20, (1, 368, 473)).astype(np.float32)
    place = (-size * (336 + off), size, 0, size * (264 + off), 0, -size)
    raster = written(tmp_path / "f.tif", values, NORTH, place)
    grid = Grid(GEOGRAPHIC, (-180, 2, 0, 90, 0, -0.25), 180, 8)
    whole = averaged(raster, grid)
    assert np.isfinite(whole).all()
    for block in (32, 45):
        np.testing.assert_allclose(averaged(raster, grid, block=block), whole, rtol=1e-7)


def test_windows_and_threads_do_not_change_the_means(tmp_path):
    """From four blocks."""
    values = np.random.default_rng(3).uniform(0, 20, (1, 528, 672)).astype(np.float32)
    size = 4e3 / 3
    raster = written(tmp_path / "f.tif", values, NORTH, (-448e3, size, 0, 352e3, 0, -size))
    grid = Grid(GEOGRAPHIC, (-180, 2, 0, 90, 0, -0.25), 180, 80)
    whole = averaged(raster, grid)
    np.testing.assert_allclose(averaged(raster, grid, block=32), whole, rtol=1e-7)
    part = Window(37, 20, 60, 30)
    found = averaged(raster, grid, part)
    np.testing.assert_allclose(found, whole[(slice(None), *part.slices)], rtol=1e-7)


def test_area_is_kept(tmp_path):
    """All of a raster's area arrives, whatever the projections."""
    raster = written(
        tmp_path / "f.tif", np.full((1, 400, 400), 3.0), NORTH, (-2e5, 1e3, 0, 2e5, 0, -1e3)
    )
    grid = Grid(GEOGRAPHIC, (-180, 3, 0, 90, 0, -3), 120, 10)
    means = AreaMeans(raster, lambda part: raster.values(part, [1]), grid, "grid")
    totals = 0.0
    for job in means._jobs([grid.window]):
        totals += sum(planes[0].sum() for _, _, planes in means._sums(job))
    expected = np.broadcast_to(means._pixel_areas().of(raster.grid.window), (400, 400)).sum()
    assert totals == pytest.approx(expected, rel=1e-9)


@settings(max_examples=25)
@given(
    lon_0=st.integers(-180, 180),
    lat_0=st.sampled_from([-90, -40, 0, 75, 90]),
    x=st.integers(0, 700),
    y=st.integers(0, 700),
    size=st.integers(1, 512),
)
def test_places_are_those_of_proj(lon_0, lat_0, x, y, size):
    source = Grid(
        projected(f"laea +lat_0={lat_0} +lon_0={lon_0}"),
        (-600e3, 1e3, 0, 600e3, 0, -1e3),
        1212,
        1212,
    )
    target = Grid(GEOGRAPHIC, (-180, 0.1, 0, 90, 0, -0.1), 3600, 1800)
    window = Window(x, y, size, size)
    seen = np.zeros((size, size), int)
    for place in Places(source, target).of(window):
        columns, rows = place.at(0.5, 0.5, place.window)
        part = place.window
        seen[part.relative_to(x, y).slices] += 1
        c, r = np.meshgrid(
            part.x + np.arange(part.width) + 0.5, part.y + np.arange(part.height) + 0.5
        )
        lon, lat = Transform(source.wkt)(*source.position(c, r))
        off = (columns - (lon + 180) * 10 + 1800) % 3600 - 1800
        assert np.abs(off * np.cos(np.radians(lat))).max() < 0.01
        assert np.abs(rows - (90 - lat) * 10).max() < 0.01
    assert (seen == 1).all()

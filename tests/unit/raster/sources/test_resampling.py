"""Coarser resolutions: exact means over areas on the sphere."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from osgeo import gdal, osr

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.gdal_io.blocks import Window, blocks
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT, GEOGRAPHIC_WKT, Grid
from lunar_oxide_plugin.raster.moon.extent import Extent
from lunar_oxide_plugin.raster.sources import resampling
from lunar_oxide_plugin.raster.sources.mi_source import MiSource
from lunar_oxide_plugin.raster.sources.mosaic import Mosaic
from lunar_oxide_plugin.raster.sources.resampling import Resampled
from tests import mi_tiles

DEGREE = 1737400 * np.pi / 180


class Scene:
    """A mosaic in memory: reflectance [8, height, width], its corner and pixels per degree."""

    def __init__(self, values, west, north, resolution, valid=None, wkt=GEOGRAPHIC_WKT):
        self.values = np.asarray(values, np.float32)
        self.valid = np.ones(self.values.shape[1:], bool) if valid is None else valid
        self.west, self.north, self.resolution = west, north, resolution
        unit = 1.0 if wkt == GEOGRAPHIC_WKT else DEGREE
        step = unit / resolution
        self.grid = Grid(
            wkt, (west * unit, step, 0, north * unit, 0, -step), *self.valid.shape[::-1]
        )

    def spectra(self, window):
        rows, columns = window.slices
        valid = self.valid[rows, columns]
        return np.where(valid, self.values[:, rows, columns], np.nan), valid


def noise(height, width, seed=0):
    random = np.random.default_rng(seed)
    return random.uniform(0.05, 0.4, (8, height, width)).astype(np.float32)


def lattice(raster):
    """First column and row of a raster, counted from 180 W, 90 N."""
    x0, dx, _, y0, _, dy = raster.grid.geotransform
    column, row = (x0 / DEGREE + 180) * DEGREE / dx, (90 - y0 / DEGREE) * -DEGREE / dy
    assert [column, row] == pytest.approx([round(column), round(row)], abs=1e-6)
    return round(column), round(row)


def brute_force(scene, column, row, resolution):
    """Mean of each band and valid part of a new pixel's area, pixel by pixel in float64."""
    west, north = column / resolution - 180, 90 - row / resolution
    east, south = west + 1 / resolution, north - 1 / resolution
    total, weights = np.zeros(8), 0.0
    height, width = scene.valid.shape
    for i in range(height):
        top = min(scene.north - i / scene.resolution, north)
        bottom = max(scene.north - (i + 1) / scene.resolution, south)
        for j in range(width):
            left = max(scene.west + j / scene.resolution, west)
            right = min(scene.west + (j + 1) / scene.resolution, east)
            if right > left and top > bottom and scene.valid[i, j]:
                weight = (right - left) * (np.sin(np.radians(top)) - np.sin(np.radians(bottom)))
                total += weight * scene.values[:, i, j]
                weights += weight
    area = (east - west) * (np.sin(np.radians(north)) - np.sin(np.radians(south)))
    return (total / weights if weights else total), weights / area


def assert_exact(scene, resolution):
    """Every pixel as by brute force, and no valid one outside the grid."""
    raster = Resampled(scene, resolution)
    reflectance, valid = raster.spectra(raster.grid.window)
    column, row = lattice(raster)
    for i in range(-1, raster.grid.height + 1):
        for j in range(-1, raster.grid.width + 1):
            mean, part = brute_force(scene, column + j, row + i, resolution)
            if abs(part - 0.5) < 1e-5:
                continue  # either is right within rounding
            inside = 0 <= i < raster.grid.height and 0 <= j < raster.grid.width
            assert (inside and valid[i, j]) == (part > 0.5)
            if part > 0.5:
                np.testing.assert_allclose(reflectance[:, i, j], mean, rtol=2e-7)
            elif inside:
                assert np.isnan(reflectance[:, i, j]).all()


@settings(max_examples=60, deadline=None)
@given(
    west=st.floats(-179, 179),
    north=st.floats(-60, 85),
    ratio=st.floats(1, 9),
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    bad=st.floats(0, 0.8),
    seed=st.integers(0, 9999),
    wkt=st.sampled_from([GEOGRAPHIC_WKT, EQUIRECTANGULAR_WKT]),
)
def test_any_scene(west, north, ratio, size, bad, seed, wkt):
    resolution = 4.0
    random = np.random.default_rng(seed)
    valid = random.uniform(size=size) >= bad
    scene = Scene(noise(*size, seed=seed), west, north, resolution * ratio, valid, wkt)
    try:
        Resampled(scene, resolution)
    except RasterError:
        assume(False)  # smaller than half a pixel
    assert_exact(scene, resolution)


def test_the_archive_s_pixels():
    """Centres at whole degrees: a new pixel has 4 old ones, one of them halved on both sides."""
    scene = Scene(noise(32, 64), 10 - 1 / 64, 20 + 1 / 64, 32, wkt=EQUIRECTANGULAR_WKT)
    raster = Resampled(scene, 8)
    assert lattice(raster) == (190 * 8, 70 * 8)
    assert (raster.grid.width, raster.grid.height) == (16, 8)
    assert_exact(scene, 8)
    mean = raster.spectra(Window(0, 0, 1, 1))[0][0, 0, 0]
    part = scene.values[0, :5, :5].astype(float)
    weights = np.array([0.5, 1, 1, 1, 0.5])
    rows = np.sin(np.radians(20 - (np.arange(5) - 0.5).clip(0) / 32))
    rows -= np.sin(np.radians(20 - (np.arange(5) + 0.5).clip(0, 4) / 32))
    expected = (part * rows[:, None] * weights).sum() / (rows.sum() * 4)
    assert mean == pytest.approx(expected, rel=1e-6)


def test_poles():
    """Rows end at 90 degrees, though those of a tile there may go half a pixel further."""
    scene = Scene(noise(8, 8), 0, 90 + 1 / 16, 8)
    raster = Resampled(scene, 2)
    reflectance, valid = raster.spectra(raster.grid.window)
    assert lattice(raster) == (360, 0)
    assert valid.all()
    rows = np.sin(np.radians(np.minimum(90, 90 + 1 / 16 - np.arange(6) / 8)))
    rows[-1] = np.sin(np.radians(89.5))
    weights = -np.diff(rows)
    expected = (scene.values[:, :5, :4].mean(axis=2) * weights).sum(axis=1) / weights.sum()
    np.testing.assert_allclose(reflectance[:, 0, 0], expected, rtol=1e-6)


def test_constant_stays_constant():
    scene = Scene(np.full((8, 40, 40), 0.123), -49.97, 44.03, 32, wkt=EQUIRECTANGULAR_WKT)
    raster = Resampled(scene, 7.3)
    reflectance, valid = raster.spectra(raster.grid.window)
    assert valid.sum() > 40
    np.testing.assert_allclose(reflectance[:, valid], np.float32(0.123), rtol=1e-7)


def test_gradient_is_kept():
    """Old pixels halved on both sides: the mean of a slope is its value in the middle."""
    slope = 0.1 + np.arange(65) / 1000
    scene = Scene(np.broadcast_to(slope, (8, 65, 65)), -1 / 64, 1 + 1 / 64, 32)
    reflectance, valid = Resampled(scene, 8).spectra(Window(0, 0, 16, 16))
    assert valid.all()
    middle = 0.1 + (np.arange(16) * 4 + 2) / 1000
    np.testing.assert_allclose(reflectance[0], np.tile(middle, (16, 1)), rtol=1e-6)


def test_as_gdalwarp_where_it_is_right():
    """Aligned and all valid, at the equator, where rows of one pixel hardly differ in area."""
    values = noise(64, 96)
    scene = Scene(values, 0, 1, 64)
    source = gdal.GetDriverByName("MEM").Create("", 96, 64, 8, gdal.GDT_Float32)
    source.SetGeoTransform(scene.grid.geotransform)
    source.WriteArray(values)
    warped = gdal.Warp(
        "", source, format="MEM", xRes=1 / 16, yRes=1 / 16, resampleAlg="average",
        outputBounds=(0, 0, 1.5, 1),
    ).ReadAsArray()  # fmt: skip
    raster = Resampled(scene, 16)
    np.testing.assert_allclose(raster.spectra(raster.grid.window)[0], warped, rtol=2e-5)


@pytest.mark.parametrize("wanted", [8, 5.5])
def test_any_window_gives_the_same_bits(wanted, monkeypatch):
    monkeypatch.setattr(resampling, "blocks", lambda area: blocks(area, 16, 8))
    valid = np.random.default_rng(3).uniform(size=(64, 64)) > 0.2
    scene = Scene(noise(64, 64), 10 - 1 / 64, 1 + 1 / 64, 32, valid)
    raster = Resampled(scene, wanted)
    whole, _ = raster.spectra(raster.grid.window)
    for y in range(0, raster.grid.height, 3):
        for x in range(0, raster.grid.width, 4):
            window = Window(x, y, 4, 3).intersection(raster.grid.window)
            rows, columns = window.slices
            part, _ = raster.spectra(window)
            np.testing.assert_array_equal(part, whole[:, rows, columns])


@pytest.mark.parametrize("west", [10.0, 359.5, 179.5])
def test_no_seams_between_tiles(tmp_path, west):
    """Four tiles whose border halves the new pixels, also at 0 and 180 degrees, as one scene."""
    whole = mi_tiles.scene(32, 32)
    whole[2, 20:, 9] = -21000
    paths = [
        mi_tiles.write_tile(
            tmp_path,
            whole[:, row * 16 : row * 16 + 16, column * 16 : column * 16 + 16],
            name=f"T{row}{column}",
            north=5 - row / 2,
            west=(west + column / 2) % 360,
            resolution=32,
        )
        for row in (0, 1)
        for column in (0, 1)
    ]
    raster = Resampled(Mosaic(MiSource(str(path)) for path in paths), 8)
    column, row = lattice(raster)
    assert (column, row) == (round(((west + 180) % 360) * 8), 85 * 8)
    reflectance, valid = raster.spectra(raster.grid.window)
    planes = whole[list(mi_tiles.MODEL_PLANES)]
    scene = Scene(planes * 2e-5, (west + 180) % 360 - 180 - 1 / 64, 5 + 1 / 64, 32,
                  (planes > 0).all(axis=0))  # fmt: skip
    for i in range(raster.grid.height):
        for j in range(raster.grid.width):
            mean, part = brute_force(scene, column + j, row + i, 8)
            assert valid[i, j] == (part > 0.5 - 1e-5)
            if valid[i, j]:
                np.testing.assert_allclose(reflectance[:, i, j], mean, rtol=1e-6)


def test_extent_takes_the_pixels_it_touches():
    scene = Scene(noise(96, 96), 9, 12, 32)
    whole = Resampled(scene, 8)
    part = Resampled(scene, 8, Extent(GEOGRAPHIC_WKT, 370.3, 10.6, 370.8, 11.0))
    assert lattice(part) == (190 * 8 + 2, 79 * 8)
    assert (part.grid.width, part.grid.height) == (5, 4)
    np.testing.assert_array_equal(
        part.spectra(part.grid.window)[0], whole.spectra(Window(10, 8, 5, 4))[0]
    )


@pytest.mark.parametrize("box", [(-180, -1, 180, 0), (-180, -1, -170, 0), (180, -1, 190, 0)])
@pytest.mark.parametrize("west", [180, 0])
def test_extent_from_180_west_stays_there(tmp_path, box, west):
    """Also though the pixels around it reach further west."""
    dn = mi_tiles.scene(8, 1440)
    path = mi_tiles.write_tile(tmp_path, dn, west=west, north=0, resolution=4)
    extent = Extent(GEOGRAPHIC_WKT, *map(float, box))
    raster = Resampled(Mosaic([MiSource(str(path))], extent, 1.0), 1, extent)
    assert lattice(raster) == (0, 90)
    assert (raster.grid.width, raster.grid.height) == (box[2] - box[0], 1)
    assert raster.spectra(raster.grid.window)[1].all()


def test_own_extent_of_a_tile_at_180_degrees(tmp_path):
    """With it the tile lies where it does without."""
    path = mi_tiles.write_tile(tmp_path, mi_tiles.scene(8, 8), west=180, north=10, resolution=8)
    grid = MiSource(str(path)).grid
    (left, top), (right, bottom) = grid.position(0, 0), grid.position(8, 8)
    extent = Extent(grid.wkt, left, bottom, right, top).to(GEOGRAPHIC_WKT)
    raster = Resampled(Mosaic([MiSource(str(path))], extent, 0.25), 4, extent)
    assert raster.grid == Resampled(Mosaic([MiSource(str(path))]), 4).grid
    assert lattice(raster)[0] == 0


def test_memory_does_not_grow_with_the_ratio():
    """One new pixel of many old ones is read block by block."""
    seen = []

    class Large(Scene):
        def spectra(self, window):
            seen.append(window.size)
            shape = (window.height, window.width)
            return np.full((8, *shape), 0.2, np.float32), np.ones(shape, bool)

    scene = Large(np.zeros((8, 1, 1)), 0, 10, 2048)
    scene.grid = scene.grid._replace(width=2048, height=2048)
    raster = Resampled(scene, 1, check=lambda: seen.append(0))
    reflectance, valid = raster.spectra(raster.grid.window)
    assert reflectance.shape == (8, 1, 1)
    assert valid.all()
    assert reflectance[0, 0, 0] == pytest.approx(0.2)
    assert max(seen) == 2048 * 256
    assert seen.count(0) == 8


def test_refusals():
    scene = Scene(noise(8, 8), 0, 0, 32)
    with pytest.raises(RasterError, match="have only 32"):
        Resampled(scene, 33)
    with pytest.raises(RasterError, match="covered by half"):
        Resampled(scene, 1)
    polar = osr.SpatialReference()
    polar.SetFromUserInput("IAU_2015:30130")
    scene.grid = scene.grid._replace(wkt=polar.ExportToWkt(["FORMAT=WKT2_2019"]))
    with pytest.raises(RasterError, match="geographic or equirectangular"):
        Resampled(scene, 4)

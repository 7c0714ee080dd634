"""Spectra around points: expected means are computed from the DN of tiles written by hand."""

import numpy as np
import pytest
from osgeo import gdal, osr

from lunar_oxide_plugin.core.errors import CancelledError, RasterError
from lunar_oxide_plugin.core.sites.site_samples import NO_VALID_PIXEL, OUTSIDE, SAMPLED
from lunar_oxide_plugin.raster.maps.site_sampler import (
    longitudes_latitudes,
    pixel_positions,
    sample_points,
)
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT, GEOGRAPHIC_WKT, Grid
from lunar_oxide_plugin.raster.sources.mi_source import MiSource
from tests import mi_tiles

STEP = 1 / 2048
#: Corner of the tile: half a pixel outside the centres that the label states.
WEST, NORTH = 310 - STEP / 2, 44 + STEP / 2


def sample(path, points, size=2, wkt=GEOGRAPHIC_WKT):
    return sample_points(MiSource(str(path)), wkt, points, size, lambda: None)


def place(column, row):
    """Longitude and latitude of a position in pixels."""
    return WEST + column * STEP, NORTH - row * STEP


def by_hand(dn, pixels):
    """Mean and sample standard deviation of the model bands over (row, column) pixels."""
    spectra = np.array([[dn[plane, r, c] for plane in mi_tiles.MODEL_PLANES] for r, c in pixels])
    spectra = spectra * 2e-5
    mean = sum(spectra) / len(spectra)
    return mean, np.sqrt(sum((spectra - mean) ** 2) / (len(spectra) - 1))


@pytest.fixture()
def dn():
    return mi_tiles.scene(24, 32, seed=3)


def check(found, dn, pixels):
    mean, std = by_hand(dn, pixels)
    assert (found.status, found.pixels) == (SAMPLED, len(pixels))
    np.testing.assert_allclose(found.mean, mean, rtol=2e-6)
    np.testing.assert_allclose(found.std, std, rtol=2e-4)


def test_four_pixels_around_the_point(tmp_path, dn):
    path = mi_tiles.write_tile(tmp_path, dn)
    # In the upper left quarter of pixel (row 7, column 10), then in its lower right one.
    first, second = sample(path, [place(10.2, 7.3), place(10.7, 7.8)])
    check(first, dn, [(6, 9), (6, 10), (7, 9), (7, 10)])
    check(second, dn, [(7, 10), (7, 11), (8, 10), (8, 11)])
    assert first.source == f"{path.name}, mean of 4 pixels of 2 x 2"


def test_nine_pixels_around_the_point(tmp_path, dn):
    path = mi_tiles.write_tile(tmp_path, dn)
    (found,) = sample(path, [place(10.2, 7.3)], size=3)
    check(found, dn, [(r, c) for r in (6, 7, 8) for c in (9, 10, 11)])


def test_edges_hold_fewer_pixels(tmp_path, dn):
    path = mi_tiles.write_tile(tmp_path, dn)
    corner, middle = sample(path, [place(0.9, 0.9), place(31.9, 5.2)], size=3)
    check(corner, dn, [(0, 0), (0, 1), (1, 0), (1, 1)])
    check(middle, dn, [(r, c) for r in (4, 5, 6) for c in (30, 31)])
    (alone,) = sample(path, [place(0.2, 0.2)])
    assert alone.pixels == 1
    assert np.isnan(alone.std).all()


def test_invalid_pixels_do_not_count(tmp_path, dn):
    dn[3, 7, 10] = -22000
    dn[0, 6, 9] = 400  # shadow
    dn[5, 6, 10] = -30000  # MN1, which no model reads
    dn[:, 14:20, 14:20] = -30000
    path = mi_tiles.write_tile(tmp_path, dn)
    some, none = sample(path, [place(10.2, 7.3), place(17.1, 17.1)])
    check(some, dn, [(6, 10), (7, 9)])
    assert (none.status, none.pixels) == (NO_VALID_PIXEL, 0)


def test_wholly_invalid_raster_is_no_error(tmp_path, dn):
    path = mi_tiles.write_tile(tmp_path, np.full_like(dn, -30000))
    assert [s.status for s in sample(path, [place(3, 3)])] == [NO_VALID_PIXEL]


@pytest.mark.parametrize("shift", [0, -360, -720])
def test_longitudes_wrap(tmp_path, dn, shift):
    path = mi_tiles.write_tile(tmp_path, dn)
    lon, lat = place(10.2, 7.3)
    (found,) = sample(path, [(lon + shift, lat)])
    check(found, dn, [(6, 9), (6, 10), (7, 9), (7, 10)])


def test_outside(tmp_path, dn):
    path = mi_tiles.write_tile(tmp_path, dn)
    points = [place(-0.1, 5), place(32.1, 5), place(5, -0.1), place(5, 24.1), (130, 44), (0, 91)]
    assert {s.status for s in sample(path, points)} == {OUTSIDE}


def test_points_in_another_lunar_crs(tmp_path, dn):
    path = mi_tiles.write_tile(tmp_path, dn)
    lon, lat = place(10.2, 7.3)
    metres = 1737400 * np.pi / 180
    (found,) = sample(path, [((lon - 360) * metres, lat * metres)], wkt=EQUIRECTANGULAR_WKT)
    check(found, dn, [(6, 9), (6, 10), (7, 9), (7, 10)])


def write_stack(path, crs, geotransform, dn):
    reference = osr.SpatialReference()
    reference.SetFromUserInput(crs)
    planes = dn[list(mi_tiles.MODEL_PLANES)]
    dataset = gdal.GetDriverByName("GTiff").Create(
        str(path), dn.shape[2], dn.shape[1], 8, gdal.GDT_Int16
    )
    if crs:
        dataset.SetProjection(reference.ExportToWkt())
    dataset.SetGeoTransform(geotransform)
    for index, plane in enumerate(planes):
        band = dataset.GetRasterBand(index + 1)
        band.WriteArray(plane)
        band.SetDescription(
            ("415", "750", "900", "950", "1001", "1050", "1250", "1550")[index] + " nm"
        )
        band.SetScale(2e-5)
    return path


@pytest.mark.parametrize("west", [170.0, -190.0])
def test_raster_across_180_degrees(tmp_path, dn, west):
    geotransform = (west, 0.625, 0, 10, 0, -0.625)
    path = write_stack(tmp_path / "a.tif", "IAU_2015:30100", geotransform, dn)
    points = [(lon, 5.1) for lon in (175.0, -175.0, 185.0, 189.9, -170.1)]
    found = sample(path, points, size=3)
    for (lon, lat), one in zip(points, found):
        column, row = int((lon - 170) % 360 / 0.625), int((10 - lat) / 0.625)
        columns = [c for c in (column - 1, column, column + 1) if c < 32]
        check(one, dn, [(r, c) for r in (row - 1, row, row + 1) for c in columns])


def test_polar_raster(tmp_path, dn):
    """South polar stereographic on the sphere: x = 2 R tan(45 + lat / 2) sin(lon)."""
    path = write_stack(tmp_path / "a.tif", "IAU_2015:30135", (-16000, 1000, 0, 12000, 0, -1000), dn)
    lon, lat = np.radians([30.0, -89.8])
    rho = 2 * 1737400 * np.tan(np.pi / 4 + lat / 2)
    column, row = (rho * np.sin(lon) + 16000) / 1000, (12000 - rho * np.cos(lon)) / 1000
    inside, outside = sample(path, [(30.0, -89.8), (30.0, 10.0)], size=3)
    rows, columns = (range(int(p) - 1, int(p) + 2) for p in (row, column))
    check(inside, dn, [(r, c) for r in rows for c in columns])
    assert outside.status == OUTSIDE


def test_rotated_grid():
    from lunar_oxide_plugin.raster.moon.crs import Grid

    grid = Grid(GEOGRAPHIC_WKT, (10.0, 0.3, 0.1, 20.0, 0.2, -0.4), 50, 50)
    point = grid.position(12.25, 30.5)
    np.testing.assert_allclose(pixel_positions(grid, GEOGRAPHIC_WKT, [point]), [[12.25, 30.5]])


def test_longitudes_and_latitudes():
    metres = 1737400 * np.pi / 180
    points = [(-50 * metres, 44 * metres), (190 * metres, 0)]
    found = longitudes_latitudes(EQUIRECTANGULAR_WKT, points)
    np.testing.assert_allclose(found, [(-50, 44), (-170, 0)], atol=1e-9)
    assert longitudes_latitudes(GEOGRAPHIC_WKT, []).shape == (0, 2)


def test_refusals(tmp_path, dn):
    path = mi_tiles.write_tile(tmp_path, dn)
    earth = osr.SpatialReference()
    earth.ImportFromEPSG(4326)
    with pytest.raises(RasterError, match="sites' layer is not on the Moon"):
        sample(path, [(0, 0)], wkt=earth.ExportToWkt())
    bare = write_stack(tmp_path / "bare.tif", "", (0, 1, 0, 0, 0, -1), dn)
    with pytest.raises(RasterError, match=r"bare\.tif has no coordinate reference system"):
        sample(bare, [(0, 0)])


def test_stops_when_asked(tmp_path, dn):
    def stop():
        raise CancelledError

    with pytest.raises(CancelledError):
        sample_points(
            MiSource(str(mi_tiles.write_tile(tmp_path, dn))), GEOGRAPHIC_WKT, [(0, 0)], 2, stop
        )


@pytest.mark.parametrize("wkt", [GEOGRAPHIC_WKT, EQUIRECTANGULAR_WKT], ids=["degrees", "metres"])
@pytest.mark.parametrize("west", [-180, 0])
def test_the_edge_of_a_map_of_the_whole_moon_is_inside(wkt, west):
    unit = 1.0 if wkt == GEOGRAPHIC_WKT else 1737400 * np.pi / 180
    grid = Grid(wkt, (west * unit, 0.25 * unit, 0, 60 * unit, 0, -0.25 * unit), 1440, 480)
    points = [(west, 0.0), (west + 360.0, 0.0), (west - 360.0, 0.0)]
    found = pixel_positions(grid, GEOGRAPHIC_WKT, points)
    assert found[:, 0].tolist() == [0, 0, 0]
    assert found[:, 1] == pytest.approx(240)
    # Of a part of the Moon the right edge stays outside.
    part = grid._replace(width=720)
    assert pixel_positions(part, GEOGRAPHIC_WKT, [(west + 180.0, 0.0)])[0, 0] == 720

"""Areas of pixels against closed forms (Snyder 1987) and spherical polygons."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.core.mathematics.sphere import unit_vectors, vector_ring_area
from lunar_oxide_plugin.raster.gdal_io.blocks import Window, blocks
from lunar_oxide_plugin.raster.moon.areas import PixelAreas
from lunar_oxide_plugin.raster.moon.crs import (
    EQUIRECTANGULAR_WKT,
    METRES_PER_DEGREE,
    Grid,
    Transform,
)

from ..lunar_crs import R, projected, wkt

GEOGRAPHIC = wkt("IAU_2015:30100")
SPHERE = 4 * math.pi * (R / 1000) ** 2


def mercator_y(lat):
    return R * math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))


def closed_areas(lat_edges, dlon):
    sines = np.sin(np.radians(lat_edges))
    return (R / 1000) ** 2 * math.radians(dlon) * (sines[:-1] - sines[1:])


LAT = np.linspace(46, 43.5, 11)

CYLINDRICAL = {
    "geographic": (GEOGRAPHIC, 1.0, lambda lat: lat),
    "IAU equirectangular": (
        EQUIRECTANGULAR_WKT,
        METRES_PER_DEGREE,
        lambda lat: lat * METRES_PER_DEGREE,
    ),
    "lat_ts 40": (
        projected("eqc +lat_ts=40"),
        METRES_PER_DEGREE * math.cos(math.radians(40)),
        lambda lat: lat * METRES_PER_DEGREE,
    ),
    "centred at 180": (
        projected("eqc +lon_0=180"),
        METRES_PER_DEGREE,
        lambda lat: lat * METRES_PER_DEGREE,
    ),
}


@pytest.mark.parametrize("name", CYLINDRICAL)
@pytest.mark.parametrize("west", [-50.0, 0.0, 178.5, -180 - 0.5 / 2048])
@pytest.mark.parametrize("flip", [1, -1])
def test_equirectangular_grids(name, west, flip):
    crs, per_degree, to_y = CYLINDRICAL[name]
    step = LAT[0] - LAT[1]
    y = to_y(LAT)[::flip]
    grid = Grid(crs, (west * per_degree, step * per_degree, 0, y[0], 0, y[1] - y[0]), 12, 10)
    areas = PixelAreas(grid, "a.tif")
    expected = closed_areas(LAT, step)[::flip, np.newaxis]
    np.testing.assert_allclose(areas.of(grid.window), expected, rtol=1e-8)
    np.testing.assert_allclose(areas.of(Window(2, 3, 5, 4)), expected[3:7], rtol=1e-8)


def test_mercator():
    top, size, dx = mercator_y(60), 20000.0, 10000.0
    grid = Grid(projected("merc"), (0, dx, 0, top, 0, -size), 8, 6)
    y = top - size * np.arange(7)
    lat = np.degrees(2 * np.arctan(np.exp(y / R)) - np.pi / 2)
    expected = closed_areas(lat, math.degrees(dx / R))[:, np.newaxis]
    np.testing.assert_allclose(PixelAreas(grid, "a.tif").of(grid.window), expected, rtol=1e-8)


@pytest.mark.parametrize(
    ("name", "unit"), [("degree", 1.0), ("radian", math.pi / 180), ("grad", 10 / 9)]
)
def test_the_whole_moon_adds_up(name, unit):
    crs = geographic_in(name, math.radians(1) / unit)
    grid = Grid(crs, (-180 * unit, 0.5 * unit, 0, 90 * unit, 0, -0.5 * unit), 720, 360)
    rows = PixelAreas(grid, "a.tif").of(grid.window)
    assert rows.sum() * 720 == pytest.approx(SPHERE, rel=1e-12)


def geographic_in(unit, size):
    return (
        'GEOGCS["Moon",DATUM["Moon",SPHEROID["Moon",1737400,0]],PRIMEM["Reference",0],'
        f'UNIT["{unit}",{size!r}]]'
    )


@pytest.mark.parametrize("crs", [EQUIRECTANGULAR_WKT, GEOGRAPHIC], ids=["metres", "degrees"])
def test_the_polar_tiles_reach_half_a_pixel_beyond_the_pole(crs):
    """MAXIMUM_LATITUDE 90 is the centre of the first row: its northern edge lies at 90.0002."""
    unit = METRES_PER_DEGREE if crs == EQUIRECTANGULAR_WKT else 1.0
    step = 1 / 2048
    top = (90 + step / 2) * unit
    north = Grid(crs, (0, step * unit, 0, top, 0, -step * unit), 2048, 2048)
    found = PixelAreas(north, "MI_MAP_03_N90E000N89E001SC.lbl").of(north.window)[:, 0]
    edges = np.minimum(90 + step / 2 - step * np.arange(2049), 90)
    # Some PROJs fold 90.0002 to 89.9998, and the half row at the pole is 0 instead of 2e-10 km2.
    np.testing.assert_allclose(found, closed_areas(edges, step), rtol=1e-5, atol=3e-10)
    south = Grid(crs, (0, step * unit, 0, -(90 + step / 2 - 1) * unit, 0, -step * unit), 2048, 2048)
    mirrored = PixelAreas(south, "a.tif").of(south.window)[::-1, 0]
    np.testing.assert_allclose(mirrored, found, rtol=1e-5, atol=3e-10)


def centres(grid):
    columns, rows = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    return grid.position(columns, rows)


@pytest.mark.parametrize("lat_0", [90, -90])
@pytest.mark.parametrize(
    ("west", "north", "pixel", "size"),
    [
        (-15e3, 15e3, 15.0, 2000),  # the pole amid
        (400e3, -300e3, 15.0, 300),
        (-1024e3, 1024e3, 1e3, 2048),  # to 56 degrees
        (-3000e3, 3000e3, 3e3, 2000),  # beyond the equator
    ],
)
def test_polar_stereographic(lat_0, west, north, pixel, size):
    """Snyder (1987), eq. 21-33: k = 2 k0 / (1 + sin lat), here 1 + (rho / 2R)^2."""
    grid = Grid(projected(f"stere +lat_0={lat_0}"), (west, pixel, 0, north, 0, -pixel), size, size)
    x, y = centres(grid)
    k = 1 + (x**2 + y**2) / (2 * R) ** 2
    found = PixelAreas(grid, "a.tif").of(grid.window)
    # The closed form is that of a pixel's centre; pixels of 3 km bend by 1e-6.
    np.testing.assert_allclose(found * k**2 * 1e6 / pixel**2, 1, rtol=2e-8 + (pixel / R) ** 2)


def test_orthographic():
    """Snyder (1987), ch. 20: h = cos c along the radius and k = 1 across it."""
    pixel, half = 10e3, 1800e3
    grid = Grid(
        projected("ortho +lat_0=20 +lon_0=30"), (-half, pixel, 0, half, 0, -pixel), 360, 360
    )
    x, y = centres(grid)
    square = 1 - (x**2 + y**2) / R**2
    found = PixelAreas(grid, "a.tif").of(grid.window)
    assert (found[square < 0] == 0).all()
    disc = square > 0.05  # to 77 degrees from the middle
    cosine = np.sqrt(square[disc])
    # The closed form holds at the centre, the mean over a pixel differs by (pixel/R)^2 / cos^4.
    bend = (pixel / R) ** 2 / 8 / cosine**4
    assert (np.abs(found[disc] * cosine * 1e6 / pixel**2 - 1) < 1e-7 + bend).all()
    limb = square > 1e-3
    np.testing.assert_allclose(found[limb] * np.sqrt(square[limb]) * 1e6 / pixel**2, 1, rtol=0.15)


@pytest.mark.parametrize(
    ("projection", "half", "tolerance"),
    [("laea +lat_0=-90", 3.5e6, 2e-3), ("sinu", 5.5e6, 3e-4), ("moll", 5e6, 1e-3)],
)
def test_maps_of_the_whole_moon_add_up(projection, half, tolerance):
    """Beyond the map's edge PROJ starts over in some projections: those pixels are no area."""
    pixel = 20e3
    size = int(2 * half / pixel)
    grid = Grid(projected(projection), (-half, pixel, 0, half, 0, -pixel), size, size)
    areas = PixelAreas(grid, "a.tif")
    total = sum(areas.of(window).sum() for window in blocks(grid.window))
    assert total == pytest.approx(SPHERE, rel=tolerance)


def polygon_areas(grid, divisions=20):
    """Every pixel as a spherical polygon of 4 x 20 vertices, great circles between them."""
    along = np.arange(divisions) / divisions
    zero, one = np.zeros(divisions), np.ones(divisions)
    dc = np.concatenate([zero, along, one, 1 - along])
    dr = np.concatenate([along, one, 1 - along, zero])
    to_degrees = Transform(grid.wkt)
    areas = np.empty((grid.height, grid.width))
    for row in range(grid.height):
        for column in range(grid.width):
            vectors = unit_vectors(*to_degrees(*grid.position(column + dc, row + dr)))
            area = vector_ring_area(vectors)
            areas[row, column] = min(area, SPHERE - area)  # whatever way round
    return areas


PROJECTIONS = [
    "stere +lat_0=90",
    "stere +lat_0=-90 +lon_0=70",
    "ortho +lat_0=40 +lon_0=200",
    "laea +lat_0=60 +lon_0=10",
    "laea +lat_0=-90",
    "sinu",
    "tmerc +lon_0=180",
    "lcc +lat_1=20 +lat_2=50",
    "eqc",
]


@settings(max_examples=40, deadline=None)
@given(
    projection=st.sampled_from(PROJECTIONS),
    units=st.sampled_from([("m", 1.0), ("km", 1000.0), ("us-ft", 1200 / 3937)]),
    pixel=st.sampled_from([15.0, 60.0, 1000.0, 20e3]),
    corner=st.tuples(st.floats(-600e3, 600e3), st.floats(-600e3, 600e3)),
    turned=st.floats(0.01, 2 * math.pi),
    flipped=st.booleans(),
)
def test_any_grid_against_spherical_polygons(projection, units, pixel, corner, turned, flipped):
    """Rotated and flipped grids over poles and elsewhere, in metres, kilometres and feet."""
    unit, metres = units
    x, y, step = corner[0] / metres, corner[1] / metres, pixel / metres
    cos, sin = step * math.cos(turned), step * math.sin(turned)
    sign = -1 if flipped else 1
    grid = Grid(projected(projection, unit), (x, cos, sign * sin, y, sin, -sign * cos), 9, 7)
    found = np.broadcast_to(PixelAreas(grid, "a.tif").of(grid.window), (7, 9))
    # Near a pole PROJ finds the angle from its cosine: a corner is off by up to 1.5e-8 radians, the
    # polygon by as much times the distance of its neighbours.
    slack = 1.5e-8 * R / 1000 * (pixel / 1000) / 10
    np.testing.assert_allclose(found, polygon_areas(grid), rtol=1e-6, atol=slack)


def test_windows_agree_with_the_whole():
    grid = Grid(projected("ortho"), (-1800e3, 20e3, 0, 1800e3, 0, -20e3), 180, 180)
    areas = PixelAreas(grid, "a.tif")
    whole = areas.of(grid.window)
    x, y = centres(grid)
    firm = x**2 + y**2 < (0.95 * R) ** 2  # pixels at the limb are no smooth cells
    for window in blocks(grid.window, 50, 37):
        rows, columns = window.slices
        part = np.where(firm[rows, columns], areas.of(window), 0)
        expected = np.where(firm, whole, 0)[rows, columns]
        np.testing.assert_allclose(part, expected, rtol=2e-3)


def test_with_the_exceptions_of_another_plugin():
    from osgeo import gdal, osr

    grid = Grid(projected("ortho"), (-1800e3, 50e3, 0, 1800e3, 0, -50e3), 72, 72)
    expected = PixelAreas(grid, "a.tif").of(grid.window)
    gdal.UseExceptions()
    osr.UseExceptions()
    try:
        found = PixelAreas(grid, "a.tif").of(grid.window)
    finally:
        osr.DontUseExceptions()
        gdal.DontUseExceptions()
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("crs", "says"), [("", "coordinate reference"), (GEOGRAPHIC, "position")])
def test_without_a_position_there_are_no_areas(crs, says):
    with pytest.raises(RasterError, match=rf"a\.tif has no {says}"):
        PixelAreas(Grid(crs, (0.0, 1.0, 0.0, 0.0, 0.0, 1.0), 10, 10), "a.tif")

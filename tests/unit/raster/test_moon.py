"""Georeferencing on the Moon, against closed forms and PROJ's own definitions."""

import math

import numpy as np
import pytest
from osgeo import osr

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.blocks import Window
from lunar_oxide_plugin.raster.moon import (
    EQUIRECTANGULAR_WKT,
    GEOGRAPHIC_WKT,
    METRES_PER_DEGREE,
    CylindricalRows,
    Grid,
    full_turn,
    is_moon,
    require_moon,
    spatial_reference,
    wrapped_longitude,
)

R = 1737400.0


def wkt(definition):
    reference = osr.SpatialReference()
    assert reference.SetFromUserInput(definition) == 0
    return reference.ExportToWkt(["FORMAT=WKT2_2019"])


def projected(parameters):
    return wkt(f"+proj={parameters} +R={R} +units=m +no_defs")


GEOGRAPHIC = wkt("IAU_2015:30100")


@pytest.mark.parametrize(
    "definition",
    [
        "IAU_2015:30100",
        "IAU_2015:30110",
        "IAU_2015:30130",
        "ESRI:104903",
        "+proj=longlat +R=1738000",
    ],
)
def test_the_moon(definition):
    assert is_moon(wkt(definition))
    require_moon(wkt(definition), "zones.gpkg")


@pytest.mark.parametrize(
    ("definition", "radius"),
    [
        ("EPSG:4326", "6378.1"),
        ("EPSG:32633", "6378.1"),
        ("IAU_2015:49900", "3396.2"),
        ("IAU_2015:19900", "2440.5"),
        ("+proj=longlat +R=1821600", "1821.6"),
    ],
)
def test_other_bodies_are_refused(definition, radius):
    assert not is_moon(wkt(definition))
    with pytest.raises(RasterError, match=rf"zones\.gpkg lies on a body of {radius} km"):
        require_moon(wkt(definition), "zones.gpkg")


def test_no_crs():
    assert not is_moon("")
    with pytest.raises(RasterError, match=r"a\.tif has no coordinate reference system"):
        require_moon("", "a.tif")


def test_the_equirectangular_crs_is_projs():
    mine, theirs = spatial_reference(EQUIRECTANGULAR_WKT), spatial_reference(wkt("IAU_2015:30110"))
    assert mine.IsSame(theirs)
    assert mine.GetName() == theirs.GetName()
    assert mine.ExportToWkt(["FORMAT=WKT2_2019"]) == theirs.ExportToWkt(["FORMAT=WKT2_2019"])
    assert mine.ExportToProj4() == theirs.ExportToProj4()
    to_degrees = osr.CoordinateTransformation(mine, spatial_reference(GEOGRAPHIC))
    lon, lat, _ = to_degrees.TransformPoint(-50 * METRES_PER_DEGREE, 44 * METRES_PER_DEGREE)
    assert (lon, lat) == pytest.approx((-50, 44), abs=1e-12)


def test_the_geographic_crs_is_projs():
    mine, theirs = spatial_reference(GEOGRAPHIC_WKT), spatial_reference(GEOGRAPHIC)
    assert mine.IsSame(theirs)
    assert mine.GetName() == theirs.GetName()
    assert mine.ExportToProj4() == theirs.ExportToProj4()


def test_constants():
    assert pytest.approx(math.pi / 180 * R, rel=1e-15) == METRES_PER_DEGREE
    assert pytest.approx(14.806323445, abs=1e-8) == METRES_PER_DEGREE / 2048


@pytest.mark.parametrize(
    ("lon", "expected"),
    [
        (0, 0),
        (310, -50),
        (180, -180),
        (-180, -180),
        (179.5, 179.5),
        (360, 0),
        (359, -1),
        (-190, 170),
    ],
)
def test_wrapped_longitude(lon, expected):
    assert wrapped_longitude(lon) == expected


def test_grid_positions():
    grid = Grid("", (100.0, 2.0, 0.5, 50.0, 0.25, -3.0), 10, 20)
    assert grid.window == Window(0, 0, 10, 20)
    assert grid.position(0, 0) == (100, 50)
    assert grid.position(3, 4) == (100 + 6 + 2, 50 + 0.75 - 12)
    part = grid.part(Window(3, 4, 5, 6))
    assert (part.width, part.height) == (5, 6)
    assert part.position(1, 1) == grid.position(4, 5)


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
def test_latitudes_and_areas_of_equirectangular_grids(name, west):
    crs, per_degree, to_y = CYLINDRICAL[name]
    step = LAT[0] - LAT[1]
    y = to_y(LAT)
    grid = Grid(crs, (west * per_degree, step * per_degree, 0, y[0], 0, y[1] - y[0]), 12, 10)
    rows = CylindricalRows(grid, "a.tif")
    assert rows.dlon == pytest.approx(step, rel=1e-9)
    np.testing.assert_allclose(rows.latitudes(0, 10), LAT, atol=1e-9)
    np.testing.assert_allclose(rows.latitudes(3, 4), LAT[3:8], atol=1e-9)
    np.testing.assert_allclose(rows.areas(0, 10), closed_areas(LAT, step), rtol=1e-8)


def test_areas_of_a_mercator_grid():
    top, size, dx = mercator_y(60), 20000.0, 10000.0
    grid = Grid(projected("merc"), (0, dx, 0, top, 0, -size), 8, 6)
    rows = CylindricalRows(grid, "a.tif")
    y = top - size * np.arange(7)
    lat = np.degrees(2 * np.arctan(np.exp(y / R)) - np.pi / 2)
    np.testing.assert_allclose(rows.latitudes(0, 6), lat, atol=1e-9)
    expected = closed_areas(lat, math.degrees(dx / R))
    np.testing.assert_allclose(rows.areas(0, 6), expected, rtol=1e-8)


def test_the_whole_moon_adds_up():
    grid = Grid(GEOGRAPHIC, (-180, 0.5, 0, 90, 0, -0.5), 720, 360)
    rows = CylindricalRows(grid, "a.tif")
    assert rows.areas(0, 360).sum() * 720 == pytest.approx(4 * math.pi * 1737.4**2, rel=1e-12)


@pytest.mark.parametrize("crs", [EQUIRECTANGULAR_WKT, GEOGRAPHIC], ids=["metres", "degrees"])
def test_the_polar_tiles_reach_half_a_pixel_beyond_the_pole(crs):
    """MAXIMUM_LATITUDE 90 is the centre of the first row: its northern edge lies at 90.0002."""
    unit = METRES_PER_DEGREE if crs == EQUIRECTANGULAR_WKT else 1.0
    step = 1 / 2048
    top = (90 + step / 2) * unit
    north = Grid(crs, (0, step * unit, 0, top, 0, -step * unit), 2048, 2048)
    rows = CylindricalRows(north, "MI_MAP_03_N90E000N89E001SC.lbl")
    edges = np.minimum(90 + step / 2 - step * np.arange(2049), 90)
    # PROJ folds 90.0002 to 89.9998, so the half row at the pole counts as 0 instead of 2e-10 km2.
    np.testing.assert_allclose(
        rows.areas(0, 2048), closed_areas(edges, step), rtol=1e-5, atol=3e-10
    )
    south = Grid(crs, (0, step * unit, 0, -(90 + step / 2 - 1) * unit, 0, -step * unit), 2048, 2048)
    found = CylindricalRows(south, "a.tif").areas(0, 2048)
    np.testing.assert_allclose(found, rows.areas(0, 2048)[::-1], rtol=1e-5, atol=3e-10)


#: name: (projection, west, north, pixel size, width and height)
REFUSED = {
    "polar stereographic, off the pole": ("stere +lat_0=90", 100e3, 500e3, 100.0, 50),
    "polar stereographic, centred": ("stere +lat_0=90", -2500, 2500, 100.0, 50),
    "sinusoidal": ("sinu", 100e3, 500e3, 1000.0, 80),
    "sinusoidal across the equator": ("sinu", -500e3, 500e3, 10e3, 100),
    "mollweide across the equator": ("moll", -500e3, 500e3, 10e3, 100),
    "orthographic": ("ortho", -50e3, 50e3, 1000.0, 100),
    "orthographic, also beyond the disc": ("ortho", -2000e3, 2000e3, 10e3, 400),
    "transverse mercator": ("tmerc", -50e3, 50e3, 1000.0, 100),
}


@pytest.mark.parametrize("name", REFUSED)
def test_rows_that_are_no_parallels_or_differ_in_length_are_refused(name):
    parameters, west, north, pixel, size = REFUSED[name]
    geotransform = (west, pixel, 0, north, 0, -pixel)
    with pytest.raises(RasterError, match=r"a\.tif is in a projection.*IAU_2015:30110"):
        CylindricalRows(Grid(projected(parameters), geotransform, size, size), "a.tif")


@pytest.mark.parametrize(
    "geotransform",
    [(0, 1, 0.1, 0, 0, -1), (0, 1, 0, 0, 0.1, -1), (0, 1, 0, 0, 0, 1), (10, -1, 0, 0, 0, -1)],
)
def test_rotated_and_flipped_grids_are_refused(geotransform):
    with pytest.raises(RasterError, match="rotated or flipped"):
        CylindricalRows(Grid(GEOGRAPHIC, geotransform, 10, 10), "a.tif")


def test_the_earth_has_no_rows_here():
    with pytest.raises(RasterError, match=r"6378\.1 km"):
        CylindricalRows(Grid(wkt("EPSG:4326"), (0, 1, 0, 10, 0, -1), 10, 10), "a.tif")


@pytest.mark.parametrize(
    ("crs", "expected"),
    [
        (GEOGRAPHIC, 360),
        (EQUIRECTANGULAR_WKT, 2 * math.pi * R),
        (projected("eqc +lon_0=180"), 2 * math.pi * R),
        (projected("eqc +lon_0=90"), 2 * math.pi * R),
        (projected("eqc +lon_0=-179.5"), 2 * math.pi * R),
        (projected("eqc +lat_ts=60"), math.pi * R),
        (projected("merc"), 2 * math.pi * R),
    ],
)
def test_full_turn(crs, expected):
    assert full_turn(crs) == pytest.approx(expected, rel=1e-9)

"""Polygons around poles, across 180 degrees and at the edge of projections, on any grid."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import gdal, ogr

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.core.mathematics.sphere import unit_vectors
from lunar_oxide_plugin.raster.maps.zone_statistics import ZonalStatistics
from lunar_oxide_plugin.raster.moon.crs import (
    EQUIRECTANGULAR_WKT,
    GEOGRAPHIC_WKT,
    Grid,
    Transform,
)
from lunar_oxide_plugin.raster.moon.polygons import polygon_area, polygon_on_grid
from lunar_oxide_plugin.raster.moon.rings import polygon_of
from lunar_oxide_plugin.raster.sources.raster import Raster

from ..lunar_crs import R, projected
from ..zones import summary

NORTH, SOUTH = projected("stere +lat_0=90"), projected("stere +lat_0=-90")
SPHERE = 4 * math.pi * (R / 1000) ** 2


def wkb(text):
    return bytes(ogr.CreateGeometryFromWkt(text).ExportToWkb())


def polygon(*rings):
    texts = [", ".join(f"{x!r} {y!r}" for x, y in [*ring, ring[0]]) for ring in rings]
    return wkb(f"POLYGON({', '.join(f'({text})' for text in texts)})")


def circle(lon, lat, radius, count=2000):
    """Longitudes and latitudes in -180..180 of a circle of some degrees on the sphere."""
    angle = 2 * np.pi * (np.arange(count) + 0.3) / count
    centre = unit_vectors(lon, lat)
    east = np.array([-math.sin(math.radians(lon)), math.cos(math.radians(lon)), 0.0])
    north = np.cross(centre, east)
    r = math.radians(radius)
    v = math.cos(r) * centre + math.sin(r) * (
        np.cos(angle)[:, None] * east + np.sin(angle)[:, None] * north
    )
    lons = np.degrees(np.arctan2(v[:, 1], v[:, 0]))
    return np.column_stack([lons, np.degrees(np.arcsin(v[:, 2]))]).tolist()


def cap(radius):
    return SPHERE / 2 * (1 - math.cos(math.radians(radius)))


def written(path, grid, values):
    dataset = gdal.GetDriverByName("GTiff").Create(
        str(path), grid.width, grid.height, 1, gdal.GDT_Float32
    )
    dataset.SetProjection(grid.wkt)
    dataset.SetGeoTransform(grid.geotransform)
    dataset.GetRasterBand(1).SetNoDataValue(-9999)
    dataset.GetRasterBand(1).WriteArray(values.astype(np.float32))
    dataset = None
    return Raster(str(path))


def positions(grid):
    """Unit vectors [height, width, 3] of pixel centres."""
    columns, rows = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    return unit_vectors(*Transform(grid.wkt)(*grid.position(columns, rows)))


#: Grids over the north pole, of every orientation, and one that lies beside it.
GRIDS = {
    "north-up": Grid(NORTH, (-610e3, 10e3, 0, 600e3, 0, -10e3), 121, 120),
    "south-up": Grid(NORTH, (-610e3, 10e3, 0, -600e3, 0, 10e3), 121, 120),
    "rotated": Grid(NORTH, (0, 8e3, 6e3, 850e3, 6e3, -8e3), 121, 120)._replace(
        geotransform=(-850e3, 8e3, 6e3, 120e3, 6e3, -8e3)
    ),
    "kilometres": Grid(
        projected("stere +lat_0=90 +lon_0=40", "km"), (-610, 10, 0, 600, 0, -10), 121, 120
    ),
    "equal area": Grid(projected("laea +lat_0=90"), (-610e3, 10e3, 0, 600e3, 0, -10e3), 121, 120),
    "orthographic": Grid(
        projected("ortho +lat_0=70 +lon_0=-20"), (-610e3, 10e3, 0, 900e3, 0, -10e3), 121, 150
    ),
    "longitudes": Grid(GEOGRAPHIC_WKT, (-180, 0.5, 0, 90, 0, -0.25), 720, 160),
    "a turn of longitudes from 100 E": Grid(GEOGRAPHIC_WKT, (100, 0.5, 0, 90, 0, -0.25), 720, 160),
}


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize(
    ("lon", "lat", "radius"), [(0, 90, 9.7), (130, 86, 7.3), (-179, 84, 3.1), (60, 82, 8.05)]
)
def test_circles_near_the_pole(tmp_path, name, lon, lat, radius):
    """A gradient inside a spherical cap, drawn in longitudes: every pixel asked for its angle."""
    grid = GRIDS[name]
    n = positions(grid)
    values = 10 + 5 * n[..., 0] - 3 * n[..., 1]
    raster = written(tmp_path / "a.tif", grid, values)
    area, (found,) = summary(
        ZonalStatistics(raster, {"FeO": 1}, centres=True),
        polygon(circle(lon, lat, radius)),
        GEOGRAPHIC_WKT,
    )
    assert area == pytest.approx(cap(radius), rel=2e-5)
    cosine = n @ unit_vectors(lon, lat)
    slack = 3e-6  # the circle has 2000 corners
    least = (cosine > math.cos(math.radians(radius)) + slack).sum()
    most = (cosine > math.cos(math.radians(radius)) - slack).sum()
    assert least <= found["pixels"] <= most
    assert found["valid_fraction"] == pytest.approx(1, abs=1e-4)
    # The mean of n over a cap lies on its axis: (1 + cos radius) / 2 of it.
    axis = unit_vectors(lon, lat) * (1 + math.cos(math.radians(radius))) / 2
    assert found["mean"] == pytest.approx(10 + 5 * axis[0] - 3 * axis[1], abs=0.01)


@settings(max_examples=25, deadline=None)
@given(
    lon=st.floats(-180, 180),
    lat=st.floats(-90, 90),
    radius=st.floats(0.5, 80),
    projection=st.sampled_from([NORTH, projected("laea +lat_0=-20 +lon_0=80"), GEOGRAPHIC_WKT]),
)
def test_areas_of_circles_anywhere(lon, lat, radius, projection):
    # A circle through a pole, or as far as the point a map never shows, is not drawn there.
    for pole in (90, -90):
        if abs(abs(lat - pole) - radius) < 1:
            return
    step = 0.5 if projection == GEOGRAPHIC_WKT else 10e3
    grid = Grid(projection, (-2 * step, step, 0, 2 * step, 0, -step), 4, 4)
    ring = polygon(circle(lon, lat, radius))
    try:
        found = polygon_on_grid(ring, GEOGRAPHIC_WKT, grid).polygon
    except RasterError as error:
        assert "the raster's projection" in str(error)
        antipode = (0, -90) if projection == NORTH else (-100, 20)
        separation = math.degrees(math.acos(unit_vectors(*antipode) @ unit_vectors(lon, lat)))
        assert separation < radius + 10
        return
    assert polygon_area(found, grid.wkt) == pytest.approx(cap(radius), rel=1e-3)


@settings(max_examples=40, deadline=None)
@given(
    lat=st.sampled_from([-90, -30, 0, 90]),
    count=st.integers(3, 36),
    radii=st.one_of(
        st.just([math.sqrt(2)]),  # half the Moon, with vertices opposite to each other
        st.lists(st.floats(0.01, 1.95), min_size=1, max_size=4),
    ),
)
def test_areas_are_those_of_an_equal_area_map(lat, count, radii):
    """Stars around its middle, up to most of the Moon: their areas in the plane."""
    turn = 2 * np.pi * np.arange(count) / count
    radius = 1737.4e3 * np.resize(radii, count)
    corners = zip(radius * np.cos(turn), radius * np.sin(turn))
    ring = ogr.Geometry(ogr.wkbLinearRing)
    for x, y in corners:
        ring.AddPoint_2D(x, y)
    ring.CloseRings()
    star = ogr.Geometry(ogr.wkbPolygon)
    star.AddGeometry(ring)
    found = polygon_area(star, projected(f"laea +lat_0={lat} +lon_0=30"))
    assert found == pytest.approx(star.GetArea() / 1e6, rel=2e-4)


def test_a_band_of_longitudes_and_its_hole(tmp_path):
    """A band from 80 to 90 N is a disc; a hole from 85 N on leaves a ring."""
    grid = GRIDS["north-up"]
    raster = written(tmp_path / "a.tif", grid, np.full((120, 121), 4.0))
    statistics = ZonalStatistics(raster, {"FeO": 1}, centres=True)
    disc = wkb("POLYGON((-180 80, 180 80, 180 90, -180 90, -180 80))")
    area, (found,) = summary(statistics, disc, GEOGRAPHIC_WKT)
    assert area == pytest.approx(cap(10), rel=2e-5)
    assert found["mean"] == pytest.approx(4, rel=1e-12)
    ring = polygon(circle(0, 90, 10), circle(0, 90, 5))
    area, (found,) = summary(statistics, ring, GEOGRAPHIC_WKT)
    assert area == pytest.approx(cap(10) - cap(5), rel=2e-5)
    z = positions(grid)[..., 2]
    expected = ((z > math.sin(math.radians(80))) & (z < math.sin(math.radians(85)))).sum()
    assert found["pixels"] == expected


@pytest.mark.parametrize("west", [-180.0, -60.0, 20.0, 150.0, 200.0])
def test_a_band_around_the_whole_moon(tmp_path, west):
    """Wherever a raster lies, a band from -180 to 180 covers it."""
    grid = Grid(GEOGRAPHIC_WKT, (west, 0.5, 0, 30.0, 0, -0.5), 40, 60)
    raster = written(tmp_path / "a.tif", grid, np.full((60, 40), 4.0))
    band = wkb("POLYGON((-180 0, 180 0, 180 30, -180 30, -180 0))")
    area, (found,) = summary(
        ZonalStatistics(raster, {"FeO": 1}, centres=True), band, GEOGRAPHIC_WKT
    )
    assert area == pytest.approx(SPHERE / 4, rel=1e-9)
    assert found["pixels"] == 60 * 40
    assert found["valid_fraction"] == pytest.approx(20 / 360, rel=1e-9)


@pytest.mark.parametrize("crs", [GEOGRAPHIC_WKT, EQUIRECTANGULAR_WKT])
def test_the_shorter_way_across_180(tmp_path, crs):
    unit = 1 if crs == GEOGRAPHIC_WKT else math.radians(R)
    grid = Grid(crs, (170 * unit, 0.5 * unit, 0, 10 * unit, 0, -0.5 * unit), 40, 20)
    raster = written(tmp_path / "a.tif", grid, np.full((20, 40), 4.0))
    ring = wkb("POLYGON((178 2, -178 2, -178 8, 178 8, 178 2))")
    area, (found,) = summary(
        ZonalStatistics(raster, {"FeO": 1}, centres=True), ring, GEOGRAPHIC_WKT
    )
    assert found["pixels"] == 8 * 12
    sines = math.sin(math.radians(8)) - math.sin(math.radians(2))
    assert area == pytest.approx((R / 1000) ** 2 * math.radians(4) * sines, rel=1e-6)


def test_polar_polygons_on_a_cylindrical_raster(tmp_path):
    """A square drawn around the south pole in a polar map, measured on the tiles' grid."""
    grid = Grid(GEOGRAPHIC_WKT, (0, 1.0, 0, -80, 0, -0.25), 360, 40)
    raster = written(tmp_path / "a.tif", grid, np.full((40, 360), 4.0))
    square = polygon([(-1e5, -1e5), (1e5, -1e5), (1e5, 1e5), (-1e5, 1e5)])
    area, (found,) = summary(ZonalStatistics(raster, {"FeO": 1}, centres=True), square, SOUTH)
    # The integral of 1 / k^2, k = 1 + (rho / 2R)^2, over the square (Snyder 1987, eq. 21-33).
    x = (np.arange(400) + 0.5) * 500 - 1e5
    expected = ((1 + (x**2 + x[:, None] ** 2) / (2 * R) ** 2) ** -2).sum() * 0.25
    assert area == pytest.approx(expected, rel=1e-4)
    assert found["valid_fraction"] == pytest.approx(1, rel=1e-9)
    lon, lat = np.radians(np.arange(360) + 0.5), np.radians(-80 - (np.arange(40) + 0.5) / 4)
    rho = 2 * R * np.tan(np.pi / 4 + lat / 2)[:, None]
    # A centre within a metre of an edge may fall to either side.
    reach = np.maximum(np.abs(rho * np.sin(lon)), np.abs(rho * np.cos(lon)))
    assert (reach < 1e5 - 2).sum() <= found["pixels"] <= (reach < 1e5 + 2).sum()


@pytest.mark.parametrize(
    ("crs", "ring", "says"),
    [
        (projected("ortho"), circle(85, 0, 10), "reaches beyond|crosses the edge"),
        (projected("sinu"), circle(180, 10, 10), "crosses the edge"),
        (NORTH, circle(0, -90, 10), "crosses the edge|reaches beyond"),
    ],
)
def test_polygons_that_the_projection_tears(tmp_path, crs, ring, says):
    grid = Grid(crs, (-600e3, 10e3, 0, 600e3, 0, -10e3), 120, 120)
    raster = written(tmp_path / "a.tif", grid, np.full((120, 120), 4.0))
    with pytest.raises(RasterError, match=says):
        summary(ZonalStatistics(raster, {"FeO": 1}, centres=True), polygon(ring), GEOGRAPHIC_WKT)


def test_pixels_beyond_the_disc_do_not_count(tmp_path):
    """An orthographic half Moon: its own outline holds nothing but the disc."""
    grid = Grid(projected("ortho"), (-1800e3, 50e3, 0, 1800e3, 0, -50e3), 72, 72)
    raster = written(tmp_path / "a.tif", grid, np.full((72, 72), 4.0))
    angle = 2 * np.pi * np.arange(500) / 500
    ring = np.column_stack([np.cos(angle), np.sin(angle)]) * 0.9 * R
    area, (found,) = summary(
        ZonalStatistics(raster, {"FeO": 1}, centres=True), polygon(ring.tolist()), grid.wkt
    )
    assert area == pytest.approx(cap(math.degrees(math.asin(0.9))), rel=1e-3)
    assert found["valid_fraction"] == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("apart", [1e-3, 1e-4, 1e-5])
@pytest.mark.parametrize("crs", [GEOGRAPHIC_WKT, EQUIRECTANGULAR_WKT, projected("merc")])
def test_vertices_close_to_180_degrees_on_both_sides(apart, crs):
    """A unit digitised every few metres across 180 degrees: it does not go around the Moon."""
    corners = [(179.9, 1.0), (180 - apart, 1.0), (-180 + apart, 1.0), (-179.9, 1.0), (-179.9, 1.2)]
    corners += [(-180 + apart, 1.2), (180 - apart, 1.2), (179.9, 1.2)]
    x, y = Transform(GEOGRAPHIC_WKT, crs)(*np.transpose(corners))
    grid = Grid(GEOGRAPHIC_WKT, (179.5, 0.01, 0, 2.0, 0, -0.01), 100, 100)
    found, repair = polygon_on_grid(polygon(np.column_stack([x, y]).tolist()), crs, grid)
    sines = math.sin(math.radians(1.2)) - math.sin(math.radians(1))
    expected = (R / 1000) ** 2 * math.radians(0.2) * sines
    assert polygon_area(found, grid.wkt) == pytest.approx(expected, rel=1e-5)
    assert repair == ""


def test_areas_of_large_polygons_in_mercator():
    """An edge that is straight in Mercator is a curve in longitude and latitude."""
    merc = projected("merc")
    corners = np.array([(0.0, 0.0), (60.0, 70.0), (-20.0, 60.0)])
    x, y = Transform(GEOGRAPHIC_WKT, merc)(*corners.T)
    triangle = ogr.CreateGeometryFromWkb(polygon(np.column_stack([x, y]).tolist()))
    # R^2 times the integral of cos(lat)^2 over the triangle in the plane, lat by Snyder's 7-4.
    side = np.linspace(0, 1, 1501)
    u, v = (
        part.ravel() for part in np.meshgrid((side[:-1] + side[1:]) / 2, (side[:-1] + side[1:]) / 2)
    )
    fold = u + v > 1
    u, v = np.where(fold, 1 - u, u), np.where(fold, 1 - v, v)
    heights = y[0] + u * (y[1] - y[0]) + v * (y[2] - y[0])
    latitude = 2 * np.arctan(np.exp(heights / R)) - np.pi / 2
    plane = abs((x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])) / 2
    expected = plane * (np.cos(latitude) ** 2).mean() / 1e6
    assert polygon_area(triangle, merc) == pytest.approx(expected, rel=2e-5)


BOX = [(0, 0), (10, 0), (10, 10), (0, 10)]


def square(west, south, side):
    east, north = west + side, south + side
    return [(west, south), (east, south), (east, north), (west, north)]


#: Rings in tenths of a degree near the equator, and the area in their squares.
BROKEN = {
    "bow tie": ([[[(0, 0), (10, 10), (10, 0), (0, 10)]]], 50),
    "hole that shares an edge": ([[BOX, square(0, 2, 4)]], 84),
    "hole that reaches out": ([[BOX, square(-3, 2, 5)]], 90),
    "hole outside": ([[BOX, square(20, 2, 5)]], 100),
    "hole in a hole": ([[BOX, square(2, 2, 6), square(4, 4, 2)]], 64),
    "equal holes": ([[BOX, square(2, 2, 6), square(2, 2, 6)]], 64),
    "overlapping holes": ([[BOX, square(1, 1, 4), square(3, 3, 4)]], 72),
    "overlapping parts": ([[BOX], [square(5, 5, 10)]], 175),
    "equal parts": ([[BOX], [BOX]], 100),
    "part in the hole of another, overlapping": ([[BOX, square(2, 2, 6)], [square(1, 1, 3)]], 68),
    "spike": ([[[(0, 0), (10, 0), (10, 10), (10, 30), (10, 10), (0, 10)]]], 100),
    "vertices twice": ([[[(0, 0), (0, 0), (10, 0), (10, 0), (10, 10), (0, 10)]]], 100),
    "pentagram": (
        [[[(10 * math.cos(a), 10 * math.sin(a)) for a in np.arange(5) * 0.8 * np.pi]]],
        None,
    ),
    "the ring twice around": ([[BOX + BOX]], 0),
    "empty hole": ([[BOX, [(1, 1), (1, 1)]]], 100),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_polygons_by_the_rule_that_is_documented(name):
    """Outer rings, by even-odd where they cross themselves, without holes; parts once."""
    parts, expected = BROKEN[name]
    text = ", ".join(
        "("
        + ", ".join(
            "(" + ", ".join(f"{x / 10!r} {y / 10!r}" for x, y in [*ring, ring[0]]) + ")"
            for ring in part
        )
        + ")"
        for part in parts
    )
    grid = Grid(GEOGRAPHIC_WKT, (-2.0, 0.05, 0, 3.0, 0, -0.05), 100, 100)
    given = wkb(f"MULTIPOLYGON({text})")
    if expected == 0:
        with pytest.raises(RasterError, match="no area"):
            polygon_on_grid(given, GEOGRAPHIC_WKT, grid)
        return
    if expected is None:
        # A pentagram without its inner pentagon, whose radius is that of the star / golden ratio^2.
        golden = (1 + math.sqrt(5)) / 2
        kite = 10 * 10 / golden**2 * math.sin(math.pi / 5)  # from the middle to a tip, twice half
        pentagon = 2.5 * (10 / golden**2) ** 2 * math.sin(2 * math.pi / 5)
        expected = 5 * kite - pentagon
    found, repair = polygon_on_grid(given, GEOGRAPHIC_WKT, grid)
    assert found.IsValid()
    square = (math.radians(0.1) * R / 1000) ** 2
    assert polygon_area(found, grid.wkt) == pytest.approx(expected * square, rel=1e-3)
    assert bool(repair) == (name != "vertices twice")


def test_the_remark_has_both_areas_where_rules_differ():
    grid = Grid(GEOGRAPHIC_WKT, (-2.0, 0.05, 0, 3.0, 0, -0.05), 100, 100)
    ring = "(0 0, 1 0, 1 1, 0 1, 0 0)"
    hole = "(.2 .2, .2 .8, .8 .8, .8 .2, .2 .2)"
    _, repair = polygon_on_grid(wkb(f"POLYGON({ring}, {hole}, {hole})"), GEOGRAPHIC_WKT, grid)
    degree = 1737.4**2 * math.radians(1) * math.sin(math.radians(1))
    assert f"{degree:.6g}" in repair  # even-odd: the two holes undo each other
    assert "its shell less its holes" in repair


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("POLYGON((0 0, 1 0, 1 95, 0 0))", "coordinates beyond the Moon"),
        ("POLYGON((0 0, 1e300 0, 1 1, 0 0))", "coordinates beyond the Moon"),
        ("POLYGON((0 0, 1 0, 2 0, 0 0))", "no area"),
        ("POLYGON EMPTY", "empty"),
        ("LINESTRING(0 0, 1 1)", "not a polygon"),
    ],
)
def test_what_is_no_polygon_on_the_moon_is_said(text, says):
    grid = Grid(GEOGRAPHIC_WKT, (-2.0, 0.05, 0, 3.0, 0, -0.05), 100, 100)
    with pytest.raises(RasterError, match=says):
        polygon_on_grid(wkb(text), GEOGRAPHIC_WKT, grid)


def test_what_has_no_geometry_or_no_numbers_is_said():
    grid = Grid(GEOGRAPHIC_WKT, (-2.0, 0.05, 0, 3.0, 0, -0.05), 100, 100)
    with pytest.raises(RasterError, match="no geometry"):
        polygon_on_grid(b"", GEOGRAPHIC_WKT, grid)
    for bad in (math.nan, math.inf):
        given = bytes(polygon_of([np.array([(0, 0), (bad, 0), (1, 1)])]).ExportToWkb())
        with pytest.raises(RasterError, match="no numbers"):
            polygon_on_grid(given, GEOGRAPHIC_WKT, grid)


@pytest.mark.parametrize("count", [100, 200, 2000, 20_000])
def test_vertices_in_no_order_are_measured_or_refused(count):
    """Of 100 vertices every face by a brute force of rays; thousands are no outline."""
    random = np.random.default_rng(count)
    ring = random.uniform(0, 1, (count, 2))
    grid = Grid(GEOGRAPHIC_WKT, (-2.0, 0.05, 0, 3.0, 0, -0.05), 100, 100)
    given = polygon(ring.tolist())
    if count > 1000:
        with pytest.raises(RasterError, match="crosses itself more than 30,000 times"):
            polygon_on_grid(given, GEOGRAPHIC_WKT, grid)
        return
    found, _ = polygon_on_grid(given, GEOGRAPHIC_WKT, grid)
    x, y = random.uniform(0, 1, (2, 20_000))
    ends = np.roll(ring, -1, axis=0)
    odd = np.zeros(x.size, bool)
    for (x0, y0), (x1, y1) in zip(ring, ends):
        at = x0 + (y - y0) / (y1 - y0) * (x1 - x0)
        odd ^= ((y0 > y) != (y1 > y)) & (x < at)
    share = found.GetArea()
    assert share == pytest.approx(odd.mean(), abs=4 * math.sqrt(0.25 / x.size))


@pytest.mark.parametrize("turns", [-1, 0, 1])
@pytest.mark.parametrize("crs", [GEOGRAPHIC_WKT, EQUIRECTANGULAR_WKT])
def test_a_hole_in_other_longitudes_than_its_shell(turns, crs):
    """310 E and 50 W are one place, also of a ring's hole."""
    unit = 1 if crs == GEOGRAPHIC_WKT else math.radians(R)
    shell = unit * np.array([(-51.0, 0), (-49.0, 0), (-49.0, 2), (-51.0, 2)])
    hole = unit * np.array([(-50.5, 0.5), (-49.5, 0.5), (-49.5, 1.5), (-50.5, 1.5)])
    hole += [360 * unit * turns, 0]
    grid = Grid(crs, (-52 * unit, unit / 10, 0, 3 * unit, 0, -unit / 10), 40, 40)
    found, repair = polygon_on_grid(polygon(shell.tolist(), hole.tolist()), crs, grid)
    sines = [math.sin(math.radians(lat)) for lat in (0, 0.5, 1.5, 2)]
    expected = 2 * (sines[3] - sines[0]) - (sines[2] - sines[1])
    area = (R / 1000) ** 2 * math.radians(1) * expected
    assert polygon_area(found, grid.wkt) == pytest.approx(area, rel=1e-9)
    assert repair == ""

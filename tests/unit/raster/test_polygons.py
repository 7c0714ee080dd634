"""Polygons around poles, across 180 degrees and at the edge of projections, on any grid."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import gdal, ogr

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.core.sphere import unit_vectors
from lunar_oxide_plugin.raster.moon import EQUIRECTANGULAR_WKT, GEOGRAPHIC_WKT, Grid, Transform
from lunar_oxide_plugin.raster.polygons import polygon_area, polygon_on_grid
from lunar_oxide_plugin.raster.raster import Raster
from lunar_oxide_plugin.raster.zonal import ZonalStatistics

from .lunar_crs import R, projected
from .zones import summary

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
    assert least <= found.pixels <= most
    assert found.valid_fraction == pytest.approx(1, abs=1e-4)
    # The mean of n over a cap lies on its axis: (1 + cos radius) / 2 of it.
    axis = unit_vectors(lon, lat) * (1 + math.cos(math.radians(radius))) / 2
    assert found.mean == pytest.approx(10 + 5 * axis[0] - 3 * axis[1], abs=0.01)


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
    assert found.mean == pytest.approx(4, rel=1e-12)
    ring = polygon(circle(0, 90, 10), circle(0, 90, 5))
    area, (found,) = summary(statistics, ring, GEOGRAPHIC_WKT)
    assert area == pytest.approx(cap(10) - cap(5), rel=2e-5)
    z = positions(grid)[..., 2]
    expected = ((z > math.sin(math.radians(80))) & (z < math.sin(math.radians(85)))).sum()
    assert found.pixels == expected


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
    assert found.pixels == 60 * 40
    assert found.valid_fraction == pytest.approx(20 / 360, rel=1e-9)


@pytest.mark.parametrize("crs", [GEOGRAPHIC_WKT, EQUIRECTANGULAR_WKT])
def test_the_shorter_way_across_180(tmp_path, crs):
    unit = 1 if crs == GEOGRAPHIC_WKT else math.radians(R)
    grid = Grid(crs, (170 * unit, 0.5 * unit, 0, 10 * unit, 0, -0.5 * unit), 40, 20)
    raster = written(tmp_path / "a.tif", grid, np.full((20, 40), 4.0))
    ring = wkb("POLYGON((178 2, -178 2, -178 8, 178 8, 178 2))")
    area, (found,) = summary(
        ZonalStatistics(raster, {"FeO": 1}, centres=True), ring, GEOGRAPHIC_WKT
    )
    assert found.pixels == 8 * 12
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
    assert found.valid_fraction == pytest.approx(1, rel=1e-9)
    lon, lat = np.radians(np.arange(360) + 0.5), np.radians(-80 - (np.arange(40) + 0.5) / 4)
    rho = 2 * R * np.tan(np.pi / 4 + lat / 2)[:, None]
    # A centre within a metre of an edge may fall to either side.
    reach = np.maximum(np.abs(rho * np.sin(lon)), np.abs(rho * np.cos(lon)))
    assert (reach < 1e5 - 2).sum() <= found.pixels <= (reach < 1e5 + 2).sum()


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
    assert found.valid_fraction == pytest.approx(1, abs=1e-9)

"""Georeferencing on the Moon, against closed forms and PROJ's own definitions."""

import math

import pytest
from osgeo import osr

from lunar_oxide_plugin.raster.gdal_io.blocks import Window
from lunar_oxide_plugin.raster.moon.crs import (
    EQUIRECTANGULAR_WKT,
    GEOGRAPHIC_WKT,
    METRES_PER_DEGREE,
    Grid,
    full_turn,
    spatial_reference,
    wrapped_longitude,
)

from ..lunar_crs import R, projected, wkt

GEOGRAPHIC = wkt("IAU_2015:30100")


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


MAP = (1000.0, 15.0, 0.0, 5000.0, 0.0, -15.0)
GRID = Grid(EQUIRECTANGULAR_WKT, MAP, 2000, 500)


def moved(*changes):
    """The geotransform of GRID, changed in (index, by)."""
    values = list(MAP)
    for index, by in changes:
        values[index] += by
    return tuple(values)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (GRID, True),
        (GRID._replace(wkt=wkt("IAU_2015:30110")), True),
        (GRID._replace(geotransform=moved((0, 0.01))), True),
        (GRID._replace(geotransform=moved((0, 0.1))), False),
        (GRID._replace(geotransform=moved((3, 15))), False),
        (GRID._replace(geotransform=moved((1, 1e-3))), False),  # 2000 columns on, 2 m off
        (GRID._replace(geotransform=moved((5, 1e-3))), False),
        (GRID._replace(geotransform=moved((5, 30), (3, -500 * 15))), False),  # south up
        (GRID._replace(geotransform=moved((2, 0.1))), False),
        (GRID._replace(width=1999), False),
        (GRID._replace(height=501), False),
        (GRID._replace(wkt=GEOGRAPHIC_WKT), False),
        (GRID._replace(wkt=""), False),
        (GRID._replace(geotransform=moved((0, math.nan))), False),
    ],
)
def test_same_pixels(other, same):
    assert GRID.same_pixels(other) is same
    assert other.same_pixels(GRID) is same


def test_grid_positions():
    grid = Grid("", (100.0, 2.0, 0.5, 50.0, 0.25, -3.0), 10, 20)
    assert grid.window == Window(0, 0, 10, 20)
    assert grid.position(0, 0) == (100, 50)
    assert grid.position(3, 4) == (100 + 6 + 2, 50 + 0.75 - 12)
    part = grid.part(Window(3, 4, 5, 6))
    assert (part.width, part.height) == (5, 6)
    assert part.position(1, 1) == grid.position(4, 5)


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
        (projected("cea +lat_ts=60"), math.pi * R),
        (projected("eqc").replace("1737400", "1738000"), 2 * math.pi * 1738000),
        *((projected(other), 0) for other in ("stere +lat_0=90", "ortho", "sinu", "moll", "tmerc")),
    ],
)
def test_full_turn(crs, expected):
    assert full_turn(crs) == pytest.approx(expected, rel=1e-9)


def _grid(wkt, transform=(-50.0, 0.01, 0, 44.0, 0, -0.01)):
    return Grid(wkt, transform, 60, 40)


@pytest.mark.parametrize("renamed", ["D_Moon_2015", "unknown"])
def test_pixels_are_the_same_whatever_a_format_calls_the_crs(renamed):
    """ENVI and ESRI rewrite the names of a CRS and keep its definition."""
    other = _grid(GEOGRAPHIC_WKT.replace("Moon (2015) - Sphere", renamed))
    assert _grid(GEOGRAPHIC_WKT).same_pixels(other)


def test_pixels_are_others_where_the_crs_says_so():
    projected = (-1516000.0, 15.0, 0, 1334000.0, 0, -15.0)
    shifted = EQUIRECTANGULAR_WKT.replace(
        '"Longitude of natural origin",0', '"Longitude of natural origin",0.001'
    )
    assert not _grid(EQUIRECTANGULAR_WKT, projected).same_pixels(_grid(shifted, projected))
    assert not _grid(GEOGRAPHIC_WKT).same_pixels(_grid(EQUIRECTANGULAR_WKT))

"""What lies on the Moon, what does not, and what each refusal says."""

import pytest
from osgeo import osr

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.moon.crs import (
    EQUIRECTANGULAR_WKT,
    GEOGRAPHIC_WKT,
    Grid,
    full_turn,
)
from lunar_oxide_plugin.raster.moon.require_moon import is_moon, require_moon, require_moon_grid

from ..lunar_crs import projected, wkt

MOON = 'GEOGCS["Moon 2000",DATUM["Moon 2000",'
GREENWICH = ',PRIMEM["Reference",0],UNIT["degree",0.0174532925199433]]'
SPHERE = 'SPHEROID["Moon",1737400,0]]'
HEIGHT = 'VERT_CS["h",VERT_DATUM["d",2005],UNIT["metre",1],AXIS["Up",UP]]'


@pytest.mark.parametrize(
    "definition",
    [
        "IAU_2015:30100",
        "IAU_2015:30110",
        "IAU_2015:30130",
        "ESRI:104903",
        "IAU_2015:30150",
        "+proj=longlat +R=1737000",
        "+proj=longlat +R=1738000",
        "+proj=longlat +R=1738100",
        "+proj=longlat +a=1738100 +b=1736000",
        "+proj=stere +lat_0=90 +R=1737400 +units=km",
        "+proj=stere +lat_0=-90 +R=1737400 +units=us-ft",
        "+proj=longlat +R=1737400 +pm=180",
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
        (MOON + 'SPHEROID["Moon",6378137,298.257]]' + GREENWICH, "6378.1"),
        ("+proj=longlat +a=1737400 +b=1500000", "1737.4 by 1500.0"),
        ("EPSG:9518", "6378.1"),  # compound
    ],
)
def test_other_bodies_are_refused(definition, radius):
    assert not is_moon(wkt(definition))
    with pytest.raises(
        RasterError,
        match=rf"zones\.gpkg is not on the Moon: its CRS .* has a body of radius {radius} km",
    ):
        require_moon(wkt(definition), "zones.gpkg")


def test_no_crs():
    assert not is_moon("")
    with pytest.raises(RasterError, match=r"a\.tif has no coordinate reference system"):
        require_moon("", "a.tif")


@pytest.mark.parametrize(
    "unit", [("degree", 0.0174532925199433), ("radian", 1.0), ("grad", 0.015707963267949)]
)
def test_geographic_units(unit):
    name, size = unit
    crs = f'{MOON}{SPHERE},PRIMEM["Reference",0],UNIT["{name}",{size}]]'
    require_moon(crs, "a.tif")
    assert full_turn(crs) * size == pytest.approx(6.283185307, rel=1e-9)


def test_heights_are_left_out():
    require_moon(f'COMPD_CS["Moon and height",{MOON}{SPHERE}{GREENWICH},{HEIGHT}]', "a.tif")


@pytest.mark.parametrize(
    ("crs", "says"),
    [
        ('LOCAL_CS["plan",UNIT["metre",1]]', "a.tif has the local .* 'plan'.*IAU_2015:30110"),
        (wkt("+proj=geocent +R=1737400"), "a.tif has the geocentric "),
        (wkt("+proj=longlat +R=1737.4"), "radius as 1737.4 m; it is written in kilometres"),
        ("Moon", "a.tif has a coordinate reference system that cannot be read"),
        (
            f'PROJCS["p",{MOON}{SPHERE}{GREENWICH},PROJECTION["Equirectangular"],UNIT["x",0]]',
            "'p' has a unit of length 0",
        ),
        (
            wkt("+proj=ob_tran +o_proj=longlat +o_lat_p=30 +lon_0=0 +R=1737400"),
            "rotated pole",
        ),
    ],
)
def test_other_refusals(crs, says):
    if says == "rotated pole" and PROJ_KNOWS_ROTATED_POLES:
        require_moon(crs, "a.tif")
        return
    with pytest.raises(RasterError, match=says):
        require_moon(crs, "a.tif")


#: PROJ 9.1 finds no way from one to longitude and latitude, 9.6 does.
PROJ_KNOWS_ROTATED_POLES = osr.GetPROJVersionMajor() * 100 + osr.GetPROJVersionMinor() >= 906

#: name: (CRS, west, north, pixel size, width and height, what the message says)
MISPLACED = {
    "degrees with a CRS in metres": (
        *(EQUIRECTANGULAR_WKT, -50.0, 44.0, 1 / 2048, 2048),
        r"in metres, with pixels of 0.00048\d*: its coordinates look like degrees \(x -50 to -49, "
        r"y 43 to 44\).*IAU_2015:30100",
    ),
    "a global map of 1 degree in metres": (
        *(EQUIRECTANGULAR_WKT, -180.0, 90.0, 1.0, 180),
        "look like degrees",
    ),
    "kilometres with a CRS in metres": (
        *(EQUIRECTANGULAR_WKT, -1516.0, 1334.0, 0.0148, 2048),
        "look like kilometres",
    ),
    "metres with a CRS in degrees": (
        *(GEOGRAPHIC_WKT, -1516167.5, 1334227.4, 14.8, 2048),
        r"in degrees, but its coordinates reach x -1.51617e\+06, y 1.33423e\+06.*often metres",
    ),
    "metres near the origin with a CRS in degrees": (
        *(GEOGRAPHIC_WKT, 0.0, 0.0, 14.8, 20),
        "in degrees, but",
    ),
    "feet with a CRS in metres": (
        *(EQUIRECTANGULAR_WKT, 0.0, 8.9e6, 48.6, 2048),
        "in metres, but its coordinates reach x 99532.8, y 8.9e",
    ),
    "beyond the disc": (
        *(projected("ortho"), 5e6, 5e6, 100.0, 100),
        "outside its own projection",
    ),
    "no size": (*(EQUIRECTANGULAR_WKT, 0.0, 0.0, 0.0, 100), "pixels without a size"),
    "not a number": (*(EQUIRECTANGULAR_WKT, float("nan"), 0.0, 1.0, 9), "pixels without a size"),
}


@pytest.mark.parametrize("name", MISPLACED)
def test_coordinates_that_do_not_fit_the_crs(name):
    crs, west, north, pixel, size, says = MISPLACED[name]
    grid = Grid(crs, (west, pixel, 0.0, north, 0.0, -pixel), size, size)
    with pytest.raises(RasterError, match=rf"^a\.tif .*{says}"):
        require_moon_grid(grid, "a.tif")


@pytest.mark.parametrize(
    ("crs", "west", "north", "pixel", "size"),
    [
        (GEOGRAPHIC_WKT, -180.5, 90.5, 1.0, 181),  # pixel centres at the pole
        (GEOGRAPHIC_WKT, 310.0, 44.0, 1 / 2048, 2048),
        (GEOGRAPHIC_WKT, 0.0, 90 + 1 / 4096, 1 / 2048, 2048),
        (EQUIRECTANGULAR_WKT, 0.0, 2729101.5 + 7.4, 14.8, 2048),
        (EQUIRECTANGULAR_WKT, -150.0, 90.0, 15.0, 12),  # MI pixels at the origin
        (projected("stere +lat_0=90"), -30.0, 30.0, 15.0, 4),  # MI pixels at the pole
        (projected("stere +lat_0=90", "km"), -15.0, 15.0, 0.015, 2000),
        (projected("merc"), 0.0, 8e6, 1000.0, 100),
        (projected("ortho"), -2e6, 2e6, 1e4, 400),  # corners beyond the disc
        (projected("eqc +lon_0=180"), 5e6, 0.0, 1000.0, 900),  # goes on beyond the map's edge
        ("", 0.0, 0.0, 14.8, 100),
    ],
)
def test_coordinates_that_fit(crs, west, north, pixel, size):
    grid = Grid(crs, (west, pixel, 0.0, north, 0.0, -pixel), size, size)
    require_moon_grid(grid, "a.tif")


def test_a_raster_that_does_not_say_where_it_lies_passes():
    require_moon_grid(Grid(EQUIRECTANGULAR_WKT, (0.0, 1.0, 0.0, 0.0, 0.0, 1.0), 40, 40), "a.tif")
    earth = osr.SpatialReference()
    earth.ImportFromEPSG(4326)
    with pytest.raises(RasterError, match="not on the Moon"):
        require_moon_grid(
            Grid(earth.ExportToWkt(), (0.0, 1.0, 0.0, 0.0, 0.0, 1.0), 40, 40), "a.tif"
        )

"""Rectangles from CRS to CRS."""

import numpy as np
import pytest
from osgeo import osr

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.moon.crs import EQUIRECTANGULAR_WKT, GEOGRAPHIC_WKT
from lunar_oxide_plugin.raster.moon.extent import Extent

DEGREE = 1737400 * np.pi / 180


def wkt(code):
    reference = osr.SpatialReference()
    reference.SetFromUserInput(code)
    return reference.ExportToWkt(["FORMAT=WKT2_2019"])


#: Standard parallel 30 N, centre 180 E, false easting and northing.
SHIFTED = wkt("+proj=eqc +R=1737400 +lat_ts=30 +lon_0=180 +x_0=1000 +y_0=500")


@pytest.mark.parametrize("box", [(-50, 43, -49, 44), (179, -1, 181, 1), (-180, -90, 180, 90)])
@pytest.mark.parametrize("other", [EQUIRECTANGULAR_WKT, SHIFTED], ids=["plain", "shifted"])
def test_there_and_back(box, other):
    there = Extent(GEOGRAPHIC_WKT, *map(float, box)).to(other)
    assert there.right > there.left
    back = there.to(GEOGRAPHIC_WKT)
    assert (back.left - box[0]) % 360 == pytest.approx(0, abs=1e-9) or (
        back.left - box[0]
    ) % 360 == pytest.approx(360, abs=1e-9)
    assert back.right - back.left == pytest.approx(box[2] - box[0], abs=1e-9)
    assert (back.bottom, back.top) == pytest.approx((box[1], box[3]), abs=1e-9)


def test_metres():
    there = Extent(GEOGRAPHIC_WKT, 179.0, -1.0, 181.0, 1.0).to(EQUIRECTANGULAR_WKT)
    assert there[1:] == pytest.approx([179 * DEGREE, -DEGREE, 181 * DEGREE, DEGREE])
    x = Extent(GEOGRAPHIC_WKT, 190.0, 0.0, 191.0, 10.0).to(SHIFTED)
    assert x[1:] == pytest.approx(
        [
            1000 + 10 * DEGREE * np.cos(np.pi / 6),
            500,
            1000 + 11 * DEGREE * np.cos(np.pi / 6),
            500 + 10 * DEGREE,
        ]
    )


def test_polar_map_across_180_degrees():
    """A square beyond the pole lies from 135 E over 180 to 135 W."""
    polar = wkt("IAU_2015:30130")
    far = Extent(polar, -3e5, 3e5, 3e5, 6e5).to(GEOGRAPHIC_WKT)
    assert (far.left, far.right) == pytest.approx((135, 225), abs=0.5)
    assert far.to(polar).top >= 6e5 - 1


@pytest.mark.parametrize("lon0", [0, 37])
@pytest.mark.parametrize("here", [GEOGRAPHIC_WKT, EQUIRECTANGULAR_WKT], ids=["degrees", "metres"])
def test_all_of_a_parallel_is_inside_on_a_polar_map(here, lon0):
    """85 N is a circle of 2 R tan(2.5 degrees), touched at quarters of a turn."""
    polar = wkt(f"+proj=stere +lat_0=90 +lon_0={lon0} +R=1737400")
    radius = 2 * 1737400 * np.tan(np.radians(2.5))
    for west, east in ((-180.0, 180.0), (0.0, 360.0)):
        there = Extent(GEOGRAPHIC_WKT, west, 85.0, east, 90.0).to(here).to(polar)
        assert there[1:] == pytest.approx([-radius, -radius, radius, radius], abs=0.1)
    # Nowhere near a quarter of a turn.
    there = Extent(GEOGRAPHIC_WKT, lon0 + 10.0, 85.0, lon0 + 20.0, 86.0).to(here).to(polar)
    assert there.right == pytest.approx(radius * np.sin(np.radians(20)), abs=0.1)
    assert there.bottom == pytest.approx(-radius * np.cos(np.radians(10)), abs=0.1)


def test_without_crs_numbers_stay():
    assert Extent("", 1.0, 2.0, 3.0, 4.0).to(GEOGRAPHIC_WKT)[1:] == (1, 2, 3, 4)
    assert Extent(GEOGRAPHIC_WKT, 1.0, 2.0, 3.0, 4.0).to("")[1:] == (1, 2, 3, 4)


def test_nowhere():
    with pytest.raises(RasterError, match="cannot be carried"):
        Extent(wkt("+proj=ortho +R=1737400"), 2e6, 2e6, 3e6, 3e6).to(GEOGRAPHIC_WKT)

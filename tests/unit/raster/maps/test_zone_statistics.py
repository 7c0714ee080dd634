"""Statistics in random polygons, against a point-in-polygon test of every pixel centre."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import gdal, ogr

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.raster.maps.zone_statistics import ZonalStatistics
from lunar_oxide_plugin.raster.moon.crs import (
    EQUIRECTANGULAR_WKT,
    GEOGRAPHIC_WKT,
    METRES_PER_DEGREE,
)
from lunar_oxide_plugin.raster.sources.raster import Raster

from ..zones import summary

RADIUS = 1737.4
HEIGHT, WIDTH, STEP = 30, 40, 0.25
WEST, NORTH = 20.0, 64.0


@pytest.fixture(scope="module")
def values():
    band = np.random.default_rng(3).normal(12, 4, (HEIGHT, WIDTH)).astype(np.float32)
    band[5:9, 10:20] = -9999
    return band


@pytest.fixture(scope="module")
def raster(values, tmp_path_factory):
    """In metres, as MI tiles are."""
    path = tmp_path_factory.mktemp("zonal") / "feo.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), WIDTH, HEIGHT, 1, gdal.GDT_Float32)
    dataset.SetProjection(EQUIRECTANGULAR_WKT)
    unit = METRES_PER_DEGREE
    dataset.SetGeoTransform((WEST * unit, STEP * unit, 0, NORTH * unit, 0, -STEP * unit))
    dataset.GetRasterBand(1).SetNoDataValue(-9999)
    dataset.GetRasterBand(1).WriteArray(values)
    dataset = None
    return Raster(str(path))


def inside(ring):
    """Which pixel centres lie in a ring of (lon, lat): crossings of a ray to the east."""
    lon = WEST + (np.arange(WIDTH) + 0.5) * STEP
    lat = NORTH - (np.arange(HEIGHT)[:, None] + 0.5) * STEP
    odd = np.zeros((HEIGHT, WIDTH), bool)
    for (x1, y1), (x2, y2) in zip(ring, np.roll(ring, -1, axis=0)):
        if y1 == y2:
            continue
        spans = (y1 > lat) != (y2 > lat)
        crossing = x1 + (lat - y1) * (x2 - x1) / (y2 - y1)
        odd ^= spans & (lon < crossing)
    return odd


def cell_areas():
    edges = np.sin(np.radians(NORTH - STEP * np.arange(HEIGHT + 1)))
    return np.repeat(-np.diff(edges)[:, None] * RADIUS**2 * np.radians(STEP), WIDTH, axis=1)


def polygon_area(ring):
    """By fine strips of latitude along every edge: no closed form."""
    total = 0.0
    for (x1, y1), (x2, y2) in zip(ring, np.roll(ring, -1, axis=0)):
        t = (np.arange(2000) + 0.5) / 2000
        total += np.radians(x2 - x1) * np.sin(np.radians(y1 + t * (y2 - y1))).mean()
    return abs(total) * RADIUS**2


def wkb(ring):
    text = ", ".join(f"{x!r} {y!r}" for x, y in [*ring, ring[0]])
    return bytes(ogr.CreateGeometryFromWkt(f"POLYGON(({text}))").ExportToWkb())


@st.composite
def rings(draw):
    """Star-shaped rings of three to nine vertices, partly beyond the raster."""
    count = draw(st.integers(3, 9))
    # Irrational steps keep edges off the pixel centres, where two rules may differ.
    angles = (np.arange(count) + draw(st.floats(0, 0.9))) * 2 * np.pi / count + np.sqrt(2) / 100
    radii = np.array(draw(st.lists(st.floats(0.7, 4.5), min_size=count, max_size=count)))
    lon = WEST + draw(st.floats(1, 9)) + np.sqrt(3) / 1000
    lat = NORTH - draw(st.floats(1, 6.5)) + np.sqrt(5) / 1000
    return np.column_stack([lon + radii * np.cos(angles), lat + radii * np.sin(angles)])


@settings(max_examples=60, deadline=None)
@given(ring=rings())
def test_random_polygons(raster, values, ring):
    area, (found,) = summary(
        ZonalStatistics(raster, {"FeO": 1}, centres=True), wkb(ring.tolist()), GEOGRAPHIC_WKT
    )
    assert area == pytest.approx(polygon_area(ring), rel=1e-6)
    inner = inside(ring)
    valid = inner & (values != -9999)
    assert found["pixels"] == valid.sum()
    if not valid.any():
        assert np.isnan(found["mean"])
        return
    x, w = values[valid].astype(np.float64), cell_areas()[valid]
    mean = (w * x).sum() / w.sum()
    assert found["mean"] == pytest.approx(mean, rel=1e-9)
    assert found["std"] == pytest.approx(np.sqrt((w * (x - mean) ** 2).sum() / w.sum()), abs=1e-9)
    assert (found["minimum"], found["maximum"]) == (x.min(), x.max())
    order = np.argsort(x)
    reached = np.cumsum(w[order])
    assert found["median"] == x[order][np.argmax(reached >= reached[-1] / 2 * (1 - 1e-12))]
    assert 0 < found["valid_fraction"] <= 1 + 1e-9


@pytest.mark.parametrize("turns", [-360, 360])
def test_longitudes_that_differ_by_a_turn(raster, turns):
    ring = [(22.13, 62.3), (27.7, 62.9), (25.2, 58.6)]  # no edge through a pixel's centre
    moved = [(lon + turns, lat) for lon, lat in ring]
    statistics = ZonalStatistics(raster, {"FeO": 1}, centres=True)
    here = summary(statistics, wkb(ring), GEOGRAPHIC_WKT)
    there = summary(statistics, wkb(moved), GEOGRAPHIC_WKT)
    assert here[1][0]["pixels"] == there[1][0]["pixels"] > 100
    assert here[1][0]["mean"] == pytest.approx(there[1][0]["mean"], rel=1e-12)


def test_a_polygon_around_the_whole_raster(raster, values):
    ring = [(10, 70), (40, 70), (40, 50), (10, 50)]
    _, (found,) = summary(
        ZonalStatistics(raster, {"FeO": 1}, centres=True), wkb(ring), GEOGRAPHIC_WKT
    )
    valid = values != -9999
    assert found["pixels"] == valid.sum()
    share = cell_areas()[valid].sum() / polygon_area(np.array(ring))
    assert found["valid_fraction"] == pytest.approx(share, rel=1e-6)


def test_stopping(raster):
    def stop(done):
        raise KeyboardInterrupt

    ring = [(22.1, 62.3), (27.7, 62.9), (25.2, 58.6)]
    statistics = ZonalStatistics(raster, {"FeO": 1}, centres=True)
    zone = statistics.zone(wkb(ring), GEOGRAPHIC_WKT)
    with pytest.raises(KeyboardInterrupt):
        statistics.summarise([zone], stop)


@pytest.mark.parametrize("text", ["POLYGON EMPTY", "POLYGON((1 1, 2 2, 3 3, 1 1))"])
def test_polygons_without_area(raster, text):
    geometry = bytes(ogr.CreateGeometryFromWkt(text).ExportToWkb())
    with pytest.raises(RasterError, match=r"empty|no area"):
        ZonalStatistics(raster, {"FeO": 1}, centres=True).zone(geometry, GEOGRAPHIC_WKT)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("POLYGON((25 60, 26 60, nan 61, 25 60))", "coordinates that are no numbers"),
        ("POLYGON((25 60, 26 60, inf 61, 25 60))", "coordinates that are no numbers"),
        ("POLYGON((25 60, 26 60, 26 95, 25 60))", "beyond the Moon, as 26, 95"),
        ("POLYGON((25 60, 26 60, 26 1e300, 25 60))", r"beyond the Moon, as 26, 1e\+300"),
        ("POLYGON((25 60, 1e300 60, 26 61, 25 60))", "beyond the Moon"),
        ("POLYGON((25 60, 5e5 60, 26 61, 25 60))", "beyond the Moon, as 500000, 60"),
        ("GEOMETRYCOLLECTION(LINESTRING(25 60, 26 61), POINT(25 60))", "not a polygon"),
        (
            "POLYGON((25 60, 26 60, 26 61, 25 61, 25 60), (25 60, 26 60, 26 61, 25 61, 25 60))",
            "no area",
        ),
        ("POLYGON((25 60, 25 60, 25 60, 25 60))", "no area"),
    ],
)
def test_polygons_that_are_refused(raster, text, says):
    geometry = ogr.CreateGeometryFromWkt(text.replace("nan", "7e7").replace("inf", "8e8"))
    data = bytes(geometry.ExportToWkb())
    for stand_in, value in ((7e7, np.nan), (8e8, np.inf)):
        data = data.replace(np.float64(stand_in).tobytes(), np.float64(value).tobytes())
    with pytest.raises(RasterError, match=says):
        ZonalStatistics(raster, {"FeO": 1}).zone(data, GEOGRAPHIC_WKT)


def test_bytes_that_are_no_geometry(raster):
    for data, says in ((b"", "no geometry"), (b"\x01\x03\x00", "cannot be read")):
        with pytest.raises(RasterError, match=says):
            ZonalStatistics(raster, {"FeO": 1}).zone(data, GEOGRAPHIC_WKT)


@pytest.mark.parametrize(
    "text",
    [
        # Each around a corner of the raster, 20 ... 30 E, 56.5 ... 64 N, without reaching it.
        "POLYGON((19 63.5, 19.9 63.5, 19.9 64.1, 20.5 64.1, 20.5 65, 19 65, 19 63.5))",
        "POLYGON((19 64, 20 64, 20 65, 19 65, 19 64))",
        "POLYGON((15 60, 20 60, 20 62, 15 62, 15 60))",
    ],
)
@pytest.mark.parametrize("centres", [True, False])
def test_polygons_whose_box_meets_the_raster(raster, text, centres):
    statistics = ZonalStatistics(raster, {"FeO": 1}, centres=centres)
    zone = statistics.zone(bytes(ogr.CreateGeometryFromWkt(text).ExportToWkb()), GEOGRAPHIC_WKT)
    assert zone.covered == pytest.approx(0, abs=1e-9)
    (found,) = statistics.summarise([zone], lambda done: None)
    assert found.bands[0]["pixels"] == 0


@pytest.mark.parametrize(
    "text",
    [
        "POLYGON((25 60, 26 60, 26 61, 25 61, 25 60), EMPTY)",
        "MULTIPOLYGON(((25 60, 26 60, 26 61, 25 61, 25 60)), EMPTY)",
        "GEOMETRYCOLLECTION(POLYGON((25 60, 26 60, 26 61, 25 61, 25 60)), LINESTRING(1 1, 2 2))",
        "POLYGON Z ((25 60 7, 26 60 8, 26 61 9, 25 61 7, 25 60 7))",
        "MULTIPOLYGON(((25 60, 26 60, 26 61, 25 61, 25 60)), ((385 60, 386 60, 386 61, 385 60)))",
    ],
)
def test_forms_of_one_square(raster, text):
    """What is empty, no polygon or there twice, a turn apart, adds nothing."""
    zone = ZonalStatistics(raster, {"FeO": 1}).zone(
        bytes(ogr.CreateGeometryFromWkt(text).ExportToIsoWkb()), GEOGRAPHIC_WKT
    )
    sines = np.sin(np.radians(61)) - np.sin(np.radians(60))
    assert zone.area == pytest.approx(RADIUS**2 * np.radians(1) * sines, rel=1e-9)
    assert zone.note == ""


def test_the_area_of_a_repaired_polygon(raster):
    """Twice the same hole; the note says what a map of it shows."""
    hole = "(25.2 60.2, 25.8 60.2, 25.8 60.8, 25.2 60.8, 25.2 60.2)"
    text = f"POLYGON((25 60, 26 60, 26 61, 25 61, 25 60), {hole}, {hole})"
    statistics = ZonalStatistics(raster, {"FeO": 1})
    zone = statistics.zone(bytes(ogr.CreateGeometryFromWkt(text).ExportToWkb()), GEOGRAPHIC_WKT)
    whole, without = (
        RADIUS**2 * np.radians(width) * np.ptp(np.sin(np.radians(lat)))
        for width, lat in ((1, (60, 61)), (0.6, (60.2, 60.8)))
    )
    assert zone.area == pytest.approx(whole - without, rel=1e-9)
    assert f"filled as drawn it would have {whole:.6g} km2" in zone.note


def test_slivers_of_millimetres(raster):
    """In metres, and nothing is divided by zero."""
    unit = METRES_PER_DEGREE
    x, y = 25 * unit, 60 * unit + 1
    statistics = ZonalStatistics(raster, {"FeO": 1})
    for size in (1e-4, 1e-3, 1.0):
        with pytest.raises(RasterError, match=r"no area|too small"):
            statistics.zone(wkb([(x, y), (x + size, y), (x, y + size)]), EQUIRECTANGULAR_WKT)
    zone = statistics.zone(wkb([(x, y), (x + 20, y), (x, y + 20)]), EQUIRECTANGULAR_WKT)
    (found,) = statistics.summarise([zone], lambda done: None)
    assert found.bands[0]["pixels"] == 1
    # A degree of longitude is half as long at 60 N.
    assert zone.area == pytest.approx(200 / 1e6 / 2, rel=1e-4)


def test_a_large_polygon_can_be_stopped(raster):
    """Repairing takes more than a second, and none of it is waited for."""
    ring = np.random.default_rng(4).random((350, 2)) * 5 + [22, 57]
    started, stops = time.monotonic(), []

    def check():
        if time.monotonic() - started > 0.3:
            stops.append(time.monotonic())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ZonalStatistics(raster, {"FeO": 1}).zone(wkb(ring.tolist()), GEOGRAPHIC_WKT, check)
    assert time.monotonic() - stops[0] < 0.5

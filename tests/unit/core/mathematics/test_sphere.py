"""Areas on the lunar sphere against closed forms and numerical integration."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lunar_oxide_plugin.core.mathematics.sphere import (
    MOON_RADIUS_KM,
    cell_area,
    ring_area,
    unit_vectors,
    vector_ring_area,
)

WHOLE = 4 * math.pi * 1737.4**2


def test_known_areas():
    assert MOON_RADIUS_KM == 1737.4
    assert cell_area(0.5, -0.5, 1.0) == pytest.approx(919.459, rel=1e-4)
    assert cell_area(1, 0, 1.0) == pytest.approx(
        1737.4**2 * math.radians(1) * math.sin(math.radians(1)), rel=1e-14
    )
    assert cell_area(90, -90, 360.0) == pytest.approx(WHOLE, rel=1e-14)
    assert cell_area(-90, 90, 360.0) == pytest.approx(WHOLE, rel=1e-14)
    edges = np.linspace(90, -90, 181)
    areas = cell_area(edges[:-1], edges[1:], 360.0)
    assert areas.shape == (180,)
    assert areas.sum() == pytest.approx(WHOLE, rel=1e-13)


def test_planar_area_would_be_wrong():
    """A 1 x 1 degree tile at 64N: the equirectangular plane makes it 2.3 times too large."""
    planar = math.radians(1) ** 2 * 1737.4**2
    assert planar / cell_area(64.5, 63.5, 1.0) == pytest.approx(2.28, abs=0.01)


longitudes = st.floats(-200, 200)
latitudes = st.floats(-90, 90)


@given(longitudes, st.floats(1e-3, 90), latitudes, latitudes)
def test_a_rectangle_is_a_cell(west, width, lat1, lat2):
    lon = [west, west + width, west + width, west]
    lat = [lat1, lat1, lat2, lat2]
    expected = float(cell_area(lat1, lat2, width))
    slack = 1e-9 * WHOLE / 360 * width
    for ring in ((lon, lat), (lon[::-1], lat[::-1]), ([*lon, lon[0]], [*lat, lat[0]])):
        assert ring_area(*ring) == pytest.approx(expected, rel=1e-9, abs=slack)


def integrated(lon, lat, rows=20000):
    """Area by the middle-point rule over rows of latitude: widths between crossings of a row."""
    edges = np.linspace(min(lat), max(lat), rows + 1)
    middle = (edges[:-1] + edges[1:]) / 2
    width = np.zeros(rows)
    for i in range(len(lon)):
        (x1, y1), (x2, y2) = (lon[i - 1], lat[i - 1]), (lon[i], lat[i])
        if y1 == y2:
            continue
        crossing = (middle > min(y1, y2)) & (middle <= max(y1, y2))
        x = x1 + (middle - y1) / (y2 - y1) * (x2 - x1)
        width += np.where(crossing, x if y2 > y1 else -x, 0)
    rings = np.sin(np.radians(edges[1:])) - np.sin(np.radians(edges[:-1]))
    return abs((np.radians(width) * rings).sum()) * 1737.4**2


@given(
    st.lists(st.tuples(st.floats(0.2, 1), st.floats(0.05, 1)), min_size=3, max_size=12),
    st.floats(-60, 60),
    st.floats(-180, 180),
    st.floats(0.01, 25),
)
def test_star_shaped_polygons(corners, lat0, lon0, size):
    angles = np.cumsum([step for _, step in corners])
    angles = angles / (angles[-1] + 0.5) * 2 * math.pi
    radius = size * np.array([length for length, _ in corners])
    lon, lat = lon0 + radius * np.cos(angles), lat0 + radius * np.sin(angles)
    assert ring_area(lon, lat) == pytest.approx(integrated(lon, lat), rel=1e-3)


def test_a_pixel_of_an_mi_tile():
    """15 m on a side: nothing may be lost to cancellation."""
    step = 1 / 2048
    for lat in (0.0, 45.0, -64.0, 89.0):
        area = ring_area([-50, -50 + step, -50 + step, -50], [lat, lat, lat + step, lat + step])
        assert area == pytest.approx(float(cell_area(lat + step, lat, step)), rel=1e-8)


def test_degenerate_rings():
    assert ring_area([], []) == 0
    assert ring_area([1], [1]) == 0
    assert ring_area([1, 2], [3, 4]) == pytest.approx(0, abs=1e-9)


def test_unit_vectors():
    found = unit_vectors([0, 90, 12, np.inf], [0, 0, -90, 0])
    np.testing.assert_allclose(found[:3], [[1, 0, 0], [0, 1, 0], [0, 0, -1]], atol=1e-15)
    assert np.isnan(found[3]).all()


def test_an_octant_and_the_rest():
    octant = unit_vectors([0, 90, 0], [0, 0, 90])
    assert vector_ring_area(octant) == pytest.approx(WHOLE / 8, rel=1e-14)
    assert vector_ring_area(octant[::-1]) == pytest.approx(WHOLE * 7 / 8, rel=1e-14)
    assert vector_ring_area(octant[:2]) == 0


@given(st.floats(0.01, 179))
@example(90.0)
@example(90.0000001)
@example(89.99)
def test_great_circles_around_a_pole(radius):
    """A regular polygon on the sphere, from the tangents of its triangles."""
    count = 50
    lon = 360 / count * np.arange(count)
    found = vector_ring_area(unit_vectors(lon, np.full(count, 90 - radius)))
    # The excess of a triangle of two sides r with angle a between them.
    t = math.tan(math.radians(radius) / 2) ** 2
    angle = 2 * math.pi / count
    excess = 2 * math.atan2(t * math.sin(angle), 1 + t * math.cos(angle))
    # The triangles have their corner at the pole, the fan of the function has not.
    assert found == pytest.approx(count * excess * 1737.4**2, rel=1e-9)


@given(st.floats(-180, 180), st.floats(-90, 90), st.integers(3, 60), st.floats(-0.1, 0.1))
def test_half_the_moon_anywhere(lon, lat, count, more):
    """Vertices of a ring around it lie opposite to each other when their number is even."""
    centre = unit_vectors(lon, lat)
    east, north = unit_vectors(lon + 90, 0), unit_vectors(lon, lat + 90)
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)[:, np.newaxis] + more
    ring = np.cos(turn) * east + np.sin(turn) * north
    assert vector_ring_area(ring) == pytest.approx(WHOLE / 2, rel=1e-9)
    assert vector_ring_area(ring[::-1]) == pytest.approx(WHOLE / 2, rel=1e-9)
    assert np.allclose(ring @ centre, 0, atol=1e-12)


def angle(corner, a, b):
    """Angle in radians at a corner, between the great circles to two places."""
    ways = np.cross(corner, [a, b])
    return np.arccos(ways[0] @ ways[1] / np.linalg.norm(ways[0]) / np.linalg.norm(ways[1]))


@pytest.mark.parametrize("seed", range(20))
def test_vertices_opposite_to_the_first_and_to_the_axes(seed):
    """Two lunes from the first vertex to the one opposite, without a triangle at the latter."""
    first = np.random.default_rng(seed).uniform(0.1, 1, 3)
    first /= np.linalg.norm(first)
    x, y, z = -np.eye(3)
    lunes = 2 * (angle(first, x, y) + angle(first, y, z))
    triangle = angle(-first, y, z) + angle(y, z, -first) + angle(z, -first, y) - np.pi
    share = (lunes - triangle) / (4 * np.pi)
    ring = np.array([first, x, -first, y, z])
    for start in range(len(ring)):
        turned = np.roll(ring, start, axis=0)
        assert vector_ring_area(turned) == pytest.approx(WHOLE * share, rel=1e-9)
        assert vector_ring_area(-turned) == pytest.approx(WHOLE * (1 - share), rel=1e-9)


def test_a_small_ring_keeps_its_digits():
    step = 1 / 2048
    lon, lat = [10, 10 + step, 10 + step, 10], [40, 40, 40 + step, 40 + step]
    expected = float(cell_area(40 + step, 40, step))
    assert vector_ring_area(unit_vectors(lon, lat)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("seed", range(40))
def test_a_ring_there_and_back_again_holds_nothing(seed):
    """Not the whole sphere, though rounding may make its area a little less than nothing."""
    random = np.random.default_rng(seed)
    way = unit_vectors(random.uniform(-180, 180, 6), random.uniform(-80, 80, 6))
    assert vector_ring_area([*way, *way[-2:0:-1]]) == pytest.approx(0, abs=1e-6)
    assert vector_ring_area([way[0], way[1], way[0], way[1]]) == pytest.approx(0, abs=1e-6)
    # By the place opposite to the first vertex, too.
    way = np.insert(way, 3, -way[0], axis=0)
    assert vector_ring_area([*way, *way[-2:0:-1]]) == pytest.approx(0, abs=1e-5)
    triangle = way[[0, 0, 1, 1, 0]]
    assert vector_ring_area(triangle) == 0

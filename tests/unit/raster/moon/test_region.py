"""Polygons that touch or cross themselves: their shell less their holes, by the even-odd rule."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import ogr

from lunar_oxide_plugin.core.errors import CancelledError, RasterError
from lunar_oxide_plugin.raster.moon.coverage import covered_part, edges_on_pixels
from lunar_oxide_plugin.raster.moon.crs import Grid
from lunar_oxide_plugin.raster.moon.region import MOST_CROSSINGS, region_of
from lunar_oxide_plugin.raster.moon.rings import polygon_of, rings_of

SQUARE = [(1, 1), (9, 1), (9, 9), (1, 9)]

#: Parts of a polygon, the area of its shells less their holes, and that by the plain even-odd rule.
KINDS = {
    "valid": ([[SQUARE, [(2, 2), (4, 2), (4, 4)]]], 62, None),
    "bow tie": ([[[(0, 0), (4, 4), (4, 0), (0, 4)]]], 8, 8),
    "square drawn twice": ([[[*SQUARE, *SQUARE]]], 0, 0),
    "loop inside": ([[[(0, 0), (6, 0), (6, 6), (2, 6), (2, 2), (4, 2), (4, 4), (0, 4)]]], 28, 28),
    "hole that shares an edge": ([[SQUARE, [(1, 2), (1, 8), (6, 5)]]], 64 - 15, 64 - 15),
    "hole that shares a vertex": ([[SQUARE, [(1, 1), (5, 2), (2, 5)]]], 64 - 7.5, None),
    "hole that reaches out": ([[SQUARE, [(0, 4), (3, 4), (3, 6), (0, 6)]]], 60, 62),
    "hole outside": ([[SQUARE, [(20, 4), (23, 4), (23, 6), (20, 6)]]], 64, 70),
    "hole inside a hole": (
        [[SQUARE, [(2, 2), (8, 2), (8, 8), (2, 8)], [(4, 4), (6, 4), (6, 6), (4, 6)]]],
        64 - 36,
        64 - 36 + 4,
    ),
    "equal holes": ([[SQUARE, *[[(2, 2), (8, 2), (8, 8), (2, 8)]] * 2]], 28, 64),
    "three equal holes": ([[SQUARE, *[[(2, 2), (8, 2), (8, 8), (2, 8)]] * 3]], 28, 28),
    "overlapping holes": (
        [[SQUARE, [(2, 2), (5, 2), (5, 5), (2, 5)], [(4, 4), (7, 4), (7, 7), (4, 7)]]],
        64 - 17,
        64 - 16,
    ),
    "hole equal to its shell": ([[SQUARE, SQUARE[::-1]]], 0, 0),
    "hole around its shell": ([[[(2, 2), (4, 2), (4, 4), (2, 4)], SQUARE]], 0, 60),
    "overlapping parts": ([[SQUARE], [[(5, 5), (12, 5), (12, 12), (5, 12)]]], 64 + 49 - 16, 81),
    "equal parts": ([[SQUARE], [SQUARE]], 64, 0),
    "part in the hole of another": (
        [[SQUARE, [(2, 2), (8, 2), (8, 8), (2, 8)]], [[(3, 3), (5, 3), (5, 5), (3, 5)]]],
        28 + 4,
        None,
    ),
    "parts that share an edge": ([[SQUARE], [[(9, 1), (12, 1), (12, 9), (9, 9)]]], 88, 88),
    "hole of one part in another": (
        [[SQUARE, [(4, 4), (6, 4), (6, 6), (4, 6)]], [[(4, 4), (9, 4), (9, 9), (4, 9)]]],
        64,
        64 - 25 - 4 + 8,
    ),
    "spike": ([[[(1, 1), (9, 1), (9, 9), (20, 20), (9, 9), (1, 9)]]], 64, 64),
    "spike inwards": ([[[(1, 1), (9, 1), (9, 9), (5, 5), (9, 9), (1, 9)]]], 64, 64),
    "vertices twice": ([[[p for p in SQUARE for _ in range(3)]]], 64, None),
    "flat part": ([[SQUARE], [[(20, 0), (25, 5), (30, 10)]]], 64, 64),
    "only flat": ([[[(20, 0), (25, 5), (30, 10)]]], 0, 0),
    "collapsed": ([[[(3, 3), (3, 3), (3, 3)]]], 0, 0),
    "far from the origin": (
        [[[(x + 3e6, y - 4e6) for x, y in [(0, 0), (4, 4), (4, 0), (0, 4)]]]],
        8,
        8,
    ),
}


def multipolygon(parts):
    found = ogr.Geometry(ogr.wkbMultiPolygon)
    for rings in parts:
        found.AddGeometry(polygon_of([np.array(ring, float) for ring in rings]))
    return found


def nothing():
    pass


@pytest.mark.parametrize("name", KINDS)
def test_areas(name):
    parts, area, drawn = KINDS[name]
    found = region_of(multipolygon(parts), nothing)
    assert found.polygon.IsValid()
    assert found.polygon.GetArea() == pytest.approx(area, abs=1e-8)
    assert (found.drawn is None) == (drawn is None)
    if drawn is not None:
        assert found.drawn.GetArea() == pytest.approx(drawn, abs=1e-8)


def test_the_middle_of_a_pentagram_lies_outside():
    """As maps are filled: it is gone around twice."""
    angles = np.pi / 2 + np.arange(5) * 4 * np.pi / 5
    star = np.column_stack([np.cos(angles), np.sin(angles)])
    found = region_of(polygon_of([star]), nothing).polygon
    inner = (3 - np.sqrt(5)) / 2  # radius of the pentagon within
    whole = 10 / 2 * inner * np.sin(np.pi / 5)
    pentagon = 5 / 2 * inner**2 * np.sin(2 * np.pi / 5)
    assert found.GetArea() == pytest.approx(whole - pentagon, rel=1e-12)
    assert found.GetGeometryCount() == 5


def odd(ring, x, y):
    """Places that a ray to the east leaves through an odd number of edges."""
    found = np.zeros(x.shape, bool)
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]]):
        if y0 != y1:
            spans = (y0 > y) != (y1 > y)
            found ^= spans & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return found


def by_the_rule(parts, x, y):
    found = np.zeros(x.shape, bool)
    for shell, *holes in parts:
        within = odd(shell, x, y)
        for hole in holes:
            within &= ~odd(hole, x, y)
        found |= within
    return found


@st.composite
def scribbles(draw):
    """Rings of three to eight vertices, some on a lattice so that edges and vertices meet."""
    on_lattice = draw(st.booleans())
    place = st.integers(0, 10) if on_lattice else st.floats(0, 10).map(lambda v: round(v, 6))
    ring = st.lists(st.tuples(place, place), min_size=3, max_size=8)
    return draw(st.lists(st.lists(ring, min_size=1, max_size=4), min_size=1, max_size=2))


@settings(max_examples=150, deadline=None)
@given(scribbles())
def test_against_the_rule_at_many_places(parts):
    size, fine = 20, 16
    region = region_of(multipolygon(parts), nothing).polygon
    grid = Grid("", (0.0, 10 / size, 0.0, 10.0, 0.0, -10 / size), size, size)
    covered = covered_part(edges_on_pixels(rings_of(region), grid), grid.window)
    at = (np.arange(size * fine) + 0.5) * 10 / size / fine + 1e-5
    expected = by_the_rule(parts, *np.meshgrid(at, at[::-1]))
    expected = expected.reshape(size, fine, size, fine).mean(axis=(1, 3))
    edges = sum(len(ring) for part in parts for ring in part)
    np.testing.assert_allclose(covered, expected, atol=min(1.5 * edges / fine, 0.5))
    assert covered.sum() == pytest.approx(expected.sum(), abs=0.02 * edges**0.5 * size)
    assert covered.sum() * (10 / size) ** 2 == pytest.approx(region.GetArea(), abs=1e-6)


@pytest.mark.parametrize("count", [2000, 20_000])
def test_too_many_crossings_are_refused_at_once(count):
    ring = np.random.default_rng(0).random((count, 2))
    start = time.process_time()
    with pytest.raises(RasterError, match=f"more than {MOST_CROSSINGS:,} times"):
        region_of(polygon_of([ring]), nothing)
    assert time.process_time() - start < 5


def test_a_hundred_crossing_vertices():
    ring = np.random.default_rng(1).random((100, 2))
    region = region_of(polygon_of([ring]), nothing).polygon
    at = (np.arange(1500) + 0.5) / 1500
    expected = odd(ring.tolist(), *np.meshgrid(at, at)).mean()
    assert region.GetArea() == pytest.approx(expected, abs=5e-4)


def test_one_crossing_among_many_vertices():
    """Vertical edges at the same few x, as of a polygon made from pixels, and a bow at its side."""
    count = 40_000
    rows = np.arange(count)
    stairs = np.column_stack([np.repeat(rows % 2, 2), np.column_stack([rows, rows + 1]).ravel()])
    m = count / 2
    bow = [(10, count), (10, m + 1), (12, m - 1), (12, m + 1), (10, m - 1), (10, 0)]
    start = time.process_time()
    found = region_of(polygon_of([np.concatenate([stairs, bow])]), nothing).polygon
    assert time.process_time() - start < 5
    assert found.GetArea() == pytest.approx(9.5 * count + 2, rel=1e-12)


def test_stopping():
    def stop():
        raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        region_of(multipolygon(KINDS["equal holes"][0]), stop)

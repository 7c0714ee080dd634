"""The part of each pixel that a polygon covers, against exactextract and closed forms."""

import numpy as np
import pytest
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from hypothesis import given, settings
from hypothesis import strategies as st

from lunar_oxide_plugin.raster.gdal_io.blocks import Window
from lunar_oxide_plugin.raster.moon.coverage import covered_part, edges_on_pixels
from lunar_oxide_plugin.raster.moon.crs import Grid

WIDTH, HEIGHT = 9, 7
#: North-up: row 0 lies at the top.
GRID = Grid("", (2.0, 0.5, 0, 11.0, 0, -0.5), WIDTH, HEIGHT)
LEFT, TOP = 2.0, 11.0
RIGHT, BOTTOM = LEFT + WIDTH / 2, TOP - HEIGHT / 2


def covered(parts, window=GRID.window, grid=GRID):
    return covered_part(
        edges_on_pixels([[np.array(r) for r in rings] for rings in parts], grid), window
    )


def by_exactextract(parts):
    raster = NumPyRasterSource(
        np.arange(WIDTH * HEIGHT, dtype=float).reshape(HEIGHT, WIDTH), LEFT, BOTTOM, RIGHT, TOP
    )
    closed = [[[*map(list, ring), list(ring[0])] for ring in rings] for rings in parts]
    feature = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "MultiPolygon", "coordinates": closed},
    }
    found = exact_extract(raster, feature, ["cell_id", "coverage"])[0]["properties"]
    expected = np.zeros(WIDTH * HEIGHT)
    if found["cell_id"] is not None and len(found["cell_id"]):
        expected[np.asarray(found["cell_id"], int)] = found["coverage"]
    return expected.reshape(HEIGHT, WIDTH)


@st.composite
def polygons(draw):
    """A star-shaped ring with a hole, beside a triangle; partly beyond the grid."""
    count = draw(st.integers(4, 12))
    angles = np.arange(count) * 2 * np.pi / count + draw(st.floats(0, 1))
    radii = np.array(draw(st.lists(st.floats(0.6, 4.0), min_size=count, max_size=count)))
    x, y = draw(st.floats(LEFT - 1, RIGHT + 1)), draw(st.floats(BOTTOM - 1, TOP + 1))
    star = np.column_stack([x + radii * np.cos(angles), y + radii * np.sin(angles)])
    # A polygon of four vertices of radius 0.6 has an inner radius of 0.42.
    hole = np.column_stack([x + 0.3 * np.cos(angles), y + 0.3 * np.sin(angles)])
    triangle = [(x + 10, y), (x + 12, y + draw(st.floats(0.1, 3))), (x + 11, y - 2)]
    turned = hole[::-1] if draw(st.booleans()) else hole
    return [[star.tolist(), turned.tolist()], [triangle]]


@settings(max_examples=300, deadline=None)
@given(polygons())
def test_against_exactextract(parts):
    np.testing.assert_allclose(covered(parts), by_exactextract(parts), atol=2e-6)


@settings(max_examples=100, deadline=None)
@given(polygons(), st.integers(1, WIDTH - 1), st.integers(1, HEIGHT - 1))
def test_blocks_cannot_be_seen(parts, column, row):
    pieces = [
        [covered(parts, Window(x, y, w, h)) for x, w in ((0, column), (column, WIDTH - column))]
        for y, h in ((0, row), (row, HEIGHT - row))
    ]
    np.testing.assert_allclose(np.block(pieces), covered(parts), atol=1e-12)


def test_rectangle_on_and_between_the_edges_of_pixels():
    whole = [[[(3, 9), (5, 9), (5, 10), (3, 10)]]]
    expected = np.zeros((HEIGHT, WIDTH))
    expected[2:4, 2:6] = 1
    assert np.array_equal(covered(whole), expected)
    shifted = [[[(3.125, 9.25), (5.125, 9.25), (5.125, 10.25), (3.125, 10.25)]]]
    expected = np.outer([0, 0.5, 1, 0.5, 0, 0, 0], [0, 0, 0.75, 1, 1, 1, 0.25, 0, 0])
    np.testing.assert_allclose(covered(shifted), expected, atol=1e-14)


def test_a_polygon_inside_one_pixel():
    found = covered([[[(3.1, 9.1), (3.4, 9.1), (3.4, 9.3)]]])
    assert found[3, 2] == pytest.approx(0.3 * 0.2 / 2 / 0.25)
    assert np.count_nonzero(found) == 1


def test_a_polygon_around_everything_and_one_beside():
    around = [[[(0, 0), (50, 0), (50, 50), (0, 50)]]]
    assert np.array_equal(
        covered([[[(0, 0), (50, 0), (50, 50), (0, 50)]]]), np.ones((HEIGHT, WIDTH))
    )
    far = Window(200, 200, 3, 3)
    assert covered(around, far).dtype == covered(around).dtype == float
    assert not covered(around, far).any()
    for x, y in ((-20, 9), (20, 9), (3, 40), (3, -40)):
        assert not covered([[[(x, y), (x + 1, y), (x, y + 1)]]]).any()


def test_rotated_and_flipped_grids_cover_the_same_area():
    """The area of a polygon inside the grid is what all pixels cover of it, on any grid."""
    triangle = [[[(0.3, -0.2), (2.1, 0.4), (0.9, 1.7)]]]
    area = abs((2.1 - 0.3) * (1.7 + 0.2) - (0.9 - 0.3) * (0.4 + 0.2)) / 2
    c, s = 0.5 * np.cos(np.radians(30)), 0.5 * np.sin(np.radians(30))
    grids = [
        (-4.0, 0.5, 0, -4.0, 0, 0.5),
        (4.0, -0.5, 0, 4.0, 0, -0.5),
        (-3.0, c, s, 3.0, s, -c),
    ]
    for geotransform in grids:
        found = covered(triangle, Window(0, 0, 24, 24), Grid("", geotransform, 24, 24))
        assert found.sum() * 0.25 == pytest.approx(area, rel=1e-12)
        assert found.max() == 1

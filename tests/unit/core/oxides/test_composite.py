"""Colour composites."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunar_oxide_plugin.core.oxides.composite import (
    STRETCHES,
    greys,
    to_rgba,
    triangle,
)

LIMITS = [(0.0, 10.0), (5.0, 15.0), (-1.0, 1.0)]


def colour(red, green, blue):
    return to_rgba(np.array([red, green, blue], float).reshape(3, 1, 1), LIMITS)[:, 0, 0].tolist()


def test_ends_and_middle():
    assert colour(0, 5, -1) == [0, 0, 0, 255]
    assert colour(10, 15, 1) == [255, 255, 255, 255]
    assert colour(2, 7, -0.6) == [51, 51, 51, 255]


def test_beyond_the_limits_is_clipped():
    assert colour(-5, 99, 0.999) == [0, 255, 255, 255]


@pytest.mark.parametrize("band", range(3))
def test_no_data_in_any_band_is_transparent(band):
    values = [5.0, 10.0, 0.0]
    values[band] = np.nan
    assert colour(*values) == [0, 0, 0, 0]


def test_published_limits():
    """Captions of Figs. 8 and 9 of Zhang et al. (2023)."""
    assert STRETCHES[2].limits["FeO"] == (0.50, 31.10)
    assert STRETCHES[2].limits["MgO"] == (1.48, 13.81)
    assert STRETCHES[2].limits["Al2O3"] == (9.17, 32.50)
    assert STRETCHES[3].limits["FeO"] == (15.50, 25.58)
    assert STRETCHES[3].limits["MgO"] == (4.31, 9.43)
    assert STRETCHES[3].limits["Al2O3"] == (7.52, 17.12)


def test_triangle_has_each_band_at_its_corner_and_white_between():
    legend = triangle(LIMITS, 101)
    assert legend.shape == (4, 101, 117)
    top, left, right = legend[:, 0, 58], legend[:, -1, 0], legend[:, -1, -1]
    assert [corner.tolist() for corner in (top, left, right)] == [
        [255, 0, 0, 255],
        [0, 255, 0, 255],
        [0, 0, 255, 255],
    ]
    assert legend[:, -1, 58].tolist() == [0, 255, 255, 255]
    # the middle is two thirds down; no pixel's centre is exactly there
    assert (legend[:, 67, 58] >= 250).all()


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(0.01, 50)), min_size=3, max_size=3))
def test_triangle_is_the_same_for_all_limits(ends):
    limits = [(low, low + span) for low, span in ends]
    difference = triangle(LIMITS, 40).astype(int) - triangle(limits, 40)
    assert np.abs(difference).max() <= 1  # halves are rounded either way


def test_triangle_is_equilateral_and_as_bright_as_can_be():
    legend = triangle(LIMITS, 101)
    inside = legend[3] == 255
    assert (legend[:3].max(axis=0)[inside] == 255).all()
    assert (legend[:, ~inside] == 0).all()
    assert inside.mean() == pytest.approx(0.5, abs=0.01)
    assert inside[0].sum() == 1
    assert inside[-1].all()
    # a quarter of red, half of green, a quarter of blue
    assert legend[:, 75, 58 - 15].tolist() == pytest.approx([128, 255, 128, 255], abs=5)


def test_greys():
    strip = greys(LIMITS, 256)
    assert strip.shape == (4, 1, 256)
    assert np.abs(strip[:3, 0] - np.arange(256)).max() == 0
    assert (strip[3] == 255).all()

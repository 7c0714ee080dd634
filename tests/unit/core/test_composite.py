"""Colour composites."""

import numpy as np
import pytest

from lunar_oxide_plugin.core.composite import PUBLISHED_STRETCHES, to_rgba

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
    assert PUBLISHED_STRETCHES["Mairan"]["FeO"] == (0.50, 31.10)
    assert PUBLISHED_STRETCHES["Mairan"]["MgO"] == (1.48, 13.81)
    assert PUBLISHED_STRETCHES["Mairan"]["Al2O3"] == (9.17, 32.50)
    assert PUBLISHED_STRETCHES["Sosigenes"]["FeO"] == (15.50, 25.58)
    assert PUBLISHED_STRETCHES["Sosigenes"]["MgO"] == (4.31, 9.43)
    assert PUBLISHED_STRETCHES["Sosigenes"]["Al2O3"] == (7.52, 17.12)

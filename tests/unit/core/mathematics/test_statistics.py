"""Streamed moments against all values at once."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunar_oxide_plugin.core.mathematics.statistics import Moments
from tests.unit.core.mathematics.test_quantiles import cut


@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(1e-9, 1e9)), min_size=1, max_size=60),
    st.lists(st.integers(0, 60), max_size=6),
)
def test_moments(items, cuts):
    moments = Moments()
    for block in cut(items, cuts):
        moments.add([v for v, _ in block], [w for _, w in block])
    x, w = (np.array(column, np.longdouble) for column in zip(*items))
    mean = (w * x).sum() / w.sum()
    std = np.sqrt((w * (x - mean) ** 2).sum() / w.sum())
    scale = float(np.abs(x).max())
    assert moments.count == len(items)
    assert moments.weight == pytest.approx(float(w.sum()), rel=1e-12)
    # Products of the smallest floats there are have few digits, or none.
    assert moments.mean == pytest.approx(float(mean), rel=1e-12, abs=max(1e-12 * scale, 1e-300))
    # The square of a deviation below 1e-154 is not a float.
    assert moments.std == pytest.approx(float(std), rel=1e-6, abs=max(1e-9 * scale, 1e-150))
    assert (moments.minimum, moments.maximum) == (x.min(), x.max())


def test_moments_of_a_small_spread_on_a_large_mean():
    """Sum of squares minus square of sums would give 0 or a negative number here."""
    random = np.random.default_rng(1)
    values = 1e9 + random.normal(0, 1e-3, 100_000)
    moments = Moments()
    for block in np.array_split(values, 97):
        moments.add(block, np.ones(block.size))
    assert moments.std == pytest.approx(values.std(), rel=1e-6)
    assert moments.std == pytest.approx(1e-3, rel=0.02)


def test_moments_of_nothing_and_of_one():
    moments = Moments()
    moments.add([], [])
    assert moments.count == 0
    assert all(map(math.isnan, (moments.mean, moments.std, moments.minimum, moments.maximum)))
    moments.add([4.5], [0.25])
    assert (moments.mean, moments.std) == (4.5, 0)
    assert (moments.minimum, moments.maximum, moments.weight) == (4.5, 4.5, 0.25)


def test_weights_are_areas_not_counts():
    moments = Moments()
    moments.add(np.array([[1.0, 2.0]]).ravel(), [3.0, 1.0])
    assert moments.mean == 1.25
    assert moments.std == pytest.approx(math.sqrt(3) / 4)

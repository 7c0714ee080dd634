"""Streamed statistics against all values at once."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lunar_oxide_plugin.core.mathematics.quantiles import ExactQuantile, ExactQuantiles, quantiles
from lunar_oxide_plugin.core.mathematics.statistics import Moments

finite32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
values32 = (
    finite32
    | st.sampled_from([0.0, -0.0, 2.0**-149, -(2.0**-149), 2.0**-126, 7.5, -7.5])
    | st.floats(7.0, 8.0, width=32)
)
#: Integers, so that sums are exact and ties are ties; from tiny to huge.
whole_weights = st.integers(1, 9) | st.sampled_from([1, 2, 2**30])
weighted = st.lists(st.tuples(values32, whole_weights), min_size=1, max_size=60)


def cut(items, cuts):
    """A list in blocks, some of them empty."""
    edges = [0, *sorted(min(c, len(items)) for c in cuts), len(items)]
    return [items[a:b] for a, b in zip(edges, edges[1:])]


def quantile(blocks, fraction):
    found = ExactQuantile(fraction)
    for _ in range(2):
        for block in blocks:
            found.add([v for v, _ in block], [w for _, w in block])
        if found._upper is None:
            found.refine()
    return found.value()


def brute_quantile(items, fraction):
    """Smallest value at which the cumulated weight reaches the fraction, in exact arithmetic."""
    total = sum(Fraction(w) for _, w in items)
    cumulated = Fraction(0)
    for value, weight in sorted(items):
        cumulated += Fraction(weight)
        if cumulated >= fraction * total and cumulated > 0:
            return value
    raise AssertionError


@given(weighted, st.lists(st.integers(0, 60), max_size=5), st.integers(0, 8))
@example([(1.0, 1), (2.0, 1)], [], 4)
@example([(-0.0, 1), (0.0, 1), (1.0, 2)], [1], 4)
@example([(-1.0, 3), (-1.0000001192092896, 3)], [1], 4)
def test_quantile_is_exact(items, cuts, eighths):
    fraction = eighths / 8
    assert quantile(cut(items, cuts), fraction) == brute_quantile(items, Fraction(eighths, 8))


@given(weighted, st.lists(st.integers(0, 60), max_size=5), st.lists(st.integers(0, 8), max_size=6))
def test_several_quantiles_are_exact(items, cuts, eighths):
    fractions = [count / 8 for count in eighths]
    streamed = ExactQuantiles(fractions)
    for again in range(2):
        for block in cut(items, cuts):
            streamed.add([v for v, _ in block], [w for _, w in block])
        if not again:
            streamed.refine()
    expected = [brute_quantile(items, Fraction(count, 8)) for count in eighths]
    assert streamed.values() == expected
    values, weights = np.array(items).T
    assert quantiles(values.astype(np.float32), weights, fractions) == expected


@pytest.mark.parametrize("spread", [0, 1e-6, 5])
def test_quantiles_of_many_values(spread):
    """More than are sorted at once."""
    random = np.random.default_rng(1)
    values = (12 + spread * random.standard_normal(30_000)).astype(np.float32)
    weights = random.integers(1, 9, values.size).astype(float)
    repeated = np.sort(np.repeat(values, weights.astype(int)))
    fractions = [0.05, 0.25, 0.5, 0.75, 0.95]
    expected = [repeated[int(np.ceil(each * repeated.size)) - 1] for each in fractions]
    assert quantiles(values, weights, fractions) == expected


def test_several_quantiles_of_nothing():
    streamed = ExactQuantiles([0.1, 0.5])
    streamed.refine()
    assert np.isnan(streamed.values()).all()
    assert np.isnan(quantiles(np.empty(0, np.float32), np.empty(0), [0.1, 0.5])).all()


@given(
    st.lists(st.tuples(values32, st.floats(1e-6, 1e6)), min_size=1, max_size=40),
    st.sampled_from([0.02, 0.25, 0.5, 0.98]),
)
def test_quantile_with_any_weights(items, fraction):
    """Areas are no whole numbers: within the rounding of a sum, either neighbour is right."""
    found = quantile([items], fraction)
    slack = Fraction(1, 10**9)
    low = brute_quantile(items, max(Fraction(fraction) - slack, Fraction(0)))
    high = brute_quantile(items, min(Fraction(fraction) + slack, Fraction(1)))
    assert low <= found <= high


def test_median_of_equal_weights_that_do_not_add_up_exactly():
    """0.1 + 0.1 + ... is not n/10: a tie must not fall to the next value for that."""
    for n in range(2, 400, 2):
        items = [(float(i), 0.1) for i in range(n)]
        assert quantile([items], 0.5) == n // 2 - 1


def test_a_small_unit_within_heavy_ties():
    items = [(5.0, 0.1)] * 10000 + [(6.0, 0.1)] * 10000 + [(5.0000005, 0.1)]
    assert quantile([items], 0.5) == np.float32(5.0000005)


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
def test_a_fraction_outside_0_1_is_an_error(fraction):
    with pytest.raises(ValueError, match="0-1"):
        ExactQuantile(fraction)


def test_quantile_of_nothing():
    assert math.isnan(quantile([[]], 0.5))
    assert math.isnan(ExactQuantile().value())


def test_infinities_sort_at_the_ends():
    items = [(math.inf, 1), (-math.inf, 1), (3.0, 1)]
    assert [quantile([items], f) for f in (0, 0.5, 1)] == [-math.inf, 3.0, math.inf]


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
    # The square of a deviation below 1e-154 is no float.
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

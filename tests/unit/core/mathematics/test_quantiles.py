"""Quantiles of values that arrive block by block, against all values at once."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lunar_oxide_plugin.core.mathematics.quantiles import ExactQuantile, ExactQuantiles, quantiles

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
    """Areas are not whole numbers: within the rounding of a sum, either neighbour is right."""
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
    weighted,
    st.lists(st.integers(0, 60), max_size=5),
    st.sampled_from([0.02, 0.25, 0.5, 0.98]),
    st.integers(1, 80),
    st.lists(finite32, max_size=20),
)
def test_values_kept_in_the_first_pass_change_nothing(items, cuts, fraction, room, sample):
    """Whether they spare the second pass, or there was no room, or the sample was of no use."""
    found = ExactQuantile(fraction, room, sample)
    blocks = [[np.array(part) for part in zip(*block)] for block in cut(items, cuts) if block]
    for values, weights in blocks:
        found.add(values, weights)
    if found.refine():
        for values, weights in blocks:
            found.add(values, weights)
    assert found.value() == quantile([items], fraction)


def test_room_for_all_values_spares_the_second_pass():
    values = np.random.default_rng(2).normal(size=1000).astype(np.float32)
    for room, again in ((1000, False), (999, True)):
        found = ExactQuantile(0.5, room)
        found.add(values)
        assert found.refine() is again

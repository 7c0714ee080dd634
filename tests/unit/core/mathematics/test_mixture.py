"""Two populations in a histogram, against mixtures that are known exactly."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lunar_oxide_plugin.core.mathematics.mixture import (
    BimodalityError,
    Histogram,
    Mixture,
    divide,
    fit_mixture,
)


def exact(shares, means, sigmas, width=0.02):
    """A histogram that holds what a mixture has in each bin: no sampling."""
    histogram = Histogram(-20, 60, width)
    for share, mean, sigma in zip(shares, means, sigmas):
        below = [math.erf((edge - mean) / sigma / math.sqrt(2)) / 2 for edge in histogram.edges]
        histogram.weights += share * np.diff(below)
    return histogram


@given(
    arrays.arrays(np.float32, 300, elements=st.floats(-10, 60, width=32)),
    st.integers(1, 299),
)
def test_histogram_in_blocks_is_that_of_all(values, cut):
    weights = np.linspace(1, 2, 300)
    histogram = Histogram(0, 40, 0.5)
    histogram.add(values[:cut], weights[:cut])
    histogram.add(values[cut:], weights[cut:])
    inside = np.clip(values.astype(float), 0, np.nextafter(40, 0))
    expected, _ = np.histogram(inside, histogram.edges, weights=weights)
    np.testing.assert_allclose(histogram.weights, expected, rtol=1e-12)
    edges, sums = histogram.coarser(7)
    assert (edges[0], edges[-1], len(edges)) == (0, 40, len(sums) + 1)
    assert sums.sum() == pytest.approx(weights.sum())
    assert sums[0] == pytest.approx(expected[:7].sum())


def test_values_far_beyond_the_bins_count_in_the_outermost():
    histogram = Histogram(0, 40, 0.02)
    histogram.add(np.array([-1e30, 3e38], np.float32), np.ones(2))
    assert histogram.weights[0] == histogram.weights[-1] == 1


@pytest.mark.parametrize(
    ("shares", "means", "sigmas"),
    [
        ((0.83, 0.17), (5.81, 15.39), (1.5, 2.5)),
        ((0.5, 0.5), (6, 14), (1, 1)),
        ((0.1, 0.9), (6, 15), (1.2, 2)),
        ((0.97, 0.03), (6, 16), (1, 1.5)),
        ((0.6, 0.4), (5, 9.5), (1.4, 1.2)),
    ],
)
def test_a_known_mixture_is_found(shares, means, sigmas):
    fit = fit_mixture(exact(shares, means, sigmas))
    np.testing.assert_allclose(fit[:3], [shares, means, sigmas], rtol=2e-3)


@given(
    st.floats(0.05, 0.95),
    st.floats(3, 7),
    st.floats(5, 12),
    st.floats(0.6, 1.5),
    st.floats(0.6, 1.5),
)
def test_any_two_clear_populations_are_found_and_divided_evenly(
    share, mean, apart, sigma, other_sigma
):
    truth = Mixture((share, 1 - share), (mean, mean + apart), (sigma, other_sigma))
    assume(truth.separation > 3.5)
    fit = fit_mixture(exact(*truth[:3], width=0.05))
    np.testing.assert_allclose(fit[:3], truth[:3], rtol=0.02)
    threshold = fit.threshold()
    assert fit.means[0] < threshold < fit.means[1]
    densities = [
        part * math.exp(-(((threshold - mu) / s) ** 2) / 2) / s for part, mu, s in zip(*fit[:3])
    ]
    assert densities[0] == pytest.approx(densities[1], rel=1e-6)


def test_alike_populations_are_divided_in_the_middle():
    assert Mixture((0.5, 0.5), (6, 14), (1.5, 1.5)).threshold() == pytest.approx(10, abs=1e-12)
    fit = fit_mixture(exact((0.5, 0.5), (6, 14), (1.5, 1.5)))
    assert fit.threshold() == pytest.approx(10, abs=1e-3)


def test_two_values_are_divided_in_the_middle():
    """Neither has a width of its own, so each gets that of a bin."""
    histogram = Histogram(0, 40, 0.02)
    histogram.add([5.81, 15.39], [83, 17])
    fit = fit_mixture(histogram)
    assert fit.shares == pytest.approx((0.83, 0.17))
    assert fit.threshold() == pytest.approx(10.6, abs=0.02)


def test_ashmans_d():
    """The paper's own case: equal sigmas, D = distance over sigma."""
    assert Mixture((0.5, 0.5), (0, 2), (1, 1)).separation == pytest.approx(2)
    assert Mixture((0.5, 0.5), (1, 11), (3, 4)).separation == pytest.approx(math.sqrt(2) * 10 / 5)


@pytest.mark.parametrize(
    ("histogram", "said"),
    [
        (exact((0.5, 0.5), (6, 7.5), (1, 1)), "Ashman's D"),
        (exact((1, 0), (6, 9), (1, 1)), "Ashman's D|% of the area"),
        (exact((0.995, 0.005), (6, 20), (1, 1)), "1 % are needed"),
    ],
)
def test_what_is_not_bimodal_is_refused(histogram, said):
    with pytest.raises(BimodalityError, match=said):
        fit_mixture(histogram).threshold()


def test_one_value_and_a_hidden_population_are_refused():
    histogram = Histogram(0, 40, 0.02)
    histogram.add([8.0, 8.0], [1, 2])
    with pytest.raises(BimodalityError, match="the same"):
        fit_mixture(histogram)
    with pytest.raises(BimodalityError, match="hides"):
        Mixture((0.985, 0.015), (5, 9.05), (2, 2)).threshold()


def test_a_plateau_has_no_valley():
    """Two Gaussians fit it with an Ashman's D of 3.5: half of it each, a twelfth's root wide."""
    plateau = Histogram(0, 40, 0.02)
    plateau.add(np.arange(5, 15, 0.001), np.ones(10000))
    assert fit_mixture(plateau).separation > 3
    with pytest.raises(BimodalityError, match="no valley"):
        divide(plateau)


@pytest.mark.parametrize("apart", [3.0, 4.0, 9.0])
def test_a_valley_divides(apart):
    histogram = exact((0.6, 0.4), (6, 6 + apart), (1, 1))
    fit, threshold = divide(histogram)
    assert threshold == fit.threshold()
    # p1 exp(-(T - m1)^2 / 2) = p2 exp(-(T - m2)^2 / 2), solved for T.
    assert threshold == pytest.approx(6 + apart / 2 + math.log(1.5) / apart, abs=0.01)


def test_two_populations_without_a_valley_are_refused():
    """Alike and 2.1 sigmas apart, D = 2.1: as dense in the middle as at the means."""
    with pytest.raises(BimodalityError, match="no valley"):
        divide(exact((0.5, 0.5), (6, 8.1), (1, 1)))

"""Modes of histograms whose modes are known, and the peak finder against scipy's."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunar_oxide_plugin.core.mathematics.modes import LEAST_SHARE, MOST, _vertex, find_modes, peaks


def normal(bins, centre, width):
    """Parts of a normal distribution in bins of width 1."""
    edges = np.arange(bins + 1)
    below = np.array([0.5 * (1 + math.erf((x - centre) / (width * math.sqrt(2)))) for x in edges])
    return np.diff(below)


def mixture(bins, *components):
    return sum(share * normal(bins, centre, width) for share, centre, width in components)


MANY = 10**8


@pytest.mark.parametrize(
    "components",
    [
        [(1, 60, 5)],
        [(0.83, 23, 5), (0.17, 62, 9)],
        [(0.95, 23, 4), (0.05, 70, 4)],
        [(0.5, 40.3, 5), (0.5, 60.7, 5)],
        [(0.4, 20, 3), (0.3, 60, 6), (0.3, 110, 5)],
    ],
)
def test_modes_of_mixtures(components):
    found = find_modes(mixture(140, *components), MANY)
    assert len(found) == len(components)
    for peak, (share, centre, _) in zip(found, components):
        assert peak.place == pytest.approx(centre, abs=0.25)
        assert peak.share == pytest.approx(share, abs=0.02)
        assert abs(peak.place - peak.bin - 0.5) <= 0.5


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("pixels", [300, 3000, 300000])
def test_drawn_samples_have_the_modes_of_their_mixture(pixels, seed):
    random = np.random.default_rng(seed)
    parts = mixture(140, (0.7, 23, 5), (0.3, 66, 8))
    found = find_modes(random.multinomial(pixels, parts / parts.sum()) / pixels, pixels)
    assert len(found) == 2  # within a standard deviation: the top of a bell is flat
    assert found[0].place == pytest.approx(23, abs=5)
    assert found[1].place == pytest.approx(66, abs=8)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("pixels", [50, 2400, 10**6])
def test_chance_makes_no_modes(pixels, seed):
    """Even and bell-shaped distributions have one, however few pixels were drawn."""
    random = np.random.default_rng(seed)
    for parts in (np.full(96, 1 / 96), normal(140, 70, 15)):
        drawn = random.multinomial(pixels, parts / parts.sum()) / pixels
        assert len(find_modes(drawn, pixels)) == 1


def test_what_is_no_mode():
    shoulder = mixture(140, (0.6, 60, 6), (0.4, 70, 6))
    assert len(find_modes(shoulder, MANY)) == 1
    small = mixture(140, (1 - LEAST_SHARE / 2, 40, 5), (LEAST_SHARE / 2, 90, 3))
    (only,) = find_modes(small, MANY)
    assert only.place == pytest.approx(40, abs=0.2)
    assert only.share == pytest.approx(1)
    assert find_modes(np.zeros(100), 5) == []


def test_there_are_never_too_many():
    comb = np.zeros(200)
    comb[10::20] = np.arange(10, 20)
    comb /= comb.sum()
    found = find_modes(comb, MANY)
    assert len(found) == MOST
    assert sum(peak.share for peak in found) == pytest.approx(1)


def test_one_value_and_an_even_spread():
    parts = np.zeros(160)
    parts[32] = 1
    assert find_modes(parts, 1) == [(32, pytest.approx(32.5), pytest.approx(1))]
    (middle,) = find_modes(np.full(100, 0.01), MANY)
    assert 49 <= middle.place <= 51


@pytest.mark.parametrize("place", [0, 99])
def test_a_mode_at_an_end(place):
    """TiO2 of highlands piles up at zero."""
    parts = np.exp(-np.abs(np.arange(100) - place) / 8)
    (peak,) = find_modes(parts / parts.sum(), MANY)
    assert peak.bin == place


heights = st.lists(st.integers(0, 9), min_size=1, max_size=40)


def test_peaks_and_prominences_are_those_of_scipy():
    signal = pytest.importorskip("scipy.signal")
    random = np.random.default_rng(0)
    for size in (1, 2, 5, 40, 150):
        for _ in range(20):
            values = random.permutation(size) + 1.0  # no two alike, where the rules differ
            around = np.concatenate([[0], values, [0]])
            places, found = signal.find_peaks(around, prominence=0)
            expected = list(zip((places - 1).tolist(), found["prominences"].tolist()))
            assert list(peaks(values)) == expected


@given(heights)
def test_level_tops_are_where_scipy_has_them(values):
    signal = pytest.importorskip("scipy.signal")
    places, _ = signal.find_peaks([0, *values, 0])
    assert [place for place, _ in peaks(np.array(values, float))] == (places - 1).tolist()


@given(heights)
def test_between_two_peaks_lies_the_prominence_of_the_lower(values):
    """Also where both are as high as each other."""
    found = list(peaks(np.array(values, float)))
    for index, (a, of_a) in enumerate(found):
        for b, of_b in found[index + 1 :]:
            lower = min(values[a], values[b])
            assert min(of_a, of_b) <= lower - min(values[a : b + 1])


def test_of_peaks_as_high_as_each_other_the_first_counts_as_higher():
    assert list(peaks(np.array([1.0, 3.0, 1.0, 3.0, 2.0, 3.0]))) == [(1, 3), (3, 2), (5, 1)]


@pytest.mark.parametrize("shift", [-0.45, -0.1, 0.0, 0.2, 0.4])
def test_a_mode_lies_between_bins(shift):
    """Of a Gauss curve the smoothing keeps the centre: it is found to a hundredth of a bin."""
    (mode,) = find_modes(normal(120, 60.5 + shift, 8), MANY)
    assert mode.place == pytest.approx(60.5 + shift, abs=0.01)


@pytest.mark.parametrize("place", [0, 119])
def test_a_mode_in_the_first_or_the_last_bin(place):
    """It is in the middle of its bin, and holds what is in it."""
    parts = np.zeros(120)
    parts[place] = 0.4
    parts += 0.6 * normal(120, 60, 5)
    found = find_modes(parts, MANY)
    assert len(found) == 2
    assert found[0 if place == 0 else 1].place == place + 0.5
    assert sum(mode.share for mode in found) == pytest.approx(1, abs=1e-6)
    assert found[0 if place == 0 else 1].share == pytest.approx(0.4, abs=1e-3)


@pytest.mark.parametrize("place", [1, 2])
def test_vertex_of_a_parabola_beside_an_end(place):
    heights = 5 - (np.arange(4.0) - place - 0.2) ** 2
    assert _vertex(heights, place) == pytest.approx(0.2)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_at_an_end_and_on_a_level_place_the_vertex_is_the_bin(place):
    assert _vertex(np.array([3.0, 3.0, 3.0]), place) == 0

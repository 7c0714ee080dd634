"""Numbers of a comparison against numpy and scipy on all pairs at once."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lunar_oxide_plugin.core.oxides.published import MARE_FEO
from lunar_oxide_plugin.core.results.comparison import (
    BINS,
    COLUMNS,
    Comparison,
    OxideComparison,
    PairMoments,
    Thumbnail,
    agreement,
)
from lunar_oxide_plugin.core.tables import csv_text


def pairs(seed, n, offset=0.0):
    random = np.random.default_rng(seed)
    x = offset + random.uniform(0, 20, n)
    return x, 0.7 * x + 3 + random.normal(0, 2, n), random.uniform(0.1, 5, n)


def moments(x, y, w, cuts=()):
    found = PairMoments()
    for part in np.split(np.arange(len(x)), sorted(cuts)):
        found.add(x[part], y[part], w[part])
    return found


def test_lines_and_correlation_are_those_of_scipy():
    x, y, _ = pairs(1, 500)
    found = agreement("FeO", "all", moments(x, y, np.ones(500), [3, 100, 100, 420]))
    line = stats.linregress(x, y)
    assert found.slope == pytest.approx(line.slope, rel=1e-12)
    assert found.intercept == pytest.approx(line.intercept, rel=1e-12)
    assert found.r2 == pytest.approx(line.rvalue**2, rel=1e-12)
    assert found.rma_slope == pytest.approx(y.std() / x.std(), rel=1e-12)
    assert found.rma_intercept == pytest.approx(y.mean() - y.std() / x.std() * x.mean(), rel=1e-12)


@given(
    seed=st.integers(0, 1000),
    n=st.integers(3, 200),
    cuts=st.lists(st.integers(0, 200), max_size=6),
    offset=st.sampled_from([0.0, 1e6]),
)
def test_weighted_numbers_do_not_depend_on_the_blocks(seed, n, cuts, offset):
    x, y, w = pairs(seed, n, offset)
    found = agreement("FeO", "all", moments(x, y, w, cuts))
    cov = np.cov(x - offset, y - offset, aweights=w, ddof=0)
    d = y - x
    assert found.n == n
    assert found.area_km2 == pytest.approx(w.sum())
    assert found.bias == pytest.approx(np.average(d, weights=w))
    assert found.rmse == pytest.approx(np.sqrt(np.average(d**2, weights=w)))
    assert found.mae == pytest.approx(np.average(np.abs(d), weights=w))
    assert found.rmse**2 == pytest.approx(found.bias**2 + found.std_difference**2)
    assert found.slope == pytest.approx(cov[0, 1] / cov[0, 0], rel=1e-6)
    assert found.r2 == pytest.approx(cov[0, 1] ** 2 / cov[0, 0] / cov[1, 1], rel=1e-6)
    sse = np.average(d**2, weights=w)
    assert found.r2_determination == pytest.approx(1 - sse / cov[0, 0], rel=1e-6)


def test_a_falling_line_has_a_falling_axis():
    x, y, w = pairs(3, 50)
    found = agreement("FeO", "all", moments(x, -y, w))
    assert found.slope < 0
    assert found.rma_slope < found.slope


@pytest.mark.parametrize("n", [1, 5])
def test_constant_maps_have_no_line(n):
    x, y = np.full(n, 7.3), np.full(n, 7.9)
    found = agreement("FeO", "all", moments(x, y, np.ones(n)))
    assert found.bias == pytest.approx(0.6)
    assert found.rmse == pytest.approx(0.6)
    assert all(math.isnan(value) for value in (found.r2, found.slope, found.rma_slope))
    y = np.arange(float(n)) + 1  # a flat reference and an input that is not, and the other way
    assert math.isnan(agreement("FeO", "all", moments(x, y, np.ones(n))).r2)
    turned = agreement("FeO", "all", moments(y, x, np.ones(n)))
    assert math.isnan(turned.r2)
    assert n == 1 or turned.slope == pytest.approx(0, abs=1e-12)


def test_classes_are_told_by_the_feo_of_the_input():
    feo = np.array([20.0, 10.6, 10.5, np.nan, 3.0])
    values = np.stack([feo, [1.0, 2, 3, 4, np.nan]])
    reference = np.stack([feo - 1, [1.0, 1, 1, 1, 1]])
    comparison = Comparison(["FeO", "TiO2"], MARE_FEO)
    comparison.add(values, reference, np.array([1.0, 2, 3, 4, 5]), feo)
    found = {(each.oxide, each.region): each for each in comparison.agreements}
    assert found["FeO", "all"].n == 4
    assert found["FeO", "mare"].n == 2
    assert found["FeO", "highlands"].area_km2 == 8
    assert found["TiO2", "all"].n == 4  # also where FeO is not valid
    assert found["TiO2", "mare"].mean_input == pytest.approx(5 / 3)
    assert found["TiO2", "highlands"].n == 1
    assert MARE_FEO == 10.6


def test_without_feo_there_are_no_classes():
    comparison = Comparison(["TiO2"], None)
    comparison.add(np.ones((1, 3)), np.zeros((1, 3)), np.array([1.0, 0.0, 1.0]))
    assert [(each.region, each.n) for each in comparison.agreements] == [("all", 2)]
    assert Comparison(["TiO2"], None).agreements == []


def test_histograms_are_those_of_numpy():
    x, y, w = pairs(4, 3000)
    found = OxideComparison("FeO", classes=False)
    for part in np.array_split(np.arange(3000), 7):
        found.add(y[part], x[part], w[part])
    edges = np.linspace(0, found.highest, BINS + 1)
    expected = np.histogram2d(x, y, [edges, edges], weights=w)[0]
    np.testing.assert_allclose(found.scatter, expected, atol=1e-9)
    edges = np.linspace(-found.highest / 2, found.highest / 2, BINS + 1)
    expected = np.histogram(y - x, edges, weights=w)[0]
    np.testing.assert_allclose(found.differences, expected, atol=1e-9)
    assert found.scatter.sum() + found.outside == pytest.approx(w.sum())


def test_what_lies_beyond_the_axes_is_counted():
    found = OxideComparison("TiO2", classes=False)
    found.add(np.array([-1.0, 90.0, 5.0]), np.array([5.0, 5.0, 5.0]), np.array([1.0, 2.0, 4.0]))
    assert found.outside == 3
    assert found.scatter.sum() == 4
    assert found.differences.sum() == 7
    assert found.differences[-1] == 2


def test_the_table():
    comparison = Comparison(["FeO"], None)
    comparison.add(np.array([[1.0, 3.0]]), np.array([[1.0, 1.0]]), np.ones(2))
    header, row = csv_text(COLUMNS, comparison.agreements).splitlines()
    cells = dict(zip(header.split(","), row.split(",")))
    assert list(cells)[:4] == ["oxide", "class", "n", "area_km2"]
    assert (cells["class"], cells["n"], cells["bias"], cells["r2"]) == ("all", "2", "1.0000", "")


@given(
    width=st.integers(1, 50),
    height=st.integers(1, 50),
    largest=st.integers(1, 20),
    cut=st.integers(0, 50),
)
def test_a_thumbnail_holds_means(width, height, largest, cut):
    values = np.random.default_rng(width).normal(size=(height, width))
    values[values > 1] = np.nan
    picture = Thumbnail(width, height, largest)
    picture.add(0, 0, values[:, :cut])
    if cut < width:
        picture.add(cut, 0, values[:, cut:])
    step = -(-max(width, height) // largest)
    means = picture.means
    assert max(means.shape) <= largest
    for row, line in enumerate(means):
        for column, mean in enumerate(line):
            square = values[row * step : (row + 1) * step, column * step : (column + 1) * step]
            valid = square[np.isfinite(square)]
            expected = valid.mean() if valid.size else np.nan
            assert mean == pytest.approx(expected, nan_ok=True)

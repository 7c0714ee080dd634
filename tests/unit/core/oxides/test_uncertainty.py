"""The uncertainty of Mg#, against sampling and numerical derivatives."""

import json
import math

import numpy as np
import pytest

from lunar_oxide_plugin.core.oxides.oxides import mg_number
from lunar_oxide_plugin.core.oxides.uncertainty import (
    error_correlation,
    mg_number_uncertainty,
)


def fraction(mgo, feo):
    return (mgo / 40.304) / (mgo / 40.304 + feo / 71.844)


#: MgO, FeO and their sigmas in wt%: highlands, mare, hardly any iron, hardly any magnesium.
SOILS = [(6.0, 4.5, 0.12, 0.09), (8.0, 20.7, 0.16, 0.4), (9.0, 0.4, 0.2, 0.008), (0.5, 18, 0.01, 1)]
CORRELATIONS = [-1.0, -0.6, 0.0, 0.35, 0.95, 1.0]


@pytest.mark.parametrize("correlation", CORRELATIONS)
@pytest.mark.parametrize(("mgo", "feo", "mgo_sigma", "feo_sigma"), SOILS)
def test_against_drawn_errors(mgo, feo, mgo_sigma, feo_sigma, correlation):
    one, other = np.random.default_rng(7).standard_normal((2, 200_000))
    other = correlation * one + math.sqrt(1 - correlation**2) * other
    drawn = fraction(mgo + mgo_sigma * one, feo + feo_sigma * other)
    found = mg_number_uncertainty(mgo, feo, mgo_sigma, feo_sigma, correlation)
    # Errors of a few percent, so what first order leaves out is below 1 % of Mg# in the sum.
    assert found == pytest.approx(drawn.std(), rel=0.02, abs=2e-5)


@pytest.mark.parametrize("correlation", CORRELATIONS)
@pytest.mark.parametrize(("mgo", "feo", "mgo_sigma", "feo_sigma"), SOILS)
def test_against_numerical_derivatives(mgo, feo, mgo_sigma, feo_sigma, correlation):
    """JCGM 100:2008, eq. 13, written with differences of Mg# itself."""
    h = 1e-4
    by_mgo = (fraction(mgo + h, feo) - fraction(mgo - h, feo)) / (2 * h) * mgo_sigma
    by_feo = (fraction(mgo, feo + h) - fraction(mgo, feo - h)) / (2 * h) * feo_sigma
    variance = by_mgo**2 + by_feo**2 + 2 * correlation * by_mgo * by_feo
    found = mg_number_uncertainty(mgo, feo, mgo_sigma, feo_sigma, correlation)
    assert found**2 == pytest.approx(variance, rel=1e-5)


def test_errors_in_proportion_cancel():
    """At r = 1 MgO and FeO wrong by the same factor leave Mg# as it is; at r = -1 they add up."""
    mgo, feo = np.random.default_rng(2).uniform(1e-3, 25, (2, 10_000))
    part = np.random.default_rng(3).uniform(1e-3, 2, 10_000)
    with np.errstate(all="raise"):
        none = mg_number_uncertainty(mgo, feo, part * mgo, part * feo, 1.0)
        twice = mg_number_uncertainty(mgo, feo, part * mgo, part * feo, -1.0)
        beyond = mg_number_uncertainty(mgo, feo, part * mgo, part * feo, 1 + 1e-9)
    assert np.array_equal(none, beyond)  # r may carry rounding; no variance is negative
    assert none.max() < 1e-7
    share = fraction(mgo, feo)
    np.testing.assert_allclose(twice, 2 * part * share * (1 - share), rtol=1e-9)


def test_limits():
    # Without iron Mg# is 1: only iron's error moves it, along d/dFeO = -(1/71.844)/(MgO/40.304).
    assert mg_number_uncertainty(8, 0, 0.8, 1.5, 0.5) == pytest.approx(1.5 / 71.844 / (8 / 40.304))
    assert mg_number_uncertainty(0, 8, 0.8, 1.5, 0.5) == pytest.approx(0.8 / 40.304 / (8 / 71.844))
    assert mg_number_uncertainty(8, 9, 0, 0, 0.5) == 0


@pytest.mark.parametrize(
    ("mgo", "feo"), [(0, 0), (-0.1, 5), (5, -0.1), (math.nan, 5), (5, math.inf), (-9999, -9999)]
)
def test_none_where_there_is_no_mg_number(mgo, feo):
    assert np.isnan(mg_number(mgo, feo))
    with np.errstate(all="raise"):
        assert np.isnan(mg_number_uncertainty(mgo, feo, 1.0, 1.0))


@pytest.mark.parametrize("sigma", [math.nan, math.inf, -1.0, -9999.0])
def test_none_without_a_sigma(sigma):
    assert np.isnan(mg_number_uncertainty(8.0, 9.0, sigma, 1.0))
    assert np.isnan(mg_number_uncertainty(8.0, 9.0, 1.0, sigma))


def test_shapes():
    mgo, feo = np.full((3, 1), 8, np.float32), np.array([10, 20], np.float32)
    found = mg_number_uncertainty(mgo, feo, 0.8, np.array([1.0, 2.0]))
    assert found.shape == (3, 2)
    assert found.dtype == np.float64
    assert found[2, 1] == mg_number_uncertainty(8, 20, 0.8, 2.0)


MATRIX = np.eye(5) + 0.0
MATRIX[2, 3] = MATRIX[3, 2] = -0.41
MATRIX[0, 4] = MATRIX[4, 0] = 0.7


def test_correlation_of_two_oxides():
    text = json.dumps(MATRIX.tolist())
    assert error_correlation(text, "MgO", "FeO") == -0.41
    assert error_correlation(text, "FeO", "MgO") == -0.41
    assert error_correlation(text, "TiO2", "Al2O3") == 0.7
    assert error_correlation(text, "CaO", "MgO") == 0


def changed(row, column, value):
    matrix = MATRIX.tolist()
    matrix[row][column] = value
    return json.dumps(matrix)


@pytest.mark.parametrize(
    "text",
    [
        "none",
        "0.4",
        "{}",
        json.dumps(MATRIX[:4].tolist()),
        "[[1], [1, 2], [], [], []]",
        changed(2, 3, 0.4),
        changed(2, 3, None),
        changed(2, 3, math.nan),
        changed(2, 2, 0.5),
        changed(2, 3, "a"),
        json.dumps((MATRIX * 1.2).tolist()),
    ],
)
def test_what_is_no_matrix_of_correlations(text):
    with pytest.raises(ValueError, match="5 x 5"):
        error_correlation(text, "MgO", "FeO")


def test_correlations_beyond_one():
    matrix = MATRIX.copy()
    matrix[2, 3] = matrix[3, 2] = 1.3
    with pytest.raises(ValueError, match="5 x 5"):
        error_correlation(json.dumps(matrix.tolist()), "MgO", "FeO")


def test_errors_that_nobody_states_a_correlation_of_are_independent():
    alone = mg_number_uncertainty(9.0, 12.0, 0.4, 0.6)
    assert alone == mg_number_uncertainty(9.0, 12.0, 0.4, 0.6, 0.0)
    # Rounded beyond -1 they are as at -1.
    assert mg_number_uncertainty(9.0, 12.0, 0.4, 0.6, -1.5) == mg_number_uncertainty(
        9.0, 12.0, 0.4, 0.6, -1.0
    )

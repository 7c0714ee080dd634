"""The default method against scikit-learn, brute force and its own promises."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Matern, WhiteKernel

from lunar_oxide_plugin.core.oxides.oxides import SUM_LIMIT
from training import spread, tables
from training.methods import METHODS
from training.methods.features import FEATURES, basis
from training.methods.gaussian_process import (
    GaussianProcesses,
    _choose,
    _from_ratios,
    _to_ratios,
    leave_one_out_errors,
)
from training.methods.kernel import LENGTH, fit_kernel

BANDS = (415, 750, 900, 950, 1001, 1050, 1250, 1550)


def reference(description, table):
    """scikit-learn's process in one description, and a function to describe spectra."""
    values = basis(table.reflectance) @ FEATURES[description]
    mean, scale = values.mean(axis=0), values.std(axis=0)
    root = np.sqrt(values.shape[1])

    def describe(reflectance):
        return (basis(reflectance) @ FEATURES[description] - mean) / scale / root

    kernel = ConstantKernel(1, "fixed") + DotProduct(1, "fixed") * Matern(LENGTH, "fixed", nu=1.5)
    return kernel, describe


def test_basis_is_what_it_says(table):
    found = basis(table.reflectance)
    r415, r750, r950 = table.reflectance[:, [0, 1, 3]].T
    np.testing.assert_allclose(found[:, :8], table.reflectance)
    np.testing.assert_allclose(found[:, 8:16], np.log(table.reflectance))
    np.testing.assert_allclose(found[:, 16], -np.arctan((r950 / r750 - 1.25) / (r750 - 0.037)))
    np.testing.assert_allclose(found[:, 17], np.arctan((r415 / r750 - 0.208) / (r750 + 0.108)))
    ratios = found @ FEATURES["ratios"]
    assert ratios.shape == (38, 8)
    np.testing.assert_allclose(ratios[:, 0], np.log(r750))
    others = [i for i in range(8) if i != 1]
    np.testing.assert_allclose(
        ratios[:, 1:], np.log(table.reflectance[:, others] / r750[:, None]), atol=1e-12
    )


@pytest.mark.parametrize("noise", [0.001, 0.03])
def test_processes_are_scikit_learns(table, noise):
    """Mean over the descriptions, in log-ratios; the angle equations left out."""
    method = GaussianProcesses(noises=(noise,), angle_shares=(0.0,))
    rng = np.random.default_rng(0)
    spectra = table.reflectance[:20] * np.exp(rng.normal(0, 0.05, (20, 8)))
    ratios = _to_ratios(table.oxides)
    mean, scale = ratios.mean(axis=0), ratios.std(axis=0)
    each = []
    for description in FEATURES:
        kernel, describe = reference(description, table)
        process = GaussianProcessRegressor(kernel + WhiteKernel(noise, "fixed"), optimizer=None)
        process.fit(describe(table.reflectance), (ratios - mean) / scale)
        each.append(process.predict(describe(spectra)))
    expected = _from_ratios(np.mean(each, axis=0) * scale + mean)
    np.testing.assert_allclose(method.fit(table).predict(spectra), expected, rtol=1e-6)


def test_width_is_scikit_learns_standard_deviation(table):
    rng = np.random.default_rng(0)
    spectra = table.reflectance[:20] * np.exp(rng.normal(0, 0.05, (20, 8)))
    variances = []
    for description in FEATURES:
        kernel, describe = reference(description, table)
        process = GaussianProcessRegressor(
            kernel + WhiteKernel(spread.NOISE, "fixed"), optimizer=None
        )
        process.fit(describe(table.reflectance), np.zeros(38))
        variances.append(process.predict(describe(spectra), return_std=True)[1] ** 2)
    width = spread.fit_spread(table.reflectance, table.oxides).width(spectra)
    np.testing.assert_allclose(width, np.sqrt(np.mean(variances, axis=0)), rtol=1e-5)


def test_width_grows_away_from_the_sites(table):
    found = spread.fit_spread(table.reflectance, table.oxides)
    at_sites = found.width(table.reflectance)
    assert (at_sites < 0.1).all()
    previous = np.median(at_sites)
    for factor in (1.5, 3.0, 6.0):
        width = found.width(table.reflectance.max(axis=0)[None] * factor)[0]
        assert width > previous
        previous = width


def test_leave_one_out_is_what_brute_force_gives(table):
    """The choice rests on it: refit without each site, standardised by all of them."""
    noise = 0.01
    kernel = fit_kernel(table.reflectance)
    covariance = kernel.with_training(table.reflectance)
    ratios = _to_ratios(table.oxides)
    mean, scale = ratios.mean(axis=0), ratios.std(axis=0)
    standard = (ratios - mean) / scale
    inverse = np.linalg.inv(covariance + noise * np.eye(38))
    closed = standard - leave_one_out_errors(inverse, inverse @ standard)
    for row in (0, 17, 37):
        rest = np.arange(38) != row
        for each in range(len(FEATURES)):
            inside = covariance[each][np.ix_(rest, rest)] + noise * np.eye(37)
            weights = np.linalg.solve(inside, standard[rest])
            expected = covariance[each][row, rest] @ weights
            np.testing.assert_allclose(closed[each, row], expected, rtol=1e-7, atol=1e-9)


def test_choice_takes_the_smallest_error():
    measured = np.array([1.0, 2.0, 3.0])
    processes = {0.1: measured + 1.0, 0.2: measured - 0.5}
    assert _choose(measured, processes, None, (0.0, 0.5)) == (0.2, 0.0)
    # Half of +1 and half of -1 cancel.
    assert _choose(measured, processes, measured - 1.0, (0.0, 0.5)) == (0.1, 0.5)


def test_log_ratios_there_and_back(table):
    np.testing.assert_allclose(_from_ratios(_to_ratios(table.oxides)), table.oxides)


def test_anything_gives_oxides_of_a_rock(table):
    fitted = METHODS["gaussian_process"].fit(table, ())
    rng = np.random.default_rng(3)
    oxides = fitted.predict(np.exp(rng.uniform(-12, 2, (5000, 8))))
    assert np.isfinite(oxides).all()
    assert oxides.min() >= 0
    assert oxides.sum(axis=1).max() <= SUM_LIMIT * (1 + 1e-9)


def test_oxides_of_zero_and_sites_without_a_titanium_law(table):
    """A table without TiO2 has no power law and a logarithm of nothing; both must pass."""
    oxides = table.oxides.copy()
    oxides[:, 4] = 0
    fitted = GaussianProcesses().fit(replace(table, oxides=oxides))
    predicted = fitted.predict(table.reflectance)
    assert np.isfinite(predicted).all()
    assert predicted[:, 4].max() < 0.2


def test_extended_stations_change_the_model_but_are_not_its_sites(table, record):
    assert len(record["learnt_besides"]) == 10
    assert record["sites"] == list(table.sites)
    joined = table.and_(tables.load_extended_sites())
    with_them = GaussianProcesses().fit(joined).predict(table.reflectance)
    without = GaussianProcesses().fit(table).predict(table.reflectance)
    assert np.abs(with_them - without).max() > 0.05


def test_titanium_that_falls_with_its_angle_has_no_power_law(table):
    """Its power would be infinite at an angle of zero."""
    falling = table.oxides.copy()
    falling[:, 4] = falling[:, 4].max() + 0.4 - falling[:, 4]
    fitted = GaussianProcesses().fit(replace(table, oxides=falling))
    assert fitted.constants is None
    assert all(choice.angle_share == 0 for choice in fitted.choice)


def test_angle_equations_are_believed_within_reach(table):
    """Luna 16 with a blue end far too bright: the power law alone would say 49 wt% TiO2."""
    fitted = METHODS["gaussian_process"].fit(table, ())
    spectrum = table.reflectance[[table.sites.index("Luna16")]] * [1.5, 1, 1, 1, 1, 1, 1, 1]
    alone = replace(fitted, choice=tuple(c._replace(angle_share=1.0) for c in fitted.choice))
    assert alone.oxides(spectrum)[0, 4] == pytest.approx(1.25 * table.oxides[:, 4].max())
    unlimited = replace(alone, angle_limits=np.full(2, np.inf))
    assert unlimited.oxides(spectrum)[0, 4] > 30

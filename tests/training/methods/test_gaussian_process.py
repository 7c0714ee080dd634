"""The default method against scikit-learn, brute force and its own promises."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Matern, WhiteKernel

from lunar_oxide_plugin.core.oxides.oxides import SUM_LIMIT
from training import spread, tables
from training.methods import METHODS
from training.methods.angles import PowerLaw, fit_power_law, titanium_angle
from training.methods.features import FEATURES, basis
from training.methods.gaussian_process import (
    SETTINGS,
    GaussianProcesses,
    _fit_plane,
    _from_ratios,
    _to_ratios,
)
from training.methods.kernel import LENGTH

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


def processes_alone(**changes):
    """The method without power law and principal components, its settings changed."""
    settings = tuple(replace(setting, **changes) for setting in SETTINGS)
    return GaussianProcesses(oxides=settings, law_share=0.0, components=5)


@pytest.mark.parametrize("noise", [0.001, 0.03])
@pytest.mark.parametrize("descriptions", [tuple(FEATURES), ("reflectance", "ratios")])
def test_processes_are_scikit_learns(table, noise, descriptions):
    """Mean over the descriptions, in log-ratios."""
    method = processes_alone(noise=noise, mission=0.0, descriptions=descriptions)
    rng = np.random.default_rng(0)
    spectra = table.reflectance[:20] * np.exp(rng.normal(0, 0.05, (20, 8)))
    ratios = _to_ratios(table.oxides)
    mean, scale = ratios.mean(axis=0), ratios.std(axis=0)
    each = []
    for description in descriptions:
        kernel, describe = reference(description, table)
        process = GaussianProcessRegressor(kernel + WhiteKernel(noise, "fixed"), optimizer=None)
        process.fit(describe(table.reflectance), (ratios - mean) / scale)
        each.append(process.predict(describe(spectra)))
    expected = _from_ratios(np.mean(each, axis=0) * scale + mean)
    np.testing.assert_allclose(method.fit(table).predict(spectra), expected, rtol=1e-6)


def test_each_oxide_has_its_own_noise(table):
    """An oxide of the default is that of processes which all have its settings."""
    fitted = GaussianProcesses(law_share=0.0, components=5).fit(table)
    for column, setting in enumerate(SETTINGS):
        alike = tuple(replace(setting, oxide=other.oxide) for other in SETTINGS)
        alone = GaussianProcesses(oxides=alike, law_share=0.0, components=5).fit(table)
        np.testing.assert_allclose(
            fitted.predict(table.reflectance)[:, column],
            alone.predict(table.reflectance)[:, column],
            rtol=1e-9,
        )


def test_error_of_missions_makes_their_sites_count_less(table):
    """Many sites of one mission with an error of their own, against one of another mission."""
    twice = table.rows([*range(38), *range(38)])
    many = replace(
        twice,
        sites=tuple(map(str, range(76))),
        missions=("A",) * 75 + ("B",),
        oxides=np.concatenate([table.oxides, table.oxides * 0.8]),
    )
    known = processes_alone(mission=0.0).fit(many).predict(many.reflectance)
    shared = processes_alone(mission=1.0).fit(many).predict(many.reflectance)
    assert np.abs(shared - many.oxides)[75].mean() < np.abs(known - many.oxides)[75].mean()


def test_power_law_is_robust(table):
    """The exact law is found although one site in eight has a third of its TiO2."""
    law = PowerLaw(0.7, 15.0)
    oxides = table.oxides.copy()
    oxides[:, 4] = law.tio2(table.reflectance)
    oxides[::8, 4] /= 3
    found = fit_power_law(replace(table, oxides=oxides))
    assert found.exponent == pytest.approx(15, rel=0.02)
    others = np.delete(np.arange(38), np.arange(0, 38, 8))
    at_others = table.reflectance[others]
    np.testing.assert_allclose(found.tio2(at_others), law.tio2(at_others), rtol=0.1)
    theta = titanium_angle(table.reflectance)
    np.testing.assert_allclose(law.tio2(table.reflectance), 0.7 * theta**15)


def test_plane_is_the_nearest_combination_of_components(table):
    """Beside scikit-learn's PCA of a table in which every mission has one site."""
    each = replace(table, missions=tuple(map(str, range(38))))
    components = PCA(3).fit(table.oxides)
    rng = np.random.default_rng(1)
    oxides = table.oxides + rng.normal(0, 1, table.oxides.shape)
    nearest = components.inverse_transform(components.transform(oxides))
    np.testing.assert_allclose(_fit_plane(each, 3).of(oxides), nearest[:, 0])


def test_plane_weighs_missions_alike(table):
    """A site written down three times changes nothing when it is of the same mission."""
    rows = [*range(38), 5, 5]
    names = tuple(f"{mission}{row}" for row, mission in enumerate(table.missions))
    once = replace(table, missions=names)
    thrice = once.rows(rows)
    for left, right in zip(_fit_plane(once, 3), _fit_plane(thrice, 3)):
        np.testing.assert_allclose(left, right)


def test_width_is_scikit_learns_standard_deviation(table):
    rng = np.random.default_rng(0)
    spectra = table.reflectance[:20] * np.exp(rng.normal(0, 0.05, (20, 8)))
    variances = []
    for description in spread.DESCRIPTIONS:
        kernel, describe = reference(description, table)
        process = GaussianProcessRegressor(
            kernel + WhiteKernel(spread.NOISE, "fixed"), optimizer=None
        )
        process.fit(describe(table.reflectance), np.zeros(38))
        variances.append(process.predict(describe(spectra), return_std=True)[1] ** 2)
    width = spread.fit_spread(table, lambda x: np.zeros((len(x), 5))).width(spectra)
    np.testing.assert_allclose(width, np.sqrt(np.mean(variances, axis=0)), rtol=1e-5)


def test_width_grows_away_from_the_sites(table):
    found = spread.fit_spread(table, lambda x: np.zeros((len(x), 5)))
    at_sites = found.width(table.reflectance)
    assert (at_sites < 0.1).all()
    previous = np.median(at_sites)
    for factor in (1.5, 3.0, 6.0):
        width = found.width(table.reflectance.max(axis=0)[None] * factor)[0]
        assert width > previous
        previous = width


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
    assert GaussianProcesses().fit(replace(table, oxides=falling)).power_law is None


def test_power_law_is_believed_within_reach(table):
    """Luna 16 with a blue end far too bright: the power law alone would say 49 wt% TiO2."""
    fitted = METHODS["gaussian_process"].fit(table, ())
    spectrum = table.reflectance[[table.sites.index("Luna16")]] * [1.5, 1, 1, 1, 1, 1, 1, 1]
    alone = replace(fitted, share=1.0)
    assert alone.oxides(spectrum)[0, 4] == pytest.approx(1.25 * table.oxides[:, 4].max())
    unlimited = replace(alone, limit=np.inf)
    assert unlimited.oxides(spectrum)[0, 4] > 30

"""The refit of the angle equations, and the Clementine methods at Clementine sites."""

import numpy as np
import pytest

from lunar_oxide_plugin.core.spectra.empirical import (
    METHODS,
    OTAKE_PUBLISHED,
    OTAKE_REFITTED,
)
from training import tables
from training.empirical import refit as empirical
from training.evaluate import Configuration
from training.methods import angles as angle_methods
from training.protocols import FIT, K_FOLD, MISSION


@pytest.fixture(scope="module")
def angles(table):
    """The two angles written out, and FeO and TiO2."""
    r415, r750, r950 = table.reflectance[:, [0, 1, 3]].T
    iron = -np.arctan((r950 / r750 - 1.25) / (r750 - 0.037))
    titanium = np.arctan((r415 / r750 - 0.208) / (r750 + 0.108))
    return iron, titanium, table.oxides[:, 2], table.oxides[:, 4]


def fitted(table):
    return angle_methods.fit_constants(empirical.three_bands(table), empirical.measured(table))


def test_line_agrees_with_the_normal_equations(table, angles):
    iron, _, feo, _ = angles
    design = np.stack([iron, np.ones_like(iron)], axis=1)
    slope, intercept = np.linalg.solve(design.T @ design, design.T @ feo)
    assert fitted(table).fe_slope == pytest.approx(slope, rel=1e-9)
    assert fitted(table).fe_intercept == pytest.approx(intercept, rel=1e-9)


def test_power_agrees_with_a_search_over_the_exponent(table, angles):
    """For a given exponent the best factor is linear; the exponent is found by a fine search."""
    _, titanium, _, tio2 = angles
    exponents = np.linspace(5, 30, 250_001)
    errors = []
    for part in np.array_split(exponents, 500):
        powers = titanium ** part[:, None]
        factors = powers @ tio2 / (powers**2).sum(axis=1)
        errors.append(((factors[:, None] * powers - tio2) ** 2).sum(axis=1))
    best = exponents[np.argmin(np.concatenate(errors))]
    factor = titanium**best @ tio2 / (titanium ** (2 * best)).sum()
    assert fitted(table).ti_exponent == pytest.approx(best, abs=1e-4)
    assert fitted(table).ti_factor == pytest.approx(factor, abs=1e-5)


def test_shipped_constants_are_the_fit(table):
    """To the digits they are given with."""
    constants = fitted(table)
    assert round(constants.fe_slope, 3) == OTAKE_REFITTED.fe_slope
    assert round(constants.fe_intercept, 3) == OTAKE_REFITTED.fe_intercept
    assert round(constants.ti_factor, 5) == OTAKE_REFITTED.ti_factor
    assert round(constants.ti_exponent, 3) == OTAKE_REFITTED.ti_exponent
    assert OTAKE_REFITTED.fe_origin == OTAKE_PUBLISHED.fe_origin
    assert OTAKE_REFITTED.ti_origin == OTAKE_PUBLISHED.ti_origin


def test_held_out_sites_are_not_learnt(table):
    """Changing a mission's chemistry changes nothing of its own held-out predictions."""
    changed = tables.SiteTable(
        table.sites, table.missions, table.reflectance, table.oxides.copy(), own="changed"
    )
    rows = [mission == "CE-5" for mission in table.missions]
    changed.oxides[rows] *= 0.5
    configuration = Configuration(repeats=2)
    one = empirical.cross_validate(table, configuration)
    other = empirical.cross_validate(changed, configuration)
    for protocol in (K_FOLD, MISSION):
        np.testing.assert_array_equal(one[protocol][:, rows], other[protocol][:, rows])
        assert np.isfinite(one[protocol]).all()
        assert (one[protocol] != other[protocol]).any()
    assert (one[FIT][:, rows] != other[FIT][:, rows]).all()


def test_clementine_methods_at_clementine_sites():
    """Correlations worked out apart from this code: Lucey 0.961 and 0.910."""
    table = tables.load_clementine_sites()
    assert len(table.sites) == 47
    found = {
        (method.id, score.oxide): score
        for method in METHODS[2:]
        for score in empirical.judge_clementine(method, table)
    }
    assert set(found) == {("lucey2000", "FeO"), ("lucey2000", "TiO2"), ("wilcox2005", "FeO")}
    assert found["lucey2000", "FeO"].r == pytest.approx(0.961, abs=5e-4)
    assert found["lucey2000", "TiO2"].r == pytest.approx(0.910, abs=5e-4)
    # Lucey's line was fitted to such sites: no mean error.
    assert found["lucey2000", "FeO"].bias == pytest.approx(0, abs=1e-2)

"""Effect sizes against scipy and drawn pixels."""

import math

import numpy as np
import pytest
from scipy import stats

from lunar_oxide_plugin.core.results.separability import overlap, separations
from lunar_oxide_plugin.core.results.units import Unit


def unit(name, mean, std, uncertainty=None, pixels=9):
    summary = {"pixels": pixels, "mean": mean, "std": std}
    if uncertainty is not None:
        summary["mean_uncertainty"] = uncertainty
    return Unit(name, 1.0, {"FeO": summary})


@pytest.mark.parametrize("d", [0, 0.5, 1, 2, 3, -2])
def test_overlap_is_the_area_in_common_of_two_normal_distributions(d):
    x = np.linspace(-12, 12, 200_001)
    both = np.minimum(stats.norm.pdf(x), stats.norm.pdf(x, d))
    assert overlap(d) == pytest.approx(both.sum() * (x[1] - x[0]), abs=1e-8)


def test_effect_size_of_drawn_pixels():
    """With as many pixels in both, pooled variance is the mean of both: as statsmodels, scipy."""
    random = np.random.default_rng(2)
    a, b = random.normal(10, 2, 5000), random.normal(13, 3, 5000)
    (found,) = separations([unit("a", a.mean(), a.std()), unit("b", b.mean(), b.std())])
    t = stats.ttest_ind(a, b).statistic
    assert found.effect_size == pytest.approx(t * math.sqrt(2 / 5000), rel=1e-3)
    assert found.difference == a.mean() - b.mean()
    assert found.band == "FeO"
    assert found.in_uncertainties is None


def test_one_uncertainty_is_not_enough():
    for pair in ((0.3, None), (None, 0.3)):
        a, b = (unit(name, 10, 1, sigma) for name, sigma in zip("ab", pair))
        assert next(separations([a, b])).in_uncertainties is None


def test_in_uncertainties_and_every_two():
    units = [unit("a", 10, 1, 0.3), unit("b", 12, 1, 0.4), unit("c", 12, 1, 0.0)]
    found = {(one.first, one.second): one for one in separations(units)}
    assert list(found) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert found["a", "b"].in_uncertainties == pytest.approx(-4)
    assert found["a", "b"].effect_size == -2
    assert found["b", "c"].effect_size == 0


def test_units_without_scatter_or_pixels():
    one, same, other = unit("a", 5.0, 0.0), unit("b", 5.0, 0.0), unit("c", 4.0, 0.0)
    none = unit("d", math.nan, math.nan, pixels=0)
    effects = [each.effect_size for each in separations([one, same, other])]
    assert effects == [0, math.inf, math.inf]
    assert math.isnan(next(separations([one, none])).effect_size)
    # An uncertainty that is not known is not one of none.
    alone, known = unit("e", 5.0, 0.0, math.nan), unit("f", 4.0, 0.0, 0.1)
    assert math.isnan(next(separations([alone, known])).in_uncertainties)

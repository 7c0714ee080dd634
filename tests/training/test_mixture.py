"""The plugin's own fit of two populations beside scikit-learn's."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from lunar_oxide_plugin.core.mathematics.mixture import Histogram, fit_mixture


@pytest.mark.parametrize("seed", range(3))
def test_scikit_learn_finds_the_same(seed):
    random = np.random.default_rng(seed)
    values = np.concatenate([random.normal(5.8, 1.5, 16600), random.normal(15.4, 2.5, 3400)])
    values = values[(values > 0) & (values < 40)]
    histogram = Histogram(0, 40, 0.02)
    histogram.add(values, np.ones(values.size))
    found = GaussianMixture(2, tol=1e-9, max_iter=5000, random_state=seed)
    found.fit(values[:, np.newaxis])
    order = np.argsort(found.means_.ravel())
    fit = fit_mixture(histogram)
    np.testing.assert_allclose(fit.shares, found.weights_[order], rtol=2e-3)
    np.testing.assert_allclose(fit.means, found.means_.ravel()[order], rtol=2e-3)
    np.testing.assert_allclose(fit.sigmas, np.sqrt(found.covariances_.ravel())[order], rtol=2e-3)
    even = found.predict_proba([[fit.threshold()]])[0]
    assert even == pytest.approx([0.5, 0.5], abs=0.02)

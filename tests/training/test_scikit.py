"""The methods of the literature: what scikit-learn itself gives, and where settings come from."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.cross_decomposition import PLSRegression
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from lunar_oxide_plugin.core.oxides import OXIDES
from training.methods import METHODS

SEED = (1, 2, 3)
SCIKIT = ("plsr", "mlp", "svr", "random_forest")


def state():
    return int(np.random.SeedSequence(SEED).generate_state(1)[0])


def standardised(table):
    return (table.oxides - table.oxides.mean(axis=0)) / table.oxides.std(axis=0)


def test_components_are_those_of_the_inner_cross_validation(table):
    fitted = METHODS["plsr"].fit(table, SEED)
    folds = KFold(5, shuffle=True, random_state=state())
    target = standardised(table)
    scores = [
        cross_val_score(
            make_pipeline(StandardScaler(), PLSRegression(n, scale=False)),
            table.reflectance,
            target,
            scoring="neg_mean_squared_error",
            cv=folds,
        ).mean()
        for n in range(1, 8)
    ]
    best = 1 + int(np.argmax(scores))
    assert fitted.choices() == {"all oxides": {"n_components": best}}
    model = make_pipeline(StandardScaler(), PLSRegression(best, scale=False))
    expected = model.fit(table.reflectance, target).predict(table.reflectance)
    expected = expected * table.oxides.std(axis=0) + table.oxides.mean(axis=0)
    np.testing.assert_allclose(fitted.oxides(table.reflectance), expected)


def test_support_vectors_are_scikit_learns(table):
    fitted = METHODS["svr"].fit(table, SEED)
    target = standardised(table)
    for column, (oxide, chosen) in enumerate(fitted.choices().items()):
        assert oxide == OXIDES[column]
        model = make_pipeline(StandardScaler(), SVR(epsilon=0.05, tol=1e-5, **chosen))
        expected = model.fit(table.reflectance, target[:, column]).predict(table.reflectance)
        expected = expected * table.oxides[:, column].std() + table.oxides[:, column].mean()
        np.testing.assert_allclose(fitted.oxides(table.reflectance)[:, column], expected)


@pytest.mark.parametrize("name", SCIKIT)
def test_same_seed_same_model(table, name):
    method = METHODS[name].quick()
    one, two = (method.fit(table, SEED).predict(table.reflectance) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    other = method.fit(table, (4, 5, 6)).predict(table.reflectance)
    if method.random:
        assert np.abs(one - other).max() > 1e-6


@pytest.mark.parametrize("name", SCIKIT)
def test_learns_the_sites(table, name):
    """Shuffled chemistry cannot be learnt as well by any of them."""
    method = METHODS[name].quick()
    order = np.random.default_rng(0).permutation(38)
    shuffled = replace(table, oxides=table.oxides[order])
    errors = [
        np.sqrt(((method.fit(t, SEED).predict(t.reflectance) - t.oxides) ** 2).mean())
        for t in (table, shuffled)
    ]
    assert errors[0] < 0.7 * errors[1]

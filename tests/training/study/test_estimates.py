import numpy as np
import pytest
from sklearn.metrics import r2_score

from training.study.estimates import (
    error_share,
    learning_draws,
    neighbour_variance,
    r2_left,
    r2_of,
    sites_needed,
    slopes,
)
from training.study.sites import SIZES


def test_neighbour_variance_is_brute_force():
    rng = np.random.default_rng(1)
    points, oxides = rng.normal(size=(20, 3)), rng.normal(size=(20, 5))
    total = np.zeros(5)
    for i in range(20):
        near = min(
            (j for j in range(20) if j != i), key=lambda j: np.hypot.reduce(points[i] - points[j])
        )
        total += (oxides[i] - oxides[near]) ** 2
    np.testing.assert_allclose(neighbour_variance(points, oxides), total / 40)


def test_neighbour_variance_finds_known_noise():
    rng = np.random.default_rng(2)
    points = rng.uniform(size=(1500, 2))
    sd = np.array([0.2, 0.4, 0.6, 0.8, 1.0])
    smooth = np.sin(points.sum(axis=1))[:, None]
    found = neighbour_variance(points, smooth + sd * rng.normal(size=(1500, 5)))
    np.testing.assert_allclose(found, sd**2, rtol=0.2)  # four standard errors


def test_r2_left_is_that_of_a_model_with_such_errors():
    rng = np.random.default_rng(3)
    oxides = rng.normal(size=(100_000, 5)) * 3
    predicted = oxides + rng.normal(size=oxides.shape)
    found = r2_left(np.ones(5), oxides)
    np.testing.assert_allclose(
        found, r2_score(oxides, predicted, multioutput="raw_values"), atol=2e-3
    )


def test_shares_and_r2_of_some_sites():
    rng = np.random.default_rng(4)
    measured, predicted = rng.normal(size=(9, 5)), rng.normal(size=(3, 9, 5))
    chosen, others = [1, 4, 8], [0, 2, 3, 5, 6, 7]
    inside = sum((predicted[r, s] - measured[s]) ** 2 for r in range(3) for s in chosen)
    outside = sum((predicted[r, s] - measured[s]) ** 2 for r in range(3) for s in others)
    np.testing.assert_allclose(
        error_share(measured, predicted, chosen), inside / (inside + outside)
    )
    truth = np.concatenate([measured[others]] * 3)
    theirs = np.concatenate([one[others] for one in predicted])
    expected = r2_score(truth, theirs, multioutput="raw_values")
    np.testing.assert_allclose(r2_of(measured, predicted, others), expected)


@pytest.mark.parametrize("size", SIZES)
def test_draws_divide_the_sites_and_test_each_equally_often(size):
    drawn = learning_draws(38, size, 38, 7)
    for train, test in drawn:
        assert len(train) == size
        assert sorted(train + test) == list(range(38))
    times = np.bincount([row for _, test in drawn for row in test], minlength=38)
    assert (times == 38 - size).all()
    assert len({tuple(sorted(train)) for train, _ in drawn}) == 38


def test_slope_of_a_power_law():
    sizes = [8, 16, 32]
    exponent = np.array([-1.0, -0.5, -0.2, 0.0, 0.3])
    exact = np.array([np.tile(4.0 * size ** (2 * exponent), (6, 1)) for size in sizes])
    found, error = slopes(sizes, exact, 20, 0)
    np.testing.assert_allclose(found, exponent, atol=1e-12)
    np.testing.assert_allclose(error, 0, atol=1e-12)
    noisy = exact * np.random.default_rng(5).uniform(0.5, 1.5, exact.shape)
    assert (slopes(sizes, noisy, 20, 0)[1] > 0).all()


def test_sites_needed():
    # RMSE as 1/n: a quarter of the squared error with twice the sites.
    assert sites_needed(38, 0.8, 0.95, -1.0) == pytest.approx(76)
    assert sites_needed(38, 0.8, 0.95, 0.1) is None

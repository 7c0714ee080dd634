"""Scores mission by mission, beside sums written out."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from training.missions import (
    balanced_rmse,
    bootstrap_r2,
    error_shares,
    r2_inside,
    two_means,
)
from training.protocols import K_FOLD, MISSION

MISSIONS = ("A",) * 6 + ("B",) * 3 + ("C",)


@pytest.fixture(scope="module")
def judged():
    rng = np.random.default_rng(0)
    measured = rng.uniform(0, 20, (10, 5))
    return measured, measured + rng.normal(0, 1, (4, 10, 5))


def test_every_mission_counts_alike(judged):
    measured, predicted = judged
    errors = [
        np.mean([(predicted[r, s] - measured[s]) ** 2 for r in range(4) for s in rows], axis=0)
        for rows in (range(6), range(6, 9), (9,))
    ]
    expected = np.sqrt(sum(errors) / 3)
    np.testing.assert_allclose(balanced_rmse(measured, predicted, MISSIONS), expected)


def test_shares_are_those_of_the_squared_error(judged):
    measured, predicted = judged
    shares = error_shares(measured, predicted, MISSIONS)
    np.testing.assert_allclose(sum(shares.values()), 1)
    one = ((predicted[:, 9] - measured[9]) ** 2).sum(axis=0)
    np.testing.assert_allclose(shares["C"], one / ((predicted - measured) ** 2).sum(axis=(0, 1)))


def test_r2_inside_is_scikit_learns(judged):
    measured, predicted = judged
    found = r2_inside(measured, predicted, MISSIONS)
    assert list(found) == ["A"]  # the others have too few sites
    expected = r2_score(
        np.tile(measured[:6], (4, 1)), predicted[:, :6].reshape(-1, 5), multioutput="raw_values"
    )
    np.testing.assert_allclose(found["A"], expected)


def test_a_mission_of_one_soil_has_no_r2_inside(judged):
    """As several pixels around one landing, all with the chemistry of its soil."""
    measured, predicted = judged
    alike = measured.copy()
    alike[:6, 4] = 1.0
    assert r2_inside(alike, predicted, MISSIONS) == {}
    assert np.isfinite(bootstrap_r2(alike, predicted, MISSIONS, 1)).all()


def test_bootstrap_holds_the_score_and_shrinks_to_it(judged):
    """Around the score of all; to a point where every mission is the same."""
    measured, predicted = judged
    low, high = bootstrap_r2(measured, predicted, MISSIONS, 1)
    score = r2_score(np.tile(measured, (4, 1)), predicted.reshape(-1, 5), multioutput="raw_values")
    assert (low < score).all()
    assert (score < high).all()
    alike = np.tile(measured[:3], (3, 1)), np.tile(predicted[:, :3], (1, 3, 1))
    low, high = bootstrap_r2(*alike, ("A",) * 3 + ("B",) * 3 + ("C",) * 3, 1)
    np.testing.assert_allclose(low, high)


def test_two_means_are_a_step_at_the_best_limit(table):
    """By brute force over all limits between two sites."""
    r750 = table.reflectance[:, 1]
    order = np.argsort(r750)
    for column, oxide in enumerate(table.oxides.T):
        halves = [(order[:k], order[k:]) for k in range(1, 38)]
        dark, bright = min(
            halves, key=lambda pair: sum(((oxide[h] - oxide[h].mean()) ** 2).sum() for h in pair)
        )
        found = two_means(table, table.reflectance)[:, column]
        np.testing.assert_allclose(found[dark], oxide[dark].mean())
        np.testing.assert_allclose(found[bright], oxide[bright].mean())


def test_record_keeps_what_its_predictions_give(each_record):
    measured = np.array(each_record["measured"])
    for protocol in (K_FOLD, MISSION):
        found = each_record["protocols"][protocol]
        predicted = np.array(found["predicted"])
        np.testing.assert_allclose(
            found["missions"]["balanced_rmse"],
            balanced_rmse(measured, predicted, each_record["missions"]),
            atol=2e-5,
        )


def test_the_default_is_what_it_was_decided_to_be(record):
    """What the design promises at held-out sites and at unseen missions."""
    goals = {
        K_FOLD: {"Al2O3": 0.95, "CaO": 0.86, "FeO": 0.945, "MgO": 0.80, "TiO2": 0.85},
        MISSION: {"Al2O3": 0.86, "CaO": 0.68, "FeO": 0.92, "TiO2": 0.70},
    }
    for protocol, goal in goals.items():
        for oxide, r2 in goal.items():
            assert record["protocols"][protocol]["metrics"][oxide]["r2"] >= r2, (protocol, oxide)
    balanced = record["protocols"][MISSION]["missions"]["balanced_rmse"]
    assert (np.array(balanced) <= [2.2, 1.32, 1.9, 1.75, 1.85]).all()

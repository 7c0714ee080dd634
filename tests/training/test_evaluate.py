from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import mean_squared_error, r2_score

from training import metrics, tables
from training.domain import pixel_covariance
from training.evaluate import Configuration, Predictions, evaluate, scores, standardised_errors
from training.network import Settings
from training.protocols import FIT, K_FOLD, MISSION, PROTOCOLS


@pytest.fixture(scope="module")
def noise():
    return pixel_covariance(tables.load_apollo12_pixels())


@pytest.fixture
def random_pair():
    rng = np.random.default_rng(0)
    return rng.normal(size=(38, 5)), rng.normal(size=(38, 5))


def test_metrics_agree_with_sklearn(random_pair):
    measured, predicted = random_pair
    r2 = r2_score(measured, predicted, multioutput="raw_values")
    mse = mean_squared_error(measured, predicted, multioutput="raw_values")
    np.testing.assert_allclose(metrics.r2(measured, predicted), r2)
    np.testing.assert_allclose(metrics.rmse(measured, predicted), np.sqrt(mse))


def test_pooled_scores(random_pair):
    measured, predicted = random_pair
    repeats = np.stack([predicted, predicted + 1])
    found = scores(measured, repeats)
    twice = np.concatenate([measured, measured])
    np.testing.assert_allclose(found["r2"], metrics.r2(twice, np.concatenate(repeats)))
    np.testing.assert_allclose(found["rmse"], metrics.rmse(twice, np.concatenate(repeats)))
    each = [metrics.rmse(measured, one) for one in repeats]
    np.testing.assert_allclose(found["rmse_sd"], np.std(each, axis=0, ddof=1))


def test_standardised_errors_leave_the_judged_sites_out():
    measured = np.zeros((3, 5))
    predicted = np.array([[[8.0] * 5, [1.0] * 5, [1.0] * 5]])
    k_fold = Predictions(np.array([[0, 1, 2]]), predicted, predicted, np.array([[0.5, 0.5, 2.0]]))
    errors = standardised_errors(measured, k_fold, k_fold)[0, :, 0]
    others = np.sqrt((64 + 1) / 2)
    np.testing.assert_allclose(errors, [8.0, 1 / others, 1 / (2 * others)])


def test_shuffled_labels_cannot_be_predicted(table, noise):
    order = np.random.default_rng(4).permutation(38)
    shuffled = replace(table, oxides=table.oxides[order])
    configuration = Configuration(network=Settings(epochs=40), folds=5, repeats=1)
    results = evaluate(shuffled, noise, configuration, lambda _: None)
    assert (scores(shuffled.oxides, results[K_FOLD].predicted)["r2"] <= 0).all()


def test_recomputed_scores_of_the_paper(record):
    recomputed = record["paper"]["recomputed"]["all 40 sites"]
    rmse = [round(recomputed[oxide]["rmse"], 3) for oxide in record["oxides"]]
    r2 = [round(recomputed[oxide]["r2"], 3) for oxide in record["oxides"]]
    assert rmse == [0.445, 0.381, 0.358, 0.219, 0.262]
    assert r2 == [0.994, 0.965, 0.995, 0.987, 0.992]


def test_recorded_metrics_follow_from_recorded_predictions(record):
    assert tuple(record["protocols"]) == PROTOCOLS
    measured = np.array(record["measured"])
    for result in record["protocols"].values():
        found = scores(measured, np.array(result["predicted"]))
        for i, oxide in enumerate(record["oxides"]):
            for name, value in result["metrics"][oxide].items():
                assert value == pytest.approx(found[name][i], abs=2e-5)


def test_record_belongs_to_the_tables(record, table):
    assert record["tables_sha256"] == tables.tables_sha256()
    assert record["sites"] == list(table.sites)
    assert record["configuration"]["network"]["epochs"] == 500
    assert record["configuration"]["repeats"] == 10


def test_network_beats_a_constant_between_known_sites(record):
    for oxide in record["oxides"]:
        k_fold = record["protocols"][K_FOLD]
        assert k_fold["metrics"][oxide]["rmse"] < k_fold["baseline_mean"][oxide]["rmse"]
        fit = record["protocols"][FIT]["metrics"][oxide]["rmse"]
        assert fit < record["protocols"][MISSION]["metrics"][oxide]["rmse"]

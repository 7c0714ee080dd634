from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import linregress, pearsonr

from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from training import metrics
from training.methods import convolutional
from training.methods.network import Settings
from training.paper.study import KERNELS, correlations, make_paper_record, random_splits, regress
from training.protocols import FIT, K_FOLD
from training.tables import load_missing_sites


def test_correlations_agree_with_scipy(table):
    found = correlations(table)
    assert found.shape == (8, 5)
    for band in range(8):
        for oxide in range(5):
            expected = pearsonr(table.reflectance[:, band], table.oxides[:, oxide]).statistic
            assert found[band, oxide] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("oxide", range(5))
def test_line_agrees_with_scipy_and_with_fitting_without_each_site(table, oxide):
    x, y = table.reflectance[:, 3], table.oxides[:, oxide]
    line = regress(x, y)
    expected = linregress(x, y)
    assert line["slope"] == pytest.approx(expected.slope)
    assert line["intercept"] == pytest.approx(expected.intercept)
    assert line["r2"] == pytest.approx(expected.rvalue**2)
    assert line["rmse"] == pytest.approx(
        np.sqrt(np.mean((np.polyval(np.polyfit(x, y, 1), x) - y) ** 2))
    )
    left_out = np.array(
        [np.polyval(np.polyfit(np.delete(x, i), np.delete(y, i), 1), x[i]) for i in range(len(x))]
    )
    assert line["loo_r2"] == pytest.approx(
        1 - np.sum((left_out - y) ** 2) / np.sum((y - y.mean()) ** 2)
    )
    assert line["loo_rmse"] == pytest.approx(np.sqrt(np.mean((left_out - y) ** 2)))


def test_random_splits_judge_a_tenth_that_is_not_learnt():
    splits = random_splits(38, 20, 1)
    for learnt, judged in splits:
        assert (len(learnt), len(judged)) == (34, 4)
        assert sorted(learnt + judged) == list(range(38))
    assert len({tuple(judged) for _, judged in splits}) == 20
    assert splits == random_splits(38, 20, 1)
    assert splits != random_splits(38, 20, 2)


def test_sites_judged_are_never_learnt(table, record, monkeypatch):
    def spoilt(reflectance, target, settings, seed):
        """Predict 0 at sites not learnt and 999 at those learnt."""
        known = {tuple(spectrum) for spectrum in reflectance}
        return SimpleNamespace(
            predict=lambda spectra: np.array([999.0 * (tuple(s) in known) for s in spectra])
        )

    monkeypatch.setattr(convolutional, "train_network", spoilt)
    found = make_paper_record(table, record, quick=True, progress=lambda _: None)
    zeros, all_sites = np.zeros_like(table.oxides), range(38)
    judged = [row for _, rows in random_splits(38, 2, Settings().seed) for row in rows]
    for scores, rows in (
        *((found["kernels"][str(kernel)][K_FOLD], all_sites) for kernel in KERNELS),
        (found["random_splits"]["validation"], judged),
    ):
        expected = metrics.rmse(table.oxides[list(rows)], zeros[list(rows)])
        np.testing.assert_allclose([scores[o]["rmse"] for o in OXIDES], expected, atol=1e-5)
    learnt = [found["kernels"]["3"][FIT], found["random_splits"]["training"]]
    assert all(scores[oxide]["rmse"] > 900 for scores in learnt for oxide in OXIDES)


def test_best_band_has_the_largest_correlation(committed):
    r = np.abs(committed["correlation"])
    for column, oxide in enumerate(OXIDES):
        line = committed["regression"][oxide]
        assert r[line["band"], column] == r[:, column].max()
        assert line["r2"] == pytest.approx(r[line["band"], column] ** 2, abs=2e-5)


def test_kernel_2_is_the_bundled_network(committed, record):
    found = committed["kernels"]["2"]
    predicted = np.array(record["protocols"][K_FOLD]["predicted"])
    measured = np.array(record["measured"])
    for column, oxide in enumerate(OXIDES):
        fit = record["protocols"][FIT]["metrics"][oxide]
        assert found[FIT][oxide] == pytest.approx({k: fit[k] for k in ("r2", "rmse")}, abs=1e-4)
        for repeat, scores in enumerate(found["repeats"]):
            # The record's predictions end at the physical limits, which can only help.
            limited = metrics.rmse(measured[:, column], predicted[repeat, :, column])
            assert limited - 1e-4 <= scores[oxide]["rmse"] <= limited + 0.01


def test_table_3_names_every_site_and_invents_none(committed, table, record):
    found = committed["sites_side_by_side"]
    missing = set(load_missing_sites())
    assert set(found) == {*table.sites, *missing}
    for site, values in found.items():
        assert (values[FIT] is None) == (values[K_FOLD] is None) == (site in missing)
    row = table.sites.index("CE-5")
    k_fold = np.array(record["protocols"][K_FOLD]["predicted"])[:, row].mean(axis=0)
    np.testing.assert_allclose(found["CE-5"][K_FOLD], k_fold, atol=1e-5)
    np.testing.assert_allclose(found["CE-5"]["measured"], table.oxides[row])


def test_record_of_other_tables_is_refused(table, record):
    other = replace(table, oxides=table.oxides + 0.01)
    with pytest.raises(ValueError, match="other tables"):
        make_paper_record(other, record, quick=True, progress=lambda _: None)

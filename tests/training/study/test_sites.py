import csv
from dataclasses import replace

import numpy as np

from training import tables
from training.evaluate import Configuration
from training.methods import DEFAULT, METHODS
from training.protocols import K_FOLD, Split
from training.study.sites import OTHER, _held_out, _without, shuffled_labels


def test_a_site_left_out_is_neither_learnt_nor_judged():
    split = Split(K_FOLD, 3, 2, (0, 1, 4), (2, 3))
    assert _without(4, split) == replace(split, train=(0, 1))
    assert _without(3, split) == replace(split, test=(2,))


def test_held_out_predictions_stand_where_their_split_says(table):
    splits = [Split(K_FOLD, r, 0, tuple(range(20 + r)), (30, 31 + r)) for r in range(2)]
    found = _held_out(table, METHODS[DEFAULT], False, splits)
    assert found.shape == (2, 38, 5)
    for split in splits:
        alone = METHODS[DEFAULT].fit(table.rows(split.train), split.seed)
        rows = list(split.test)
        np.testing.assert_allclose(
            found[split.repeat, rows], alone.predict(table.reflectance[rows]), rtol=1e-9
        )
    assert np.isfinite(found).sum() == 2 * 2 * 5


def test_shuffled_labels_cannot_be_predicted(table):
    found = shuffled_labels(table, Configuration(folds=5), 3, lambda _: None)
    for name in (DEFAULT, OTHER):
        assert (np.array(found[name]["mean"]) < 0).all()
        assert (np.array(found[name]["largest"]) >= np.array(found[name]["mean"])).all()


def test_other_tio2_is_of_known_sites_and_differs(table):
    column = table.oxides[:, -1]
    other = tables.load_other_tio2()
    differences = [abs(column[table.sites.index(site)] - value) for site, value in other.items()]
    assert len(other) == 4
    assert 0.5 <= min(differences) <= max(differences) < 1
    with (tables.DATA / "tio2_other_source.csv").open(newline="") as file:
        assert all("Yang et al. 2023" in row["source"] for row in csv.DictReader(file))

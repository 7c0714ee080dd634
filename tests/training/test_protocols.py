from dataclasses import replace

import numpy as np
import pytest

from training import protocols
from training.evaluate import Configuration, all_splits
from training.methods import METHODS
from training.protocols import FIT, K_FOLD, MISSION


def test_every_site_is_held_out_once_per_repeat(table):
    splits = all_splits(table, Configuration())
    for protocol, repeats in ((FIT, 1), (K_FOLD, 20), (MISSION, 5)):
        for repeat in range(repeats):
            chosen = [s for s in splits if s.protocol == protocol and s.repeat == repeat]
            assert sorted(row for s in chosen for row in s.test) == list(range(38))


def test_training_and_test_rows_are_disjoint(table):
    for split in all_splits(table, Configuration()):
        if split.protocol != FIT:
            assert not set(split.train) & set(split.test)
            assert len(split.train) + len(split.test) == 38


def test_a_mission_is_never_divided(table):
    for split in protocols.leave_one_mission_out(table.missions, 1):
        held_out = {table.missions[row] for row in split.test}
        assert len(held_out) == 1
        assert held_out.isdisjoint(table.missions[row] for row in split.train)


def test_a_group_is_never_divided():
    groups = ["Apollo12"] * 8 + [f"site{i}" for i in range(20)]
    for split in protocols.grouped_k_fold(groups, folds=5, repeats=3, seed=1):
        pixels = [row in split.test for row in range(8)]
        assert all(pixels) or not any(pixels)


def test_repeats_differ_and_seeds_repeat(table):
    first = protocols.grouped_k_fold(table.sites, 10, 2, seed=7)
    assert first == protocols.grouped_k_fold(table.sites, 10, 2, seed=7)
    assert {s.test for s in first[:10]} != {s.test for s in first[10:]}


@pytest.mark.parametrize("folds", [1, 39])
def test_impossible_folds_are_refused(table, folds):
    with pytest.raises(ValueError, match="need 2 to 38"):
        protocols.grouped_k_fold(table.sites, folds, 1, 0)


def test_split_seeds_are_unique(table):
    seeds = [split.seed for split in all_splits(table, Configuration())]
    assert len(set(seeds)) == len(seeds)


def test_methods_without_random_numbers_need_one_repeat(table):
    splits = all_splits(table, Configuration(), random=False)
    assert sum(split.protocol == MISSION for split in splits) == len(set(table.missions))


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("protocol", [K_FOLD, MISSION])
def test_held_out_sites_leave_no_trace_in_their_model(table, protocol, name):
    split = next(s for s in all_splits(table, Configuration()) if s.protocol == protocol)
    test = list(split.test)
    oxides, reflectance = table.oxides.copy(), table.reflectance.copy()
    oxides[test], reflectance[test] = 9.0, 0.9
    changed = replace(table, oxides=oxides, reflectance=reflectance)
    method = METHODS[name].quick()

    def predicted(of):
        return method.fit(of.rows(split.train), split.seed).predict(table.reflectance)

    np.testing.assert_array_equal(predicted(table), predicted(changed))
    # The same change in a training site does show.
    oxides[split.train[0]] *= 1.2
    touched = predicted(replace(table, oxides=oxides))
    assert not np.array_equal(predicted(table), touched)

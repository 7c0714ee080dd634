"""The sites in the plugin and the tables of training say the same."""

import numpy as np

from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from lunar_oxide_plugin.core.sites.ground_truth import load_ground_truth
from training import tables


def test_chemistry_is_that_of_the_training_tables(table):
    expected = dict(zip(table.sites, table.oxides)) | tables.load_missing_sites()
    found = {site.site: [site.oxides[oxide] for oxide in OXIDES] for site in load_ground_truth()}
    assert set(found) == set(expected)
    for name, oxides in found.items():
        np.testing.assert_array_equal(oxides, expected[name])


def test_missions_and_order_are_the_paper_s(table):
    missions = dict(zip(table.sites, table.missions))
    sites = load_ground_truth()
    assert [site.site for site in sites] == list(tables.load_paper_predictions())
    assert all(missions.get(site.site, site.mission) == site.mission for site in sites)
    assert {site.mission for site in sites} == set(table.missions) | {"CE-3"}

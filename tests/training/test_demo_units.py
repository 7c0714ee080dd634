"""The units of the demo scenes: what the table says is what the training sites mix to."""

import csv
import re

import numpy as np
import pytest

from lunar_oxide_plugin.core.demo.scene import SCENES, TABLE
from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from lunar_oxide_plugin.core.spectra.bands import MODEL_BANDS
from training.demo_units import build, load_targets, mix, oxide_scale, table_text
from training.tables import load_sites


@pytest.fixture(scope="module")
def units():
    return build()


@pytest.fixture(scope="module")
def rows():
    with TABLE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def test_targets_are_all_units_of_the_scenes():
    targets = {(target.scene, target.unit) for target in load_targets()}
    assert targets == {(scene.name, u.name) for scene in SCENES.values() for u in scene.units}


def test_shipped_table_is_what_the_training_tables_give(units, rows):
    # Solvers may differ in a share's last digit, so numbers and not text.
    made = list(csv.DictReader(table_text(units).split("\n")[-len(rows) - 2 :]))
    assert len(made) == len(rows)
    for new, shipped in zip(made, rows):
        assert (new["scene"], new["unit"]) == (shipped["scene"], shipped["unit"])
        for band in MODEL_BANDS:
            key = f"r{band.nominal}"
            assert float(new[key]) == pytest.approx(float(shipped[key]), abs=5e-5)
        for oxide in OXIDES:
            assert float(new[oxide]) == pytest.approx(float(shipped[oxide]), abs=0.02)


def test_every_row_is_the_mixture_it_names(rows):
    table = load_sites()
    for row in rows:
        parts = re.findall(r"(\d\.\d+) (\S+)", row["mixture"])
        shares = np.array([float(share) for share, _ in parts])
        sites = [table.sites.index(site) for _, site in parts]
        assert shares.sum() == pytest.approx(1, abs=1e-9)
        assert (shares > 0).all()
        assert len(sites) <= 6
        reflectance = [float(row[f"r{band.nominal}"]) for band in MODEL_BANDS]
        np.testing.assert_allclose(reflectance, shares @ table.reflectance[sites], atol=6e-6)
        oxides = [float(row[oxide]) for oxide in OXIDES]
        np.testing.assert_allclose(oxides, shares @ table.oxides[sites], atol=6e-3)


def test_mixtures_lie_within_the_range_of_the_sites(units):
    table = load_sites()
    for _, mixture in units:
        assert mixture.shares.sum() == pytest.approx(1, abs=1e-9)
        assert (mixture.shares >= 0).all()
        assert (mixture.oxides >= table.oxides.min(axis=0)).all()
        assert (mixture.oxides <= table.oxides.max(axis=0)).all()
        assert (mixture.reflectance >= table.reflectance.min(axis=0)).all()


def test_a_site_is_mixed_from_itself():
    table = load_sites()
    site = table.sites.index("CE-5")  # an extreme one: no other mixture has its chemistry
    mixture = mix(table, table.oxides[site], oxide_scale(table))
    assert mixture.shares[site] > 0.95


def test_no_mixture_of_random_shares_is_nearer(units):
    table = load_sites()
    scale = oxide_scale(table)
    shares = np.random.default_rng(1).dirichlet(np.full(len(table.sites), 0.05), 20000)
    for target, mixture in units:
        found = np.linalg.norm((mixture.oxides - target.oxides) / scale)
        random = np.linalg.norm((shares @ table.oxides - target.oxides) / scale, axis=1).min()
        # The second step and the rounding of shares may give away a little.
        assert found <= random + 0.3


def test_reachable_units_have_the_papers_chemistry(units):
    for target, mixture in units:
        if target.scene == "Mairan" and target.unit != "mare":
            np.testing.assert_allclose(mixture.oxides, target.oxides, atol=0.4)


def test_units_beyond_the_sites_stay_within_their_range(units):
    by_name = {(target.scene, target.unit): mixture for target, mixture in units}
    # The paper has 11.67 wt% TiO2; no site has more than 10.
    assert 8 < by_name["Sosigenes", "Hummocky"].oxides[OXIDES.index("TiO2")] < 10


def test_table_says_it_is_synthetic():
    assert TABLE.read_text(encoding="utf-8").startswith("# SYNTHETIC")

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import r2_score

from training import tables
from training.evaluate import QUICK, Configuration
from training.methods import DEFAULT, METHODS
from training.protocols import K_FOLD, MISSION, Split
from training.record import read_record
from training.study.estimates import (
    error_share,
    learning_draws,
    neighbour_variance,
    r2_left,
    r2_of,
    sites_needed,
    slopes,
)
from training.study.report import write_study
from training.study.run import make_study, variants
from training.study.sites import OTHER, SIZES, _held_out, _without, shuffled_labels

SECTIONS = ("What was tried", "The ceiling", "More sites", "What CE-5", "Four sites", "Shuffled")


@pytest.fixture(scope="module")
def table():
    return tables.load_sites()


@pytest.fixture(scope="module")
def quick(everything):
    return read_record(everything / "study.json")


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


def test_the_first_variant_is_the_default():
    first = variants(quick=False)[0]
    assert (first.method, first.extended) == (METHODS[DEFAULT], METHODS[DEFAULT].extended)


def test_other_tio2_is_of_known_sites_and_differs(table):
    column = table.oxides[:, -1]
    other = tables.load_other_tio2()
    differences = [abs(column[table.sites.index(site)] - value) for site, value in other.items()]
    assert len(other) == 4
    assert 0.5 <= min(differences) <= max(differences) < 1
    with (tables.DATA / "tio2_other_source.csv").open(newline="") as file:
        assert all("Yang et al. 2023" in row["source"] for row in csv.DictReader(file))


def test_quick_study_says_what_its_parts_say(table, quick):
    default = quick["tried"][0]
    assert default["name"] == "default"
    assert quick["ceiling"]["hindsight"][K_FOLD]["r2"] == [
        max(row[K_FOLD][column] for row in quick["tried"]) for column in range(5)
    ]
    # No other site has as much FeO: a model that has not seen CE-5 gives it less.
    spectra = {spectrum["name"]: spectrum for spectrum in quick["farthest"]["spectra"]}
    assert spectra["CE-5"]["known"] == table.oxides[-1].tolist()
    assert spectra["CE-5"]["without"][2] < spectra["CE-5"]["with"][2]
    assert len(default[MISSION]) == 5
    # TiO2 alone was given other labels: the other oxides hardly move.
    largest = quick["other_tio2"]["largest"]["wt%"]
    assert max(largest[:4]) < 0.05 < largest[4]


@pytest.mark.usefixtures("undrawn")
def test_quick_study_is_written_and_repeats_itself(tmp_path, table, quick):
    again = make_study(table, QUICK, True, lambda _: None)
    first, second = (
        write_study(one, tmp_path / name) for one, name in ((quick, "a"), (again, "b"))
    )
    written = sorted(path.name for path in first.parent.iterdir())
    assert written == ["study.json", "study.md", "study_learning.png", "study_tried.png"]
    for name in written:
        assert (first.parent / name).read_bytes() == (second.parent / name).read_bytes()
    text = first.read_text(encoding="utf-8")
    for number, title in enumerate(SECTIONS, start=1):
        assert f"## {number}. {title}" in text
    assert all(f"]({name})" in text for name in written if name.endswith(".png"))
    assert "nan" not in text.lower().split()
    assert read_record(first.parent / "study.json") == json.loads(json.dumps(again))

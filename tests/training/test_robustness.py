"""What light and weathering do to a spectrum, and what the page says of it."""

import json

import numpy as np
import pytest

from lunar_oxide_plugin.core.spectra.empirical import OTAKE_PUBLISHED, theta_fe
from training.__main__ import REPORTS
from training.methods import METHODS
from training.robustness import changes, lambert, weathered


def test_slope_of_a_lambert_surface():
    """cos 25 / cos 30 and cos 35 / cos 30."""
    assert lambert(5, 30) == pytest.approx(0.906308 / 0.866025, rel=1e-5)
    assert lambert(-5, 30) == pytest.approx(0.819152 / 0.866025, rel=1e-5)
    assert lambert(0, 60) == 1


@pytest.mark.parametrize("change", [-0.1, 0.1])
def test_weathering_keeps_the_iron_angle(table, change):
    before, after = table.reflectance, weathered(table.reflectance, change)
    np.testing.assert_allclose(after[:, 1], before[:, 1] * (1 + change))
    angles = [theta_fe(s[:, 1], s[:, 3], OTAKE_PUBLISHED.fe_origin) for s in (before, after)]
    np.testing.assert_allclose(*angles)
    # Mature soil is darker and redder.
    assert (
        np.sign(after[:, 7] / before[:, 7] - after[:, 0] / before[:, 0]) == -np.sign(change)
    ).all()


def test_record_has_every_model_and_change(table):
    record = json.loads((REPORTS / "robustness.json").read_text(encoding="utf-8"))
    assert list(record["models"]) == list(METHODS)
    for found in record["models"].values():
        assert list(found["changes"]) == list(changes(table.reflectance))
        brighter = found["changes"]["brightness +10%"]["mean"]
        assert brighter[0] > 0 > brighter[2]  # more Al2O3 and less FeO, as in brighter highlands


def test_default_changes_by_its_photometric_term(record):
    """Sigma holds half of the change by +5 and -5 % of brightness; TiO2's grows with TiO2."""
    found = json.loads((REPORTS / "robustness.json").read_text(encoding="utf-8"))
    changed = found["models"][record["model"]]["changes"]
    for oxide in range(4):
        either = np.mean([changed[f"brightness {e}%"]["rms"][oxide] for e in ("-5", "+5")])
        assert record["photometric"][oxide] == pytest.approx(either, rel=0.15)

"""The fixed colour scales."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunar_oxide_plugin.core.oxides.colours import (
    DOMAIN_CLASSES,
    SCALES,
    UNCERTAINTY_SCALES,
    VIRIDIS,
    Scale,
)
from lunar_oxide_plugin.core.oxides.composite import STRETCHES
from lunar_oxide_plugin.core.oxides.oxides import MG_NUMBER, OXIDES
from lunar_oxide_plugin.core.oxides.published import PUBLISHED_MEANS
from scripts.generate import styles
from tests.folders import ROOT

CORE = ROOT / "lunar_oxide_plugin" / "core"
ALL = [*SCALES.values(), *UNCERTAINTY_SCALES.values()]
FEO = SCALES["FeO"]

scales = st.sampled_from(ALL)


def lightness(rgb):
    """CIE 1976 L* of sRGB bytes [3, n], by IEC 61966-2-1 and D65."""
    channel = np.asarray(rgb, float) / 255
    linear = np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)
    y = np.array([0.2126729, 0.7151522, 0.0721750]) @ linear
    return np.where(y > (6 / 29) ** 3, 116 * np.cbrt(y) - 16, (29 / 3) ** 3 * y)


def test_is_matplotlibs_viridis():
    cm = pytest.importorskip("matplotlib.cm")
    theirs = np.array(cm.viridis(np.arange(256)))[:, :3].T * 255
    ours = Scale("x", 0, 255, "").colours(np.arange(256))[:3]
    difference = np.abs(ours - theirs)
    assert difference.max() <= 6
    assert difference.mean() < 0.7


def test_equal_steps_of_a_value_are_equal_steps_of_lightness():
    values = np.linspace(FEO.low, FEO.high, 241)
    found = lightness(FEO.colours(values)[:3])
    assert lightness(np.full((3, 1), 255))[0] == pytest.approx(100, abs=0.01)
    assert (np.diff(found) > 0).all()
    slope, start = np.polyfit(values, found, 1)
    assert slope * 24 > 70  # from dark to light
    assert np.abs(found - (start + slope * values)).max() < 2


def test_every_quantity_has_its_scale():
    assert list(SCALES) == list(UNCERTAINTY_SCALES) == [*OXIDES, MG_NUMBER]
    assert {SCALES[oxide].unit for oxide in OXIDES} == {"wt%"}
    assert SCALES[MG_NUMBER].unit == ""
    assert (FEO.low, FEO.high) == (0, 24)
    assert SCALES[MG_NUMBER][1:3] == (0.3, 0.9)
    assert UNCERTAINTY_SCALES["FeO"].high == 8
    assert UNCERTAINTY_SCALES[MG_NUMBER].high == 0.2
    for name, scale in UNCERTAINTY_SCALES.items():
        assert scale.low == 0
        assert scale.high == pytest.approx((SCALES[name].high - SCALES[name].low) / 3, rel=0.1)


def test_limits_hold_what_the_moon_has():
    """Soils of Table 1, the means of Table 2, and the units of Tables 5 and 6."""
    lines = (CORE / "sites" / "ground_truth_sites.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert len(rows) == 40
    found = {oxide: [float(row[oxide]) for row in rows] for oxide in OXIDES}
    for means in PUBLISHED_MEANS:
        for name, value in means.values.items():
            found.setdefault(name, []).append(value)
    found["Al2O3"] += [8.41, 21.95]  # of Sosigenes' hummocky unit and of Mairan T
    found["CaO"] += [10.85, 13.61]
    found["FeO"] += [8.95, 20.68]
    found["MgO"] += [6.35, 10.54]
    found["TiO2"] += [1.56, 11.67]
    for name, values in found.items():
        scale = SCALES[name]
        assert scale.low <= min(values) < max(values) < scale.high
        # and no scale is so wide that soils lie in a corner of it
        assert name == MG_NUMBER or np.ptp(values) > 0.5 * (scale.high - scale.low)
    assert STRETCHES[2].limits["Al2O3"][1] < SCALES["Al2O3"].high


@given(scales, st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_more_is_lighter(scale, one, other):
    low, high = sorted((one, other))
    darker, lighter = lightness(scale.colours([low, high])[:3])
    assert darker <= lighter + 0.4  # colours are whole numbers


@given(scales, st.integers(0, len(VIRIDIS) - 1))
def test_stops_have_their_own_colour(scale, step):
    value, colour = scale.stops()[step]
    assert "#" + bytes(scale.colours(value)[:3]).hex() == colour


@given(scales, st.floats(0, 1e9))
def test_beyond_the_limits_is_the_colour_of_the_limit(scale, beyond):
    ends = scale.colours([scale.low - beyond, scale.high + beyond])
    assert np.array_equal(ends, scale.colours([scale.low, scale.high]))
    assert (ends[3] == 255).all()


def test_no_data_is_transparent():
    assert FEO.colours([[np.nan, 12.0]]).tolist()[3] == [[0, 255]]
    assert FEO.colours(np.nan).tolist() == [0, 0, 0, 0]


def test_texts():
    assert FEO.text(12) == "12 wt% FeO"
    assert SCALES[MG_NUMBER].text(0.675) == "Mg# 0.675"


def test_legend_says_what_is_not_determined():
    assert SCALES["FeO"].legend() == ("0 wt% FeO", "24 wt% FeO")
    assert SCALES[MG_NUMBER].legend() == (
        "Mg# 0.3",
        "Mg# 0.9 (not determined at places never sampled)",
    )


def test_domain_classes_follow_each_other():
    limits = [each.limit for each in DOMAIN_CLASSES]
    assert limits == sorted(limits)
    assert limits[0] == 1
    assert limits[-1] == np.inf


def test_styles_are_written_from_the_scales():
    """After a change of a scale: make styles."""
    for name, text in styles.contents().items():
        assert (styles.FOLDER / name).read_text(encoding="utf-8") == text, name
    by_hand = {"difference.qml", "reflectance.qml", "rgb.qml", "sites.qml"}
    by_hand |= {f"terrain_{scheme}.qml" for scheme in ("basalts", "mare", "terranes")}
    assert {path.name for path in styles.FOLDER.glob("*.qml")} == by_hand | set(styles.contents())

"""Which values are measurements, and by which factor they become reflectance."""

import csv
import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunar_oxide_plugin.core.errors import SpectraError
from lunar_oxide_plugin.core.spectra.validity import (
    choose_scaling,
    declared_scaling,
    require_rising,
    split_of_detectors,
    valid_spectra,
)
from tests.folders import ROOT
from tests.mi_tiles import HIGHLANDS_DN, INVALID_CODES, MARE_DN, MODEL_PLANES, scene

ONES, ZEROS = np.ones(8), np.zeros(8)

DATA = ROOT / "training" / "data"


def real_spectra():
    """Reflectance [8] of the 55 site pixels of MI that are published."""
    for name in ("sites", "apollo12_pixels", "extended_sites"):
        with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row.get("site") != "Apollo12LM":  # the mean of pixels
                    yield np.array([float(row[key]) for key in row if re.fullmatch("r\\d+", key)])


REAL = list(real_spectra())
TAG = np.full(8, 2e-5)
SCENES = {"mare": MARE_DN, "highlands": HIGHLANDS_DN}


def stored_dn(average, seed=0):
    """DN [8, n] of a scene, as a source hands them over."""
    return scene(average=average, seed=seed)[list(MODEL_PLANES)].reshape(8, -1).astype(np.float32)


def reflectance_of(stored, scale, dn):
    """The largest relative error of a chosen scale against DN x 2e-5."""
    return np.abs(scale.apply(stored) / (dn * 2e-5) - 1).max()


@pytest.mark.parametrize("band", range(8))
@pytest.mark.parametrize(
    ("dn", "lit"),
    [(code, False) for code in INVALID_CODES]
    + [(-1, False), (0, False), (1, False), (500, False), (501, True)]
    + [(5000, True), (32766, True), (32767, False), (np.nan, False), (np.inf, False)],
)
@pytest.mark.parametrize("kind", ["DN", "float32", "float64"])
def test_every_threshold_in_each_band_alone(band, dn, lit, kind):
    values = np.full((8, 1), 5000.0)
    values[band] = dn
    if kind == "DN":
        scaling = choose_scaling(stored_dn(MARE_DN), TAG, ZEROS)
        reflectance = scaling.apply(values.astype(np.float32))
    else:
        reflectance = (values * 2e-5).astype(kind)
    assert valid_spectra(reflectance).tolist() == [lit]


@pytest.mark.parametrize(
    ("shadow_dn", "dn", "lit"),
    [(327, 327, False), (327, 328, True), (0, 0, False), (0, 1, True), (500, 501, True)],
)
def test_other_shadow_thresholds(shadow_dn, dn, lit):
    values = np.full((8, 3, 2), 0.1, np.float32)
    values[4, 1, 1] = dn * 2e-5
    valid = valid_spectra(values, shadow_dn * 2e-5)
    assert valid.shape == (3, 2)
    assert valid[1, 1] == lit
    assert valid.sum() == 5 + lit


@given(st.integers(-32768, 32767))
def test_validity_of_any_dn_is_that_of_its_integers(dn):
    reflectance = np.full((8, 1), dn, np.float32) * np.float32(2e-5)
    assert valid_spectra(reflectance)[0] == (500 < dn < 32767)


@pytest.mark.parametrize("average", SCENES.values(), ids=SCENES)
@pytest.mark.parametrize(
    ("factor", "declared", "noted"),
    [
        (1, TAG, ""),
        (1, ONES, "declares no scale; its values were read as MI DN"),
        (2e-5, ONES, ""),
        (2e-5, TAG, "already are reflectance; the scale was not applied"),
        (0.2, ONES * 1e-4, ""),  # reflectance x 10000, and the tag says so
        (2e-3, ONES * 0.01, ""),  # percent, and the tag says so
    ],
    ids=["DN", "DN untagged", "reflectance", "stale tag", "x1e4 tagged", "percent tagged"],
)
def test_usual_forms_are_read_right(average, factor, declared, noted):
    dn = stored_dn(average)
    stored = (dn * factor).astype(np.float32)
    scaling = choose_scaling(stored, declared, ZEROS)
    assert reflectance_of(stored, scaling, dn) < 1e-6
    assert noted in scaling.note
    assert bool(scaling.note) == bool(noted)


@pytest.mark.parametrize("average", SCENES.values(), ids=SCENES)
@pytest.mark.parametrize(
    ("factor", "declared", "advice"),
    [
        (4e-10, ONES, "scaled by 2e-5 a second time: if so, set SCALE to 50000"),
        (4e-10, TAG, "scaled by 2e-5 a second time: if so, set SCALE to 50000"),
        (2e-3, ONES, "percent: if so, set SCALE to 0.01"),
        (0.2, ONES, "times 10000: if so, set SCALE to 0.0001"),
        (0.2, TAG, "times 10000: if so, set SCALE to 0.0001"),
        (1, ONES * 1e-4, "MI DN: if so, set SCALE to 2e-05"),
    ],
    ids=["twice", "twice, tagged", "percent", "x1e4", "x1e4 with MI's tag", "DN, 1e-4 tag"],
)
def test_unusual_forms_are_refused_with_the_factor_that_fits(average, factor, declared, advice):
    stored = (stored_dn(average) * factor).astype(np.float32)
    with pytest.raises(SpectraError, match=advice):
        choose_scaling(stored, declared, ZEROS)


@pytest.mark.parametrize("average", SCENES.values(), ids=SCENES)
def test_the_users_factor_replaces_the_files(average):
    dn = stored_dn(average)
    for declared in (ONES, TAG, ONES * 7):
        scaling = choose_scaling(dn, declared, ZEROS + 3, user_scale=2e-5)
        assert reflectance_of(dn, scaling, dn) < 1e-6
        assert scaling.note == ""


@pytest.mark.parametrize("average", SCENES.values(), ids=SCENES)
@pytest.mark.parametrize("wrong", [1, 2e-6, 4e-10, 1e-3, 0, -2e-5, np.nan, np.inf])
def test_a_wrong_factor_of_the_user_is_refused(average, wrong):
    with pytest.raises(SpectraError, match="SCALE parameter"):
        choose_scaling(stored_dn(average), TAG, ZEROS, user_scale=wrong)


def test_scales_and_offsets_per_band():
    dn = stored_dn(HIGHLANDS_DN)
    scales = np.linspace(1e-5, 8e-5, 8)
    offsets = np.linspace(-0.2, 0.1, 8)
    stored = ((dn * 2e-5 - offsets[:, None]) / scales[:, None]).astype(np.float32)
    scaling = choose_scaling(stored, scales, offsets)
    assert reflectance_of(stored, scaling, dn) < 1e-4


@pytest.mark.parametrize("band", range(8))
def test_one_band_whose_tag_was_lost(band):
    scales = TAG.copy()
    scales[band] = 1
    with pytest.raises(SpectraError, match="neither MI DN nor reflectance"):
        choose_scaling(stored_dn(MARE_DN), scales, ZEROS)


@pytest.mark.parametrize("average", SCENES.values(), ids=SCENES)
def test_saturated_and_shadowed_pixels_do_not_sway_the_choice(average):
    dn = stored_dn(average)
    dn[:, ::3] = 32767
    dn[:, 1::3] = 40
    dn[3, ::7] = -21000
    dn[5, ::11] = np.nan
    for declared in (TAG, ONES):
        assert choose_scaling(dn, declared, ZEROS).scale[0, 0] == 2e-5


def test_a_factor_too_large_does_not_pass_on_the_few_pixels_it_leaves_unsaturated():
    dn = stored_dn(HIGHLANDS_DN)
    dn[:, ::5] *= 0.3
    with pytest.raises(SpectraError, match="MI DN: if so, set SCALE to 2e-05"):
        choose_scaling(dn, ONES * 1e-4, ZEROS)


@pytest.mark.parametrize("values", [-30000.0, 0.0, np.nan])
def test_nothing_positive_is_refused(values):
    with pytest.raises(SpectraError, match="no value above zero"):
        choose_scaling(np.full((8, 5), values, np.float32), TAG, ZEROS)


# Darkest and brightest of the 55 site pixels published with Yang et al. (2023), see NOTICE.
DARKEST = (0.03246, 0.05312, 0.0587, 0.05948, 0.06154, 0.06478, 0.07762, 0.09418)
BRIGHTEST = (0.11438, 0.17998, 0.19936, 0.2003, 0.20712, 0.21472, 0.23722, 0.27424)


@pytest.mark.parametrize("site", [DARKEST, BRIGHTEST], ids=["Apollo 17 S1", "Apollo 16 S11"])
def test_the_extremes_of_the_sampled_moon(site):
    reflectance = np.repeat(np.array(site)[:, None], 9, axis=1)
    for factor, declared in itertools.product((1, 5e4), (ONES, TAG)):
        stored = (reflectance * factor).astype(np.float32)
        scaling = choose_scaling(stored, declared, ZEROS)
        np.testing.assert_allclose(scaling.apply(stored), reflectance, rtol=1e-6)
    for factor in (1e4, 100, 2e-5):
        with pytest.raises(SpectraError):
            choose_scaling((reflectance * factor).astype(np.float32), ONES, ZEROS)


@pytest.mark.parametrize("average", SCENES.values(), ids=SCENES)
@pytest.mark.parametrize("factor", [1, 2e-5])
def test_bands_in_another_order_are_refused(average, factor):
    stored = (stored_dn(average) * factor).astype(np.float32)
    for wrong in (stored[::-1], np.roll(stored, 1, axis=0), stored[[1, 0, *range(2, 8)]]):
        with pytest.raises(SpectraError, match="order"):
            choose_scaling(wrong, ONES, ZEROS)


def test_the_scaled_values_are_float32_and_keep_nan():
    stored = stored_dn(MARE_DN)
    stored[2, 5] = np.nan
    scaled = choose_scaling(stored, TAG, ZEROS).apply(stored)
    assert scaled.dtype == np.float32
    assert np.isnan(scaled).sum() == 1


@pytest.mark.parametrize(
    ("factor", "declared", "user", "words"),
    [
        (1, TAG, None, "as the metadata say"),
        (1, np.ones(8), None, "as the values can only be MI DN"),
        (2e-5, np.ones(8), None, "as no scale is given"),
        (2e-5, TAG, None, "against the metadata"),
        (1, np.ones(8), 2e-5, "from SCALE"),
    ],
)
def test_what_the_scale_was_told_by_is_said(factor, declared, user, words):
    found = choose_scaling(stored_dn(MARE_DN) * factor, declared, np.zeros(8), user)
    assert found.told_by == words


@pytest.mark.parametrize(("band", "factor"), [(0, 0.1), (7, 5.0)])
def test_one_band_that_no_ground_of_the_moon_has_is_refused(band, factor):
    """Though the one at 750 nm looks well, and the bands are in their order."""
    stored = stored_dn(MARE_DN) * 2e-5
    stored[band] *= factor
    with pytest.raises(SpectraError):
        choose_scaling(stored, np.ones(8), np.zeros(8))


def test_a_labels_own_scale_and_offset_give_the_medians():
    found = declared_scaling(stored_dn(MARE_DN), TAG, np.full(8, 0.01))
    expected = np.median(stored_dn(MARE_DN), axis=1) * 2e-5 + 0.01
    np.testing.assert_allclose(found.medians, expected, rtol=1e-6)
    assert found.told_by == "as the label says"


def test_where_a_spectrum_falls_is_said():
    medians = np.array([0.05, 0.1, 0.11, 0.12, 0.09, 0.13, 0.15, 0.18])
    said = r"falls from 0\.12 at 950 nm to 0\.09 at 1001 nm.* set BANDS to 1 2 3 4 5 7 8 9; else"
    with pytest.raises(SpectraError, match=said):
        require_rising(medians, "a.tif", (1, 2, 3, 4, 5, 7, 8, 9))


def accepted(spectrum, split=False):
    """Whether bands without a name are taken to be in the models' order."""
    spectrum = np.asarray(spectrum)
    try:
        choose_scaling(np.repeat(spectrum[:, None], 9, axis=1), ONES, ZEROS)
        require_rising(spectrum, "a.tif", range(1, 9), split)
    except SpectraError as error:
        assert "BANDS" in str(error)
        return False
    return True


def test_real_spectra_are_in_order():
    """As they are, where 1550 nm falls by 3.5 %, and where the detectors are misregistered."""
    assert len(REAL) == 55
    for spectrum in REAL:
        assert accepted(spectrum)
        fallen = spectrum.copy()
        fallen[7] = 0.965 * fallen[6]
        assert accepted(fallen)
        for step in (0.89, 1.12):
            assert accepted(spectrum * ([1] * 5 + [step] * 3), split=True)


@pytest.mark.parametrize(
    "order",
    [
        (7, 6, 5, 4, 3, 2, 1, 0),
        (4, 5, 6, 7, 0, 1, 2, 3),  # as their names sort: 1001 1050 1250 1550 415 750 900 950
        (1, 2, 3, 4, 5, 6, 7, 0),
        (0, 1, 2, 3, 4, 5, 7, 6),
        (0, 1, 2, 3, 5, 4, 6, 7)[::-1],
        (0, 2, 1, 3, 4, 5, 6, 7),
    ],
)
def test_no_real_spectrum_passes_in_another_order(order):
    assert not any(accepted(spectrum[list(order)], split=True) for spectrum in REAL)


def test_two_bands_exchanged_are_noticed():
    """But for some spectra where they are alike to 1 %."""
    least = {(2, 3): 0.75, (4, 5): 0.95}
    for one, other in itertools.combinations(range(8), 2):
        order = list(range(8))
        order[one], order[other] = other, one
        noticed = np.mean([not accepted(spectrum[order]) for spectrum in REAL])
        assert noticed >= least.get((one, other), 1)


@pytest.mark.parametrize("brighter", [0.9, 1.0, 1.1])
@pytest.mark.parametrize("misregistered", [0.1, 0.3])
def test_the_pixels_tell_which_band_is_of_which_detector(brighter, misregistered):
    """NIR bands see a place a part of a pixel aside; brightness says nothing."""
    random = np.random.default_rng(1)
    albedo = random.normal(1, 0.08, (60, 61)).clip(0.6, 1.4)
    aside = (1 - misregistered) * albedo[:, :-1] + misregistered * albedo[:, 1:]
    noise = random.normal(1, 0.002, (4, 60, 60))
    pixels = np.stack(
        [albedo[:, :-1], albedo[:, :-1] * 1.03, aside * 1.03 * brighter, aside * 1.07]
    )
    pixels = (pixels * noise).reshape(4, -1)
    assert split_of_detectors(pixels) is True
    assert split_of_detectors(pixels[[0, 2, 1, 3]]) is False
    assert split_of_detectors(pixels[:, :99]) is None


def test_bands_on_the_same_pixels_do_not_tell_their_detectors():
    random = np.random.default_rng(1)
    pixels = random.normal(1, 0.08, 3600).clip(0.6, 1.4) * random.normal(1, 0.01, (4, 3600))
    assert split_of_detectors(pixels) is None


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        ([5, 6, 7], "as the Moon's, but more than half .* above saturation .*nodata"),
        ([0], "as the Moon's, but not all medians lie between 0.015 and 0.6 .415 nm: 0.65"),
    ],
)
def test_a_refusal_does_not_contradict_itself(bands, words):
    """Where the median at 750 nm is the Moon's, it says what is not."""
    stored = stored_dn(MARE_DN) * 2e-5
    stored[bands] = 0.65 if bands == [0] else 1e5
    with pytest.raises(SpectraError, match=words):
        choose_scaling(stored, ONES, ZEROS)


def test_a_refusal_says_what_the_moon_has():
    with pytest.raises(SpectraError, match=r"lies between 0\.04 and 0\.45"):
        choose_scaling(stored_dn(MARE_DN) * 2e-3, np.ones(8), np.zeros(8))


def test_an_offset_alone_is_declared_too():
    """A file of reflectance that is stored without a part of it."""
    reflectance = stored_dn(MARE_DN) * 2e-5
    found = choose_scaling(reflectance - 0.02, ONES, ZEROS + 0.02)
    assert found.told_by == "as the metadata say"
    np.testing.assert_allclose(found.apply(reflectance - 0.02), reflectance, rtol=1e-5)


@pytest.mark.parametrize(
    ("user", "words"), [(None, "the file's metadata"), (1e-4, "the SCALE parameter")]
)
def test_a_refusal_says_whose_scale_it_was(user, words):
    with pytest.raises(SpectraError, match=f"0.0001 from {words} gives"):
        choose_scaling(stored_dn(MARE_DN), ONES * 1e-4, ZEROS, user)


def test_a_refused_order_names_its_medians():
    stored = np.repeat(np.linspace(0.12, 0.05, 8)[:, np.newaxis], 4, axis=1)
    with pytest.raises(SpectraError, match=r"here are 415 nm: 0\.12, .*, 1550 nm: 0\.05\. Give"):
        choose_scaling(stored, ONES, ZEROS)

"""The equations from three bands, against values worked out by hand and published angles."""

import math

import numpy as np
import pytest

from lunar_oxide_plugin.core.spectra import empirical
from lunar_oxide_plugin.core.spectra.empirical import (
    LUCEY,
    METHODS,
    OTAKE_PUBLISHED,
    AngleConstants,
    angle_feo,
    angle_tio2,
    omat,
    theta_fe,
    theta_ti,
    wilcox_feo,
)

#: Site: reflectance at 415, 750 and 950 nm, and the published angles ThetaFe and ThetaTi.
#: Source: data_Kaguya_TiO2.csv of hszhaohs/DL-IM (Yang et al. 2023), MIT licence.
PUBLISHED = {
    "Apollo12-1": (0.04112, 0.0722, 0.0794, 1.340710306, 1.108398732),
    "Apollo14LM": (0.04574, 0.0831, 0.09446, 1.184360738, 1.061767297),
    "Apollo15S9a": (0.03844, 0.07108, 0.07494, 1.398376924, 1.077133401),
    "Apollo16S11": (0.11438, 0.17998, 0.2003, 0.764402022, 0.977999646),
    "Apollo17S1": (0.03246, 0.05312, 0.05948, 1.447680204, 1.190520339),
    "Luna16": (0.02978, 0.05104, 0.05932, 1.412184245, 1.170126833),
    "Luna20": (0.06286, 0.11272, 0.12826, 0.976875019, 1.007727596),
    "Luna24": (0.03868, 0.06822, 0.07052, 1.427440287, 1.114472636),
    "CE-5": (0.0344, 0.05972, 0.06558, 1.422301224, 1.143183977),
}


def test_published_angles():
    """They were made with Otake's origins; printed to nine decimals."""
    r415, r750, r950, fe, ti = np.array(list(PUBLISHED.values())).T
    found = theta_fe(r750, r950, OTAKE_PUBLISHED.fe_origin)
    np.testing.assert_allclose(found, fe, rtol=0, atol=5.1e-10)
    found = theta_ti(r415, r750, OTAKE_PUBLISHED.ti_origin)
    np.testing.assert_allclose(found, ti, rtol=0, atol=5.1e-10)


def test_angles_in_closed_form():
    """R750 0.1 beyond the origin and the ratio 0.1 below or above it: 45 degrees."""
    assert theta_fe(0.18, 0.18 * 1.09, (0.08, 1.19)) == pytest.approx(math.pi / 4, rel=1e-12)
    assert theta_fe(0.18, 0.18 * 1.29, (0.08, 1.19)) == pytest.approx(-math.pi / 4, rel=1e-12)
    assert theta_ti(0.1 * 0.52, 0.1, (0.0, 0.42)) == pytest.approx(math.pi / 4, rel=1e-12)
    tilted = theta_fe(0.18, 0.18 * (1.19 - 0.1 * math.sqrt(3)), (0.08, 1.19))
    assert tilted == pytest.approx(math.pi / 3, rel=1e-12)


def test_lucey_in_closed_form():
    assert angle_feo(0.18, 0.18 * 1.09, LUCEY) == pytest.approx(17.427 * math.pi / 4 - 7.565)
    assert angle_tio2(0.052, 0.1, LUCEY) == pytest.approx(3.708 * (math.pi / 4) ** 5.979)
    assert omat(0.11, 0.11 * 1.15) == pytest.approx(0.05)  # 3, 4, 5


def test_otake_in_closed_form():
    """Ratio 1.05 and 0.2 beyond the origin in R750: 45 degrees; 0.508 and 0.3 for TiO2."""
    r750 = 0.237
    expected = 20.527 * math.pi / 4 - 12.266
    assert angle_feo(r750, 1.05 * r750, OTAKE_PUBLISHED) == pytest.approx(expected)
    r750 = 0.192
    expected = 0.72 * (math.pi / 4) ** 14.964
    assert angle_tio2(0.508 * r750, r750, OTAKE_PUBLISHED) == pytest.approx(expected)


def test_wilcox_by_hand():
    """sin 1.3885 = 0.98343, cos 1.3885 = 0.18128 (five decimals)."""
    expected = -137.97 * (0.1 * 0.98343 + 1.05 * 0.18128) + 57.46
    assert wilcox_feo(0.1, 0.105) == pytest.approx(expected, abs=2e-3)


def test_beyond_the_quadrant_is_undefined():
    """An arctangent of the quotient would jump by pi there, from above 19 to below -33 wt%."""
    nearly, beyond = np.nextafter(0.08, 1), np.nextafter(0.08, 0)
    assert angle_feo(nearly, 1.0 * nearly, LUCEY) == pytest.approx(17.427 * math.pi / 2 - 7.565)
    assert math.isnan(angle_feo(beyond, 1.0 * beyond, LUCEY))
    assert math.isnan(angle_feo(0.08, 0.08, LUCEY))
    # OMAT is a distance: it has no such edge.
    assert omat(0.05, 0.05 * 1.15) == pytest.approx(0.05)


def test_power_of_a_negative_angle_is_undefined():
    assert math.isnan(angle_tio2(0.041, 0.1, LUCEY))
    assert angle_tio2(0.042, 0.1, LUCEY) == pytest.approx(0, abs=1e-30)
    squares = AngleConstants((0, 0), (0, 0.42), 1, 0, 1, 2)  # even where a power would exist
    assert math.isnan(angle_tio2(0.041, 0.1, squares))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.id)
def test_invalid_reflectance_gives_nan_without_warnings(method):
    reflectance = np.full((3, 6), 0.12, np.float32)
    reflectance[1] = 0.2
    reflectance[2] = 0.21
    reflectance[:, 0] = np.nan
    reflectance[1, 1:4] = (0, -0.1, np.nan)
    with np.errstate(all="raise"):
        maps = method.maps(reflectance)
    assert tuple(maps) == method.names
    for values in maps.values():
        assert values.dtype == np.float64
        assert np.isfinite(values).tolist() == [False] * 4 + [True] * 2


def test_order_of_the_methods():
    """Saved models hold positions."""
    assert [method.id for method in METHODS] == [
        "otake2012_refitted",
        "otake2012_published",
        "lucey2000",
        "wilcox2005",
    ]
    assert [method.names for method in METHODS] == [
        ("FeO", "TiO2"),
        ("FeO", "TiO2"),
        ("FeO", "TiO2", "OMAT"),
        ("FeO",),
    ]
    assert empirical.WAVELENGTHS == (415, 750, 950)


def test_constants_are_described_by_name_and_value():
    """For metadata of the maps, from which the equations have to be found again."""
    assert empirical._described(
        AngleConstants(*range(1, 1 + len(AngleConstants._fields)))
    ).startswith(f"{AngleConstants._fields[0]} 1, {AngleConstants._fields[1]} 2, ")

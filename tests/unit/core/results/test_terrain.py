"""Classes of terrain: their limits, the South Pole-Aitken basin, and means of classes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunar_oxide_plugin.core.mathematics.sphere import MOON_RADIUS_KM
from lunar_oxide_plugin.core.results.terrain import (
    CLASSES,
    DEFAULT_MG,
    NEEDED,
    SCHEMES,
    ClassTotals,
    Limits,
    Scheme,
    classify,
    default_feo,
    in_south_pole_aitken,
    rules,
    summary_table,
)

LIMITS = Limits(10.6)
NAN = np.nan


def test_defaults_come_from_table_2():
    assert default_feo(Scheme.MARE) == default_feo(Scheme.BASALTS) == (15.39 + 5.81) / 2
    assert default_feo(Scheme.TERRANES) == 7.42
    assert DEFAULT_MG == 0.675


def test_every_scheme_is_described():
    assert len(SCHEMES) == len(Scheme) == len(CLASSES) == len(NEEDED)
    for scheme in Scheme:
        assert scheme.title == SCHEMES[scheme]
        texts = rules(scheme, Limits(9.25, 0.61))
        assert not any("{" in text for text in texts)
        assert any("9.25" in text for text in texts)
        assert len({one.colour for one in CLASSES[scheme]}) == len(CLASSES[scheme])
    assert any("0.61" in text for text in rules(Scheme.TERRANES, Limits(9.25, 0.61)))


@pytest.mark.parametrize(
    ("scheme", "feo", "other", "spa", "expected"),
    [
        (Scheme.MARE, 10.59, None, False, 1),
        (Scheme.MARE, 10.6, None, False, 2),
        (Scheme.MARE, NAN, None, False, 0),
        (Scheme.MARE, np.inf, None, False, 0),
        (Scheme.MARE, -1, None, False, 1),
        (Scheme.BASALTS, 10.59, 8, False, 1),
        (Scheme.BASALTS, 10.6, 0.99, False, 2),
        (Scheme.BASALTS, 10.6, 1, False, 3),
        (Scheme.BASALTS, 10.6, 6, False, 3),
        (Scheme.BASALTS, 10.6, 6.01, False, 4),
        (Scheme.BASALTS, 5, NAN, False, 0),
        (Scheme.BASALTS, NAN, 5, False, 0),
        (Scheme.TERRANES, 10.59, 0.675, True, 1),
        (Scheme.TERRANES, 10.6, 0.674, False, 2),
        (Scheme.TERRANES, 10.6, 0.674, True, 3),
        (Scheme.TERRANES, 10.6, 0.675, True, 4),
        (Scheme.TERRANES, 10.59, 0.674, False, 4),
        (Scheme.TERRANES, 12, NAN, True, 0),
    ],
)
def test_limits(scheme, feo, other, spa, expected):
    other = None if other is None else np.array([other], np.float32)
    found = classify(scheme, LIMITS, np.array([feo], np.float32), other, spa)
    assert found.dtype == np.uint8
    assert found.tolist() == [expected]


def test_a_missing_second_band_is_no_class():
    with pytest.raises(ValueError, match="second"):
        classify(Scheme.BASALTS, LIMITS, np.ones(3))


def great_circle(lat, lon):
    """Distance in km and azimuth in radians from 53 S 191 E (haversine; Snyder 1987, eq. 5-4b)."""
    lat0, lon0, lat, lon = map(math.radians, (-53, 191, lat, lon))
    chord = math.sin((lat - lat0) / 2) ** 2
    chord += math.cos(lat0) * math.cos(lat) * math.sin((lon - lon0) / 2) ** 2
    azimuth = math.atan2(
        math.cos(lat) * math.sin(lon - lon0),
        math.cos(lat0) * math.sin(lat) - math.sin(lat0) * math.cos(lat) * math.cos(lon - lon0),
    )
    return 2 * 1737.4 * math.asin(math.sqrt(min(chord, 1))), azimuth


@given(st.floats(-90, 90), st.floats(-180, 540))
def test_south_pole_aitken_by_distance_and_direction(lat, lon):
    distance, azimuth = great_circle(lat, lon)
    from_axis = azimuth + math.radians(19)  # the long axis lies 19 degrees west of north
    reach = 1200 * 1025 / math.hypot(1025 * math.cos(from_axis), 1200 * math.sin(from_axis))
    if abs(distance - reach) > 1e-3:
        assert bool(in_south_pole_aitken(lon, lat)) == (distance < reach)


def test_south_pole_aitken_at_places():
    assert in_south_pole_aitken(191, -53)
    assert in_south_pole_aitken(-169, -53)
    assert in_south_pole_aitken(172, -45)  # Leibnitz and Von Karman lie near
    assert not in_south_pole_aitken(11, -53)
    assert not in_south_pole_aitken(-49.9, 43.8)  # Mairan
    assert not in_south_pole_aitken(NAN, NAN)
    assert not in_south_pole_aitken(np.inf, 0)
    # The basin fills nearly an ellipse's area; on a sphere a little less than in the plane.
    lon, lat = np.meshgrid(np.arange(0.25, 360, 0.5), np.arange(-89.75, 90, 0.5))
    area = (in_south_pole_aitken(lon, lat) * np.cos(np.radians(lat))).sum()
    area *= (MOON_RADIUS_KM * np.radians(0.5)) ** 2
    assert 0.93 < area / (math.pi * 1200 * 1025) < 1


def blocks_of(scheme, classes, values, areas, cuts):
    totals = ClassTotals(scheme, ["FeO", "MgO", "Mg#"])
    for part in np.split(np.arange(classes.size), cuts):
        totals.add(classes[part], values[:, part], areas[part])
    return totals


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 200), max_size=4).map(sorted))
def test_means_do_not_depend_on_the_blocks(seed, cuts):
    random = np.random.default_rng(seed)
    classes = random.integers(0, 5, 200).astype(np.uint8)
    values = random.uniform(1, 20, (3, 200))
    values[:, random.uniform(size=200) < 0.1] = NAN
    areas = random.uniform(0, 3, 200) * (random.uniform(size=200) > 0.1)
    found = blocks_of(Scheme.BASALTS, classes, values, areas, cuts).summaries()
    members = [[1], [2], [3], [4], [2, 3, 4], [1, 2, 3, 4]]
    assert [one.region for one in found] == ["highlands", None, None, None, "mare", "global"]
    for one, numbers in zip(found, members):
        inside = np.isin(classes, numbers) & (areas > 0)
        assert one.pixels == inside.sum()
        assert one.area_km2 == pytest.approx(areas[inside].sum())
        for row, quantity in zip(values, one.quantities.values()):
            known = inside & np.isfinite(row)
            if not known.any():
                assert math.isnan(quantity.mean)
                continue
            mean = np.average(row[known], weights=areas[known])
            variance = np.average((row[known] - mean) ** 2, weights=areas[known])
            assert quantity.mean == pytest.approx(mean)
            assert quantity.std == pytest.approx(math.sqrt(variance), abs=1e-9)
            assert quantity.area == pytest.approx(areas[known].sum())


def test_constant_and_gradient():
    """A ramp from 0 to 20 with equal areas: means and standard deviations of its parts."""
    feo = (np.arange(20000) + 0.5) / 1000
    values = np.stack([feo, np.full(20000, 8.0), np.full(20000, 0.5)])
    classes = classify(Scheme.MARE, LIMITS, feo)
    totals = blocks_of(Scheme.MARE, classes, values, np.full(20000, 2.0), [7000])
    highlands, mare, whole = totals.summaries()
    for one, low, high in ((highlands, 0, 10.6), (mare, 10.6, 20), (whole, 0, 20)):
        assert one.quantities["FeO"].mean == pytest.approx((low + high) / 2)
        assert one.quantities["FeO"].std == pytest.approx((high - low) / math.sqrt(12), rel=1e-6)
        assert one.quantities["MgO"][:2] == pytest.approx((8, 0))
        assert one.percent == pytest.approx(5 * (high - low))
    assert totals.mare_percent() == pytest.approx(47)


def test_table_has_table_2_beside_the_means():
    classes = np.array([1, 2], np.uint8)
    values = np.array([[5.81, 15.39], [7.46, 9.25], [0.705, 0.527]])
    totals = blocks_of(Scheme.MARE, classes, values, np.array([83.2, 16.8]), [])
    header, rows = summary_table(totals.summaries())
    for row, region in zip(rows, ("highlands", "mare", "global")):
        found = dict(zip(header, row))
        assert found["published_region"] == region
        for name in ("FeO", "MgO", "Mg#"):
            expected = found[f"{name}_mean"] - found[f"{name}_published"]
            assert found[f"{name}_difference"] == pytest.approx(expected)
            assert abs(expected) < 0.011
    terranes = blocks_of(Scheme.TERRANES, classes, values, np.ones(2), [])
    assert math.isnan(terranes.mare_percent())
    assert [one.region for one in terranes.summaries()] == [None] * 4 + ["global"]

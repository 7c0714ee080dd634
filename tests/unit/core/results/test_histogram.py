"""Histograms in fixed bins against numpy's, and their statistics."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunar_oxide_plugin.core.results.histogram import (
    BINS,
    COLUMNS,
    QUANTITIES,
    AreaHistogram,
    Bins,
    RasterHistograms,
    rows,
)
from lunar_oxide_plugin.core.tables import csv_text

OXIDES = [name for name in QUANTITIES if name != "Mg#"]

#: Float32, as rasters hold them, with the ends of bins among them.
values32 = st.floats(-5, 45, width=32) | st.sampled_from([0.0, -0.0, 0.25, 20.0, 25.0, 35.0, 40.0])


def filled(quantity, values, areas=1.0):
    histogram = AreaHistogram(BINS[quantity])
    values = np.asarray(values)
    histogram.add(values, np.broadcast_to(areas, values.shape))
    return histogram


@given(
    st.sampled_from(OXIDES),
    st.lists(st.tuples(values32, st.floats(1e-4, 1e3)), min_size=1, max_size=60),
    st.integers(0, 60),
)
def test_bins_are_those_of_numpy(quantity, items, cut):
    bins = BINS[quantity]
    values = np.array([value for value, _ in items], np.float32)
    areas = np.array([area for _, area in items])
    histogram = AreaHistogram(bins)
    for part in (slice(None, cut), slice(cut, None)):
        histogram.add(values[part], areas[part])
    expected, _ = np.histogram(values.astype(float), bins.edges, weights=areas)
    # numpy takes differences of sums of all areas
    np.testing.assert_allclose(histogram.areas, expected, rtol=1e-12, atol=1e-12 * areas.sum())
    assert histogram.below == pytest.approx(areas[values < 0].sum())
    assert histogram.above == pytest.approx(areas[values > bins.upper].sum())
    assert histogram.below + histogram.areas.sum() + histogram.above == pytest.approx(areas.sum())
    assert histogram.moments.mean == pytest.approx(np.average(values, weights=areas), abs=1e-4)


def test_mg_number_is_binned_as_by_numpy():
    values = np.random.default_rng(0).uniform(0, 1, 5000)
    expected, _ = np.histogram(values, BINS["Mg#"].edges)
    assert np.array_equal(filled("Mg#", values).areas, expected)
    assert filled("Mg#", [1.0]).areas[-1] == 1


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_edges(quantity):
    bins = BINS[quantity]
    assert bins.edges[0] == 0
    assert bins.edges[-1] == bins.upper
    assert bins.edges.size == bins.number + 1
    np.testing.assert_allclose(np.diff(bins.edges), 1 / bins.per_unit)


def test_two_classes_have_their_shares():
    histogram = filled("FeO", [5.1] * 3 + [16.3], [2.0, 2.0, 2.0, 18.0])
    percents = histogram.percents
    assert percents[20] == pytest.approx(25)
    assert percents[65] == pytest.approx(75)
    assert np.count_nonzero(percents) == 2
    assert histogram.moments.mean == pytest.approx(0.25 * 5.1 + 0.75 * 16.3)


def test_beyond_the_bins_is_counted():
    histogram = filled("TiO2", [-0.5, 3, 20, 20.5, 1e30], [1.0, 2.0, 3.0, 2.0, 2.0])
    assert histogram.percent(histogram.below) == pytest.approx(10)
    assert histogram.percent(histogram.above) == pytest.approx(40)
    assert histogram.percents[-1] == pytest.approx(30)
    assert histogram.percents.sum() == pytest.approx(50)


@given(st.lists(st.floats(0, 25, width=32), min_size=1, max_size=80))
def test_median_is_off_by_less_than_a_bin(values):
    found = filled("MgO", values).median
    low, high = (np.quantile(values, 0.5, method=way) for way in ("lower", "higher"))
    assert low - 0.125 <= found <= high + 0.125


def test_median_of_an_even_spread():
    values = np.arange(0, 20, 1 / 64)
    assert filled("Al2O3", values).median == pytest.approx(10)


def test_median_beyond_the_bins_is_not_known():
    assert np.isnan(filled("FeO", [-1, -1, 3]).median)
    assert np.isnan(filled("FeO", [3, 36, 36]).median)


def test_without_values():
    histogram = AreaHistogram(Bins(2, 4))
    histogram.add([], [])
    assert histogram.area == 0
    assert np.isnan(histogram.percents).all()
    assert np.isnan([histogram.median, histogram.moments.mean, histogram.percent(0)]).all()
    assert histogram.modes() == []


def test_mode_is_a_value_in_its_bin():
    histogram = filled("FeO", np.random.default_rng(0).normal(15.4, 1, 20000))
    (mode,) = histogram.modes()
    assert mode.value == pytest.approx(15.4, abs=0.15)
    assert histogram.bins.edges[mode.bin] <= mode.value <= histogram.bins.edges[mode.bin + 1]
    assert mode.share == pytest.approx(1)


def test_table_has_a_row_for_every_bin():
    measured = {"FeO": filled("FeO", [-1, 5.1, 5.1, 40], 0.5), "Mg#": filled("Mg#", [0.5031])}
    text = csv_text(COLUMNS, rows([RasterHistograms("a, b.tif", measured)]), decimals=6)
    found = list(csv.DictReader(io.StringIO(text)))
    assert list(found[0]) == ["raster", "quantity", "lower", "upper", "area_km2", "percent", "mode"]
    assert {row["raster"] for row in found} == {"a, b.tif"}
    iron = [row for row in found if row["quantity"] == "FeO"]
    assert len(iron) == BINS["FeO"].number + 2
    assert (iron[0]["lower"], iron[0]["upper"], iron[0]["percent"]) == ("", "0", "25.000000")
    assert (iron[-1]["lower"], iron[-1]["upper"], iron[-1]["percent"]) == ("35", "", "25.000000")
    (peak,) = (row for row in iron if row["mode"])
    assert (peak["lower"], peak["upper"], peak["area_km2"]) == ("5", "5.25", "1.000000")
    assert peak["mode"] == "5.12"
    (peak,) = (row for row in found if row["quantity"] == "Mg#" and row["mode"])
    assert (peak["lower"], peak["upper"], peak["percent"]) == ("0.5", "0.505", "100.000000")

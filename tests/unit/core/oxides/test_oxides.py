"""Mg# and the order of the oxides."""

import math

import numpy as np
import pytest

from lunar_oxide_plugin.core.oxides.oxides import OXIDES, SUM_LIMIT, mg_number, within_limits
from lunar_oxide_plugin.core.spectra.bands import (
    ARCHIVE_BANDS,
    DN_SCALE,
    MODEL_BANDS,
)
from lunar_oxide_plugin.core.spectra.invalid_codes import InvalidCode
from tests import mi_tiles


def test_orders_are_those_of_the_project():
    assert OXIDES == ("Al2O3", "CaO", "FeO", "MgO", "TiO2")
    assert [band.nominal for band in MODEL_BANDS] == [415, 750, 900, 950, 1001, 1050, 1250, 1550]


def test_bands_are_those_of_the_archives_labels():
    assert tuple(band.filter for band in ARCHIVE_BANDS) == mi_tiles.FILTERS
    assert tuple(band.centre for band in ARCHIVE_BANDS) == mi_tiles.CENTRES
    assert tuple(ARCHIVE_BANDS[i] for i in mi_tiles.MODEL_PLANES) == MODEL_BANDS
    assert set(InvalidCode) == set(mi_tiles.INVALID_CODES)
    assert DN_SCALE == 2e-5


def test_mg_number_in_closed_form():
    assert mg_number(40.304, 71.844) == pytest.approx(0.5, rel=1e-15)
    assert mg_number(9.25, 15.39) == pytest.approx(
        (9.25 / 40.304) / (9.25 / 40.304 + 15.39 / 71.844), rel=1e-15
    )
    # The paper's mean of the maria is 0.527; of mean oxides it is within 0.01 of that.
    assert mg_number(9.25, 15.39) == pytest.approx(0.527, abs=0.01)


@pytest.mark.parametrize(
    ("mgo", "feo", "expected"),
    [
        (5, 0, 1),
        (0, 5, 0),
        (0, 0, math.nan),
        (-0.1, 5, math.nan),
        (5, -0.1, math.nan),
        (-5, -5, math.nan),
        (math.nan, 5, math.nan),
        (5, math.nan, math.nan),
        (math.inf, 5, math.nan),
        (5, math.inf, math.nan),
        (-9999, 5, math.nan),
    ],
)
def test_where_it_is_defined(mgo, feo, expected):
    np.testing.assert_equal(float(mg_number(mgo, feo)), expected)


def test_shapes_and_types():
    result = mg_number(np.full((3, 1), 8, np.float32), np.array([10, 20], np.float32))
    assert result.shape == (3, 2)
    assert result.dtype == np.float64
    with np.errstate(all="raise"):
        mg_number(np.array([0, np.nan, 5.0]), np.array([0, 1, -9999.0]))


def test_limits_leave_rocks_alone():
    """The three sums of soils, glass and a rock at the limit."""
    rocks = np.array([[27.0, 15.0, 5.0, 6.0, 0.5], [11.0, 10, 18, 9, 10], [13.0] * 5]).T
    np.testing.assert_array_equal(within_limits(rocks), rocks)


def test_negative_oxides_become_nothing_and_large_sums_are_scaled():
    limited = within_limits(np.array([[-1.0, 15.0, 5.0, 6.0, 0.5], [60, 30, 20, 15, 5]]).T)
    np.testing.assert_array_equal(limited[:, 0], [0, 15, 5, 6, 0.5])
    np.testing.assert_allclose(limited[:, 1], np.array([60, 30, 20, 15, 5]) / 2)
    assert limited[:, 1].sum() == pytest.approx(SUM_LIMIT)


def test_limits_of_a_block_keep_its_shape_and_nothing_is_not_divided():
    block = within_limits(np.zeros((5, 3, 4)))
    assert block.shape == (5, 3, 4)
    np.testing.assert_array_equal(block, 0)


def test_mg_number_of_rasters_values_is_computed_in_double_precision():
    """As raster bands come: of float32 and of whole numbers."""
    mgo, feo = np.float32(9.257), np.float32(15.391)
    found = mg_number(np.array([mgo]), np.array([feo]))
    mg, fe = float(mgo) / 40.304, float(feo) / 71.844
    assert found.dtype == np.float64
    assert found[0] == pytest.approx(mg / (mg + fe), rel=1e-15)
    assert mg_number([9], [15])[0] == pytest.approx(mg_number([9.0], [15.0])[0], rel=1e-15)


def test_masked_pixels_have_no_mg_number():
    """65.535 is what 65535, no data of scaled integers, is when scaled."""
    mgo = np.ma.array([65.535, 8.0, 8.0], mask=[True, False, False])
    feo = np.ma.array([65.535, 9.0, 9.0], mask=[True, False, True])
    found = mg_number(mgo, feo)
    assert not isinstance(found, np.ma.MaskedArray)
    np.testing.assert_array_equal(found, [np.nan, mg_number(8.0, 9.0), np.nan])

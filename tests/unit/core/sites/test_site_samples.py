"""Windows and means of site samples, against brute force and numbers worked out by hand."""

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunar_oxide_plugin.core.sites.site_samples import (
    NO_POSITION,
    NO_VALID_PIXEL,
    SAMPLED,
    Sample,
    Site,
    first_pixel,
    table_columns,
    table_row,
    window_sample,
)
from lunar_oxide_plugin.core.tables import csv_text

#: Thousandths of a pixel.
positions = st.integers(-50_000, 50_000).map(lambda number: number / 1000)


@given(positions, positions)
def test_two_by_two_is_the_nearest_block_of_four(column, row):
    """By brute force over all blocks around: the least sum of squared distances to centres."""

    def cost(x, y):
        return sum(
            (x + i + 0.5 - column) ** 2 + (y + j + 0.5 - row) ** 2 for i in (0, 1) for j in (0, 1)
        )

    around = range(-3, 4)
    blocks = [(math.floor(column) + i, math.floor(row) + j) for i in around for j in around]
    chosen = first_pixel(column, 2), first_pixel(row, 2)
    assert chosen in blocks
    assert cost(*chosen) <= min(cost(*block) for block in blocks) + 1e-6


@given(positions, positions)
def test_three_by_three_are_the_pixel_of_the_point_and_its_neighbours(column, row):
    x, y = first_pixel(column, 3), first_pixel(row, 3)
    assert (x + 1, y + 1) == (math.floor(column), math.floor(row))


def test_mean_and_standard_deviation_of_valid_pixels():
    reflectance = np.full((8, 2, 2), 0.1, np.float32)
    reflectance[0] = [[0.03, 0.05], [9.0, 0.04]]
    valid = np.array([[True, True], [False, True]])
    sample = window_sample(reflectance, valid, "a.lbl", synthetic=False)
    assert (sample.status, sample.pixels, sample.source) == (SAMPLED, 3, "a.lbl")
    np.testing.assert_allclose(sample.mean[:2], [0.04, 0.1], rtol=1e-6)
    np.testing.assert_allclose(sample.std[:2], [0.01, 0.0], rtol=1e-5, atol=1e-9)


def test_one_pixel_has_no_standard_deviation_and_none_no_mean():
    reflectance = np.full((8, 1, 2), 0.1, np.float32)
    one = window_sample(reflectance, np.array([[True, False]]), "", synthetic=False)
    assert one.pixels == 1
    assert np.isnan(one.std).all()
    none = window_sample(reflectance, np.zeros((1, 2), bool), "", synthetic=False)
    assert (none.status, none.pixels) == (NO_VALID_PIXEL, 0)
    assert np.isnan(none.mean).all()


def test_table_holds_what_is_known_and_leaves_the_rest_empty():
    known = Site("A, 1", "M1", (0.0, 0.0), {"FeO": 0.0, "TiO2": 1.5}, {"chemistry_source": "x"})
    unknown = Site("B", "", None, {}, {})
    spectrum = np.linspace(0.05, 0.12, 8)
    samples = [Sample(SAMPLED, 1, spectrum, source="SYNTHETIC a.tif", synthetic=True)]
    samples.append(Sample(NO_POSITION))
    columns = table_columns([known, unknown])
    assert [name for name in columns if name in ("Al2O3", "FeO", "TiO2")] == ["FeO", "TiO2"]
    rows = [table_row(known, samples[0], (0.0, 0.0)), table_row(unknown, samples[1], None)]
    cells = [[row[name] for name in columns] for row in rows]
    first, second = csv.DictReader(io.StringIO(csv_text(list(columns), cells, decimals=None)))
    assert list(first)[:4] == ["site", "mission", "r415", "r750"]
    assert (first["site"], first["FeO"], first["longitude"]) == ("A, 1", "0.0", "0.0")
    assert (first["r415"], first["r1550"], first["s415"]) == ("0.05", "0.12", "")
    assert (first["status"], first["pixels"], first["synthetic"]) == ("sampled", "1", "SYNTHETIC")
    assert (second["status"], second["pixels"], second["synthetic"]) == ("no position", "0", "")
    assert {second[name] for name in ("mission", "r415", "FeO", "latitude")} == {""}


def test_the_mean_that_samples_without_a_pixel_share_stays_undefined():
    with pytest.raises(ValueError, match="read-only"):
        Sample("outside").mean[:] = 0
    assert np.isnan(Sample("outside").mean).all()

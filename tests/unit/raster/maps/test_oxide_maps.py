"""The bands of two maps, and the unit of a reference."""

import numpy as np
import pytest
from osgeo import gdal

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.core.oxides.content_units import ContentUnit
from lunar_oxide_plugin.core.results.cells import Cells
from lunar_oxide_plugin.raster.maps.oxide_maps import (
    Reference,
    chosen_bands,
    require_unit,
    with_feo,
)
from lunar_oxide_plugin.raster.sources.raster import Raster

from .test_regridding import GEOGRAPHIC, written

PERCENT = ContentUnit.OXIDE_PERCENT


def described(path, *names):
    """A raster of bands with these descriptions."""
    raster = written(path, np.full((len(names), 4, 4), 9.0), GEOGRAPHIC, (0, 1, 0, 4, 0, -1))
    dataset = gdal.Open(str(path), gdal.GA_Update)
    for number, name in enumerate(names, start=1):
        dataset.GetRasterBand(number).SetDescription(name)
    dataset = None
    return Raster(raster.path)


def test_bands_are_found_by_their_descriptions_or_given(tmp_path):
    ours = described(tmp_path / "a.tif", "MgO", "FeO", "CaO", "CaO", "")
    theirs = described(tmp_path / "b.tif", "FeO", "CaO", "MgO", "")
    reference = Reference(theirs, "b.tif", PERCENT)
    both = chosen_bands(ours, reference, None, [None, None])
    assert both == {"FeO": (2, 1), "MgO": (1, 3)}  # CaO stands twice in one
    assert with_feo(ours, {"MgO": (1, 3)}).oxides == ["MgO", "FeO"]
    assert with_feo(theirs, {"MgO": (3, 3)}).numbers == [3, 1]
    assert chosen_bands(ours, reference, "CaO", [4, None]) == {"CaO": (4, 2)}
    assert chosen_bands(ours, reference, None, [2, None]) == {"FeO": (2, 1)}
    assert chosen_bands(ours, reference, None, [5, 1]) == {"FeO": (5, 1)}
    for oxide, given, message in (
        (None, [5, None], "do not say which oxide they hold: they have no description"),
        (None, [1, 1], r"\(MgO and FeO\)"),
        ("CaO", [None, None], "Give its number in INPUT_BAND, or another OXIDE"),
        ("TiO2", [1, None], "Give its number in REFERENCE_BAND, or another OXIDE"),
    ):
        with pytest.raises(RasterError, match=message):
            chosen_bands(ours, reference, oxide, given)


def test_bands_beside_a_table(tmp_path):
    ours = described(tmp_path / "a.tif", "MgO", "FeO")
    cells = Cells(np.array([[0.0, 4, 0, 4]]), {"FeO": np.array([9.0]), "TiO2": np.array([1.0])})
    reference = Reference(cells, "cells", PERCENT)
    assert not reference.is_raster
    assert chosen_bands(ours, reference, None, [None, None]) == {"FeO": (2, 0)}
    with pytest.raises(RasterError, match=r"named MgO in cells\. Choose another OXIDE"):
        chosen_bands(ours, reference, "MgO", [None, None])
    other = described(tmp_path / "b.tif", "CaO")
    with pytest.raises(RasterError, match=r"no oxide in common.*'CaO', the second 'FeO', 'TiO2'"):
        chosen_bands(other, reference, None, [None, None])


def test_a_unit_is_judged_where_there_are_data(tmp_path):
    """Far between the samples."""
    values = np.full((1, 1000, 1000), np.nan)
    raster = written(tmp_path / "empty.tif", values, GEOGRAPHIC, (0, 0.01, 0, 10, 0, -0.01))
    for unit in ContentUnit:
        require_unit(raster, {1: "FeO"}, unit)
    values[0, 100:105, 100:105] = 0.09
    raster = written(tmp_path / "sparse.tif", values, GEOGRAPHIC, (0, 0.01, 0, 10, 0, -0.01))
    require_unit(raster, {1: "FeO"}, ContentUnit.OXIDE_FRACTION)
    with pytest.raises(RasterError, match=r"sparse.tif \(REFERENCE\): band 1, FeO, reaches 0.09"):
        require_unit(raster, {1: "FeO"}, ContentUnit.OXIDE_PERCENT)

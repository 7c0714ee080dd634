"""The unit of a reference."""

import numpy as np
import pytest

from lunar_oxide_plugin.core.errors import RasterError
from lunar_oxide_plugin.core.oxides.content_units import ContentUnit
from lunar_oxide_plugin.raster.maps.oxide_maps import require_unit

from .test_regridding import GEOGRAPHIC, written


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

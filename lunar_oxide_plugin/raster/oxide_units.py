"""The guard of oxide rasters: contents are in wt%, not fractions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from ..core.errors import RasterError
from ..core.oxides import is_fraction, oxide_described
from .blocks import Window, blocks
from .raster import Raster

#: At most this many by this many samples of this many pixels on a side are read first.
_SAMPLES, _SAMPLE_SIZE = 8, 64


def require_weight_percent(raster: Raster, contents: Mapping[int, str] | None = None) -> None:
    """Refuse a raster that holds oxides as weight fractions of 0-1.

    Some published maps do in spite of a name like "FeOWeightPercent", and what
    is computed from them looks right and is wrong by a factor of a hundred.
    Judged on samples spread over the raster; where these hold no data, block by
    block until one does.

    Parameters
    ----------
    raster : Raster
        Read as `Raster.values` does, with the scale of each band.
    contents : mapping of int to str, optional
        Band number and the oxide it holds; by default of every band whose
        description names one.

    Raises
    ------
    RasterError
        When Al2O3, CaO, FeO or MgO is nowhere above 0.4.
    """
    if contents is None:
        described = enumerate(map(oxide_described, raster.band_names), start=1)
        contents = {number: oxide for number, oxide in described if oxide}
    for number, oxide in contents.items():
        if is_fraction(oxide, _sampled(raster, number)):
            raise RasterError(
                f"{raster.name}: band {number}, {oxide}, is nowhere above 0.4, so it holds weight "
                f"fractions and not wt%. Turn it into wt% with: gdal_edit.py -scale 100 "
                f"{raster.name} (it sets the bands' scale, which is applied on reading)."
            )


def _sampled(raster: Raster, number: int) -> NDArray[np.float32]:
    """Values of a band [n] spread over the raster, some of them valid if there are any."""
    sampled = [raster.values(window, [number]).ravel() for window in _spread(raster.grid.window)]
    values = np.concatenate(sampled)
    if (values > 0).any():
        return values
    for window in blocks(raster.grid.window):
        values = raster.values(window, [number]).ravel()
        if (values > 0).any():
            break
    return values


def _spread(area: Window) -> Iterator[Window]:
    width, height = min(_SAMPLE_SIZE, area.width), min(_SAMPLE_SIZE, area.height)
    columns = np.unique(np.linspace(0, area.width - width, _SAMPLES).astype(int))
    rows = np.unique(np.linspace(0, area.height - height, _SAMPLES).astype(int))
    for row in rows:
        for column in columns:
            yield Window(int(column), int(row), width, height)

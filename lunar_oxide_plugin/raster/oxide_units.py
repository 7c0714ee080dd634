"""The guard of oxide rasters: contents are in wt%, not fractions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..core.errors import RasterError
from ..core.oxides import is_fraction, oxide_described
from .blocks import blocks, sample_windows
from .raster import Raster

#: At most this many by this many samples are read first.
_SAMPLES = 8


def require_weight_percent(
    raster: Raster,
    contents: Mapping[int, str] | None = None,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Refuse a raster that holds oxides as weight fractions of 0-1.

    Some published maps do in spite of a name like "FeOWeightPercent", and what
    is computed from them looks right and is wrong by a factor of a hundred.
    Judged on samples spread over the raster, until one tells; where these hold
    no data, block by block until one does.

    Parameters
    ----------
    raster : Raster
        Read as `Raster.values` does, with the scale of each band.
    contents : mapping of int to str, optional
        Band number and the oxide it holds; by default of every band whose
        description names one.
    check : callable
        Called before each window is read; raises to stop.

    Raises
    ------
    RasterError
        When Al2O3, CaO, FeO or MgO is nowhere above 0.4.
    """
    if contents is None:
        described = enumerate(map(oxide_described, raster.band_names), start=1)
        contents = {number: oxide for number, oxide in described if oxide}
    for number, oxide in contents.items():
        if _is_fraction(raster, number, oxide, check):
            raise RasterError(
                f"{raster.name}: band {number}, {oxide}, is nowhere above 0.4, so it holds weight "
                f"fractions and not wt%. Turn it into wt% with: gdal_edit.py -scale 100 "
                f"{raster.name} (it sets the bands' scale, which is applied on reading)."
            )


def _is_fraction(raster: Raster, number: int, oxide: str, check: Callable[[], None]) -> bool:
    """Whether samples of a band are fractions; without a sample, the first block with a value."""
    fraction = False
    for window in sample_windows(raster.grid.window, _SAMPLES):
        check()
        values = raster.values(window, [number])
        if (values > 0).any():
            fraction = is_fraction(oxide, values)
            if not fraction:  # and so it stays, whatever else there is
                return False
    if fraction:
        return True
    for window in blocks(raster.grid.window):
        check()
        values = raster.values(window, [number])
        if (values > 0).any():
            return is_fraction(oxide, values)
    return False

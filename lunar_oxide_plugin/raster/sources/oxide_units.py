"""The guard of oxide rasters: contents are in wt%, not fractions or other units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from ...core.errors import RasterError
from ...core.oxides.oxides import MG_NUMBER, OXIDES, is_fraction, oxide_described
from ...core.oxides.valid_range import MAGNESIUM_NUMBER, valid_range
from ..gdal_io.blocks import Window, sample_windows
from .raster import Raster

#: At most this many by this many samples are read first.
_SAMPLES = 8


def require_weight_percent(
    raster: Raster,
    contents: Mapping[int, str] | None = None,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Refuse a raster that holds oxides as weight fractions of 0-1, or in another unit.

    Some published maps do in spite of a name like "FeOWeightPercent", and what
    is computed from them looks right and is wrong by a factor of a hundred.
    Judged on samples spread over the raster, until one is in wt%; where these
    hold no data, by the first block with a value. From then on the bands' valid ranges
    are those of their contents.

    RasterError when Al2O3, CaO, FeO or MgO is nowhere above 0.4, or when all values are outside
    the valid range of the content.

    `contents` are the numbers of bands and the oxides they hold; by default of every band whose
    description names one, or Mg#. `check` is called before each window is read, and raises to stop.
    """
    if contents is None:
        contents = dict(_described(raster))
    raster.expect({number: valid_range(content) for number, content in contents.items()})
    for number, content in contents.items():
        if _is_fraction(raster, number, content, check):
            raise RasterError(
                f"{raster.name}: band {number}, {content}, is nowhere above 0.4, so it holds "
                f"weight fractions and not wt%. Turn it into wt% with: gdal_edit.py -scale 100 "
                f"{raster.name} (it sets the bands' scale, which is applied on reading)."
            )


def _described(raster: Raster) -> Iterator[tuple[int, str]]:
    for number, described in enumerate(raster.band_names, start=1):
        if raster.range_of(number) is MAGNESIUM_NUMBER:
            yield number, MG_NUMBER
        oxide = oxide_described(described)
        if oxide:
            yield number, oxide


def _is_fraction(raster: Raster, number: int, content: str, check: Callable[[], None]) -> bool:
    """Whether samples of a band are fractions; without a sample, the first block with a value."""

    def fractions(windows: Iterable[Window]) -> Iterator[bool]:
        """Whether the values are fractions, of each window that has one above zero."""
        for window in windows:
            check()
            values = raster.values(window, [number])
            if (values > 0).any():
                yield content in OXIDES and is_fraction(content, values)
            elif raster.out_of_range(number).many_values:
                raise RasterError(f"{raster.described_out_of_range(number)}.")

    samples = fractions(sample_windows(raster.grid.window, _SAMPLES))
    first = next(samples, None)
    if first is None:
        return next(fractions(raster.plan().blocks(raster.grid.window)), False)
    return first and all(samples)  # one sample in wt% decides, and no more are read

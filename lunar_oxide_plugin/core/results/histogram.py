"""Histograms of oxides and Mg#, in per cent of area, in fixed bins.

After Fig. 5 of Zhang et al. (2023), Icarus 397, 115505.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..mathematics.modes import find_modes
from ..mathematics.statistics import Moments
from ..oxides.oxides import MG_NUMBER, OXIDES

FloatArray = NDArray[np.float64]


class Bins(NamedTuple):
    """Bins of equal width from 0 on; each includes its lower end, the last its upper end too."""

    #: Upper end of the last bin.
    upper: int
    #: Bins from 0 to 1.
    per_unit: int

    @property
    def number(self) -> int:
        """Their count."""
        return self.upper * self.per_unit

    @property
    def edges(self) -> FloatArray:
        """Their ends, float64 [number + 1]."""
        return np.arange(self.number + 1) / self.per_unit


#: Bins of every oxide, in wt%, and of Mg#: the same for any map, so that two can be compared. They
#: reach beyond pure anorthite (36.6 % Al2O3, 20.2 % CaO) and well beyond the paper's maps, whose
#: colour stretches end at 31.1 % FeO and 13.8 % MgO and whose units have at most 11.7 % TiO2.
#: Ends in quarters and eighths are exact in float32.
BINS = {
    "Al2O3": Bins(40, 4),
    "CaO": Bins(25, 8),
    "FeO": Bins(35, 4),
    "MgO": Bins(25, 8),
    "TiO2": Bins(20, 8),
    MG_NUMBER: Bins(1, 200),
}

#: What has a histogram, in order.
QUANTITIES = (*OXIDES, MG_NUMBER)


def unit_of(quantity: str) -> str:
    """Unit of an oxide or of Mg#."""
    return "molar fraction" if quantity.startswith(MG_NUMBER) else "wt%"


def decimals_of(quantity: str) -> int:
    """Decimals to print: two as in the paper's tables; numbers between 0 and 1 need one more."""
    return 3 if quantity.startswith(MG_NUMBER) else 2


class Mode(NamedTuple):
    """A mode: its value, its part of the valid area, 0-1, and its bin."""

    value: float
    share: float
    bin: int


class AreaHistogram:
    """Histogram and statistics of values that arrive block by block, weighted by area."""

    def __init__(self, bins: Bins) -> None:
        self.bins = bins
        #: Mean, standard deviation, pixels and area of all values, beyond the bins too.
        self.moments = Moments()
        # below the first bin, the bins, above the last one
        self._areas = np.zeros(bins.number + 2)

    def add(self, values: ArrayLike, areas: ArrayLike) -> None:
        """Add finite values [n] with positive areas [n] in km2."""
        x, a = np.asarray(values), np.asarray(areas, np.float64)
        if x.size == 0:
            return
        self.moments.add(x, a)
        places = np.floor(x * np.float64(self.bins.per_unit))
        places[x == self.bins.upper] -= 1
        np.clip(places, -1, self.bins.number, out=places)
        self._areas += np.bincount(places.astype(np.intp) + 1, a, self._areas.size)

    @property
    def area(self) -> float:
        """Area of all values in km2."""
        return self.moments.weight

    @property
    def areas(self) -> FloatArray:
        """Area of each bin in km2, float64 [bins]."""
        return self._areas[1:-1]

    @property
    def below(self) -> float:
        """Area of values below the first bin, in km2."""
        return float(self._areas[0])

    @property
    def above(self) -> float:
        """Area of values above the last bin, in km2."""
        return float(self._areas[-1])

    def percent(self, area: float) -> float:
        """An area in per cent of the valid area; NaN where there is none."""
        return 100 * area / (self.area or np.nan)

    @property
    def percents(self) -> FloatArray:
        """Per cent of the valid area in each bin, float64 [bins]; NaN without values."""
        return 100 * self.areas / (self.area or np.nan)

    @property
    def median(self) -> float:
        """The median, interpolated in its bin; NaN when it lies beyond the bins."""
        half = self.area / 2
        cumulated = self.below + np.cumsum(self.areas)
        if not self.area or half < self.below or half > cumulated[-1]:
            return np.nan
        index = int(np.searchsorted(cumulated, half))
        missing = cumulated[index] - half
        within = 1 - missing / self.areas[index] if self.areas[index] else 0.0
        return float((index + within) / self.bins.per_unit)

    def modes(self) -> list[Mode]:
        """Modes by the rule of `find_modes`, from low to high."""
        if not self.area:
            return []
        found = find_modes(self.areas / self.area, self.moments.count)
        return [Mode(peak.place / self.bins.per_unit, peak.share, peak.bin) for peak in found]


class RasterHistograms(NamedTuple):
    """The histograms of a raster by quantity, in the order of `QUANTITIES`."""

    #: What the raster is called in tables and figures.
    name: str
    histograms: Mapping[str, AreaHistogram]


#: Header of a table with a row per raster, quantity and bin: `rows`.
COLUMNS = ("raster", "quantity", "lower", "upper", "area_km2", "percent", "mode")


def rows(rasters: Iterable[RasterHistograms]) -> Iterator[tuple[object, ...]]:
    """Rows of a table; those below the first bin and above the last have one end only."""
    for raster in rasters:
        for quantity, histogram in raster.histograms.items():
            ends = ["", *(f"{edge:g}" for edge in histogram.bins.edges), ""]
            areas = [histogram.below, *histogram.areas.tolist(), histogram.above]
            digits = decimals_of(quantity)
            modes = {mode.bin + 1: f"{mode.value:.{digits}f}" for mode in histogram.modes()}
            for index, (lower, upper, area) in enumerate(zip(ends, ends[1:], areas)):
                part = histogram.percent(area)
                yield raster.name, quantity, lower, upper, area, part, modes.get(index, "")

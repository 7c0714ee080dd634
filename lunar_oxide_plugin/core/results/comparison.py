"""How well two maps of oxides agree, from pairs of pixels that arrive block by block."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..mathematics.pieces import pieces
from ..mathematics.statistics import Moments
from ..oxides.published import HIGHLANDS, MARE

FloatArray = NDArray[np.float64]

ALL = "all"

#: Upper ends of the axes of scatter plots in wt%: what lunar soils and glasses hold. They are
#: fixed, so that a plot needs no second pass and two plots compare by eye.
HIGHEST = {"Al2O3": 40.0, "CaO": 25.0, "FeO": 30.0, "MgO": 25.0, "TiO2": 16.0}

#: Bins along each axis of a scatter plot, and of a histogram of differences.
BINS = 160


class PairMoments:
    """Weighted moments of pairs (reference, input), in constant memory.

    Products of deviations are combined block by block like the squares in `Moments` (Chan, Golub
    and LeVeque 1983, The American Statistician 37), so nothing is lost to cancellation.
    """

    def __init__(self) -> None:
        self.reference = Moments()
        self.input = Moments()
        #: Of input - reference, and of its absolute value; derived from the others, a small
        #: difference of two maps would lose its digits.
        self.difference = Moments()
        self.absolute = Moments()
        self._products = 0.0

    def add(self, reference: FloatArray, values: FloatArray, weights: FloatArray) -> None:
        """Add pairs [n] with positive weights [n]; none may be NaN."""
        for piece in pieces(reference.size):
            x, y, w = reference[piece], values[piece], weights[piece]
            weight = float(w.sum())
            x_mean, y_mean = float((w * x).sum()) / weight, float((w * y).sum()) / weight
            products = float((w * (x - x_mean) * (y - y_mean)).sum())
            before = self.reference.weight
            if before:
                shift = (x_mean - self.reference.mean) * (y_mean - self.input.mean)
                products += shift * before * weight / (before + weight)
            self._products += products
            self.reference.add(x, w)
            self.input.add(y, w)
            self.difference.add(y - x, w)
            self.absolute.add(np.abs(y - x), w)

    @property
    def covariance(self) -> float:
        """Weighted population covariance; NaN without pairs."""
        weight = self.reference.weight
        return self._products / weight if weight else math.nan


class Agreement(NamedTuple):
    """Agreement of two maps in one oxide and class; wt%, NaN where not defined.

    The input is compared with the reference: y with x.
    """

    oxide: str
    region: str
    n: int
    area_km2: float
    mean_input: float
    mean_reference: float
    #: mean of input - reference
    bias: float
    #: root of the mean of (input - reference)^2
    rmse: float
    #: mean of |input - reference|
    mae: float
    #: of input - reference around the bias
    std_difference: float
    #: square of Pearson's correlation
    r2: float
    #: 1 - sum of (y - x)^2 / sum of (x - mean of x)^2, against the line y = x: below 0 when the
    #: mean of the reference would fit better than the input
    r2_determination: float
    #: least squares of y on x, for a reference without errors
    slope: float
    intercept: float
    #: reduced major axis, for errors in both maps: slope = sign(r) std(y) / std(x)
    rma_slope: float
    rma_intercept: float


def agreement(oxide: str, region: str, of: PairMoments) -> Agreement:
    """The numbers of a comparison.

    As in Zhang et al. (2023), Fig. S1 (squared correlation, RMSE), and Isobe et al. (1990), The
    Astrophysical Journal 364, 104 (the regression lines).
    """
    x, y, difference = of.reference, of.input, of.difference
    rmse = math.hypot(difference.mean, difference.std)
    variance = x.std**2
    # A map that is constant except for rounding has no regression line.
    flat_x = not x.std > 1e-9 * abs(x.mean)
    flat_y = not y.std > 1e-9 * abs(y.mean)
    r2 = determination = slope = rma = math.nan
    if not flat_x:
        slope = of.covariance / variance
        determination = 1 - rmse**2 / variance
        if not flat_y:
            r2 = min((of.covariance / (x.std * y.std)) ** 2, 1.0)
            rma = math.copysign(y.std / x.std, of.covariance)
    return Agreement(
        oxide=oxide,
        region=region,
        n=difference.count,
        area_km2=difference.weight,
        mean_input=y.mean,
        mean_reference=x.mean,
        bias=difference.mean,
        rmse=rmse,
        mae=of.absolute.mean,
        std_difference=difference.std,
        r2=r2,
        r2_determination=determination,
        slope=slope,
        intercept=y.mean - slope * x.mean,
        rma_slope=rma,
        rma_intercept=y.mean - rma * x.mean,
    )


class CellPairs(NamedTuple):
    """Cells of a table with their two contents."""

    #: degrees [n, 4]: south, north, west, east
    bounds: FloatArray
    #: wt% [n], NaN where less than half of a cell is valid
    values: FloatArray
    reference: FloatArray
    #: Which are mare, where classes are known.
    mare: NDArray[np.bool_] | None


class OxideComparison:
    """Two maps of one oxide: moments by class, if mare and highlands are separated, histograms."""

    def __init__(self, oxide: str, classes: bool) -> None:
        self.oxide = oxide
        regions = (ALL, MARE, HIGHLANDS) if classes else (ALL,)
        self.moments = {region: PairMoments() for region in regions}
        self.highest = HIGHEST.get(oxide, 100.0)
        #: Area in km2 by reference and input, float64 [BINS, BINS]: 0 to `highest`
        self.scatter = np.zeros((BINS, BINS))
        #: Area in km2 by input - reference, from minus to plus half of `highest`; what lies
        #: beyond is in the bins at the ends
        self.differences = np.zeros(BINS)
        #: Area in km2 of pairs that lie outside of the scatter plot
        self.outside = 0.0
        #: The differences to draw: a small map in wt%, NaN where there is none, or cells.
        self.shown: FloatArray | CellPairs | None = None

    def add(
        self,
        values: NDArray[np.floating],
        reference: NDArray[np.floating],
        areas: FloatArray,
        mare: NDArray[np.bool_] | None = None,
    ) -> None:
        """Add places [n] of both maps, NaN where not valid, areas in km2; not mare: highlands."""
        paired = np.isfinite(values) & np.isfinite(reference) & (areas > 0)
        if not paired.any():
            return
        x, y, w = (
            each[paired].astype(np.float64, copy=False) for each in (reference, values, areas)
        )
        self.moments[ALL].add(x, y, w)
        if mare is not None:
            for region, chosen in ((MARE, mare[paired]), (HIGHLANDS, ~mare[paired])):
                self.moments[region].add(x[chosen], y[chosen], w[chosen])
        column, row = np.floor(x * BINS / self.highest), np.floor(y * BINS / self.highest)
        inside = (column >= 0) & (column < BINS) & (row >= 0) & (row < BINS)
        places = (column[inside] * BINS + row[inside]).astype(np.int64)
        self.scatter += np.bincount(places, w[inside], BINS * BINS).reshape(BINS, BINS)
        self.outside += float(w[~inside].sum())
        step = np.floor(((y - x) / self.highest + 0.5) * BINS)
        self.differences += np.bincount(np.clip(step, 0, BINS - 1).astype(np.int64), w, BINS)

    @property
    def agreements(self) -> list[Agreement]:
        """The numbers of every class that has pairs."""
        return [
            agreement(self.oxide, region, moments)
            for region, moments in self.moments.items()
            if moments.difference.count
        ]


class Comparison:
    """Two maps of some oxides."""

    def __init__(self, oxides: Sequence[str], mare_feo: float | None) -> None:
        self.oxides = [OxideComparison(oxide, mare_feo is not None) for oxide in oxides]
        #: FeO of the input in wt% from which a place is mare. None: no classes.
        self.mare_feo = mare_feo

    def add(
        self,
        values: NDArray[np.floating],
        reference: NDArray[np.floating],
        areas: FloatArray,
        feo: NDArray[np.floating] | None = None,
    ) -> None:
        """Add places: both maps [oxides, n] in wt%, NaN where not valid, and areas [n] in km2.

        `feo` is that of the input [n]; a place where it is not valid is in no class.
        """
        for comparison, y, x in zip(self.oxides, values, reference):
            if self.mare_feo is None or feo is None:
                comparison.add(y, x, areas)
                continue
            known = np.isfinite(feo)
            comparison.add(y[known], x[known], areas[known], feo[known] >= self.mare_feo)
            comparison.add(y[~known], x[~known], areas[~known])

    @property
    def agreements(self) -> list[Agreement]:
        """The numbers of every oxide and class that has pairs."""
        return [found for oxide in self.oxides for found in oxide.agreements]


#: Header of a table with a row for each agreement.
COLUMNS = ["class" if name == "region" else name for name in Agreement._fields]


class Thumbnail:
    """A small picture of a map that arrives by blocks: means of squares of its pixels.

    Sizes are in pixels; `largest` is the most that the longer side of the picture has.
    """

    def __init__(self, width: int, height: int, largest: int = 400) -> None:
        self._step = -(-max(width, height) // largest)
        self._shape = (-(-height // self._step), -(-width // self._step))
        self._sums = np.zeros(self._shape)
        self._counts = np.zeros(self._shape)

    def add(self, x: int, y: int, values: FloatArray) -> None:
        """Add a block [height, width] whose upper left pixel is (x, y); NaN is left out."""
        rows, columns = np.nonzero(np.isfinite(values))
        places = (rows + y) // self._step * self._shape[1] + (columns + x) // self._step
        size = self._sums.size
        self._sums += np.bincount(places, values[rows, columns], size).reshape(self._shape)
        self._counts += np.bincount(places, None, size).reshape(self._shape)

    @property
    def means(self) -> FloatArray:
        """The picture, NaN where nothing is valid."""
        with np.errstate(invalid="ignore"):
            return self._sums / np.where(self._counts, self._counts, np.nan)

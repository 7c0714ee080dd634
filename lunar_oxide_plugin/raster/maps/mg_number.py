"""Maps of Mg# and of its uncertainty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...core.mathematics.pieces import pieces
from ...core.mathematics.statistics import Moments
from ...core.oxides.oxides import mg_number
from ...core.oxides.uncertainty import mg_number_uncertainty
from ..gdal_io.blocks import Window
from ..sources.raster import Raster
from .uncertainty import Uncertainty


class MgNumberMap:
    """Mg# of a raster's pixels, read by blocks, in several threads at once if need be.

    Parameters
    ----------
    raster : Raster
        Oxides in wt%.
    numbers : sequence of int
        The bands of MgO and FeO.
    uncertainty : Uncertainty, optional
        Of these bands.
    correlation : float
        Between the model's errors in MgO and FeO.
    """

    def __init__(
        self,
        raster: Raster,
        numbers: Sequence[int],
        uncertainty: Uncertainty | None = None,
        correlation: float = 0.0,
    ) -> None:
        self._raster = raster
        self._numbers = numbers
        self._uncertainty = uncertainty
        self._correlation = correlation

    def planes(self, window: Window) -> list[NDArray[np.float64]]:
        """Mg# and, if the uncertainties are given, its 1 sigma; NaN where not defined.

        Each float64 [height, width].
        """
        mgo, feo = self._raster.values(window, self._numbers)
        values = np.empty(mgo.shape)
        for rows in pieces(*mgo.shape):
            values[rows] = mg_number(mgo[rows], feo[rows])
        if not self._uncertainty:
            return [values]
        mgo_sigma, feo_sigma = self._uncertainty.values(window, self._numbers)
        sigmas = np.empty(mgo.shape)
        for rows in pieces(*mgo.shape):
            sigmas[rows] = mg_number_uncertainty(
                mgo[rows], feo[rows], mgo_sigma[rows], feo_sigma[rows], self._correlation
            )
        return [values, sigmas]


class MgNumberTotals:
    """What is known of a whole map of Mg#, from its blocks."""

    def __init__(self) -> None:
        #: Of Mg#, weighted by the pixels' areas.
        self.moments = Moments()
        #: Pixels with an uncertainty, and pixels with an Mg# but without one.
        self.with_sigma = 0
        self.without_sigma = 0

    def add(self, planes: Sequence[NDArray[np.float64]], areas: ArrayLike) -> None:
        """Add what `MgNumberMap.planes` gave, with the pixels' areas, 0 where they do not count."""
        values = planes[0]
        weights = np.broadcast_to(areas, values.shape)
        for rows in pieces(*values.shape):
            defined = np.isfinite(values[rows])
            if len(planes) > 1:
                known = np.isfinite(planes[1][rows])
                self.with_sigma += int(known.sum())
                self.without_sigma += int((defined & ~known).sum())
            defined &= weights[rows] > 0
            self.moments.add(values[rows][defined], weights[rows][defined])

"""Statistics of a zone whose pixels arrive block by block."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .statistics import HISTOGRAM_BYTES, ExactQuantile, Moments, quantile
from .units import BandSummary

#: Values of pixels, float32 [bands, n], NaN where not valid, and the pixels' areas [n].
Values = NDArray[np.float32]
Areas = NDArray[np.float64]


class ZoneStatistics:
    """Area-weighted statistics of a zone's pixels, band by band.

    Use: `add` the pixels; unless they are kept, `refine` and `add_again` the
    same; `summaries`.

    Parameters
    ----------
    with_sigma : sequence of bool
        For each band whether it has uncertainties.
    keep : bool
        Whether to keep all pixels for the medians, which then need no second pass.
    """

    def __init__(self, with_sigma: Sequence[bool], keep: bool) -> None:
        self._with_sigma = with_sigma
        self._pixel_area = 0.0
        self._moments = [Moments() for _ in with_sigma]
        self._sigmas = [Moments() for _ in with_sigma]
        self._keep = keep
        self._kept: list[tuple[Values, Areas]] = []
        self._quantiles = [ExactQuantile() for _ in with_sigma if not keep]

    @staticmethod
    def memory(bands: int, pixels: float, keep: bool) -> float:
        """Bytes taken by a zone of so many pixels."""
        return pixels * (4 * bands + 8) if keep else bands * HISTOGRAM_BYTES

    def add(
        self, pixel_area: float, values: Values, areas: Areas, sigmas: Values | None = None
    ) -> None:
        """Add pixels that are valid in any band, and the area of these and of all others."""
        self._pixel_area += pixel_area
        for index, band in enumerate(values):
            valid, weights = _valid(band, areas)
            self._moments[index].add(valid, weights)
            if not self._keep:
                self._quantiles[index].add(valid, weights)
            if sigmas is not None and self._with_sigma[index]:
                known = np.where(np.isfinite(band), sigmas[index], np.float32(np.nan))
                self._sigmas[index].add(*_valid(known, areas))
        if self._keep:
            self._kept.append((values, areas))

    def refine(self) -> None:
        """End the first pass."""
        for median in self._quantiles:
            median.refine()

    def add_again(self, values: Values, areas: Areas) -> None:
        """Add the same pixels once more."""
        for band, median in zip(values, self._quantiles):
            median.add(*_valid(band, areas))

    def summaries(self, area: float, covered: float) -> list[BandSummary]:
        """The statistics of each band; NaN without any valid pixel.

        Parameters
        ----------
        area, covered : float
            Of the zone, and of its part that the pixels cover, in one unit.
        """
        scale = covered / area / self._pixel_area if self._pixel_area else 0.0
        return [
            BandSummary(
                moment.count,
                moment.weight * scale,
                moment.mean,
                moment.std,
                moment.minimum,
                median,
                moment.maximum,
                *((sigma.mean, moment.count - sigma.count) if with_sigma else ()),
            )
            for moment, median, sigma, with_sigma in zip(
                self._moments, self._medians(), self._sigmas, self._with_sigma
            )
        ]

    def _medians(self) -> list[float]:
        if not self._keep:
            return [median.value() for median in self._quantiles]
        if not self._kept:
            return [np.nan] * len(self._moments)
        areas = np.concatenate([areas for _, areas in self._kept])
        return [
            quantile(*_valid(np.concatenate([values[index] for values, _ in self._kept]), areas))
            for index in range(len(self._moments))
        ]


def _valid(band: NDArray[np.float32], areas: Areas) -> tuple[NDArray[np.float32], Areas]:
    """The valid values [n] among those of some pixels, with their areas."""
    valid = np.isfinite(band)
    return (band, areas) if valid.all() else (band[valid], areas[valid])

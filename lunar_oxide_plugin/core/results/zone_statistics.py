"""Statistics of a zone whose pixels arrive block by block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..mathematics.quantiles import ExactQuantiles, quantiles
from ..mathematics.statistics import Moments
from .units import QUANTILES, BandPixels, BandSummary, summary

#: Values of pixels, float32 [bands, n], NaN where not valid, and the pixels' areas [n].
Values = NDArray[np.float32]
Areas = NDArray[np.float64]

_FRACTIONS = list(QUANTILES.values())

#: About this many pixels of a zone, spread evenly, are kept to be drawn.
_DRAWN = 400


class Pixels(NamedTuple):
    """Pixels of a zone that are valid in any band, and the area of all pixels, valid or not."""

    area: float
    values: Values
    #: Inside the zone.
    areas: Areas
    #: Uncertainties, NaN where there is none.
    sigmas: Values | None = None
    #: Distances from the model's training domain [n], NaN where unknown.
    domain: NDArray[np.float32] | None = None


class ZoneSummary(NamedTuple):
    """What is known of a zone."""

    bands: list[BandSummary]
    outside_domain: float | None
    #: Some of its pixels.
    sample: Values


class ZoneStatistics:
    """Area-weighted statistics of a zone's pixels, band by band.

    `with_sigma` says for each band whether it has uncertainties, `with_domain` whether the pixels
    have distances from the training domain; about `expected` pixels will come. All are kept for the
    quantiles if `keep`, else: `add` the pixels, `refine`, `add_again` the same, `summary`.
    """

    def __init__(
        self, with_sigma: Sequence[bool], keep: bool, with_domain: bool, expected: float
    ) -> None:
        self._with_domain = with_domain
        self._pixel_area = 0.0
        self._moments = [Moments() for _ in with_sigma]
        self._sigmas = [Moments() if known else None for known in with_sigma]
        self._known_area = self._outside_area = 0.0
        self._keep = keep
        self._kept: list[tuple[Values, Areas]] = []
        self._quantiles = [ExactQuantiles(_FRACTIONS) for _ in with_sigma if not keep]
        self._stride = max(int(expected / _DRAWN), 1)
        self._next = 0
        self._sample: list[Values] = []

    @staticmethod
    def memory(bands: int, pixels: float, keep: bool) -> float:
        """Bytes that a zone of this size takes."""
        return pixels * (4 * bands + 8) if keep else bands * ExactQuantiles.memory(_FRACTIONS)

    def add(self, pixels: Pixels) -> None:
        """Add pixels that are valid in any band."""
        self._pixel_area += pixels.area
        for index, band in enumerate(pixels.values):
            valid, weights = _valid(band, pixels.areas)
            self._moments[index].add(valid, weights)
            if not self._keep:
                self._quantiles[index].add(valid, weights)
            sigmas = self._sigmas[index]
            if pixels.sigmas is not None and sigmas is not None:
                known = np.where(np.isfinite(band), pixels.sigmas[index], np.float32(np.nan))
                sigmas.add(*_valid(known, pixels.areas))
        if pixels.domain is not None:
            distances, areas = _valid(pixels.domain, pixels.areas)
            self._known_area += float(areas.sum())
            self._outside_area += float(areas[distances > 1].sum())
        self._sample.append(pixels.values[:, self._next :: self._stride].copy())
        self._next = (self._next - pixels.areas.size) % self._stride
        if self._keep:
            self._kept.append((pixels.values, pixels.areas))

    def refine(self) -> None:
        """End the first pass."""
        for of_band in self._quantiles:
            of_band.refine()

    def add_again(self, pixels: Pixels) -> None:
        """Add the same pixels once more."""
        for band, of_band in zip(pixels.values, self._quantiles):
            of_band.add(*_valid(band, pixels.areas))

    def summary(self, area: float, covered: float) -> ZoneSummary:
        """The statistics of each band, from the area of the zone and of its part on the raster."""
        scale = covered / area / self._pixel_area if self._pixel_area else 0.0
        bands = [
            summary(
                BandPixels(
                    values=moments,
                    quantiles=dict(zip(QUANTILES, found)),
                    valid_fraction=moments.weight * scale,
                    sigmas=sigmas,
                )
            )
            for moments, found, sigmas in zip(self._moments, self._found_quantiles(), self._sigmas)
        ]
        empty = np.empty((len(bands), 0), np.float32)
        return ZoneSummary(bands, self._outside_domain(), np.hstack([empty, *self._sample]))

    def _outside_domain(self) -> float | None:
        if not self._with_domain:
            return None
        return self._outside_area / self._known_area if self._known_area else np.nan

    def _found_quantiles(self) -> list[list[float]]:
        if not self._keep:
            return [of_band.values() for of_band in self._quantiles]
        if not self._kept:
            return [[np.nan] * len(_FRACTIONS)] * len(self._moments)
        areas = np.concatenate([areas for _, areas in self._kept])
        bands = (
            np.concatenate([values[index] for values, _ in self._kept])
            for index in range(len(self._moments))
        )
        return [quantiles(*_valid(band, areas), _FRACTIONS) for band in bands]


def _valid(band: NDArray[np.float32], areas: Areas) -> tuple[NDArray[np.float32], Areas]:
    """The valid values [n] among those of some pixels, with their areas."""
    valid = np.isfinite(band)
    return (band, areas) if valid.all() else (band[valid], areas[valid])

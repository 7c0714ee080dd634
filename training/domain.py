"""Distance of a spectrum from the training sites: where a model may be applied.

A Mahalanobis distance of the natural logarithms of the eight reflectances, as an area of
applicability (Meyer and Pebesma 2021, Methods Ecol. Evol. 12, 1620) in the space of the spectra.
In logarithms a brighter or darker surface of the same spectral shape differs by a constant, and
what distinguishes rocks is differences between bands.

The covariance is that of the training sites plus what differs between pixels of the same ground,
without which the directions in which few sites hardly vary would dominate: the scatter of single
pixels around Apollo 12, noise in every band (`NOISE`), and a step between the two detectors of MI
(`STEP`), which see the ground at slightly different places and times.

The distance is divided by that which, by leave-one-out, `INSIDE` of new sites do not exceed (split
conformal prediction, Vovk et al. 2005; Lei et al. 2018, JASA 113, 1094): at most 1 is inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from lunar_oxide_plugin.core.spectra.bands import MODEL_BANDS

from .graph import Graph
from .tables import FloatArray, load_apollo12_pixels

#: Reflectance below which the logarithm is clipped: far below any sunlit pixel
#: (MI MAP calls 0.01 a shadow), so that zero and negative input is far outside, not NaN.
FLOOR = 1e-4


#: Noise of a pixel in each band, as a fraction of its reflectance.
NOISE = 0.01

#: Step between the VIS (to 1001 nm) and NIR detectors, as a fraction of reflectance.
STEP = 0.02

#: Fraction of new sites that are inside.
INSIDE = 0.95


@dataclass(frozen=True)
class Domain:
    """Training domain: the mean of ln reflectance (8,), and a matrix W (8, 8).

    W' W is the inverse of the covariance, over the squared distance of the edge.
    """

    centre: FloatArray
    whitening: FloatArray

    def distance(self, reflectance: FloatArray) -> FloatArray:
        """Distance, shape (n,), of reflectances (n, 8)."""
        logarithm = np.log(np.maximum(reflectance, FLOOR))
        return np.asarray(
            np.linalg.norm((logarithm - self.centre) @ self.whitening.T, axis=1), dtype=np.float64
        )

    def add_to(self, graph: Graph) -> str:
        """Add ``domain_distance``, float32 (n)."""
        graph.node("Max", ["reflectance", graph.floats("floor", FLOOR)], "positive")
        graph.node("Log", ["positive"], "logarithm")
        centre = graph.floats("domain_centre", self.centre[:, None])
        graph.node("Sub", ["logarithm", centre], "offset")
        graph.node("MatMul", [graph.floats("whitening", self.whitening), "offset"], "whitened")
        return graph.node("ReduceL2", ["whitened"], "domain_distance", axes=[0], keepdims=0)


@cache
def pixel_covariance() -> FloatArray:
    """Covariance (8, 8) of ln reflectance between pixels of the same ground."""
    scatter = np.cov(np.log(load_apollo12_pixels()), rowvar=False)
    step = np.array([0.5 if band.filter.startswith("MN") else -0.5 for band in MODEL_BANDS]) * STEP
    return np.asarray(scatter + NOISE**2 * np.eye(len(step)) + np.outer(step, step))


def fit_domain(reflectance: FloatArray) -> Domain:
    """Fit to training spectra (m, 8), m > 2."""
    logarithm = np.log(np.maximum(reflectance, FLOOR))
    left_out = [
        _fit(np.delete(logarithm, row, axis=0)).distance(reflectance[[row]])[0]
        for row in range(len(logarithm))
    ]
    domain = _fit(logarithm)
    return Domain(domain.centre, domain.whitening / _edge(np.array(left_out)))


def _fit(logarithm: FloatArray) -> Domain:
    """Distances in units of the covariance itself."""
    covariance = np.cov(logarithm, rowvar=False) + pixel_covariance()
    return Domain(logarithm.mean(axis=0), np.linalg.inv(np.linalg.cholesky(covariance)))


def _edge(distances: FloatArray) -> float:
    """The distance that a new site exceeds with at most 1 - `INSIDE`; the largest of too few."""
    rank = int(np.ceil(INSIDE * (len(distances) + 1)))
    return float(np.sort(distances)[min(rank, len(distances)) - 1])

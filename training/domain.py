"""Distance of a spectrum from the training sites.

A Mahalanobis distance of the natural logarithms of the eight reflectances. In
logarithms a brighter or darker surface of the same spectral shape differs by a
constant, and what distinguishes rocks is differences between bands.

The covariance is that of the training sites plus that of single pixels around
Apollo 12: a pixel of a map is as noisy as the site pixels, and without this term
the directions in which 38 sites hardly vary would dominate. The distance is
divided by that of the farthest training site, so 1 is the edge of what was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from .graph import Graph
from .tables import FloatArray, load_apollo12_pixels

#: Reflectance below which the logarithm is clipped: far below any sunlit pixel
#: (MI MAP calls 0.01 a shadow), so that zero and negative input is far outside, not NaN.
FLOOR = 1e-4


@dataclass(frozen=True)
class Domain:
    """Training domain: the mean of ln reflectance (8,), and a matrix W (8, 8).

    W' W is the inverse of the covariance, over the squared distance of the farthest training site.
    """

    centre: FloatArray
    whitening: FloatArray

    def distance(self, reflectance: FloatArray) -> FloatArray:
        """Distance, shape (n,), of reflectances (n, 8); at most 1 at the training sites."""
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
    """Covariance (8, 8) of ln reflectance among the pixels around Apollo 12."""
    return np.asarray(np.cov(np.log(load_apollo12_pixels()), rowvar=False))


def fit_domain(reflectance: FloatArray) -> Domain:
    """Fit to training spectra (m, 8), m > 1."""
    logarithm = np.log(np.maximum(reflectance, FLOOR))
    centre = logarithm.mean(axis=0)
    covariance = np.cov(logarithm, rowvar=False) + pixel_covariance()
    whitening = np.linalg.inv(np.linalg.cholesky(covariance))
    farthest = np.linalg.norm((logarithm - centre) @ whitening.T, axis=1).max()
    return Domain(centre, whitening / farthest)

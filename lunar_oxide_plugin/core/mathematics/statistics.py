"""Moments of pixels that arrive block by block, weighted by area."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .pieces import pieces


class Moments:
    """Count, weight, mean, standard deviation and range of values seen so far.

    Means and squared deviations of the blocks are combined with the pairwise
    update of Chan, Golub and LeVeque (1983), The American Statistician 37, so
    nothing is lost to cancellation however many blocks there are.
    """

    def __init__(self) -> None:
        self.count = 0
        self.weight = 0.0
        self.minimum = np.nan
        self.maximum = np.nan
        self._mean = 0.0
        self._squares = 0.0

    def add(self, values: ArrayLike, weights: ArrayLike) -> None:
        """Add values [n] with positive weights [n]; neither may hold NaN."""
        x, w = np.asarray(values), np.asarray(weights)
        for piece in pieces(x.size):
            self._add_piece(x[piece], np.asarray(w[piece], np.float64))

    def _add_piece(self, x: NDArray[np.number], w: NDArray[np.float64]) -> None:
        weight = float(w.sum())
        away = x.astype(np.float64)  # a copy, which is worked on in place
        mean = _dot(away, w) / weight
        away -= mean
        away *= away
        squares = _dot(away, w)
        total = self.weight + weight
        shift = mean - self._mean
        self._squares += squares + shift**2 * self.weight * weight / total
        self._mean += shift * weight / total
        self.weight = total
        self.count += x.size
        self.minimum = float(np.fmin(self.minimum, x.min()))
        self.maximum = float(np.fmax(self.maximum, x.max()))

    @property
    def mean(self) -> float:
        """Weighted mean; NaN without values."""
        return self._mean if self.count else np.nan

    @property
    def std(self) -> float:
        """Weighted population standard deviation; NaN without values."""
        return float(np.sqrt(self._squares / self.weight)) if self.count else np.nan


def _dot(x: NDArray[np.float64], w: NDArray[np.float64]) -> float:
    # Not by BLAS, whose threads would compete with ours.
    return float(np.einsum("i,i", x, w))

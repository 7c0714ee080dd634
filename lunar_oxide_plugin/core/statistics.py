"""Statistics over pixels that arrive block by block, weighted by area."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


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
        x, w = np.asarray(values, np.float64), np.asarray(weights, np.float64)
        if x.size == 0:
            return
        weight = float(w.sum())
        mean = float((w * x).sum() / weight)
        squares = float((w * (x - mean) ** 2).sum())
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


class ExactQuantile:
    """Weighted quantile of float32 values in two passes and constant memory.

    The bits of a float32, suitably flipped, sort like the numbers. A first
    pass sums the weights per upper 16 bits, which tells the interval holding
    the quantile; a second pass does the same for the lower 16 bits inside it.
    The result is exactly the smallest value at which the cumulated weight
    reaches the fraction asked for.

    Use: `add` all blocks, `refine`, `add` the same blocks again, `value`.
    """

    def __init__(self, fraction: float = 0.5) -> None:
        if not 0 <= fraction <= 1:
            raise ValueError(f"a quantile's fraction lies in 0-1, not {fraction}")
        self._fraction = fraction
        self._weights = np.zeros(1 << 16)
        self._upper: int | None = None
        self._target = 0.0

    def add(self, values: ArrayLike, weights: ArrayLike) -> None:
        """Add float32 values [n] with positive weights [n]; neither may hold NaN."""
        keys = _sortable(np.asarray(values, np.float32))
        w = np.asarray(weights, np.float64)
        digits = keys >> 16
        if self._upper is not None:
            inside = digits == self._upper
            digits, w = keys[inside] & 0xFFFF, w[inside]
        self._weights += np.bincount(digits, weights=w, minlength=1 << 16)

    def refine(self) -> None:
        """End the first pass."""
        cumulated = np.cumsum(self._weights)
        if cumulated[-1] > 0:
            target = self._fraction * cumulated[-1]
            self._upper = self._reached(cumulated, target)
            self._target = target - (cumulated[self._upper] - self._weights[self._upper])
        self._weights = np.zeros(1 << 16)

    def value(self) -> float:
        """The quantile after both passes; NaN without values."""
        if self._upper is None:
            return np.nan
        lower = self._reached(np.cumsum(self._weights), self._target)
        return float(_unsorted(np.uint32((self._upper << 16) | lower)))

    def _reached(self, cumulated: NDArray[np.float64], target: float) -> int:
        # A sum of many weights carries rounding; a tie must not fall to the next value for it.
        slack = 1e-12 * cumulated[-1]
        filled = np.flatnonzero(self._weights > 0)
        index = int(np.searchsorted(cumulated[filled], target - slack))
        return int(filled[min(index, filled.size - 1)])


def _sortable(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    # + 0.0 turns -0.0 into 0.0, which would sort apart.
    bits = (values + np.float32(0)).view(np.uint32)
    negative = (bits >> 31).astype(bool)
    return np.where(negative, ~bits, bits | np.uint32(1 << 31)).astype(np.uint32, copy=False)


def _unsorted(key: np.uint32) -> np.float32:
    positive = bool(key >> np.uint32(31))
    bits = np.uint32(key & np.uint32(0x7FFFFFFF)) if positive else np.uint32(~key)
    return np.frombuffer(bits.tobytes(), np.float32)[0]

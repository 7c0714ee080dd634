"""Statistics over pixels that arrive block by block, weighted by area."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .pieces import pieces

#: Values are kept whose share of smaller ones is, by a sample, within this of a quantile's.
#: Of 64 windows spread over a map it holds for 2 and 98 %.
_MARGIN = 0.03

#: So few values are sorted in less time than it takes to go through the bins of a histogram.
_FEW = 4096


#: Bytes that an `ExactQuantile` takes, besides what it keeps.
HISTOGRAM_BYTES = 8 << 16


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
            self._add_piece(x[piece].astype(np.float64), w[piece].astype(np.float64))

    def _add_piece(self, x: NDArray[np.float64], w: NDArray[np.float64]) -> None:
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
    """Weighted quantile of float32 values in constant memory, in two passes or in one.

    The bits of a float32, suitably flipped, sort like the numbers. A first
    pass sums the weights per upper 16 bits, which tells the interval holding
    the quantile; a second pass does the same for the lower 16 bits inside it.
    The result is exactly the smallest value at which the cumulated weight
    reaches the fraction asked for.

    Values kept during the first pass save the second when the quantile lies
    among them: all of them while there is room, or those near the quantile of
    a sample.

    Use: `add` all blocks; where `refine` says so, `add` them again; `value`.

    Parameters
    ----------
    fraction : float
        0 ... 1.
    room : int
        How many values may be kept, of 4 bytes each, or 12 with weights.
    sample : array_like, optional
        Finite values spread like those to come: only values between its
        quantiles a little below and above the fraction are kept.
    """

    def __init__(
        self, fraction: float = 0.5, room: int = 0, sample: ArrayLike | None = None
    ) -> None:
        if not 0 <= fraction <= 1:
            raise ValueError(f"a quantile's fraction lies in 0-1, not {fraction}")
        self._fraction = fraction
        self._weights = np.zeros(1 << 16)
        self._upper: int | None = None
        self._target = 0.0
        self._room = room
        self._near = _around(fraction, np.empty(0) if sample is None else np.asarray(sample))
        self._kept: list[tuple[NDArray[np.uint32], NDArray[np.float64] | None]] = []

    def add(self, values: ArrayLike, weights: ArrayLike | None = None) -> None:
        """Add float32 values [n], not NaN, with positive weights [n]; by default all alike."""
        keys = _sortable(np.asarray(values, np.float32))
        w = None if weights is None else np.asarray(weights, np.float64)
        if self._upper is not None:
            self._add_lower(keys, w, self._upper)
            return
        if self._room > 0:
            self._keep(keys, w)
        self._weights += np.bincount(keys >> 16, w, 1 << 16)

    def refine(self) -> bool:
        """End the first pass; whether a second one is needed."""
        cumulated = np.cumsum(self._weights)
        if cumulated[-1] == 0:
            return False
        target = self._fraction * cumulated[-1]
        upper = _reached(self._weights, cumulated, target)
        self._target = target - (cumulated[upper] - self._weights[upper])
        self._weights = np.zeros(1 << 16)
        self._upper = upper
        kept, self._kept = self._kept, []
        found = self._room > 0 and self._near[0] >> 16 <= upper <= self._near[1] >> 16
        for keys, w in kept if found else ():
            self._add_lower(keys, w, upper)
        return not found

    def value(self) -> float:
        """The quantile after both passes; NaN without values."""
        if self._upper is None:
            return np.nan
        lower = _reached(self._weights, np.cumsum(self._weights), self._target)
        return float(_unsorted(np.uint32((self._upper << 16) | lower)))

    def _add_lower(
        self, keys: NDArray[np.uint32], w: NDArray[np.float64] | None, upper: int
    ) -> None:
        inside = keys >> 16 == upper
        self._weights += np.bincount(
            keys[inside] & 0xFFFF, None if w is None else w[inside], 1 << 16
        )

    def _keep(self, keys: NDArray[np.uint32], w: NDArray[np.float64] | None) -> None:
        low, high = self._near
        near = (keys >= low) & (keys <= high)
        self._kept.append((keys[near], None if w is None else w[near]))
        self._room -= self._kept[-1][0].size
        if self._room <= 0:
            self._kept = []


def quantile(
    values: NDArray[np.float32], weights: NDArray[np.float64], fraction: float = 0.5
) -> float:
    """Weighted quantile as `ExactQuantile` finds it, of values [n] that are all at hand."""
    if values.size > _FEW:
        found = ExactQuantile(fraction)
        found.add(values, weights)
        found.refine()
        found.add(values, weights)
        return found.value()
    if values.size == 0:
        return np.nan
    order = np.argsort(values)
    cumulated = np.cumsum(weights[order])
    index = _reached(weights[order], cumulated, fraction * cumulated[-1])
    return float(values[order[index]] + np.float32(0))


def _reached(weights: NDArray[np.float64], cumulated: NDArray[np.float64], target: float) -> int:
    """Where cumulated weights reach a target, among those that are not zero."""
    # A sum of many weights carries rounding; a tie must not fall to the next value for it.
    slack = 1e-12 * cumulated[-1]
    filled = np.flatnonzero(weights > 0)
    index = int(np.searchsorted(cumulated[filled], target - slack))
    return int(filled[min(index, filled.size - 1)])


def _around(fraction: float, sample: NDArray[np.floating]) -> tuple[np.uint32, np.uint32]:
    """Lowest and highest key a little around a quantile of a sample; of any without a sample."""
    least, most = 0, 0xFFFF
    if sample.size:
        if fraction > _MARGIN:
            least = _upper_bits(np.quantile(sample, fraction - _MARGIN))
        if fraction < 1 - _MARGIN:
            most = _upper_bits(np.quantile(sample, fraction + _MARGIN))
    return np.uint32(least << 16), np.uint32(most << 16 | 0xFFFF)


def _upper_bits(value: float) -> int:
    return int(_sortable(np.array([value], np.float32))[0]) >> 16


def _sortable(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    # + 0.0 turns -0.0 into 0.0, which would sort apart.
    bits = (values + np.float32(0)).view(np.int32)
    bits ^= (bits >> 31) | np.int32(-(1 << 31))
    return bits.view(np.uint32)


def _unsorted(key: np.uint32) -> np.float32:
    positive = bool(key >> np.uint32(31))
    bits = np.uint32(key & np.uint32(0x7FFFFFFF)) if positive else np.uint32(~key)
    return np.frombuffer(bits.tobytes(), np.float32)[0]
